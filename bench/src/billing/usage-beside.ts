// Usage of a tree that goes on while a period of it is closed: recorded, counted, read.
import { openUsageStore, readTotals } from '../../../packages/db/src/index.ts';
import type { BenchDatabase } from '../database.ts';
import { EventSource } from '../ingest/events.ts';
import { nowMs } from '../measure.ts';
import { checkAndForget, close } from './closing.ts';
import { ROOT } from './plant.ts';

const HALVES = 4;
/** Events of a round, and how long there is nothing between two of them. */
const EVENTS = 50;
const PAUSE_MS = 20;
const METER = 'call.seconds';
/** As long as usage may be late. */
const WINDOW_MS = 35 * 86_400_000;

export type Beside = {
  /** The longest round of recording, counting and reading (ms): in the quiet half, and in the one with closes. */
  readonly quiet: number;
  readonly closing: number;
  readonly rounds: number;
  /** How often one of them was seen to wait for a lock. */
  readonly waits: number;
};

/** Rounds without and with a close beside them, in turn, each as long as the other. */
export async function measureUsageBeside(database: BenchDatabase): Promise<Beside> {
  const events = new EventSource();
  const round = roundOf(database, events);
  for (let n = 0; n < 20; n++) await round();
  const worst = { quiet: 0, closing: 0 };
  let rounds = 0;
  let waits = 0;
  const go = async (half: keyof typeof worst, isOver: () => boolean): Promise<void> => {
    while (!isOver()) {
      const started = nowMs();
      await round();
      worst[half] = Math.max(worst[half], nowMs() - started);
      rounds += 1;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  const look = async (): Promise<void> => {
    waits += await waiting(database);
  };
  const watch = setInterval(() => void look(), 10);
  for (let half = 0; half < HALVES; half++) {
    let isClosed = false;
    const closed = close(database).finally(() => {
      isClosed = true;
    });
    const started = nowMs();
    await go('closing', () => isClosed);
    await closed;
    const lasted = nowMs() - started;
    // Nobody who closes a period sums its lines up and throws them away: that is beside neither half.
    await checkAndForget(database);
    const ends = nowMs() + lasted;
    await go('quiet', () => nowMs() >= ends);
  }
  clearInterval(watch);
  return { ...worst, rounds, waits };
}

function roundOf({ app }: BenchDatabase, events: EventSource): () => Promise<void> {
  const usage = openUsageStore(app);
  type Now = Parameters<typeof usage.count>[1]['now'];
  const ago = (ms: number): Now => new Date(Date.now() - ms).toISOString() as Now;
  return async () => {
    const now = ago(0);
    await usage.append(events.take(EVENTS), { meter: METER, now, keysSince: ago(WINDOW_MS) });
    await usage.count(ROOT, { meter: METER, now, wait: true });
    const period = `${now.slice(0, 7)}-01T00:00:00.000Z` as Now;
    await app.withTenant(ROOT, (trx) => readTotals(trx, ROOT, 'call.minutes', period), { snapshot: true });
  };
}

async function waiting({ owner }: BenchDatabase): Promise<number> {
  const { rows } = await owner.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
  );
  return rows[0]?.n ?? 0;
}
