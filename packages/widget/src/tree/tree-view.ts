import type { AccountId } from '@tenantree/domain';
import type { AccountPage, Order, SearchPage, Sought } from '../data/account-source.ts';
import type { Account, AccountLine, Branch, Line, TailLine } from './lines.ts';
import { comparing, isOutdated } from './order.ts';
import { VisibleLines } from './visible-lines.ts';

/** Most rows that are loaded, and kept free, at once (rules/screens 10, expand in place). */
export const PAGE_ROWS = 200;
/** Lines whose minutes are watched together. They are all that is taken to be in sight of what hasn't been painted yet. */
export const BLOCK = 50;

/** A page that a view needs. Whoever loads it answers the store with `receive` or `fail`. */
export type Want = {
  readonly view: TreeView;
  readonly branch: Branch;
  /** Continues after what is loaded; null for a first page, which replaces what is loaded. That stays on screen until then. */
  readonly cursor: string | null;
  /** The order that the page is to have. */
  readonly order: Order;
};

/** What a view asks of the store that owns it. */
export type ViewOwner = {
  readonly order: Order;
  /** Whether an account belongs into a branch, as things are now. */
  admits(account: Account, branch: Branch): boolean;
  ask(want: Want): void;
};

/**
 * One way to look at the tree: all of it, what a search found, or one branch on its own. It knows which lines are open, and
 * keeps what was loaded when a line is closed.
 */
export class TreeView {
  readonly root: Branch;
  readonly lines = new Map<AccountId, AccountLine>();
  readonly visible = new VisibleLines();
  /** What was sought, and the ids that were found; null and empty in other views. */
  readonly sought: Sought | null = null;
  readonly matches = new Set<AccountId>();
  /** Whether more may match than were found. */
  isCut = false;
  /** What was seen of it last: how far it was scrolled, in CSS pixels, the line at the upper edge with its index then, and how many fitted. */
  place: { readonly top: number; readonly first?: Line | undefined; readonly index?: number; readonly rows?: number } =
    { top: 0 };
  readonly #owner: ViewOwner;
  readonly #branches = new Set<Branch>();

  constructor(rootId: AccountId, kind: Branch['kind'], owner: ViewOwner) {
    this.#owner = owner;
    this.root = this.#branch(rootId, null, kind);
  }

  /** Begins to load the first page of the root. `expected` rows are kept free meanwhile. */
  load(expected: number): void {
    this.root.total = expected;
    this.more(this.root);
  }

  canOpen(line: AccountLine): boolean {
    return line.account.row.children > 0 || (line.branch?.lines.length ?? 0) > 0;
  }

  /** Opens a line in place: its loaded children, or room for them while they are loaded. */
  open(line: AccountLine): void {
    if (line.open || !this.canOpen(line)) return;
    const branch = this.branchOf(line, 'listed');
    if (branch.state === 'unloaded') this.more(branch);
    else {
      this.#sort(branch);
      if (branch.deep) for (const child of branch.lines) this.openDeep(child);
    }
    line.open = true;
    this.visible.renew(branch);
  }

  /** Closes a line. What is loaded below it stays loaded, and open what was open. */
  close(line: AccountLine): void {
    if (!line.branch) return;
    line.branch.deep = false;
    line.open = false;
    this.visible.renew(line.branch);
  }

  /** Opens a line and everything below it, as it arrives. */
  openDeep(line: AccountLine): void {
    if (!this.canOpen(line)) return;
    const branch = this.branchOf(line, 'listed');
    branch.deep = true;
    if (line.open) for (const child of branch.lines) this.openDeep(child);
    else this.open(line);
  }

  /** Loads the next page of a branch, or again what failed to load. */
  more(branch: Branch): void {
    if (branch.state === 'loading') return;
    if (branch.owner && branch.cursor === null) branch.total = branch.owner.account.row.children;
    branch.state = 'loading';
    const want = this.#ask(branch, branch.cursor);
    if (branch.want !== want) return; // answered at once
    this.end(branch, 'skeleton', Math.max(0, Math.min(PAGE_ROWS, branch.total - branch.lines.length)));
    this.visible.renew(branch);
  }

  /** Loads everything that is shown again; what is loaded but hidden is loaded again when it is opened. */
  reload(): void {
    for (const branch of this.#branches) {
      // What was found comes with the root of what was sought.
      if (branch.kind === 'matched' && branch !== this.root) continue;
      if (this.visible.shows(branch)) this.#ask(branch, null);
      else if (branch.owner && branch.kind === 'listed') {
        this.#drop(branch);
        branch.owner.branch = null;
        branch.owner.open = false;
      }
    }
  }

  /** Indices of the first line in sight, and after the last one. Before anything was seen of it, those at its beginning. */
  sight(): { readonly first: number; readonly last: number } {
    const { index = 0, rows = BLOCK } = this.place;
    return { first: index, last: index + rows };
  }

