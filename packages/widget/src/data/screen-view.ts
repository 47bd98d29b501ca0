import type { AccountFilters, AccountId, AccountSort, AccountStatus, ShownColumn } from '@tenantree/domain';

/** The order of siblings, and of flat lists; equal keys are ordered by id in the same direction, as the server does. */
export type Order = { readonly sort: AccountSort; readonly direction: 'asc' | 'desc' };

/** The order in which children are listed until somebody chooses another. */
export const DEFAULT_ORDER: Order = { sort: 'name', direction: 'asc' };
/** Which accounts are shown until somebody chooses otherwise: those that aren't closed. */
export const DEFAULT_STATUS: readonly AccountStatus[] = ['active', 'suspended'];

/** To which accounts the table is kept, at any depth, all of it together; and whether they stand in one list instead of the tree. */
export type Filters = AccountFilters & {
  /** Only those below this one. */
  readonly under?: AccountId | undefined;
  readonly layout?: 'flat' | undefined;
};

/** How the subaccounts are looked at. A host keeps it where it belongs, such as in its address (rules/screens 3). */
export type ScreenView = Filters & {
  /** What is searched for; empty when the tree is shown. */
  readonly query: string;
  readonly order: Order;
  /** Which accounts are shown, by their own status; never empty. */
  readonly status: readonly AccountStatus[];
  /** Shown columns in their order; without it, the usual ones. */
  readonly columns?: readonly ShownColumn[] | undefined;
  /** The view that was chosen, which may have been changed since: the key of one that is always there, or the id of one that is kept. */
  readonly saved?: string | undefined;
};

/** The view until somebody chooses another. */
export const DEFAULT_VIEW: ScreenView = { query: '', order: DEFAULT_ORDER, status: DEFAULT_STATUS };
