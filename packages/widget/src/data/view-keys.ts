import { ACCOUNT_SORTS, type AccountStatus, FILTER_NAMES, type ShownColumn } from '@tenantree/domain';
import type { Filters, ScreenView } from './screen-view.ts';

/** What accounts can be sorted by (rules/accounts 6). `members`, `agents` and `minutes` mean the rolled-up totals. */
export const SORT_KEYS = ACCOUNT_SORTS;

/** The own statuses that accounts can be filtered by, in the order in which they are named. */
export const STATUSES = ['active', 'suspended', 'closed'] as const satisfies readonly AccountStatus[];

/** All that makes a table other than the whole tree, beside a search. */
const KEPT = [...FILTER_NAMES, 'under', 'layout'] as const;

/** What filters are on in a view, and whether it is flat. */
export const filtersIn = (view: Filters): Filters =>
  Object.fromEntries(KEPT.flatMap((name) => (view[name] === undefined ? [] : [[name, view[name]]])));

/** Columns as one text, to be compared. */
const columnsOf = (columns: readonly ShownColumn[] | undefined): string =>
  columns?.map(({ column, width = '' }) => `${column} ${width}`).join() ?? '-';

/** Whether two views show the same in the same way, whatever is searched for. */
export const isSameLook = (a: ScreenView, b: ScreenView): boolean =>
  KEPT.every((name) => a[name] === b[name]) &&
  a.order.sort === b.order.sort &&
  a.order.direction === b.order.direction &&
  columnsOf(a.columns) === columnsOf(b.columns) &&
  STATUSES.every((one) => a.status.includes(one) === b.status.includes(one));

/** Whether two views are the same. */
export const isSameView = (a: ScreenView, b: ScreenView): boolean =>
  a.query === b.query && a.saved === b.saved && isSameLook(a, b);
