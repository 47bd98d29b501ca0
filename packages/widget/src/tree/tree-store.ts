import type { AccountId, AccountRow, AccountStatus, AccountsFrame, UsageFrame } from '@tenantree/domain';
import type { AccountPage, Order, SearchPage, Sought, SourceRefusal } from '../data/account-source.ts';
import { DEFAULT_ORDER, DEFAULT_STATUS, type ScreenView } from '../data/screen-view.ts';
import type { FlatView } from './flat-view.ts';
import type { HeldFrames } from './held-frames.ts';
import { KnownAccounts } from './known-accounts.ts';
import type { Account, AccountLine, Branch } from './lines.ts';
import type { MatchView } from './match-view.ts';
import { BLOCK, TreeView, type ViewOwner, type Want } from './tree-view.ts';

export type { Want } from './tree-view.ts';

/** Which accounts are shown, and in which order. */
type Shown = Pick<ScreenView, 'order' | 'status'>;

const FIRST: Shown = { order: DEFAULT_ORDER, status: DEFAULT_STATUS };

/** Why the tree changed: somebody wanted it, or it happened elsewhere. Then what is looked at must not move. */
export type ChangeCause = 'asked' | 'live';

/** Who paints the tree. */
export type TreeListener = {
  /** Lines came, went, moved, or show something else now. */
  readonly changed: (cause: ChangeCause) => void;
  /** An account's minutes changed, nothing else. */
  readonly ticked: (account: Account) => void;
  /** Other lines came into sight. */
  readonly seen?: () => void;
};

/**
 * The subaccounts of one account, as far as they are loaded: what every row shows, which rows are visible, what is selected.
 * It knows neither screen nor network: it says which pages it wants, is given them with live frames in any order, and tells
 * whoever paints what changed.
 */
export class TreeStore implements ViewOwner {
  readonly accountId: AccountId;
  /** The accounts that are ticked off for something to be done with them, whether loaded and visible or not. */
  readonly selection = new Set<AccountId>();
  readonly #accounts: KnownAccounts;
  #order: Order;
  #status: readonly AccountStatus[];
  readonly #whole: TreeView;
  /** The whole tree first; then single branches that were entered; a search last. */
  readonly #ask: (want: Want) => void;
  readonly #views: TreeView[];
  readonly #listeners = new Set<TreeListener>();
  /** Pages on their way; and the frames that came meanwhile, because a page may be older than they are. */
  readonly #expected = new Set<object>();
  #unanswered: AccountsFrame[] = [];
  /** The suspension of an account above the acting one that holds for all rows: by whom, null for one that isn't named. */
  above: { readonly name: string | null } | null = null;
  /** Where live changes go while they are paused. */
  held: HeldFrames | null = null;

  /**
   * @param ask loads a page; the answer goes to `receive` or `fail`, at once or later, also when it isn't wanted any more
   * @param first how accounts are shown at first
   * @param nowMs UTC milliseconds since 1970
   */
  constructor(
    accountId: AccountId,
    ask: (want: Want) => void,
    first: Shown = FIRST,
    nowMs: () => number = () => Date.now(),
  ) {
    this.#accounts = new KnownAccounts(nowMs);
    this.accountId = accountId;
    this.#order = first.order;
    this.#status = first.status;
    this.#ask = ask;
    this.#whole = new TreeView(accountId, 'listed', this);
    this.#views = [this.#whole];
  }

  /** The view that is on screen. */
  get view(): TreeView {
    return this.#views.at(-1) ?? this.#whole;
  }

  get order(): Order {
    return this.#order;
  }

  get status(): readonly AccountStatus[] {
    return this.#status;
  }

  /** What was sought; null when the tree is shown. */
  get sought(): Sought | null {
    return this.view.sought;
  }

