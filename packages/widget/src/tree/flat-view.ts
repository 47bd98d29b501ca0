import type { AccountId } from '@tenantree/domain';
import type { AccountPage, SearchPage, Sought } from '../data/account-source.ts';
import type { Account, AccountLine, Line } from './lines.ts';
import { TreeView, type ViewOwner, type Want } from './tree-view.ts';

/** Accounts of any depth in one list. Those between them are known, for their paths, and have no line. Loaded with what searches (account-search.ts). */
export class FlatView extends TreeView {
  override readonly sought: Sought;
  readonly #owner: ViewOwner & { readonly accountId: AccountId };
  readonly #sortAgain: () => void;

  /**
   * @param owner the store, and the account whose list it is
   * @param sortAgain asks for the list in the order that the store has by now: only the server can sort all of it
   */
  constructor(owner: ViewOwner & { readonly accountId: AccountId }, sought: Sought, sortAgain: () => void) {
    super(owner.accountId, 'flat', owner);
    this.#owner = owner;
    this.sought = sought;
    this.#sortAgain = sortAgain;
  }

  override receive(want: Want, accounts: readonly Account[], page: AccountPage | SearchPage): void {
    if (!('matches' in page)) return;
    const byId = new Map(accounts.map((account) => [account.id, account]));
    const found = page.matches.flatMap((id) => byId.get(id) ?? []);
    this.isCut = page.more;
    if (want.cursor === null) this.matches.clear();
    for (const { id } of found) this.matches.add(id);
    super.receive(want, found, page);
  }

  /** Takes the first page. */
  merge(accounts: readonly Account[], page: SearchPage): void {
    this.receive({ view: this, branch: this.root, cursor: null, order: this.#owner.order }, accounts, page);
  }

  /** What came to be somewhere below may belong anywhere: it is asked again then (account-search.ts). */
  override insert(): void {}

  override sort(): void {
    this.#sortAgain();
  }

  override canOpen(): boolean {
    return false;
  }

  override loaded(): AccountId[] {
    const isAccount = (line: Line): line is AccountLine => line.kind === 'account';
    const parents = this.root.lines.filter(isAccount).flatMap(({ account }) => account.row.parentId ?? []);
    return [...new Set([this.root.accountId, ...parents])];
  }
}
