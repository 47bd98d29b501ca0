import type { AccountId, CountedMeter, Instant } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';
import {
  type Counted,
  countTree,
  foldQuarters,
  readTreeOf,
  readUncountedTrees,
  tidyUncounted,
  type UncountedTree,
} from './count-usage.ts';
import {
  type RangeEnd,
  readInstants,
  readSeries,
  readTimeZones,
  type SeriesPoint,
  type SeriesQuery,
} from './read-usage.ts';
import {
  type EventOutcome,
  type EventToRecord,
  findRepeats,
  type KnownEvent,
  type RecordOptions,
  recordUsage,
  recordUsageIn,
} from './record-usage.ts';

/**
 * Where usage events live: what a deployment whose events outgrow one database replaces. Totals of periods are the database's, which count
 * together with it; nobody else touches events, their keys and their roll-ups.
 */
export type UsageStore = {
  /** Stores events; `within` a running transaction, for what must be committed together with something else. See `recordUsage`. */
  append(events: readonly EventToRecord[], options: RecordOptions, within?: TenantTransaction): Promise<EventOutcome[]>;
  /** Which of these events are stored already. See `findRepeats`. */
  findRepeats(
    events: readonly EventToRecord[],
    kind: Pick<RecordOptions, 'meter' | 'adjustment'>,
  ): Promise<KnownEvent[]>;
  /** The trees that have something to count, whoever waits longest first. */
  waiting(): Promise<UncountedTree[]>;
  /** Counts one tree. See `countTree`. */
  count(
    root: AccountId,
    options: { readonly meter: CountedMeter; readonly now: Instant; readonly wait: boolean },
  ): Promise<Counted>;
  /** Adds to the roll-ups what counts noted for them. See `foldQuarters`. */
  fold(): Promise<void>;
  /** The tree that an account stands in; null when it is in none. */
  treeOf(account: AccountId): Promise<AccountId | null>;
  /** Makes the room free that counted usage took. */
  tidy(): Promise<void>;
  /** Usage over time of an account, as itself: others than it and what is below it are not seen. See `readSeries`. */
  series(query: SeriesQuery): Promise<SeriesPoint[]>;
  /** The names of the time zones that series may be cut by. */
  timeZones(): Promise<ReadonlySet<string>>;
  /** The instants of ends of ranges. See `readInstants`. */
  instantsOf(timeZone: string, ends: readonly RangeEnd[]): Promise<Instant[]>;
  /** Makes room for the months to come, and forgets old ones. See `keepMonths`. */
  keepMonths(options: { readonly now: Instant; readonly eventsSince: Instant | null }): Promise<number>;
};

/** The usage store in PostgreSQL. */
export function openUsageStore(db: Database): UsageStore {
  let zones: Promise<ReadonlySet<string>> | null = null;
  return {
    append: (events, options, within) =>
      within ? recordUsageIn(within, events, options) : recordUsage(db, events, options),
    findRepeats: (events, kind) => findRepeats(db, events, kind),
    waiting: () => readUncountedTrees(db),
    count: (root, options) => countTree(db, root, options),
    fold: () => foldQuarters(db),
    treeOf: (account) => readTreeOf(db, account),
    tidy: () => tidyUncounted(db),
    series: (query) => db.withTenant(query.account, (trx) => readSeries(trx, query), { snapshot: true }),
    // Read once: listing them opens a file for each.
    timeZones: () =>
      (zones ??= readTimeZones(db).catch((error: unknown) => {
        zones = null;
        throw error;
      })),
    instantsOf: (timeZone, ends) => readInstants(db, timeZone, ends),
    keepMonths: (options) => keepMonths(db, options),
  };
}

/**
 * Makes the tables of the month before, of this one and of the next, and drops the events of those months that were over before
 * `eventsSince` (null: of none), with their idempotency keys. Their roll-ups and totals stay. Several servers may ask at once.
 *
 * @returns how many months were dropped
 * @throws the driver's error when a month is in use for longer than two seconds; ask again later
 */
export async function keepMonths(
  db: Database,
  { now, eventsSince }: { readonly now: Instant; readonly eventsSince: Instant | null },
): Promise<number> {
  const { rows } = await sql<{ dropped: number }>`
    SELECT public.keep_months(${now}::timestamptz, ${eventsSince}::timestamptz) AS dropped`.execute(db.app);
  return rows[0]!.dropped;
}