  /** The accounts that were entered one after the other, outermost first. */
  get entered(): readonly Account[] {
    return this.#views
      .slice(1)
      .flatMap(({ sought, root }) => (sought === null && this.#accounts.get(root.accountId)) || []);
  }

  /** Whether live changes are held back. */
  get paused(): boolean {
    return this.held !== null;
  }

  account(id: AccountId): Account | undefined {
    return this.#accounts.get(id);
  }

  admits(account: Account, { accountId, kind }: Branch): boolean {
    const { row } = account;
    if (row.parentId !== accountId && kind !== 'flat') return false;
    return kind === 'matched' || this.#status.includes(row.status);
  }

  ask(want: Want): void {
    this.#expected.add(want);
    this.#ask(want);
  }

  listen(listener: TreeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Does something to the view on screen and has it painted. */
  change(act: (view: TreeView) => void): void {
    act(this.view);
    this.#changed();
  }

  /** What is in sight of the view on screen. */
  see(place: TreeView['place']): void {
    this.view.place = place;
    for (const listener of this.#listeners) listener.seen?.();
  }

  /** The accounts of the lines in sight, and of those above them that are pinned there; the acting one is always in sight. */
  inSight(): ReadonlySet<AccountId> {
    const { first, last } = this.view.sight();
    return this.#accountsOf(first, last);
  }

  /** The same with a block of lines above and one below: always whole ones, so that those who look at the same watch the same. */
  aroundSight(): Set<AccountId> {
    const { first, last } = this.view.sight();
    const from = Math.max(0, Math.floor(first / BLOCK) - 1) * BLOCK;
    return this.#accountsOf(from, (Math.ceil(last / BLOCK) + 1) * BLOCK);
  }

  /** The accounts whose children are loaded, or being loaded, in any view. */
  branches(): ReadonlySet<AccountId> {
    return new Set(this.#views.flatMap((view) => view.loaded()));
  }

  /** Loads the first page. `expected` rows are kept free meanwhile. */
  load(expected: number): void {
    this.change((view) => view.load(expected));
  }

  /** Sorts siblings; the order then stays until somebody sorts again. */
  sortBy(order: Order): void {
    this.#order = { ...order };
    this.change((view) => view.sort());
  }

  /** Chooses which accounts are shown, by their own status. */
  filterBy(status: readonly AccountStatus[]): void {
    this.#status = status;
    this.refresh();
  }

  /** Loads everything on screen again. What is shown stays until the answers come. */
  refresh(): void {
    this.change((view) => view.reload());
  }

  /** Shows one branch on its own (narrow layouts, rules/screens 14). */
  enter(line: AccountLine): void {
    this.#views.push(new TreeView(line.account.id, 'listed', this));
    this.load(line.account.row.children);
  }

  /** Goes back from the branch that was entered last, or from a search, to the lines and the focus as they were. */
  leave(): void {
    if (this.#views.length > 1) this.#views.pop();
    this.#changed();
  }

  /** Announces a search; its page is given to `showSearch`, or given up with `dropSearch`. */
  beginSearch(): object {
    const search = {};
    this.#expected.add(search);
    return search;
  }

  dropSearch(search: object): void {
    this.#expected.delete(search);
    if (this.#expected.size === 0) this.#unanswered = [];
  }

  /** Shows what a search found in place of the tree. */
  showSearch(search: object, view: MatchView | FlatView, page: SearchPage): void {
    this.endSearch();
    this.#views.push(view);
    view.merge(this.#accounts.takePage(page), page);
    this.#settle(search, page);
  }

  /** Ends the search: the tree is as it was before, with what happened to its accounts since. */
  endSearch(): void {
    const at = this.#views.findIndex(({ sought }) => sought !== null);
    if (at < 0) return;
    this.#views.length = at;
    this.#changed();
  }

  /** Merges the answer to a want. */
  receive(want: Want, page: AccountPage | SearchPage): void {
    if (want.branch.want !== want) {
      this.dropSearch(want);
      return;
    }
    want.view.receive(want, this.#accounts.takePage(page), page);
    this.#settle(want, page);
  }

  /** A want could not be answered; a row of the branch says so. */
  fail(want: Want, _refusal: SourceRefusal): void {
    if (want.branch.want === want) want.view.fail(want);
    this.dropSearch(want);
    this.#changed();
  }

  /** Takes a tick of minutes. */
  takeUsage(frame: UsageFrame): void {
    if (this.held) {
      this.held.holdUsage(frame);
      return;
    }
    const turned = this.#accounts.takeUsage(frame, (account) => {
      for (const listener of this.#listeners) listener.ticked(account);
    });
    if (turned) this.#changed('live');
  }

  /** Takes changed accounts. */
  takeAccounts(frame: AccountsFrame): void {
    if (this.held) {
      this.held.holdAccounts(frame);
      return;
    }
    if (this.#expected.size > 0) this.#unanswered.push(frame);
    this.#take(frame);
    this.#changed('live');
  }

  /** Takes the row that a change of our own was answered with; the live frame that follows brings its version. */
  takeRow(row: AccountRow): void {
    this.#place(row, this.#accounts.get(row.id)?.rowVersion ?? 0);
    this.#changed();
  }

  /** Time passed: suspensions begin and end by it, here as on the server. */
  turn(): void {
    const turned = this.held ? [] : this.#accounts.turned();
    for (const { row, rowVersion } of turned) this.#place(row, rowVersion);
    if (turned.length > 0) this.#changed('live');
  }

  /** Steps from the acting account down to one, as far as those between are known: not everybody is told how deep they stand. */
  levelOf(row: AccountRow): number {
    let level = 0;
    for (let at: AccountRow | undefined = row; at && at.id !== this.accountId; level++)
      at = at.parentId === null ? undefined : this.#accounts.get(at.parentId)?.row;
    return level;
  }

  /** The account at or above one, as far as is known, whose suspension holds for it, too; null when there is none. */
  suspendedAbove({ row: { parentId } }: Account): { readonly name: string | null } | null {
    for (let id = parentId; id !== null; ) {
      const row = this.#accounts.get(id)?.row;
      if (row?.status === 'suspended') return row;
      if (!row || id === this.accountId) break;
      id = row.parentId;
    }
    return this.above;
  }

  #accountsOf(first: number, last: number): Set<AccountId> {
    const accounts = new Set([this.accountId]);
    for (let line = this.view.visible.at(first); line; line = line.home.owner ?? undefined)
      if (line.kind === 'account') accounts.add(line.account.id);
    for (const line of this.view.visible.slice(first, last)) if (line.kind === 'account') accounts.add(line.account.id);
    return accounts;
  }

  /** A page came: what it can't know about yet is taken again. */
  #settle(expected: object, { treeVersion }: AccountPage): void {
    for (const frame of this.#unanswered) if (frame.version > treeVersion) this.#take(frame);
    this.dropSearch(expected);
    this.#changed();
  }

  #take({ version, changed, gone }: AccountsFrame): void {
    for (const row of changed) this.#place(row, version);
    for (const id of gone) {
      const known = this.#accounts.get(id);
      if (known && known.rowVersion > version) continue;
      this.#accounts.drop(id);
      this.selection.delete(id);
      for (const view of this.#views) view.remove(id);
    }
  }

  /** Takes a row and puts its line where it belongs in every view. */
  #place(row: AccountRow, version: number): void {
    const account = this.#accounts.take(row, version);
    for (const view of this.#views) {
      const line = view.lines.get(account.id);
      if (line && !this.admits(account, line.home)) view.remove(account.id);
      view.insert(account);
    }
  }

  #changed(cause: ChangeCause = 'asked'): void {
    for (const listener of this.#listeners) listener.changed(cause);
  }
}
