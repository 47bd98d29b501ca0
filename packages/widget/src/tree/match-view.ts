import type { AccountId } from '@tenantree/domain';
import type { AccountPage, SearchPage, Sought } from '../data/account-source.ts';
import type { Account, Branch } from './lines.ts';
import { comparing } from './order.ts';
import { TreeView, type ViewOwner, type Want } from './tree-view.ts';

/** What a search found, with the ancestors of each match. A match can be opened like anywhere else. Loaded with what searches (account-search.ts). */
export class MatchView extends TreeView {
  override readonly sought: Sought;

  /** @param owner the store, and the account below which was searched */
  constructor(owner: ViewOwner & { readonly accountId: AccountId }, sought: Sought) {
    super(owner.accountId, 'matched', owner);
    this.sought = sought;
  }

  override receive(want: Want, accounts: readonly Account[], page: AccountPage | SearchPage): void {
    if (!('matches' in page)) {
      super.receive(want, accounts, page);
      return;
    }
    if (want.cursor === null) this.#keepOnly(new Set(accounts.map(({ id }) => id)));
    this.merge(accounts, page);
  }

  /** It was sought again: what isn't found any more goes. */
  #keepOnly(found: ReadonlySet<AccountId>): void {
    this.matches.clear();
    for (const [id, { home }] of this.lines) if (home.kind === 'matched' && !found.has(id)) this.remove(id);
  }

  /** Merges a page of accounts that were found, and their ancestors, parents before children. */
  merge(accounts: readonly Account[], { matches, total, more, nextCursor }: SearchPage): void {
    const { root } = this;
    this.isCut = more;
    for (const id of matches) this.matches.add(id);
    root.want = null;
    root.state = 'loaded';
    root.total = total;
    root.cursor = nextCursor;
    this.end(root, 'more', nextCursor === null ? 0 : 1);
    const touched = new Set<Branch>([root]);
    for (const account of accounts) {
      const home = this.lines.has(account.id) ? null : this.#homeOf(account);
      if (home === null) continue;
      home.lines = [...home.lines, this.lineIn(home, account)];
      touched.add(home);
    }
    for (const branch of touched) {
      const compare = comparing(branch.order);
      if (branch !== root) branch.total = branch.lines.length;
      this.arrange(
        branch,
        branch.lines.toSorted((a, b) => compare(a.account, b.account)),
      );
    }
  }

  #homeOf({ row: { parentId } }: Account): Branch | null {
    if (parentId === this.root.accountId) return this.root;
    const owner = parentId === null ? undefined : this.lines.get(parentId);
    if (owner === undefined) return null;
    const branch = this.branchOf(owner, 'matched');
    branch.state = 'loaded';
    owner.open = true;
    return branch;
  }
}
