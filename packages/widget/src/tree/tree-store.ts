import type { AccountId, AccountRow, AccountStatus, AccountsFrame, UsageFrame } from '@tenantree/domain';
import type { AccountPage, Order, SearchPage, SourceRefusal } from '../data/account-source.ts';
import { KnownAccounts } from './known-accounts.ts';
import type { Account, AccountLine } from './lines.ts';
import { LiveInbox } from './live-inbox.ts';
import { MatchView } from './match-view.ts';
import { isLiveOrder } from './order.ts';
import { Selection } from './selection.ts';
import type { ChangeCause, TreeListener } from './tree-listener.ts';
import { TreeView, type ViewOwner, type Want } from './tree-view.ts';

export type { ChangeCause, TreeListener } from './tree-listener.ts';
export type { Want } from './tree-view.ts';

/** The order in which children are listed until somebody chooses another. */
export const DEFAULT_ORDER: Order = { sort: 'name', direction: 'asc' };
/** Which accounts are shown until somebody chooses otherwise: those that aren't closed. */
export const DEFAULT_STATUS: readonly AccountStatus[] = ['active', 'suspended'];
const FIRST = { order: DEFAULT_ORDER, status: DEFAULT_STATUS };

/**
 * The subaccounts of one account, as far as they are loaded: what every row shows, which rows are visible, what is selected.
 * It knows neither screen nor network: it says which pages it wants, is given them with live frames in any order, and tells
 * whoever paints what changed.
 */
export class TreeStore {
  readonly accountId: AccountId;
  readonly selection = new Selection();
  #accounts = new KnownAccounts();
  #order: Order;
  #status: readonly AccountStatus[];
  /** The whole tree first; then single branches that were entered; a search last. */
  #views: TreeView[];
  #query: string | null = null;
  #listeners = new Set<TreeListener>();
  readonly #inbox = new LiveInbox();
  readonly #owner: ViewOwner;
  /** An account that is to be brought into view as soon as it has a line. */
  #sought: AccountId | null = null;

