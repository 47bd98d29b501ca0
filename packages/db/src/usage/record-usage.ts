import type { AccountId, Decimal, Instant } from '@tenantree/domain';
import type { Database } from '../database.ts';

/** One event, checked and with its account resolved, ready to be stored. */
export type EventToRecord = {
  readonly account: AccountId;
  readonly key: string;
  readonly meter: string;
  readonly quantity: Decimal;
  readonly occurredAt: Instant;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly kind: 'usage' | 'adjustment';
  /** Why; adjustments only. */
  readonly reason: string | null;
};

/** What became of an event: counted, known already with the same content, or its key is taken by other content. */
export type EventOutcome = 'accepted' | 'duplicate' | 'conflict';

/** New totals of an account in the current billing period. */
export type TotalChange = {
  readonly account: AccountId;
  readonly root: AccountId;
  readonly path: readonly AccountId[];
  readonly own: Decimal;
  readonly total: Decimal;
  readonly version: number;
};

export type RecordedUsage = { readonly outcomes: EventOutcome[]; readonly changes: TotalChange[] };

type Row = {
  idx: number | null;
  outcome: EventOutcome | null;
  account_id: string;
  root_id: string;
  path: string[];
  own: string;
  total: string;
  version: string;
};

// Hot path: one named statement, one round trip, one commit for a whole batch (performance.md 2). Measured 2026-11: see docs/benchmarks.md.
const RECORD = {
  name: 'record_usage',
  text: `SELECT idx, outcome, account_id, root_id, path, trim_scale(own)::text AS own, trim_scale(total)::text AS total, version
         FROM record_usage($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
};

/**
 * Stores a batch of events in one transaction and counts each new one into its account and the ancestors of its time.
 * When this resolves, everything is committed. The accounts must have been checked against the caller's reach before.
 *
 * @throws the driver's error when nothing was stored (a deadlock with another writer can be tried again)
 */
export async function recordUsage(db: Database, events: readonly EventToRecord[], now: Instant): Promise<RecordedUsage> {
  const { rows } = await db.pool.query<Row>({
    ...RECORD,
    values: [
      events.map((event) => event.account),
      events.map((event) => event.key),
      events.map((event) => event.meter),
      events.map((event) => event.quantity),
      events.map((event) => event.occurredAt),
      events.map((event) => JSON.stringify(event.attributes)),
      events.map((event) => event.kind),
      events.map((event) => event.reason),
      now,
    ],
  });
  const outcomes = new Array<EventOutcome>(events.length).fill('accepted');
  const changes: TotalChange[] = [];
  for (const row of rows) {
    if (row.idx !== null && row.outcome !== null) outcomes[row.idx - 1] = row.outcome;
    else {
      changes.push({
        account: row.account_id as AccountId,
        root: row.root_id as AccountId,
        path: row.path as AccountId[],
        own: row.own as Decimal,
        total: row.total as Decimal,
        version: Number(row.version),
      });
    }
  }
  return { outcomes, changes };
}
