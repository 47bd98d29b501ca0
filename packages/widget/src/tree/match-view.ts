import type { Account, Branch } from './lines.ts';
import { comparing, renumber } from './order.ts';
import { type Arrival, TreeView, tailOf } from './tree-view.ts';

/** What a search found, with the ancestors of each match. A match can be opened like anywhere else. */
export class MatchView extends TreeView {
  /** Merges a page of accounts that were found, and their ancestors, parents before children. */
  merge(arrival: Arrival): void {
    const { root } = this;
    root.want = null;
    root.state = 'loaded';
    root.total = arrival.total;
    root.cursor = arrival.cursor;
    const touched = new Set<Branch>([root]);
    for (const account of arrival.accounts) {
      const home = this.lines.has(account.id) ? null : this.#homeOf(account);
      if (home === null) continue;
      home.lines.push(this.addLine(account, home));
      touched.add(home);
    }
    for (const branch of touched) {
      const compare = comparing(branch.order);
      branch.lines.sort((a, b) => compare(a.account, b.account));
      if (branch !== root) branch.total = branch.lines.length;
      renumber(branch);
    }
    root.tail = tailOf(root);
    this.visible.renew(root);
  }

  #homeOf(account: Account): Branch | null {
    const parent = account.row.parentId;
    if (parent === this.root.accountId) return this.root;
    const owner = parent === null ? undefined : this.lines.get(parent);
    if (owner === undefined) return null;
    owner.branch ??= this.addBranch(owner.account.id, owner, 'matched');
    owner.branch.state = 'loaded';
    owner.open = true;
    return owner.branch;
  }
}
