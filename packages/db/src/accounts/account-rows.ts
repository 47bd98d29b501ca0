import {
  type AccountFilters,
  type AccountId,
  type AccountRow,
  type AccountStatus,
  type ActivityFilter,
  billingPeriodOf,
  type CapsFilter,
  DAY_MS,
  type Decimal,
  INACTIVE_DAYS,
  type Instant,
  instantOf,
  type LimitFilter,
  type MeterKey,
  msOf,
  NEAR_PERCENT,
  PERMISSIONS,
  type RowFilters,
  type Suspension,
  type SuspensionOrder,
  seenAt,
} from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import { instantOrNull } from '../instant-or-null.ts';
import { inUnit, storedAs } from '../usage/in-unit.ts';
import { ACTING_ROOT } from './place.ts';

/** Who may see minutes in a row: those with `billing.usage`. */
export type MinutesVisibility = 'with_minutes' | 'without_minutes';

/** The columns of `accounts` (alias a), of its totals in one period (alias t) and of what is yet to be counted (u.totals) that make an `AccountRow`. */
export type RawAccountRow = {
  id: string;
  parent_id: string | null;
  external_id: string | null;
  name: string;
  depth: number;
  status: AccountRow['status'];
  suspension_kind: Suspension['kind'] | null;
  suspended_from: Date | null;
  suspended_until: Date | null;
  suspension_reason: string | null;
  protected: boolean;
  billing_mode: AccountRow['billingMode'];
  transfer_until: Date | null;
  children: number;
  subaccounts: number;
  own_members: number;
  total_members: number;
  own_agents: number;
  total_agents: number;
  created_at: Date;
  closed_at: Date | null;
  caps_lowered: number;
  caps_decided: number;
  minutes_own: string;
  minutes_total: string;
  minutes_max: string | null;
};

/** Meter shown as "Minutes used". */
export const MINUTES_METER = 'call.minutes' satisfies MeterKey;
const STORED = storedAs(MINUTES_METER);

/** The minutes of an account with its subtree, of `joinTotals`, to sort and filter by, in the unit that is stored. */
export const MINUTES_TOTAL: RawBuilder<unknown> = sql`(coalesce(t.total, 0) + coalesce((u.totals -> a.id::text ->> 1)::numeric, 0))`;

/** Which account rows are asked for. */
export type RowsAsked = {
  /** Whose billing period the minutes are of. */
  readonly now: Instant;
  /** Whose children they are; without it, they may stand anywhere in the acting account's subtree. */
  readonly parent?: AccountId;
};

/** What is yet to be counted. OFFSET 0: read once, and not once for every row. */
function uncounted({ now, parent }: RowsAsked): RawBuilder<unknown> {
  const levels = parent === undefined ? sql`acting_account(), 0, 32` : sql`${parent}::uuid, 1, 1`;
  return sql`(SELECT uncounted_totals(${STORED}, ${billingPeriodOf(now).start}::timestamptz, ${levels}) AS totals OFFSET 0)`;
}

/** What of an account (alias a) makes a row; {@link withMinutes} adds the rest. */
export const ACCOUNT_COLUMNS: RawBuilder<unknown> = sql`a.id, a.parent_id, a.external_id, a.name, a.depth, a.status, a.suspension_kind, a.suspended_from, a.suspended_until,
  a.suspension_reason, a.protected, a.billing_mode, a.transfer_until, a.children, a.subaccounts, a.own_members, a.total_members, a.own_agents, a.total_agents,
  a.caps_lowered, a.caps_decided, a.created_at, a.closed_at`;

/** Joins to accounts (alias a) what {@link MINUTES_TOTAL} adds up; only for what sorts or filters by it, for it is planned anew for each page. */
export const joinTotals = (asked: RowsAsked): RawBuilder<unknown> => sql`
  LEFT JOIN usage_totals t ON t.account_id = a.id AND t.meter = ${STORED} AND t.period = ${billingPeriodOf(asked.now).start}::timestamptz
  CROSS JOIN ${uncounted(asked)} u`;

