// Recording usage: our group commit beside one transaction per event and beside bare batches without any totals.

import { type BenchDatabase, plantTree, startDatabase } from '../database.ts';
import { interleave, median, nowMs, quantile } from '../measure.ts';
import { isWanted, ofWanted } from '../only.ts';
import { digits, isMet, ratio, type Target, table, targets } from '../report.ts';
import { countMismatches } from './check.ts';
import { EventSource } from './events.ts';
import { bareBatches, oneTransactionPerEvent, type Recorder, usageWriter } from './recorders.ts';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 3);
const REPEATS = Number(process.env['BENCH_REPEATS'] ?? 3);

/** Callers at a time, and events in each of their calls. */
type Load = {
  readonly recorder: keyof typeof RECORDERS;
  readonly callers: number;
  readonly events: number;
  /** Leaves that calls come from; all of them unless said. */
  readonly active?: number;
  /** Whether every account above them has a cap and thresholds that it comes to in the time of a run. */
  readonly limits?: 'on every ancestor';
};

const RECORDERS = { perEvent: oneTransactionPerEvent, ours: usageWriter, bare: bareBatches };

const LOADS = {
  'one transaction per event, 4 statements, 8 writers': { recorder: 'perEvent', callers: 8, events: 1 },
  '**ours**, 64 callers, one event each': { recorder: 'ours', callers: 64, events: 1 },
  '**ours**, 1 000 callers, one event each': { recorder: 'ours', callers: 1000, events: 1 },
  '**ours**, 16 callers, 1 000 events each': { recorder: 'ours', callers: 16, events: 1000 },
  '**ours**, 16 callers, 1 000 events each, limits on every ancestor': {
    recorder: 'ours',
    callers: 16,
    events: 1000,
    limits: 'on every ancestor',
  },
  'the same per event, 200 leaves active': { recorder: 'perEvent', callers: 8, events: 1, active: 200 },
  '**ours**, 64 callers, 200 leaves active': { recorder: 'ours', callers: 64, events: 1, active: 200 },
  '**ours**, 16 callers, 1 000 events each, 200 leaves active': {
    recorder: 'ours',
    callers: 16,
    events: 1000,
    active: 200,
  },
  'bare unnest, 2 writers, 1 000 events each, no totals': { recorder: 'bare', callers: 2, events: 1000 },
} as const satisfies Record<string, Load>;
type Case = keyof typeof LOADS;

type CaseResult = {
  readonly eventsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mismatches: number;
};

export async function run(): Promise<boolean> {
  const database = await startDatabase();
  try {
    // 1 root, 10, 100, 1 000, 10 000 leaves: every event counts into five accounts
    await database.owner.query(
      'CREATE TABLE bench_shape AS SELECT i AS n, CASE WHEN i > 1 THEN (i - 2) / 10 + 1 END AS parent FROM generate_series(1, 11111) i',
    );
    await plantTree(database.owner);
    await database.owner.query('VACUUM ANALYZE');
    const wanted = Object.entries(LOADS).filter(([name]) => isWanted(name));
    const cases = Object.fromEntries(wanted.map(([name, load]) => [name, () => drive(database, load)]));
    return print(await interleave(cases as Record<Case, () => Promise<CaseResult>>, REPEATS));
  } finally {
    await database.drop();
  }
}

const NO_LIMITS = `TRUNCATE limits; DELETE FROM resource_totals WHERE resource = 'call.seconds'`;
/** A leaf uses some seventy seconds in a run, so that all thresholds are crossed. */
const LIMITS_ABOVE = `INSERT INTO limits (root_id, account_id, kind, metered, cap, thresholds)
  SELECT root_id, id, 'call.seconds', true, subaccounts * 50, '{50,80,100}' FROM accounts WHERE children > 0`;