  /** The accounts whose children are loaded, or on their way. */
  loaded(): AccountId[] {
    return [...this.#branches].filter(({ state }) => state !== 'unloaded').map(({ accountId }) => accountId);
  }

  /** Merges a page into its branch. */
  receive({ branch, cursor, order }: Want, accounts: readonly Account[], page: AccountPage | SearchPage): void {
    branch.want = null;
    branch.state = 'loaded';
    branch.total = page.total;
    branch.cursor = page.nextCursor;
    const lines = new Set(cursor === null ? [] : branch.lines);
    for (const account of accounts) if (this.#owner.admits(account, branch)) lines.add(this.lineIn(branch, account));
    for (const line of branch.lines) if (!lines.has(line)) this.#forget(line);
    branch.order = order;
    this.end(branch, 'more', page.nextCursor === null ? 0 : 1);
    this.arrange(branch, [...lines]);
    if (order !== this.#owner.order) this.#sort(branch);
    if (branch.deep) for (const line of branch.lines) this.openDeep(line);
  }

  /** Says in place that a branch could not be loaded. What was loaded stays. */
  fail({ branch }: Want): void {
    branch.want = null;
    if (branch.state === 'loaded') return;
    branch.state = branch.lines.length > 0 ? 'loaded' : 'unloaded';
    this.end(branch, 'failure', 1);
    this.visible.renew(branch);
  }

  /** Puts an account into the branch of its parent, where the order wants it. Nothing happens while that isn't loaded. */
  insert(account: Account): void {
    const parent = account.row.parentId;
    const branch = parent === this.root.accountId ? this.root : parent && this.lines.get(parent)?.branch;
    if (!branch || branch.state !== 'loaded' || branch.kind === 'matched' || this.lines.has(account.id)) return;
    if (!this.#owner.admits(account, branch)) return;
    branch.total += 1;
    const compare = comparing(branch.order);
    const behind = branch.lines.findIndex((line) => compare(account, line.account) < 0);
    if (behind < 0 && branch.cursor !== null) return;
    const line = this.lineIn(branch, account);
    this.arrange(branch, branch.lines.toSpliced(behind < 0 ? branch.lines.length : behind, 0, line));
  }

  /** Takes an account and everything below it out. */
  remove(id: AccountId): void {
    const line = this.lines.get(id);
    if (line === undefined) return;
    const { home } = line;
    home.total = Math.max(0, home.total - 1);
    this.#forget(line);
    this.arrange(home, home.lines.toSpliced(line.place, 1));
    if (home.owner && home.lines.length === 0 && home.tail.length === 0) home.owner.open = false;
  }

  /** Whether what is shown is no longer in the order that was asked for. */
  isOutOfOrder(): boolean {
    for (const branch of this.#branches) if (isOutdated(branch) && this.visible.shows(branch)) return true;
    return false;
  }

  /** Sorts by the present order. A branch that isn't loaded to its end is loaded again; hidden ones when they are opened. */
  sort(): void {
    for (const branch of this.#branches) if (this.visible.shows(branch)) this.#sort(branch);
  }

  /** Gives a branch its lines, one after the other. */
  protected arrange(branch: Branch, lines: readonly AccountLine[]): void {
    branch.lines = lines;
    lines.forEach((line, place) => {
      line.place = place;
    });
    this.visible.renew(branch);
  }

  /** Puts lines without an account behind the last one of a branch. */
  protected end(branch: Branch, kind: TailLine['kind'], count: number): void {
    branch.tail = Array.from({ length: count }, () => ({ kind, at: -1, level: branch.level, home: branch }));
  }

  /** The line of an account in a branch. Where it stood in another one it is taken out. */
  protected lineIn(home: Branch, account: Account): AccountLine {
    const known = this.lines.get(account.id);
    if (known?.home === home) return known;
    if (known) this.remove(account.id);
    const { level } = home;
    const line: AccountLine = {
      kind: 'account',
      at: -1,
      level,
      home,
      account,
      place: -1,
      open: false,
      branch: null,
      fresh: false,
    };
    this.lines.set(account.id, line);
    return line;
  }

  protected branchOf(line: AccountLine, kind: Branch['kind']): Branch {
    line.branch ??= this.#branch(line.account.id, line, kind);
    return line.branch;
  }

  #branch(accountId: AccountId, owner: AccountLine | null, kind: Branch['kind']): Branch {
    const branch: Branch = {
      accountId,
      owner,
      kind,
      level: owner === null ? 0 : owner.level + 1,
      lines: [],
      tail: [],
      total: 0,
      cursor: null,
      state: 'unloaded',
      order: this.#owner.order,
      want: null,
      deep: false,
    };
    this.#branches.add(branch);
    return branch;
  }

  #sort(branch: Branch): void {
    const order = this.#owner.order;
    if (branch.state !== 'loaded' || (branch.order === order && !isOutdated(branch))) return;
    // Minutes that nobody watches are as they were read: only the server can sort by them.
    const isWatched = order.sort !== 'minutes' || branch.lines.length <= BLOCK;
    if (branch.kind === 'listed' && (branch.cursor !== null || !isWatched)) {
      this.#ask(branch, null);
      return;
    }
    branch.order = order;
    const compare = comparing(order);
    this.arrange(
      branch,
      branch.lines.toSorted((a, b) => compare(a.account, b.account)),
    );
  }

  #ask(branch: Branch, cursor: string | null): Want {
    const order = cursor === null ? this.#owner.order : branch.order;
    const want: Want = { view: this, branch, cursor, order };
    branch.want = want;
    this.#owner.ask(want);
    return want;
  }

  #forget(line: AccountLine): void {
    this.lines.delete(line.account.id);
    if (line.branch) this.#drop(line.branch);
  }

  #drop(branch: Branch): void {
    branch.want = null;
    this.#branches.delete(branch);
    for (const line of branch.lines) this.#forget(line);
  }
}
