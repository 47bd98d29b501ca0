// Usage ingest with billing on, beside the build before there was money.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Pool } from 'pg';
import { openUsageStore, type UsageStore } from '../../../packages/db/src/index.ts';
import { unpackBuild } from '../build-before.ts';
import { type BenchDatabase, plantTree } from '../database.ts';
import { EventSource } from '../ingest/events.ts';
import { writerInto } from '../ingest/recorders.ts';
import { interleave, median, nowMs } from '../measure.ts';
import { sellPlan } from './plant.ts';

/** The last commit before the first of money. */
const COMMIT = 'a75f7fe8';
const SECONDS = 2;
const CALLERS = 16;
const EVENTS = 1_000;

type OpenedBefore = { close(): Promise<void> };
/** What is asked of the `db` package of the build before. */
type BuildBefore = {
  prepareDatabase(given: object): Promise<object>;
  openDatabase(serving: object): OpenedBefore;
  openUsageStore(open: OpenedBefore): UsageStore;
};

/** Median events per second. */
export type Ingest = { readonly before: number; readonly now: number };

/** @returns null where the history doesn't hold the build before (a shallow clone) */
export async function measureIngest(database: BenchDatabase, repeats: number): Promise<Ingest | null> {
  const folder = unpackBuild(COMMIT, ['packages/domain', 'packages/db']);
  if (folder === null) return null;
  const build = (await import(pathToFileURL(join(folder, 'packages', 'db', 'src', 'index.ts')).href)) as BuildBefore;
  await database.owner.query('CREATE DATABASE before');
  const connection = { ...database.connection, database: 'before' };
  const open = build.openDatabase(
    await build.prepareDatabase({ database: connection, owner: null, secret: 'of a benchmark' }),
  );
  const owner = new Pool({ ...connection, max: 1 });
  owner.on('error', () => {});
  try {
    for (const one of [owner, database.owner]) await plantLeaves(one);
    await sellPlan(database);
    const events = {
      before: () => eventsPerSecond(build.openUsageStore(open), owner),
      now: () => eventsPerSecond(openUsageStore(database.app), database.owner),
    };
    for (const warmUp of Object.values(events)) await warmUp();
    const measured = await interleave(events, repeats);
    return { before: median(measured.before), now: median(measured.now) };
  } finally {
    await open.close();
    await owner.end();
  }
}

/** A root, 10, 100, 1 000 and 10 000 leaves: every event counts into five accounts. */
async function plantLeaves(owner: Pool): Promise<void> {
  await owner.query(
    'CREATE TABLE bench_shape AS SELECT i AS n, CASE WHEN i > 1 THEN (i - 2) / 10 + 1 END AS parent FROM generate_series(1, 11111) i',
  );
  await plantTree(owner);
  await owner.query('VACUUM ANALYZE');
}

async function eventsPerSecond(store: UsageStore, owner: Pool): Promise<number> {
  await owner.query(
    'TRUNCATE usage_events, usage_quarters, usage_totals, uncounted_usage, unfolded_quarters, tree_changes',
  );
  await owner.query('CHECKPOINT');
  const events = new EventSource();
  const recorder = writerInto(store);
  const started = nowMs();
  const callOverAndOver = async (caller: number): Promise<number> => {
    let accepted = 0;
    while (nowMs() - started < SECONDS * 1000) accepted += await recorder.record(events.take(EVENTS), caller);
    return accepted;
  };
  const accepted = await Promise.all(Array.from({ length: CALLERS }, (_, caller) => callOverAndOver(caller)));
  await recorder.close();
  return accepted.reduce((sum, count) => sum + count, 0) / ((nowMs() - started) / 1000);
}
