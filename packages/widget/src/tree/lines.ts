import type { AccountId, AccountRow, Decimal } from '@tenantree/domain';
import type { Order } from '../data/account-source.ts';

/** Minutes of one account in the present billing period, and the tree version that they were read at. Changed in place. */
export type Minutes = { own: Decimal; total: Decimal; version: number };

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
  /** Index in the visible lines when last looked up, -1 when not visible. Ask `VisibleLines.indexOf`, this may be out of date. */
  at: number;
  /** Steps below the view's root: 0 for its children. */
  readonly level: number;
  /** The branch that it stands in. */
  readonly home: Branch;
};

/** A row that shows an account. */
export type AccountLine = AnyLine & {
  readonly kind: 'account';
  readonly account: Account;
  /** Index among its loaded siblings. */
  place: number;
  open: boolean;
  /** Its children, once anything is known of them. */
  branch: Branch | null;
  /** Whether it is shown as a new one. */
  fresh: boolean;
};

/**
 * A row without an account: one kept free while it is loaded (`skeleton`), the offer of the next page (`more`), or the word that a
 * page could not be loaded, with the offer to try again (`failure`).
 */
export type TailLine = AnyLine & { readonly kind: 'skeleton' | 'more' | 'failure' };
/** One visible row. */
export type Line = AccountLine | TailLine;

/** The children of one account in one view, as far as they are loaded. */
export type Branch = {
  /** The account whose children these are. */
  readonly accountId: AccountId;
  /** Its line; null for the root of the view, which has none. */
  readonly owner: AccountLine | null;
  /** `listed`: pages of all children. `matched`: the ones that a search found. `flat`: accounts of any depth, in one list. */
  readonly kind: 'listed' | 'matched' | 'flat';
  readonly level: number;
  lines: readonly AccountLine[];
  /** What stands behind the last loaded account. */
  tail: readonly TailLine[];
  /** Children on all pages. */
  total: number;
  /** Continues after the loaded pages; null at the end, and before the first page. */
  cursor: string | null;
  state: 'unloaded' | 'loading' | 'loaded';
  /** Order of the loaded lines, fixed when they were sorted. */
  order: Order;
  /** What is on its way, if anything; an answer to anything else is stale. */
  want: object | null;
  /** Open every line that arrives, all the way down. */
  deep: boolean;
};
