import type { AccountRow } from '@tenantree/domain';
import type { AccountName, SourceRefusal } from '../data/account-source.ts';
import { type ActionDetail, emit, type RenameDetail, type RowChoice } from '../events.ts';
import { copyText } from '../parts/copy-text.ts';
import { define } from '../parts/define.ts';
import type { Dialog } from '../parts/dialog.ts';
import { Dialogs } from '../parts/dialogs.ts';
import { SamConfirm } from '../parts/sam-confirm.ts';
import type { MenuItem } from '../parts/sam-menu.ts';
import type { SamToast, Toast } from '../parts/sam-toast.ts';
import type { AccountLine } from '../tree/lines.ts';
import type { TreeStore } from '../tree/tree-store.ts';
import { AccountChanges } from './account-changes.ts';
import type { AccountSearch } from './account-search.ts';
import type { DialogContext } from './dialog-context.ts';
import type { ListHost } from './list-host.ts';
import { menuFor } from './row-menu.ts';
import { SamClose } from './sam-close.ts';
import { SamCreate } from './sam-create.ts';
import { SamMove } from './sam-move.ts';
import { SamSuspend } from './sam-suspend.ts';

/** Expanding more rows than this at once is asked about first (rules/screens 10). */
const ASK_ABOVE_ROWS = 2_000;
/** How long a new row is marked, in milliseconds (rules/screens 11). */
const MARK_MS = 2_000;

/** Registers the dialogs that acts on accounts open. */
function defineDialogs(): void {
  define('sam-create', SamCreate);
  define('sam-move', SamMove);
  define('sam-suspend', SamSuspend);
  define('sam-close', SamClose);
  define('sam-confirm', SamConfirm);
}

/** What can be done with single accounts: their menus, dialogs, acts and messages. */
export class AccountActions {
  readonly #screen: ListHost;
  readonly #search: AccountSearch;
  readonly #dialogs: Dialogs;
  #acts: { readonly store: TreeStore; readonly acts: AccountChanges } | null = null;
  /** An account that a dialog made: the focus goes to it afterwards. */
  #landing: AccountRow['id'] | null = null;

  constructor(screen: ListHost, search: AccountSearch) {
    this.#screen = screen;
    this.#search = search;
    defineDialogs();
    this.#dialogs = new Dialogs(() => screen.renderRoot.querySelector('.screen') ?? screen.renderRoot);
  }

