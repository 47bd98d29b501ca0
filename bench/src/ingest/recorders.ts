// Three ways to record the same events into the same tables.
import type { PoolClient } from 'pg';
import { createUsageCounter } from '../../../apps/api/src/usage/usage-counter.ts';
import { createUsageWriter } from '../../../apps/api/src/usage/usage-writer.ts';
import {
  type EventOutcome,
  type EventToRecord,
  openUsageStore,
  type UsageStore,
} from '../../../packages/db/src/index.ts';
import type { CountedMeter } from '../../../packages/domain/src/index.ts';
import type { BenchDatabase } from '../database.ts';

export type Recorder = {
  /** Resolves after the commit with the number of events that were new. */
  record(events: readonly EventToRecord[], caller: number): Promise<number>;
  /** Resolves when all that was recorded is counted. */
  close(): Promise<void>;
};

type Now = EventToRecord['occurredAt'];
const ago = (ms: number): Now => new Date(Date.now() - ms).toISOString() as Now;
/** As long as usage may be late. */
const WINDOW_MS = 35 * 86_400_000;
const METER = 'call.seconds';

const isNew = (outcome: EventOutcome): boolean => outcome === 'accepted' || outcome === 'over';

/** The product's only way: callers queue, one statement for all that waits, everybody answered after the commit; then it is counted. */
export const usageWriter = async ({ app }: BenchDatabase): Promise<Recorder> => writerInto(openUsageStore(app));

/** The same into a store of whichever build. */
export function writerInto(usage: UsageStore): Recorder {
  const store = (meter: CountedMeter, events: readonly EventToRecord[]) =>
    usage.append(events, { meter, now: ago(0), keysSince: ago(WINDOW_MS) });
  const counter = createUsageCounter({
    meters: [METER],
    clock: { nowMs: () => Date.now() },
    count: (root, meter, wait) => usage.count(root, { meter, now: ago(0), wait }),
    waiting: () => usage.waiting(),
    onCounted: () => {},
    fold: () => usage.fold(),
    tidy: () => usage.tidy(),
    onSetAside: ({ error }) => console.error(error),
    onTakenBack: () => {},
    onError: (error) => console.error(error),
  });
  const writer = createUsageWriter({ store, onCommitted: () => counter.wake() });
  return {
    record: async (events) => (await writer.record(METER, events)).filter(isNew).length,
    close: async () => {
      await writer.drain();
      await counter.close();
    },
  };
}

const INSERT_ONE = `INSERT INTO usage_events (account_id, key, month, meter, quantity, occurred_at, recorded_at)
  VALUES ($1, $2, month_of($5), $3, $4, $5, now()) ON CONFLICT DO NOTHING`;
const COUNT_ONE = `WITH chain AS (SELECT x.id, a.root_id, x.o FROM accounts a, unnest(path_of(a.root_id, a.path_key)) WITH ORDINALITY x(id, o) WHERE a.id = $1),
  bumped AS (UPDATE tree_versions t SET version = t.version + 1 WHERE t.root_id = (SELECT root_id FROM chain LIMIT 1) RETURNING t.version)
  INSERT INTO usage_totals AS t (account_id, meter, period, own, total, own_events, total_events, version)
    SELECT c.id, $2, date_trunc('month', $4::timestamptz, 'UTC'), CASE WHEN c.id = $1 THEN $3::numeric ELSE 0 END, $3::numeric,
      CASE WHEN c.id = $1 THEN 1 ELSE 0 END, 1, b.version FROM chain c, bumped b ORDER BY c.o DESC
    ON CONFLICT (account_id, meter, period) DO UPDATE SET own = t.own + excluded.own, total = t.total + excluded.total,
      own_events = t.own_events + excluded.own_events, total_events = t.total_events + excluded.total_events, version = excluded.version`;

/** The usual way: BEGIN, insert the event, add to the account and its ancestors, COMMIT. */
export async function oneTransactionPerEvent({ owner }: BenchDatabase): Promise<Recorder> {
  const clients = await Promise.all(Array.from({ length: 8 }, () => owner.connect()));
  return {
    record: async ([event], caller) => {
      const client = clients[caller];
      if (client === undefined || event === undefined) return 0;
      return recordOne(client, event);
    },
    close: async () => clients.forEach((client) => client.release()),
  };
}

async function recordOne(client: PoolClient, event: EventToRecord): Promise<number> {
  const { account, key, quantity, occurredAt } = event;
  await client.query('BEGIN');
  const { rowCount } = await client.query({
    name: 'insert_one',
    text: INSERT_ONE,
    values: [account, key, METER, quantity, occurredAt],
  });
  if (rowCount === 1)
    await client.query({ name: 'count_one', text: COUNT_ONE, values: [account, METER, quantity, occurredAt] });
  await client.query('COMMIT');
  return rowCount ?? 0;
}

const INSERT_MANY = `INSERT INTO usage_events (account_id, key, month, meter, quantity, occurred_at, recorded_at)
  SELECT u.account, u.key, month_of(u.occurred_at), u.meter, u.quantity, u.occurred_at, now()
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::numeric[], $5::timestamptz[]) u(account, key, meter, quantity, occurred_at)
  ORDER BY u.account, u.key ON CONFLICT DO NOTHING`;

/** The ceiling: deduplicated batches of events, and no totals at all. */
export async function bareBatches({ owner }: BenchDatabase): Promise<Recorder> {
  return {
    record: async (events) => {
      const values = [
        events.map((event) => event.account),
        events.map((event) => event.key),
        events.map(() => METER),
        events.map((event) => event.quantity),
        events.map((event) => event.occurredAt),
      ];
      return (await owner.query({ name: 'insert_many', text: INSERT_MANY, values })).rowCount ?? 0;
    },
    close: async () => {},
  };
}
