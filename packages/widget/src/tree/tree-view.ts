import type { AccountId } from '@tenantree/domain';
import type { Order } from '../data/account-source.ts';
import { type Account, type AccountLine, type Branch, createBranch, createLine, type Line } from './lines.ts';
import { checkPlace, comparing, renumber } from './order.ts';
import { VisibleLines } from './visible-lines.ts';

/** Most rows that are loaded, and kept free, at once (ux.md 2.3, expand in place). */
export const PAGE_ROWS = 200;

/** A page that a view needs. Whoever loads it answers the store with `receive` or `fail`. */
export type Want = {
  readonly view: TreeView;
  readonly branch: Branch;
  /** `first` and `next` add a page; `again` replaces what is loaded, which stays on screen until then. */
  readonly reach: 'first' | 'next' | 'again';
  readonly cursor: string | null;
  /** The order that the page is to have. */
  readonly order: Order;
};

/** What a view asks of the store that owns it. */
export type ViewOwner = {
  readonly order: () => Order;
  /** Whether an account belongs into a branch, as things are now. */
  readonly admits: (account: Account, branch: Branch) => boolean;
  readonly ask: (want: Want) => void;
  /** The current line vanished and another took its place. */
  readonly displaced: (from: Line) => void;
};

/** A page as the store hands it to a view. */
export type Arrival = {
  readonly accounts: readonly Account[];
  readonly total: number;
  readonly cursor: string | null;
};

/**
 * One way to look at the tree: all of it, what a search found, or one branch on its own. It knows which lines are open, and
 * keeps what was loaded when a line is closed.
 */
export class TreeView {
  readonly root: Branch;
  readonly lines = new Map<AccountId, AccountLine>();
  readonly visible: VisibleLines;
  /** Ids that a search found; empty in other views. */
  readonly matches = new Set<AccountId>();
  readonly #owner: ViewOwner;
  readonly #branches = new Set<Branch>();

  constructor(rootId: AccountId, kind: Branch['kind'], owner: ViewOwner) {
    this.#owner = owner;
    this.visible = new VisibleLines(owner.displaced);
    this.root = this.addBranch(rootId, null, kind);
  }

  /** Begins to load the first page of the root. `expected` rows are kept free meanwhile. */
  load(expected: number): void {
    this.#startLoading(this.root, 'first', expected);
  }

  canOpen(line: AccountLine): boolean {
    return line.account.row.children > 0 || (line.branch?.lines.length ?? 0) > 0;
  }

  /** Opens a line in place: its loaded children, or room for them while they are loaded. */
  open(line: AccountLine): void {
    if (line.open || !this.canOpen(line)) return;
    line.branch ??= this.addBranch(line.account.id, line, 'listed');
    const { branch } = line;
    if (branch.state === 'unloaded' || branch.state === 'failed') {
      this.#startLoading(branch, 'first', line.account.row.children);
    } else {
      this.#sortAnew(branch);
      if (branch.deep) for (const child of branch.lines) this.openDeep(child);
    }
    this.visible.open(line, branch);
  }

  /** Closes a line. What is loaded below it stays loaded, and open what was open. */
  close(line: AccountLine): void {
    if (!line.open) return;
    if (line.branch) line.branch.deep = false;
    this.visible.close(line);
  }

  /** Opens a line and everything below it, as it arrives. */
  openDeep(line: AccountLine): void {
    if (!this.canOpen(line)) return;
    line.branch ??= this.addBranch(line.account.id, line, 'listed');
    line.branch.deep = true;
    if (line.open) for (const child of line.branch.lines) this.openDeep(child);
    else this.open(line);
  }

  /** Loads the next page of a branch, or again what failed to load. */
  more(branch: Branch): void {
    if (branch.state === 'loading') return;
    if (branch.lines.length > 0) this.#startLoading(branch, 'next', branch.total - branch.lines.length);
    else this.#startLoading(branch, 'first', branch.owner?.account.row.children ?? branch.total);
  }

  /** Loads everything that is shown again; what is loaded but hidden is loaded again when it is opened. */
  reload(): void {
    for (const branch of this.#branches) {
      if (!this.visible.shows(branch)) this.#unload(branch);
      else if (branch.state === 'loaded') this.#ask(branch, 'again');
      else if (branch.state === 'failed') this.more(branch);
      else if (branch.state === 'loading') this.#ask(branch, branch.lines.length > 0 ? 'next' : 'first');
    }
  }

