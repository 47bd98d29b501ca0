import {
  type AccountFilters,
  type AccountId,
  type AccountStatus,
  billingPeriodOf,
  type Instant,
  type LimitFilter,
  PERMISSIONS,
} from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import type { NearChange } from '../usage/count-usage.ts';
import { storedAs } from '../usage/in-unit.ts';
import {
  activeAs,
  driftsAs,
  firstActiveDay,
  keptTo,
  LOWERED,
  MINUTES_METER,
  PERCENT_OF,
  seenWith,
} from './account-rows.ts';
import { ACTING_ROOT, atOrBelow, pathOf } from './place.ts';

const STORED = storedAs(MINUTES_METER);

/** Which accounts below an account a list is kept to, at any depth. */
export type FilterQuery = AccountFilters & {
  readonly within: AccountId;
  /** Only those below this one, which stands below that; without it, all. */
  readonly under?: AccountId | undefined;
  readonly statuses: readonly AccountStatus[];
  readonly now: Instant;
};

/** With so many that match nobody counts on. */
export const MOST_COUNTED = 10_000;

/** Ids of accounts below an account that match filters, in the order of the tree; only those behind one, if it is named. */
export async function filterAccounts(
  trx: TenantTransaction,
  query: FilterQuery,
  { after, limit }: { readonly after: AccountId | null; readonly limit: number },
): Promise<AccountId[]> {
  const behind = after === null ? sql<boolean>`true` : sql<boolean>`a.path_key > place_of(${after}::uuid)`;
  const { rows } = await sql<{ id: AccountId }>`
    SELECT f.id FROM (${matching(query, behind, limit)}) f ORDER BY f.path_key LIMIT ${limit}`.execute(trx);
  return rows.map(({ id }) => id);
}

/** How many match filters, up to {@link MOST_COUNTED}, and whether there are more. */
export async function countFiltered(
  trx: TenantTransaction,
  query: FilterQuery,
): Promise<{ readonly total: number; readonly more: boolean }> {
  const most = MOST_COUNTED + 1;
  const { rows } = await sql<{ n: number }>`
    SELECT count(*)::int AS n FROM (SELECT FROM (${matching(query, sql<boolean>`true`, most)}) f LIMIT ${most}) c`.execute(
    trx,
  );
  const n = rows[0]?.n ?? 0;
  return { total: Math.min(n, MOST_COUNTED), more: n > MOST_COUNTED };
}

/** Rows `(id, path_key)` of what matches: those that come first in the tree, as many as are asked for of each index. */
function matching(query: FilterQuery, behind: RawBuilder<boolean>, limit: number): RawBuilder<unknown> {
  const { caps, limits, activity, now, ...rest } = query;
  const here = sql`${isBelow(query)} AND ${behind} AND ${keptTo(rest)} AND ${driftsAs(query)}`;
  const first = (which: RawBuilder<unknown>) =>
    sql`SELECT a.id, a.path_key FROM accounts a WHERE ${which} AND ${here} ORDER BY a.path_key LIMIT ${limit}`;
  if (limits !== undefined)
    return near(query, limits, sql`${here} AND ${keptTo({ caps })} AND ${activeAs(activity, now)}`);
  if (activity !== undefined) {
    // Each day by itself: an index has its accounts in the order of the tree.
    const [from, before] =
      activity === 'active' ? [firstActiveDay(now), sql`'infinity'`] : [sql`'-infinity'`, firstActiveDay(now)];
    return sql`SELECT u.id, u.path_key FROM active_days(${from}, ${before}) n(day)
      CROSS JOIN LATERAL (${first(sql`a.active_on = n.day AND ${keptTo({ caps })}`)}) u`;
  }
  if (caps === undefined) return first(sql`true`);
  // Each by its own index: by both conditions together all of the subtree would be looked at.
  const { length: all } = PERMISSIONS;
  const decided = (from: number, below: number, more = sql`true`) => sql`
    SELECT u.id, u.path_key FROM decided_counts(${from}, ${below}) n(decided)
    CROSS JOIN LATERAL (${first(sql`a.caps_decided = n.decided AND ${more}`)}) u`;
  switch (caps) {
    case 'restricted':
      return sql`(${first(LOWERED)}) UNION (${decided(0, all)})`;
    case 'unrestricted':
      return decided(all, MOST_DECIDED, sql`NOT ${LOWERED}`);
    case 'unreviewed':
      return decided(0, all);
    case 'reviewed':
      return decided(all, MOST_DECIDED);
  }
}

/** More permissions than there will be: a release that goes back a step finds more decided than it knows. */
const MOST_DECIDED = 32_767;