  menuOf(row: AccountRow): readonly MenuItem<RowChoice>[] {
    const { allowed, texts } = this.#screen;
    const items = menuFor(row, this.#isDeepest(row) ? 'deepest' : 'other', allowed, texts);
    return items.filter(({ id }) => id !== 'permissions' || this.seesPermissions);
  }

  /** Whether whoever looks may see what accounts may do, and can be shown it. */
  get seesPermissions(): boolean {
    const { allowed, session } = this.#screen;
    const detail = session?.detail;
    const isOffered = detail?.features?.includes('permissions') ?? true;
    return allowed.has('open') && isOffered && detail?.levels.account !== 'none';
  }

  /** Takes back what was done last, as long as a message offers to. */
  undo(): void {
    const { say } = this.#screen.texts;
    this.#toasts?.perform(say('undo'), say('menuReopen'));
  }

  toastsFocus(): void {
    this.#toasts?.focus();
  }

  act(action: ActionDetail['action'], account: AccountRow): void {
    const { allowed, session, texts } = this.#screen;
    const store = this.#store;
    const detail = session?.detail;
    const context = this.#dialogContext();
    const line = store?.view.lines.get(account.id);
    if (!store || !context) return;
    const open = account.status !== 'closed';
    if (action === 'permissions' || action === 'import')
      emit(this.#screen, 'sam-open', { account, place: 'here', tab: action });
    else if (action === 'copyId') void copyText(account.id, texts, (toast) => this.#toast(toast));
    else if (action === 'openBranch') this.#openBranch(store, account);
    else if (action === 'rename' && line && open && allowed.has('rename')) void this.#screen.tree?.editName(line);
    else if (action === 'suspend' && allowed.has('suspend'))
      void this.#inDialog(Object.assign(new SamSuspend(), { context, account }));
    else if (action === 'move' && open && allowed.has('move')) this.#move(context, account);
    else if (action === 'protect' && open && allowed.has('protect')) void context.acts.protect(account, 'on');
    else if (action === 'unprotect' && open && allowed.has('protect')) void context.acts.protect(account, 'off');
    else if (action === 'reactivate' && allowed.has('suspend')) void context.acts.reactivate(account);
    else if (action === 'close' && detail && allowed.has('close'))
      void this.#inDialog(Object.assign(new SamClose(), { context, account, keptDays: detail.keptDays }));
    else if (action === 'reopen' && allowed.has('close')) void context.acts.reopen(account);
  }

  /** Renames an account that is shown elsewhere; @returns why it was refused */
  async renameElsewhere({ account, name }: RenameDetail): Promise<SourceRefusal | null> {
    return (await this.#actsOf(this.#store)?.rename(account, name)) ?? null;
  }

  /** Creates a subaccount of an account; of the only selected one, or the acting one, where none is named. */
  create(account: AccountRow | null): void {
    const { session } = this.#screen;
    const context = this.#dialogContext();
    if (!session?.detail || !context) return;
    const here = session.row ?? session.detail;
    const selected = this.#screen.onlySelected;
    const isPlace = selected !== null && selected.status !== 'closed' && !this.#isDeepest(selected);
    const parent = account ?? (isPlace ? selected : here);
    if (this.#isDeepest(parent)) return;
    const chain = [here, ...this.#ancestors(parent.id), parent];
    const parents = chain.map(({ id, name }) => ({ id, name, payer: this.#payerOf(id) }));
    const choices = [...new Map(parents.map((one) => [one.id, one])).values()];
    // Embedded screens set nothing up with blueprints (rules/blueprints 6).
    const offersBlueprints = (session.detail.features ?? null) === null;
    const parentOf = { parent: choices.at(-1) ?? null, parents: choices };
    void this.#inDialog(Object.assign(new SamCreate(), { context, offersBlueprints, ...parentOf }));
  }

  async rename({ account, name }: RenameDetail): Promise<void> {
    const refusal = await this.#actsOf(this.#store)?.rename(account, name);
    if (!refusal) return;
    const line = this.#store?.view.lines.get(account.id);
    if (line) await this.#screen.tree?.editName(line, { name, why: refusal.message });
    this.#screen.report(refusal);
  }

  #move(context: DialogContext, account: AccountRow): void {
    const { session } = this.#screen;
    if (!session?.detail || account.parentId === null) return;
    const here: AccountName = { id: session.detail.id, name: session.row?.name ?? session.detail.name };
    const from = account.parentId === here.id ? here : this.#store?.account(account.parentId)?.row;
    if (!from) return;
    const dialog = new SamMove();
    void this.#inDialog(Object.assign(dialog, { context, account, here, from: { id: from.id, name: from.name } }));
  }

  get #store(): TreeStore | null {
    return this.#screen.session?.store ?? null;
  }

  get #toasts(): SamToast | null {
    return this.#screen.renderRoot.querySelector<SamToast>('sam-toast');
  }

  #openBranch(store: TreeStore, account: AccountRow): void {
    const act = (): void => {
      const line = store.view.lines.get(account.id);
      if (line) store.change((view) => view.openDeep(line));
    };
    if (account.subaccounts <= ASK_ABOVE_ROWS) {
      act();
      return;
    }
    const { say } = this.#screen.texts;
    const question = {
      title: say('expandTitle', { n: account.subaccounts }),
      text: say('expandText', { name: account.name }),
      submit: say('expandSubmit'),
    };
    void this.#inDialog(Object.assign(new SamConfirm(), { question, act }));
  }

  /** Opens the parent of an account and makes the account current as soon as its line is there. */
  #reveal(store: TreeStore, row: AccountRow): void {
    const show = (): void => {
      const line = store.view.lines.get(row.id);
      if (!line || store.view.visible.indexOf(line) < 0) return;
      stop();
      void this.#screen.tree?.goTo(line);
      this.#mark(store, line);
    };
    const stop = store.listen({ changed: show, ticked: () => undefined });
    store.change((view) => {
      const parent = row.parentId === null ? undefined : view.lines.get(row.parentId);
      if (parent) view.open(parent);
    });
  }

  #mark(store: TreeStore, line: AccountLine): void {
    store.change(() => {
      line.fresh = true;
    });
    setTimeout(() => {
      store.change(() => {
        line.fresh = false;
      });
    }, MARK_MS);
  }

  #isDeepest(row: AccountRow): boolean {
    const { detail, store } = this.#screen.session ?? {};
    return detail && store ? store.levelOf(row) >= detail.levelsBelow : false;
  }

  /** Who pays for an account and what is below it: the nearest direct-billed account at or above it (rules/accounts 21). */
  #payerOf(id: AccountRow['id']): string | null {
    const detail = this.#screen.session?.detail;
    let row = id === detail?.id ? undefined : this.#store?.account(id)?.row;
    while (row && row.id !== detail?.id) {
      if (row.billingMode === 'direct') return row.name;
      row = row.parentId === null ? undefined : this.#store?.account(row.parentId)?.row;
    }
    return detail?.payer?.name ?? null;
  }

  #ancestors(id: AccountRow['id']): AccountName[] {
    const names: AccountName[] = [];
    let row = this.#store?.account(id)?.row;
    while (row?.parentId && row.parentId !== this.#store?.accountId) {
      row = this.#store?.account(row.parentId)?.row;
      if (row) names.unshift({ id: row.id, name: row.name });
    }
    return names;
  }