  /** Merges a page into its branch. */
  receive(want: Want, arrival: Arrival): void {
    const { branch, reach } = want;
    if (branch.want !== want) return;
    branch.want = null;
    branch.state = 'loaded';
    branch.total = arrival.total;
    branch.cursor = arrival.cursor;
    if (reach === 'next') this.#append(branch, arrival.accounts);
    else this.#replace(branch, arrival.accounts, want.order);
    if (branch.order !== this.#owner.order()) this.#sortAnew(branch);
    if (branch.deep) for (const line of branch.lines) this.openDeep(line);
  }

  /** Says in place that a branch could not be loaded. What was loaded stays. */
  fail(want: Want): void {
    const { branch, reach } = want;
    if (branch.want !== want) return;
    branch.want = null;
    if (reach === 'again') return;
    branch.state = branch.lines.length > 0 ? 'loaded' : 'failed';
    this.visible.renewTail(branch, [{ kind: 'failure', at: -1, level: branch.level, home: branch }]);
  }

  /** Puts an account into the branch of its parent, where the order wants it. Nothing happens while that isn't loaded. */
  insert(account: Account): void {
    const parent = account.row.parentId;
    const branch = parent === this.root.accountId ? this.root : parent ? this.lines.get(parent)?.branch : null;
    if (!branch || branch.state !== 'loaded' || branch.kind === 'matched' || this.lines.has(account.id)) return;
    if (!this.#owner.admits(account, branch)) return;
    branch.total += 1;
    const compare = comparing(branch.order);
    const behind = branch.lines.findIndex((line) => compare(account, line.account) < 0);
    if (behind < 0 && branch.cursor !== null) return;
    const line = this.addLine(account, branch);
    branch.lines.splice(behind < 0 ? branch.lines.length : behind, 0, line);
    renumber(branch);
    this.visible.insert(line);
  }

  /** Takes an account and everything below it out. */
  remove(id: AccountId): void {
    const line = this.lines.get(id);
    if (line === undefined) return;
    const { home } = line;
    home.lines.splice(line.place, 1);
    home.total = Math.max(0, home.total - 1);
    renumber(home);
    this.visible.remove(line);
    this.#forget(line);
    if (home.owner && home.lines.length === 0 && home.tail.length === 0) home.owner.open = false;
  }

  /** Looks whether an account still stands in the right order, after one of its numbers changed. */
  check(id: AccountId): void {
    const line = this.lines.get(id);
    if (line === undefined) return;
    checkPlace(line);
    const next = line.home.lines[line.place + 1];
    if (next) checkPlace(next);
  }

  /** Whether what is shown is no longer in the order that was asked for. */
  isOutOfOrder(): boolean {
    for (const branch of this.#branches) if (branch.inversions > 0 && this.visible.shows(branch)) return true;
    return false;
  }

  /** Sorts by the present order. A branch that isn't loaded to its end is loaded again; hidden ones when they are opened. */
  sort(): void {
    for (const branch of this.#branches) if (this.visible.shows(branch)) this.#sortAnew(branch);
  }

  #append(branch: Branch, accounts: readonly Account[]): void {
    const fresh: AccountLine[] = [];
    for (const account of accounts) {
      if (this.lines.has(account.id) || !this.#owner.admits(account, branch)) continue;
      fresh.push(this.addLine(account, branch));
    }
    branch.lines.push(...fresh);
    renumber(branch);
    this.visible.renewTail(branch, tailOf(branch), fresh);
  }

  #replace(branch: Branch, accounts: readonly Account[], order: Order): void {
    const gone = new Set(branch.lines);
    const lines: AccountLine[] = [];
    for (const account of accounts) {
      if (!this.#owner.admits(account, branch)) continue;
      const line = this.lines.get(account.id);
      if (line?.home === branch) gone.delete(line);
      else if (line) this.remove(account.id);
      lines.push(line?.home === branch ? line : this.addLine(account, branch));
    }
    for (const line of gone) this.#forget(line);
    branch.lines.splice(0, branch.lines.length, ...lines);
    branch.order = order;
    this.#renew(branch);
  }

  #sortAnew(branch: Branch): void {
    const order = this.#owner.order();
    if (branch.state !== 'loaded' || (branch.order === order && branch.inversions === 0)) return;
    if (branch.cursor !== null && branch.kind === 'listed') {
      this.#ask(branch, 'again');
      return;
    }
    branch.order = order;
    const compare = comparing(order);
    branch.lines.sort((a, b) => compare(a.account, b.account));
    this.#renew(branch);
  }

  #renew(branch: Branch): void {
    branch.tail = tailOf(branch);
    renumber(branch);
    this.visible.renew(branch);
  }

  #unload(branch: Branch): void {
    if (branch.kind === 'matched') return;
    for (const line of branch.lines) this.#forget(line);
    branch.lines.length = 0;
    branch.tail = [];
    branch.cursor = null;
    branch.inversions = 0;
    branch.want = null;
    branch.state = 'unloaded';
  }

  #startLoading(branch: Branch, reach: 'first' | 'next', expected: number): void {
    branch.state = 'loading';
    const want = this.#ask(branch, reach);
    if (branch.want !== want) return; // answered at once
    const skeleton = () => ({ kind: 'skeleton' as const, at: -1, level: branch.level, home: branch });
    this.visible.renewTail(branch, Array.from({ length: Math.max(0, Math.min(PAGE_ROWS, expected)) }, skeleton));
  }

  #ask(branch: Branch, reach: Want['reach']): Want {
    const order = reach === 'next' ? branch.order : this.#owner.order();
    const want: Want = { view: this, branch, reach, cursor: reach === 'next' ? branch.cursor : null, order };
    branch.want = want;
    this.#owner.ask(want);
    return want;
  }

  protected addBranch(accountId: AccountId, owner: AccountLine | null, kind: Branch['kind']): Branch {
    const branch = createBranch(accountId, owner, kind, this.#owner.order());
    this.#branches.add(branch);
    return branch;
  }

  protected addLine(account: Account, home: Branch): AccountLine {
    const line = createLine(account, home);
    this.lines.set(account.id, line);
    return line;
  }

  #forget(line: AccountLine): void {
    this.lines.delete(line.account.id);
    if (!line.branch) return;
    line.branch.want = null;
    this.#branches.delete(line.branch);
    for (const child of line.branch.lines) this.#forget(child);
  }
}

/** What stands behind the last loaded account of a branch: the offer of further ones. */
export const tailOf = (branch: Branch): Branch['tail'] =>
  branch.cursor === null ? [] : [{ kind: 'more', at: -1, level: branch.level, home: branch }];