async function drive(database: BenchDatabase, load: Load): Promise<CaseResult> {
  await database.owner.query(
    'TRUNCATE usage_events, usage_quarters, usage_totals, uncounted_usage, unfolded_quarters, tree_changes',
  );
  await database.owner.query(NO_LIMITS);
  if (load.limits) await database.owner.query(LIMITS_ABOVE);
  await database.owner.query('CHECKPOINT');
  const events = new EventSource(load.active);
  const recorder: Recorder = await RECORDERS[load.recorder](database);
  const started = nowMs();
  const durations: number[] = [];
  const callOverAndOver = async (caller: number): Promise<number> => {
    let accepted = 0;
    while (nowMs() - started < SECONDS * 1000) {
      const called = nowMs();
      accepted += await recorder.record(events.take(load.events), caller);
      durations.push(nowMs() - called);
    }
    return accepted;
  };
  const accepted = await Promise.all(Array.from({ length: load.callers }, (_, caller) => callOverAndOver(caller)));
  await recorder.close();
  const seconds = (nowMs() - started) / 1000;
  const total = accepted.reduce((sum, count) => sum + count, 0);
  return {
    eventsPerSecond: total / seconds,
    p50Ms: quantile(durations, 0.5),
    p99Ms: quantile(durations, 0.99),
    mismatches: await countMismatches(database.owner, total, load.recorder === 'bare' ? 'events' : 'totals'),
  };
}

function print(results: Partial<Record<Case, CaseResult[]>>): boolean {
  const of = (name: Case, key: keyof CaseResult): number => median((results[name] ?? []).map((result) => result[key]));
  const names = Object.keys(results) as Case[];
  const base = of('one transaction per event, 4 statements, 8 writers', 'eventsPerSecond');
  const quiet = of('the same per event, 200 leaves active', 'eventsPerSecond');
  const mismatches = names.flatMap((name) => results[name] ?? []).reduce((sum, result) => sum + result.mismatches, 0);
  console.log(
    '11 111 accounts, 10 000 of them active leaves five levels down; 5 % of the events are sent twice; fsync on\n',
  );
  console.log(
    table(
      [
        { title: 'recording', align: 'left' },
        { title: 'events/s' },
        { title: '× per event' },
        { title: 'call p50 ms' },
        { title: 'p99 ms' },
      ],
      names.map((name) => [
        name,
        digits(of(name, 'eventsPerSecond')),
        ratio(of(name, 'eventsPerSecond') / base),
        digits(of(name, 'p50Ms')),
        digits(of(name, 'p99Ms')),
      ]),
    ),
  );
  const batch = of('**ours**, 16 callers, 1 000 events each', 'eventsPerSecond');
  const bare = of('bare unnest, 2 writers, 1 000 events each, no totals', 'eventsPerSecond');
  const list: Target[] = [
    {
      what: '64 callers: × one transaction per event',
      measured: of('**ours**, 64 callers, one event each', 'eventsPerSecond') / base,
      atLeast: 15,
    },
    { what: 'batches of 1 000: × one transaction per event', measured: batch / base, atLeast: 40 },
    {
      what: 'limits on every ancestor: × without',
      measured: of('**ours**, 16 callers, 1 000 events each, limits on every ancestor', 'eventsPerSecond') / batch,
      atLeast: 0.9,
    },
    {
      what: '64 callers, 200 leaves active: × one transaction per event',
      measured: of('**ours**, 64 callers, 200 leaves active', 'eventsPerSecond') / quiet,
      atLeast: 15,
    },
    {
      what: 'batches of 1 000, 200 leaves active: × one transaction per event',
      measured: of('**ours**, 16 callers, 1 000 events each, 200 leaves active', 'eventsPerSecond') / quiet,
      atLeast: 40,
    },
    { what: 'batches of 1 000: share of the bare batches', measured: batch / bare, atLeast: 0.3 },
    { what: 'totals that differ from the events', measured: mismatches, atMost: 0 },
  ];
  const asked = ofWanted(list);
  console.log(`\n${targets(asked)}`);
  return asked.every(isMet);
}
