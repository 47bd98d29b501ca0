import type { AccountId, AccountRow } from '@tenantree/domain';
import type { Order } from '../data/account-source.ts';
import type { Minutes } from './minutes-ledger.ts';

/** What is known of one account, whichever views show it. */
export type Account = {
  readonly id: AccountId;
  row: AccountRow;
  /** Tree version that `row` was read at. */
  rowVersion: number;
  /** Null when the actor may not see usage. */
  minutes: Minutes | null;
  /** Sibling key of the name, made when first needed. */
  nameKey: string | null;
};

type AnyLine = {
  /** Index in the visible lines when last looked up, -1 when not visible. Ask `FlatLines.indexOf`, this may be out of date. */
  at: number;
  /** Steps below the view's root: 0 for its children. */
  readonly level: number;
};

/** A row that shows an account. */
export type AccountLine = AnyLine & {
  readonly kind: 'account';
  readonly account: Account;
  /** The branch that it stands in. */
  readonly home: Branch;
  /** Index among its loaded siblings. */
  place: number;
  open: boolean;
  /** Its children, once anything is known of them. */
  branch: Branch | null;
  /** It should stand before the sibling in front of it: the order is out of date. */
  late: boolean;
};

/** A row kept free for an account that is being loaded. */
export type SkeletonLine = AnyLine & { readonly kind: 'skeleton'; readonly home: Branch };
/** The row that loads the next page of a branch. */
export type MoreLine = AnyLine & { readonly kind: 'more'; readonly home: Branch };
/** The row that says that a branch could not be loaded, and offers to try again. */
export type FailureLine = AnyLine & { readonly kind: 'failure'; readonly home: Branch };

export type TailLine = SkeletonLine | MoreLine | FailureLine;
/** One visible row. */
export type Line = AccountLine | TailLine;

/** The children of one account in one view, as far as they are loaded. */
export type Branch = {
  /** The account whose children these are. */
  readonly accountId: AccountId;
  /** Its line; null for the root of the view, which has none. */
  readonly owner: AccountLine | null;
  /** `listed`: pages of all children. `matched`: the ones that a search found. */
  readonly kind: 'listed' | 'matched';
  readonly level: number;
  readonly lines: AccountLine[];
  tail: TailLine[];
  /** Children on all pages. */
  total: number;
  /** Continues after the loaded pages; null at the end, and before the first page. */
  cursor: string | null;
  state: 'unloaded' | 'loading' | 'loaded' | 'failed';
  /** Order of the loaded lines, fixed when they were sorted. */
  order: Order;
  /** Neighbours in the wrong order by now. */
  inversions: number;
  /** What is on its way, if anything; an answer to anything else is stale. */
  want: object | null;
  /** Open every line that arrives, all the way down. */
  deep: boolean;
};

/** Makes an empty branch. */
export const createBranch = (
  accountId: AccountId,
  owner: AccountLine | null,
  kind: Branch['kind'],
  order: Order,
): Branch => ({
  accountId,
  owner,
  kind,
  level: owner === null ? 0 : owner.level + 1,
  lines: [],
  tail: [],
  total: 0,
  cursor: null,
  state: 'unloaded',
  order,
  inversions: 0,
  want: null,
  deep: false,
});

/** Makes a closed line for an account. */
export const createLine = (account: Account, home: Branch): AccountLine => ({
  kind: 'account',
  at: -1,
  level: home.level,
  account,
  home,
  place: -1,
  open: false,
  branch: null,
  late: false,
});