  /** Opens a dialog that is about no single account. */
  openDialog(dialog: Dialog): Promise<void> {
    return this.#inDialog(dialog);
  }

  /** Says something in a message. */
  tell(text: string): void {
    this.#toast({ text });
  }

  /** Opens a dialog; afterwards the focus is on what it made, or back in the table. */
  async #inDialog(dialog: Dialog): Promise<void> {
    const { tree } = this.#screen;
    this.#landing = null;
    await this.#dialogs.open(Object.assign(dialog, { texts: this.#screen.texts }));
    const line = this.#landing === null ? undefined : this.#store?.view.lines.get(this.#landing);
    if (line) await tree?.goTo(line);
    // Whoever opened the dialog has the focus again, unless it went away meanwhile.
    const isLost = document.activeElement === null || document.activeElement === document.body;
    if (line || isLost) tree?.focus();
  }

  #dialogContext(): DialogContext | null {
    const { source, texts } = this.#screen;
    const store = this.#store;
    const acts = this.#actsOf(store);
    if (!source || !store || !acts) return null;
    const created = (row: AccountRow): void => {
      this.#search.clear();
      takeCreated(store, row);
      this.#reveal(store, row);
      this.#landing = row.id;
      this.#changed(row);
      const open = {
        label: texts.say('open'),
        act: () => emit(this.#screen, 'sam-open', { account: row, place: 'here' }),
      };
      this.#toast({
        text: texts.say('created', { name: row.name }),
        acts: this.#screen.allowed.has('open') ? [open] : [],
      });
    };
    const moved = (row: AccountRow): void => {
      this.#reveal(store, row);
      this.#landing = row.id;
    };
    return { source, acts, created, moved };
  }

  #actsOf(store: TreeStore | null): AccountChanges | null {
    const { source, texts } = this.#screen;
    if (!source || !store) return null;
    if (this.#acts?.store !== store) {
      const toast = (one: Toast): void => this.#toast(one);
      this.#acts = {
        store,
        acts: new AccountChanges({ source, store, texts, toast, changed: (row) => this.#changed(row) }),
      };
    }
    return this.#acts.acts;
  }

  #changed(row: AccountRow): void {
    emit(this.#screen, 'sam-change', { account: row });
  }

  #toast(toast: Toast): void {
    const toasts = this.#toasts;
    if (!toasts) return;
    toasts.dismissLabel = this.#screen.texts.say('dismiss');
    toasts.show(toast);
  }
}

/** Takes the row of an account that we created: the one above it has one more. */
function takeCreated(store: TreeStore, row: AccountRow): void {
  const above = store.account(row.id) || row.parentId === null ? undefined : store.account(row.parentId)?.row;
  store.takeRow(row);
  if (above) store.takeRow({ ...above, children: above.children + 1, subaccounts: above.subaccounts + 1 });
}
