import type { AccountStatus, CapsFilter } from '@tenantree/domain';

/** What siblings can be sorted by (rules/accounts 6). `members`, `agents` and `minutes` mean the rolled-up totals. */
export const SORT_KEYS = ['name', 'members', 'agents', 'minutes', 'created'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** The order of siblings; equal keys are ordered by id in the same direction, as the server does. */
export type Order = { readonly sort: SortKey; readonly direction: 'asc' | 'desc' };

/** The own statuses that accounts can be filtered by, in the order in which they are named. */
export const STATUSES = ['active', 'suspended', 'closed'] as const satisfies readonly AccountStatus[];

/** The order in which children are listed until somebody chooses another. */
export const DEFAULT_ORDER: Order = { sort: 'name', direction: 'asc' };
/** Which accounts are shown until somebody chooses otherwise: those that aren't closed. */
export const DEFAULT_STATUS: readonly AccountStatus[] = ['active', 'suspended'];

/** To which accounts the table is kept, at any depth. */
export type Filters = {
  /** `near`: those that used 80 percent of a maximum of minutes of their own, or more. */
  readonly limits?: 'near' | undefined;
  /** Those of which own permissions are less than there is, or are not decided. */
  readonly caps?: CapsFilter | undefined;
};

/** How the subaccounts are looked at. A host keeps it where it belongs, such as in its address (rules/screens 3). */
export type ScreenView = Filters & {
  /** What is searched for; empty when the tree is shown. */
  readonly query: string;
  readonly order: Order;
  /** Which accounts are shown, by their own status; never empty. */
  readonly status: readonly AccountStatus[];
};

/** The view until somebody chooses another. */
export const DEFAULT_VIEW: ScreenView = { query: '', order: DEFAULT_ORDER, status: DEFAULT_STATUS };

/** Whether two views show the same. */
export const isSameView = (a: ScreenView, b: ScreenView): boolean =>
  a.query === b.query &&
  a.limits === b.limits &&
  a.caps === b.caps &&
  a.order.sort === b.order.sort &&
  a.order.direction === b.order.direction &&
  STATUSES.every((one) => a.status.includes(one) === b.status.includes(one));
