import type { DriftState } from '../blueprints/blueprint.ts';
import type { RowId } from '../ids.ts';
import type { CapsFilter } from '../permissions/caps.ts';
import type { Instant } from '../time.ts';
import type { AccountRow, BillingMode } from './account.ts';

/** What a list may be kept to by maximums of minutes of accounts' own: those that used 80 percent of it or more, or all of it. */
export const LIMIT_FILTERS = ['near', 'full'] as const;
export type LimitFilter = (typeof LIMIT_FILTERS)[number];

/** Whether accounts with their subtree have any of something. */
export const COUNT_FILTERS = ['none', 'some'] as const;
export type CountFilter = (typeof COUNT_FILTERS)[number];

/** Whether a billing transfer of an account is under way. */
export const TRANSFER_FILTERS = ['in_progress', 'none'] as const;
export type TransferFilter = (typeof TRANSFER_FILTERS)[number];

/**
 * When accounts with their subtree were last active: they are inactive where nothing of them was used for {@link INACTIVE_DAYS} days, and they
 * are not younger than that.
 */
export const ACTIVITY_FILTERS = ['inactive', 'active'] as const;
export type ActivityFilter = (typeof ACTIVITY_FILTERS)[number];
/** Whole days (UTC) without use after which an account is inactive. */
export const INACTIVE_DAYS = 30;

/** What of one row says whether it stands in a list. All that are named have to hold (rules/accounts 30). */
export type RowFilters = {
  /** Own caps that leave less than there is, or that somebody has yet to decide; or not so. */
  readonly caps?: CapsFilter | undefined;
  readonly billing?: BillingMode | undefined;
  readonly transfer?: TransferFilter | undefined;
  readonly members?: CountFilter | undefined;
  readonly agents?: CountFilter | undefined;
  /** Made at this instant, or later. */
  readonly createdFrom?: Instant | undefined;
  /** Made before this instant. */
  readonly createdBefore?: Instant | undefined;
};

/** The same, and what more than a row is asked for. */
export type AccountFilters = RowFilters & {
  readonly limits?: LimitFilter | undefined;
  readonly activity?: ActivityFilter | undefined;
  /** So many levels below the account whose list it is: 1 for its own subaccounts. */
  readonly level?: number | undefined;
  /** Set up by this blueprint. */
  readonly blueprint?: RowId | undefined;
  /** And stand so to it. */
  readonly drift?: DriftState | undefined;
};

/** All that a list can be kept to. */
export const FILTER_NAMES = [
  'caps',
  'limits',
  'activity',
  'billing',
  'transfer',
  'members',
  'agents',
  'createdFrom',
  'createdBefore',
  'level',
  'blueprint',
  'drift',
] as const satisfies readonly (keyof AccountFilters)[];

/** What filters are on, and nothing else of what stands beside them. */
export const filtersOf = (asked: AccountFilters): AccountFilters =>
  Object.fromEntries(FILTER_NAMES.flatMap((name) => (asked[name] === undefined ? [] : [[name, asked[name]]])));

const passesCaps = (filter: CapsFilter | undefined, shown: AccountRow['caps']): boolean => {
  if (filter === undefined) return true;
  const { restricted, unreviewed } = shown ?? { restricted: 0, unreviewed: 0 };
  switch (filter) {
    case 'restricted':
      return restricted > 0;
    case 'unrestricted':
      return restricted === 0;
    case 'unreviewed':
      return unreviewed > 0;
    case 'reviewed':
      return unreviewed === 0;
  }
};

const counts = (filter: CountFilter | undefined, n: number): boolean =>
  filter === undefined || (filter === 'none') === (n === 0);

/** Whether a row stands in a list that is kept so. */
export const passesFilters = (row: AccountRow, filters: RowFilters): boolean => {
  const { billing, transfer, members, agents, createdFrom, createdBefore } = filters;
  return (
    passesCaps(filters.caps, row.caps) &&
    (billing === undefined || row.billingMode === billing) &&
    (transfer === undefined || (transfer === 'none') === (row.transferUntil === null)) &&
    counts(members, row.members.total) &&
    counts(agents, row.agents.total) &&
    (createdFrom === undefined || row.createdAt >= createdFrom) &&
    (createdBefore === undefined || row.createdAt < createdBefore)
  );
};

/** Whether a list is kept to anything. */
export const isFiltered = (filters: AccountFilters): boolean =>
  FILTER_NAMES.some((name) => filters[name] !== undefined);
