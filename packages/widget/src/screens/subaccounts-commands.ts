import type { AccountRow } from '@tenantree/domain';
import type { AccountName, SourceRefusal } from '../data/account-source.ts';
import type { MenuItem, SamMenu } from '../parts/sam-menu.ts';
import type { SamToast, Toast } from '../parts/sam-toast.ts';
import type { SamTree } from '../tree/sam-tree.ts';
import { type ActionDetail, emit, type RenameDetail } from '../tree/tree-events.ts';
import type { TreeStore } from '../tree/tree-store.ts';
import { AccountActs } from './account-acts.ts';
import type { SamSubaccounts } from './sam-subaccounts.ts';
import { type DialogContext, ScreenDialogs } from './screen-dialogs.ts';
import { copyText } from './subaccounts-body.ts';
import type { Toolbar } from './subaccounts-toolbar.ts';
import { chosen, statusItems, type ViewChoice, viewItems } from './view-menu.ts';

/** Narrower than this, the view menu also has what the toolbar has no room for. The style sheet has the same bound. */
const NARROW_PX = 760;
/** Expanding more rows than this at once is asked about first (ux.md 2.2). */
const ASK_ABOVE_ROWS = 2_000;

/** What happens when the subaccounts screen is used. */
export class SubaccountsCommands {
  readonly #screen: SamSubaccounts;
  #dialogs: ScreenDialogs | null = null;
  #acts: { readonly store: TreeStore; readonly acts: AccountActs } | null = null;
  /** An account that a dialog made: the focus goes to it afterwards. */
  #landing: AccountRow['id'] | null = null;
  /** What is in the search field. */
  query = '';

  constructor(screen: SamSubaccounts) {
    this.#screen = screen;
  }

  readonly toolbar: Toolbar['on'] = {
    search: (query) => this.#search(query),
    searchKey: (event) => this.#pressInSearch(event),
    clearSelection: () => {
      this.#store?.selection.clear();
      this.#tree?.requestUpdate();
      this.#tree?.focus();
      this.#screen.requestUpdate();
    },
    sortAgain: () => {
      const store = this.#store;
      if (store) store.sortBy(store.order);
      this.#screen.requestUpdate();
    },
    pause: () => this.#choose({ updates: this.#store?.paused ? 'running' : 'paused' }),
    filter: (event) => this.#openMenu(event, statusItems(this.#store?.status ?? [], this.#screen.texts)),
    view: (event) => this.#openMenu(event, this.#viewItems()),
    create: () => this.#create(null),
  };

  /** Shortcuts that belong to the screen, not to the table. */
  press(event: KeyboardEvent): void {
    if (event.key !== 'F6' || event.defaultPrevented) return;
    event.preventDefault();
    this.#toasts?.focus();
  }

  /** Something is wanted from a row; a host may prevent it and do it itself. */
  readonly act = (event: CustomEvent<ActionDetail>): void => {
    const { action, account } = event.detail;
    queueMicrotask(() => {
      if (!event.defaultPrevented) this.#act(action, account);
    });
  };

  readonly rename = async (event: CustomEvent<RenameDetail>): Promise<void> => {
    const { account, name } = event.detail;
    const refusal = await this.#actsOf(this.#store)?.rename(account, name);
    const line = this.#store?.view.lines.get(account.id);
    if (refusal && line) this.#tree?.editName(line, { name, why: refusal.message });
    if (refusal) this.report(refusal);
  };

  readonly choose = (event: CustomEvent<{ readonly id: string }>): void => {
    this.#choose(chosen(event.detail.id, this.#choice()));
    const menu = this.#menu;
    if (!menu) return;
    const isFilter = menu.items.every((item) => item.id.startsWith('status '));
    menu.items = isFilter ? statusItems(this.#choice().status, this.#screen.texts) : this.#viewItems();
  };

  /** Goes back to where a branch was entered from. */
  leave(): void {
    this.#store?.leave();
    this.#tree?.focus();
  }

  /** Tells the host what failed. */
  report({ code, message, retryable }: SourceRefusal): void {
    emit(this.#screen, 'sam-error', { code, message, retryable });
  }

  get #store(): TreeStore | null {
    return this.#screen.session?.store ?? null;
  }

  get #tree(): SamTree | null {
    return this.#screen.renderRoot.querySelector<SamTree>('sam-tree');
  }