/** Whether an account (alias a) stands below the one that is asked for, as deep as is asked for, with such a status. */
const isBelow = ({ within, under = within, level, statuses, now }: FilterQuery): RawBuilder<boolean> =>
  sql`(${atOrBelow('a', under)} AND a.id <> ${under} AND ${atLevel(within, level)} AND ${seenWith(statuses, now)})`;

/** Whether an account (alias a) stands so many levels below another one. */
const atLevel = (within: AccountId, level: number | undefined): RawBuilder<boolean> =>
  level === undefined
    ? sql`true`
    : sql`a.depth = (SELECT x.depth + ${level}::int FROM accounts x WHERE x.root_id = ${ACTING_ROOT} AND x.id = ${within})`;

/** Those that used so much of a maximum of minutes of their own. Looked at is who may: marked as near in this period, with nothing to use, or with uncounted use. */
const near = ({ now }: FilterQuery, filter: LimitFilter, here: RawBuilder<unknown>): RawBuilder<unknown> => {
  const marked = (how: RawBuilder<boolean>) =>
    sql`SELECT l.account_id FROM limits l WHERE l.root_id = ${ACTING_ROOT} AND l.kind = ${STORED} AND ${how}`;
  // Each by its own index, and then one look-up each, however many limits there are.
  return sql`
  SELECT a.id, a.path_key FROM (
    ${marked(sql`l.near_in = ${periodOf(now)}`)} UNION ${marked(sql`l.cap = 0`)}
    UNION SELECT u.id::uuid FROM jsonb_object_keys(${uncountedIn(now)}) u(id)
  ) c
  CROSS JOIN LATERAL (SELECT x.cap FROM limits x WHERE x.root_id = ${ACTING_ROOT} AND x.account_id = c.account_id AND x.kind = ${STORED} LIMIT 1) m
  CROSS JOIN LATERAL (SELECT x.* FROM accounts x WHERE x.root_id = ${ACTING_ROOT} AND x.id = c.account_id LIMIT 1) a
  WHERE m.cap IS NOT NULL AND ${here} AND ${isNear(now, filter)}`;
};

const periodOf = (now: Instant): RawBuilder<Date> => sql`${billingPeriodOf(now).start}::timestamptz`;

/** Minutes that no total has yet, by account. Asked once, and not once for every row. */
const uncountedIn = (now: Instant): RawBuilder<unknown> =>
  sql`(SELECT uncounted_totals(${STORED}, ${periodOf(now)}, acting_account(), 0, 32))`;

/** Whether the minutes of an account (alias a) are so much of a maximum of its own (alias m). */
const isNear = (now: Instant, filter: LimitFilter = 'near'): RawBuilder<boolean> =>
  sql`100 * (coalesce((SELECT t.total FROM usage_totals t WHERE t.account_id = a.id AND t.meter = ${STORED} AND t.period = ${periodOf(now)}), 0)
    + coalesce((${uncountedIn(now)} -> a.id::text ->> 1)::numeric, 0)) >= ${sql.lit(PERCENT_OF[filter])} * m.cap`;

/** Which of some accounts of the acting account's subtree are near a maximum of minutes of their own. */
export async function readNear(
  trx: TenantTransaction,
  accounts: readonly AccountId[],
  now: Instant,
): Promise<NearChange[]> {
  type Raw = { id: AccountId; root_id: AccountId; path_key: Buffer; is_near: boolean };
  const { rows } = await sql<Raw>`
    SELECT a.id, a.root_id, a.path_key, coalesce(${isNear(now)}, false) AS is_near FROM accounts a
    LEFT JOIN LATERAL (SELECT x.cap FROM limits x WHERE x.root_id = a.root_id AND x.account_id = a.id AND x.kind = ${STORED} LIMIT 1) m ON true
    WHERE a.root_id = ${ACTING_ROOT} AND a.id = ANY (${[...accounts]}::uuid[])`.execute(trx);
  return rows.map((row) => ({ account: row.id, path: pathOf(row.root_id, row.path_key), isNear: row.is_near }));
}

/** Whether an account (alias a) matches the filters that are on. */
export const matchesFilters = (query: FilterQuery): RawBuilder<boolean> => {
  const { within, level, limits, activity, now } = query;
  const kept = sql<boolean>`(${keptTo(query)} AND ${driftsAs(query)} AND ${activeAs(activity, now)} AND ${atLevel(within, level)})`;
  return limits === undefined
    ? kept
    : sql`(${kept} AND EXISTS (SELECT FROM limits m
        WHERE m.root_id = ${ACTING_ROOT} AND m.account_id = a.id AND m.kind = ${STORED} AND ${isNear(now, limits)}))`;
};