  /**
   * @param ask loads a page; the answer goes to `receive` or `fail`, at once or later, also when it isn't wanted any more
   * @param first how accounts are shown at first
   */
  constructor(
    accountId: AccountId,
    ask: (want: Want) => void,
    first: { readonly order: Order; readonly status: readonly AccountStatus[] } = FIRST,
  ) {
    this.accountId = accountId;
    this.#order = first.order;
    this.#status = first.status;
    this.#owner = {
      order: () => this.#order,
      admits: ({ row }, branch) =>
        row.parentId === branch.accountId && (branch.kind === 'matched' || this.#status.includes(row.status)),
      ask: (want) => {
        this.#inbox.expect(want);
        ask(want);
      },
      displaced: (from) => {
        for (const listener of this.#listeners) listener.displaced?.(from);
      },
    };
    this.#views = [new TreeView(accountId, 'listed', this.#owner)];
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

  /** What was searched for; null when the tree is shown. */
  get query(): string | null {
    return this.#query;
  }

  /** The accounts that were entered one after the other, outermost first. */
  get entered(): readonly Account[] {
    return this.#views.slice(1).flatMap((view) => this.#accounts.get(view.root.accountId) ?? []);
  }

  /** Whether live changes are held back. */
  get paused(): boolean {
    return this.#inbox.paused;
  }

  account(id: AccountId): Account | undefined {
    return this.#accounts.get(id);
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

  /** Loads the first page. `expected` rows are kept free meanwhile. */
  load(expected: number): void {
    this.change((view) => view.load(expected));
  }

  /** Opens all siblings of a line. */
  openSiblings(line: AccountLine): void {
    this.change((view) => {
      for (const sibling of line.home.lines) view.open(sibling);
    });
  }

  /** Sorts siblings; the order then stays until somebody sorts again. */
  sortBy(order: Order): void {
    this.#order = { ...order };
    this.change((view) => view.sort());
  }

  /** Chooses which accounts are shown by their own status. */
  filterBy(status: readonly AccountStatus[]): void {
    this.#status = status;
    this.refresh();
  }

  /** Loads everything on screen again. What is shown stays until the answers come. */
  refresh(): void {
    this.change((view) => view.reload());
  }

  /** Shows one branch on its own (narrow layouts, ux.md 2.6). */
  enter(line: AccountLine): void {
    const view = new TreeView(line.account.id, 'listed', this.#owner);
    this.#views.push(view);
    view.load(line.account.row.children);
    this.#changed();
  }

  /** Goes back from `levels` entered branches, to the lines and the focus as they were. */
  leave(levels = 1): void {
    this.#query = null;
    this.#views.length = Math.max(1, this.#views.length - levels);
    this.#changed();
  }

  /** Announces a search; its page is given to `showSearch`, or given up with `dropSearch`. */
  beginSearch(): object {
    const search = {};
    this.#inbox.expect(search);
    return search;
  }

  dropSearch(search: object): void {
    this.#inbox.settle(search);
  }

  /** Shows what a search found in place of the tree. */
  showSearch(search: object, query: string, page: SearchPage): void {
    if (this.#query !== null) this.#views.pop();
    this.#query = query;
    const view = new MatchView(this.accountId, 'matched', this.#owner);
    this.#views.push(view);
    this.#merge(view, page);
    view.visible.current = view.visible.flat.at(0) ?? null;
    this.dropSearch(search);
    this.#changed();
  }

  /** Ends the search: the tree is as it was before, with what happened to its accounts since. */
  endSearch(): void {
    if (this.#query !== null) this.leave();
  }

  /** Merges the answer to a want. */
  receive(want: Want, page: AccountPage | SearchPage): void {
    if (want.branch.want === want) {
      if ('matches' in page) {
        if (want.view instanceof MatchView) this.#merge(want.view, page);
      } else {
        const { accounts } = this.#accounts.takePage(page);
        want.view.receive(want, { accounts, total: page.total, cursor: page.nextCursor });
        this.#replay(page.treeVersion);
      }
    }
    this.#inbox.settle(want);
    this.#changed();
  }

  /** A want could not be answered; a row of the branch says so. */
  fail(want: Want, _refusal: SourceRefusal): void {
    this.#inbox.settle(want);
    want.view.fail(want);
    this.#changed();
  }

  /** Takes a tick of minutes. */
  takeUsage(frame: UsageFrame): void {
    if (!this.#inbox.admitsUsage(frame)) return;
    const ordered = this.#order.sort === 'minutes';
    const turned = this.#accounts.takeUsage(frame, (account) => {
      if (ordered) for (const view of this.#views) view.check(account.id);
      for (const listener of this.#listeners) listener.ticked(account);
    });
    if (turned) this.#changed('live');
  }

  /** Takes changed accounts. */
  takeAccounts(frame: AccountsFrame): void {
    if (!this.#inbox.admitsAccounts(frame)) return;
    this.#take(frame);
    this.#changed('live');
  }

  /** Opens the parent of an account and makes the account current as soon as its line is there. */
  reveal(row: AccountRow): void {
    this.endSearch();
    this.#sought = row.id;
    this.change((view) => {
      const parent = row.parentId === null ? undefined : view.lines.get(row.parentId);
      if (parent) view.open(parent);
    });
  }

  /** Takes the row that a change of our own was answered with; the live frame that follows brings its version. */
  takeRow(row: AccountRow): void {
    this.#place(row, this.#accounts.get(row.id)?.rowVersion ?? 0);
    this.#changed();
  }

  /** Takes the row of an account that we created: the one above it has one more. */
  takeCreated(row: AccountRow): void {
    const parent = this.#accounts.get(row.id) || row.parentId === null ? undefined : this.#accounts.get(row.parentId);
    this.takeRow(row);
    if (!parent) return;
    const { children, subaccounts } = parent.row;
    parent.row = { ...parent.row, children: children + 1, subaccounts: subaccounts + 1 };
    this.#changed();
  }

  /** Holds live changes back, or lets them in again: in order, in one repaint. */
  pause(state: 'paused' | 'running'): void {
    if (state === 'paused') {
      this.#inbox.pause();
      return;
    }
    const held = this.#inbox.resume();
    for (const frame of held.accounts) this.takeAccounts(frame);
    for (const frame of held.usage) this.takeUsage(frame);
    this.#changed('live');
  }

  get #whole(): TreeView {
    const [first] = this.#views;
    if (first === undefined) throw new RangeError('a tree always has a view');
    return first;
  }

  #merge(view: MatchView, page: SearchPage): void {
    const { accounts } = this.#accounts.takePage(page);
    for (const id of page.matches) view.matches.add(id);
    view.merge({ accounts, total: page.total, cursor: page.nextCursor });
    this.#replay(page.treeVersion);
  }

  #replay(after: number): void {
    for (const frame of this.#inbox.newerThan(after)) this.#take(frame);
  }

  #take(frame: AccountsFrame): void {
    for (const row of frame.changed) this.#place(row, frame.version);
    for (const id of frame.gone) {
      const known = this.#accounts.get(id);
      if (known && known.rowVersion > frame.version) continue;
      this.#accounts.drop(id);
      this.selection.remove(id);
      for (const view of this.#views) view.remove(id);
    }
  }

  /** Takes a row and puts its line where it belongs in every view. */
  #place(row: AccountRow, version: number): void {
    const account = this.#accounts.take(row, version);
    for (const view of this.#views) {
      const line = view.lines.get(account.id);
      if (line && !this.#owner.admits(account, line.home)) view.remove(account.id);
      view.insert(account);
      if (isLiveOrder(this.#order)) view.check(account.id);
    }
  }

  #changed(cause: ChangeCause = 'asked'): void {
    const line = this.#sought === null ? undefined : this.view.lines.get(this.#sought);
    if (line && this.view.visible.flat.indexOf(line) >= 0) {
      this.#sought = null;
      this.view.visible.current = line;
      for (const listener of this.#listeners) listener.revealed?.(line);
    }
    for (const listener of this.#listeners) listener.changed(cause);
  }
}