/** Joins accounts of the acting tree (alias a) to rows that have their ids; each is looked up, whatever the planner thinks of their number. */
export const lookUpAccounts = (id: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  CROSS JOIN LATERAL (SELECT x.* FROM accounts x WHERE x.root_id = ${ACTING_ROOT} AND x.id = ${id} LIMIT 1) a`;

/**
 * Account rows with their minutes and maximums of minutes, read for all of them at once.
 *
 * @param rows a `SELECT` of {@link ACCOUNT_COLUMNS}; where it takes as many as a page has, in its own order
 * @param order of the columns of these rows (alias page)
 */
export function withMinutes<Row>(
  asked: RowsAsked,
  rows: RawBuilder<unknown>,
  order: RawBuilder<unknown>,
): RawBuilder<RawAccountRow & Row> {
  const part = (at: number): RawBuilder<unknown> => sql`(m.counted -> page.id::text ->> ${sql.lit(at)})::numeric`;
  const sum = (at: number): RawBuilder<unknown> =>
    sql`(coalesce(${part(at)}, 0) + coalesce((m.uncounted -> page.id::text ->> ${sql.lit(at)})::numeric, 0))`;
  // MATERIALIZED: asked once, and not once for every row, however few rows the planner expects.
  return sql`
    WITH page AS MATERIALIZED (${rows}), m AS MATERIALIZED (
      SELECT totals_of(${STORED}, ${billingPeriodOf(asked.now).start}::timestamptz, ARRAY(SELECT id FROM page)) AS counted, u.totals AS uncounted
      FROM ${uncounted(asked)} u)
    SELECT page.*, ${inUnit(sum(0), MINUTES_METER)}::text AS minutes_own, ${inUnit(sum(1), MINUTES_METER)}::text AS minutes_total,
      ${inUnit(part(2), MINUTES_METER)}::text AS minutes_max
    FROM page CROSS JOIN m ORDER BY ${order}`;
}

/** The part of a maximum that a list is kept to, in percent. */
export const PERCENT_OF: Readonly<Record<LimitFilter, number>> = { near: NEAR_PERCENT, full: 100 };

/** Whether an account of `joinTotals` stands to its limit of minutes as a list is kept to. */
export const limitedAs = (filter: LimitFilter | undefined): RawBuilder<boolean> =>
  filter === undefined
    ? sql`true`
    : sql`(100 * ${MINUTES_TOTAL} >= ${sql.lit(PERCENT_OF[filter])} * (
        SELECT x.cap FROM limits x WHERE x.root_id = a.root_id AND x.account_id = a.id AND x.kind = ${STORED} LIMIT 1))`;

/** Whether an account (alias a) is seen with one of these statuses at an instant, by the rule of `statusAt`. */
export const seenWith = (statuses: readonly AccountStatus[], now: Instant): RawBuilder<boolean> =>
  statuses.includes('active') === statuses.includes('suspended')
    ? sql`a.status = ANY (${[...statuses]})`
    : sql`CASE WHEN a.status = 'suspended' AND (a.suspended_from > ${now}::timestamptz OR a.suspended_until <= ${now}::timestamptz)
        THEN 'active' ELSE a.status END = ANY (${[...statuses]})`;

/** What nobody decided works as none, and is restricted, too. */
function capsShown({ caps_lowered, caps_decided }: RawAccountRow): NonNullable<AccountRow['caps']> {
  const unreviewed = Math.max(0, PERMISSIONS.length - caps_decided);
  return { restricted: caps_lowered + unreviewed, unreviewed };
}

/** Conditions on the own caps of an account (alias a), each of which an index answers. */
export const LOWERED: RawBuilder<boolean> = sql`a.caps_lowered > 0`;
export const UNREVIEWED: RawBuilder<boolean> = sql`a.caps_decided < ${sql.lit(PERMISSIONS.length)}`;

/** Whether the own caps of an account (alias a) are as a list is kept to. */
export const cappedAs = (filter: CapsFilter | undefined): RawBuilder<boolean> => {
  switch (filter) {
    case undefined:
      return sql`true`;
    case 'restricted':
      return sql`(${LOWERED} OR ${UNREVIEWED})`;
    case 'unrestricted':
      return sql`(NOT ${LOWERED} AND NOT ${UNREVIEWED})`;
    case 'unreviewed':
      return UNREVIEWED;
    case 'reviewed':
      return sql`(NOT ${UNREVIEWED})`;
  }
};

/** A condition for each of the filters on rows that are on; accounts (alias a) that meet all of them stand in the list. */
export function keptTo(filters: RowFilters): RawBuilder<boolean> {
  const { caps, billing, transfer, members, agents, createdFrom, createdBefore } = filters;
  const conditions = [
    caps && cappedAs(caps),
    billing && sql`a.billing_mode = ${sql.lit(billing)}`,
    transfer && (transfer === 'none' ? sql`a.transfer_until IS NULL` : sql`a.transfer_until IS NOT NULL`),
    members && (members === 'none' ? sql`a.without_members` : sql`NOT a.without_members`),
    agents && (agents === 'none' ? sql`a.without_agents` : sql`NOT a.without_agents`),
    createdFrom && sql`a.id >= ${firstIdOf(createdFrom)}::uuid`,
    createdBefore && sql`a.id < ${firstIdOf(createdBefore)}::uuid`,
  ].filter((one) => one !== undefined);
  return conditions.length === 0 ? sql`true` : sql`(${sql.join(conditions, sql` AND `)})`;
}

/** The first day (UTC) that is not too long ago for an account to count as active. */
export const firstActiveDay = (now: Instant): RawBuilder<unknown> =>
  sql`${instantOf(msOf(now) - INACTIVE_DAYS * DAY_MS).slice(0, 10)}::date`;

/** Whether an account (alias a) with its subtree was active as a list is kept to. */
export const activeAs = (filter: ActivityFilter | undefined, now: Instant): RawBuilder<boolean> => {
  if (filter === undefined) return sql`true`;
  return filter === 'active'
    ? sql`(a.active_on >= ${firstActiveDay(now)})`
    : sql`(a.active_on < ${firstActiveDay(now)})`;
};

/** Whether a blueprint set an account (alias a) up, and it stands so to it (rules/blueprints 9). Asked once, and not once for every row. */
export const driftsAs = ({ blueprint, drift }: Pick<AccountFilters, 'blueprint' | 'drift'>): RawBuilder<boolean> =>
  blueprint === undefined
    ? sql`true`
    : sql`(a.id IN (SELECT d.account_id FROM blueprint_drift(${blueprint}, NULL) d WHERE ${drift ?? null}::text IS NULL OR d.drift = ${drift ?? null}))`;

/** No id that was made at an instant or later is smaller: ids begin with the milliseconds of their making (UUIDv7), and sort by them. */
function firstIdOf(instant: Instant): string {
  const hex = Math.max(0, msOf(instant)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

type StoredSuspension = {
  readonly suspension_kind: Suspension['kind'] | null;
  readonly suspended_from: Date | null;
  readonly suspended_until: Date | null;
};

/** How an account is suspended, or will be; null: it isn't. */
export const suspensionOf = (row: StoredSuspension): Suspension | null =>
  row.suspension_kind === null
    ? null
    : {
        kind: row.suspension_kind,
        from: instantOrNull(row.suspended_from),
        until: instantOrNull(row.suspended_until),
      };

/** The same with the reason. */
export function suspensionOrderOf(
  row: StoredSuspension & { readonly suspension_reason: string | null },
): SuspensionOrder | null {
  const suspension = suspensionOf(row);
  return suspension && { ...suspension, reason: row.suspension_reason };
}

/** Shapes a database row into the row that travels, as the account is seen at an instant. */
export function toAccountRow(raw: RawAccountRow, visibility: MinutesVisibility, now: Instant): AccountRow {
  const row: AccountRow = {
    id: raw.id as AccountId,
    parentId: raw.parent_id as AccountId | null,
    externalId: raw.external_id,
    name: raw.name,
    depth: raw.depth,
    status: raw.status,
    suspension: suspensionOrderOf(raw),
    protected: raw.protected,
    billingMode: raw.billing_mode,
    transferUntil: instantOrNull(raw.transfer_until),
    children: raw.children,
    subaccounts: raw.subaccounts,
    members: { own: raw.own_members, total: raw.total_members },
    agents: { own: raw.own_agents, total: raw.total_agents },
    minutes:
      visibility === 'without_minutes'
        ? null
        : { own: raw.minutes_own as Decimal, total: raw.minutes_total as Decimal },
    caps: raw.depth === 0 ? null : capsShown(raw),
    minutesMax: raw.minutes_max as Decimal | null,
    createdAt: raw.created_at.toISOString() as Instant,
    closedAt: instantOrNull(raw.closed_at),
  };
  return seenAt(row, msOf(now));
}