  get #menu(): SamMenu | null {
    return this.#screen.renderRoot.querySelector<SamMenu>('.view-menu');
  }

  get #toasts(): SamToast | null {
    return this.#screen.renderRoot.querySelector<SamToast>('sam-toast');
  }

  #act(action: ActionDetail['action'], account: AccountRow | null): void {
    const { allowed } = this.#screen;
    if (action === 'search') this.#screen.focusSearch();
    else if (action === 'pause') this.toolbar.pause();
    else if (action === 'leave') this.#leaveOneLayer();
    else if (action === 'create' && allowed.has('create')) this.#create(account);
    else if (account) this.#actOn(action, account);
  }

  #actOn(action: ActionDetail['action'], account: AccountRow): void {
    const { allowed, texts } = this.#screen;
    const store = this.#store;
    const context = this.#dialogContext();
    const line = store?.view.lines.get(account.id);
    if (!store || !context) return;
    const open = account.status !== 'closed';
    if (action === 'copyId') void copyText(account.id, texts, (toast) => this.#toast(toast));
    else if (action === 'openBranch') this.#openBranch(store, account);
    else if (action === 'rename' && line && open && allowed.has('rename')) this.#tree?.editName(line);
    else if (action === 'suspend' && allowed.has('suspend'))
      void this.#inDialog((dialogs) => dialogs.suspend(context, account));
    else if (action === 'reactivate' && allowed.has('suspend')) void context.acts.reactivate(account);
    else if (action === 'close' && allowed.has('close'))
      void this.#inDialog((dialogs) => dialogs.close(context, account));
    else if (action === 'reopen' && allowed.has('close')) void context.acts.reopen(account);
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
    const { texts } = this.#screen;
    const { say } = texts;
    const question = {
      title: say('expandTitle', { n: account.subaccounts }),
      text: say('expandText', { name: account.name }),
      submit: say('expandSubmit'),
    };
    void this.#inDialog((dialogs) => dialogs.confirm(texts, question, act));
  }

  #create(account: AccountRow | null): void {
    const { session } = this.#screen;
    const context = this.#dialogContext();
    if (!session?.detail || !context) return;
    const here: AccountName = { id: session.detail.id, name: session.row?.name ?? session.detail.name };
    const parent = account ?? this.#onlySelected() ?? here;
    const parents = new Map([here, ...this.#ancestors(parent.id), parent].map(({ id, name }) => [id, { id, name }]));
    void this.#inDialog((dialogs) => dialogs.create(context, parent, [...parents.values()]));
  }

  #onlySelected(): AccountRow | null {
    const [id, ...others] = this.#store?.selection.ids() ?? [];
    if (id === undefined || others.length > 0) return null;
    const row = this.#store?.account(id)?.row;
    return row && row.status !== 'closed' ? row : null;
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

  /** Opens a dialog; afterwards the focus is back in the table. */
  async #inDialog(open: (dialogs: ScreenDialogs) => Promise<void>): Promise<void> {
    this.#dialogs ??= new ScreenDialogs(this.#screen.renderRoot);
    this.#landing = null;
    await open(this.#dialogs);
    const line = this.#landing === null ? undefined : this.#store?.view.lines.get(this.#landing);
    if (line) this.#tree?.goTo(line);
    if (line || this.#screen.shadowRoot?.activeElement === null) this.#tree?.focus();
  }

  #dialogContext(): DialogContext | null {
    const { source, texts } = this.#screen;
    const store = this.#store;
    const acts = this.#actsOf(store);
    if (!source || !store || !acts) return null;
    const created = (row: AccountRow): void => {
      this.query = '';
      store.takeRow(row);
      store.reveal(row);
      this.#changed(row);
      this.#landing = row.id;
      const open = {
        label: texts.say('menuOpen'),
        act: () => emit(this.#screen, 'sam-open', { account: row, place: 'here' }),
      };
      this.#toast({
        text: texts.say('created', { name: row.name }),
        acts: this.#screen.allowed.has('open') ? [open] : [],
      });
    };
    return { source, texts, acts, created };
  }

  #actsOf(store: TreeStore | null): AccountActs | null {
    const { source, texts } = this.#screen;
    if (!source || !store) return null;
    if (this.#acts?.store !== store) {
      const toast = (one: Toast): void => this.#toast(one);
      this.#acts = {
        store,
        acts: new AccountActs({ source, store, texts, toast, changed: (row) => this.#changed(row) }),
      };
    }
    return this.#acts.acts;
  }

  #changed(row: AccountRow): void {
    emit(this.#screen, 'sam-change', { account: row });
  }

  #toast(toast: Toast): void {
    this.#toasts?.show(toast);
  }

  #search(query: string): void {
    this.query = query;
    this.#screen.session?.search(query.trim());
    this.#screen.requestUpdate();
  }

  #pressInSearch(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.query !== '') {
      this.#search('');
      event.stopPropagation();
    } else if (event.key === 'ArrowDown' || event.key === 'Enter') this.#tree?.focus();
    else return;
    event.preventDefault();
  }

  #leaveOneLayer(): void {
    if (this.#store?.query !== null) this.#search('');
    else this.leave();
  }

  #choice(): ViewChoice {
    const store = this.#store;
    return {
      order: store?.order ?? { sort: 'name', direction: 'asc' },
      status: store?.status ?? [],
      density: this.#screen.density,
      updates: store?.paused ? 'paused' : 'running',
    };
  }

  #choose({ order, status, density, updates }: Partial<ViewChoice>): void {
    const store = this.#store;
    if (density) this.#screen.density = density;
    if (order) store?.sortBy(order);
    if (status) store?.filterBy(status);
    if (updates) store?.pause(updates);
    this.#tree?.requestUpdate();
    this.#screen.requestUpdate();
  }

  #viewItems(): readonly MenuItem[] {
    return viewItems(this.#choice(), this.#screen.clientWidth < NARROW_PX ? 'narrow' : 'wide', this.#screen.texts);
  }

  #openMenu({ currentTarget }: Event, items: readonly MenuItem[]): void {
    const menu = this.#menu;
    if (!menu || !(currentTarget instanceof HTMLElement)) return;
    menu.items = items;
    void menu.openAt(currentTarget, currentTarget);
  }
}
