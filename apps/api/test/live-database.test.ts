import { type Database, listen, openDatabase, readHeads, readNews } from '@tenantree/db';
import { createTestDatabase, type TestDatabase } from '@tenantree/db/testing';
import { type AccountId, type AccountsFrame, instantOf, type UsageFrame } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { count, event, freshId, move, plant, plantAll, record, ticking } from '../../../packages/db/test/tenants.ts';
import { ACCOUNTS } from '../src/accounts/accounts-channel.ts';
import { type Live, openLive } from '../src/server/open-live.ts';
import { showCounted, USAGE } from '../src/usage/usage-channel.ts';
import { NOVEMBER } from './live-stage.ts';
import { versionOf } from './live-tree.ts';

const now = ticking(NOVEMBER);
const clock = { nowMs: () => NOVEMBER };
const errors: unknown[] = [];

let database: TestDatabase;
let other: Database;
let here: Live;
let there: Live;
let root: AccountId;
let branches: AccountId[];
let leaf: AccountId;

beforeAll(async () => {
  database = await createTestDatabase(inject('database'));
  const { db } = database;
  other = openDatabase(database.serving);
  const nothing = () => undefined;
  const metrics = { viewings: nothing, frames: nothing, skipped: nothing, revoked: nothing };
  // Usage is recorded and counted by the tests themselves.
  const usageDoor = { record: async () => [], recorded: nothing, settle: async () => undefined };
  const open = async (its: Database): Promise<Live> => {
    const source = { db: its, usageDoor };
    const live = openLive({ source, clock, tickMs: 5, metrics, onError: (error) => errors.push(error) });
    await live.listen();
    return live;
  };
  [here, there] = await Promise.all([open(db), open(other)]);
  root = await plant(db, null, 'Main', now());
  branches = [await plant(db, root, 'East', now()), await plant(db, root, 'West', now())];
  leaf = await plant(db, branches[0]!, 'Leaf', now());
});
afterAll(async () => {
  await Promise.all([here.close(), there.close()]);
  await other.close();
  await database.drop();
});

const until = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 10_000, interval: 5 });

function watch(live: Live, channel: 'usage' | 'accounts', account: AccountId) {
  const path = account === root ? [root] : [root, account];
  const entitlement = { path, changesAtMs: null };
  const ask = vi.fn(async () => entitlement);
  const viewer = {
    ...entitlement,
    key: `${channel} ${account}`,
    user: null,
    session: 's',
    apiKey: null,
    token: null,
    turn: 's',
    ask,
  };
  const leave = new AbortController();
  const frames: { readonly id: number; readonly data: UsageFrame & AccountsFrame }[] = [];
  const { signal } = leave;
  const start = { account, viewer };
  const stream =
    channel === 'usage'
      ? live.hub.watch(USAGE, () => ({ ...start, since: 0 }), signal)
      : live.hub.watch(ACCOUNTS, () => ({ ...start, since: null }), signal);
  void (async () => {
    for await (const [id, data] of stream) frames.push({ id: versionOf(id), data: data as UsageFrame & AccountsFrame });
  })();
  return { frames, ask, leave: () => leave.abort() };
}

describe('two servers on one database', () => {
  it('show each other the minutes that either recorded', async () => {
    const viewers = [here, there].map((live) => watch(live, 'usage', root));
    await until(() => viewers.forEach(({ frames }) => expect(frames).toHaveLength(1)));
    const shown = (frames: (typeof viewers)[number]['frames']) =>
      new Map(frames.flatMap(({ data }) => data.minutes.map(([id, , total]) => [id, total])));
    for (let n = 1; n <= 20; n++) {
      await record(database.db, [event(leaf, freshId(), '1', instantOf(NOVEMBER))], now());
      for (const tree of await count(database.db, now())) showCounted((n % 2 ? here : there).hub, tree);
    }
    const all = new Map([root, branches[0]!, leaf].map((id) => [id, '20']));
    for (const { frames, leave } of viewers) {
      await until(() => expect(shown(frames)).toEqual(all));
      const ids = frames.map(({ id }) => id);
      expect(ids).toEqual(ids.toSorted((a, b) => a - b));
      leave();
    }
    expect(errors).toEqual([]);
  });

  it('tell each other of a thousand accounts in several texts, and read no others for it', async () => {
    const busy = await plant(database.db, root, 'Busy', now());
    const names = Array.from({ length: 1_000 }, (_, n) => `Leaf ${n}`);
    const leaves = await plantAll(database.db, busy, names, now());
    const texts: string[] = [];
    const heard = await listen(database.db, 'tenantree_live', {
      onMessage: (text) => texts.push(text),
      onReconnect: () => undefined,
    });
    const viewer = watch(there, 'usage', busy);
    await until(() => expect(viewer.frames).toHaveLength(1));
    const used = leaves.map((account) => event(account, freshId(), '1', instantOf(NOVEMBER)));
    await record(database.db, used, now());
    const [counted] = await count(database.db, now());
    if (counted) showCounted(here.hub, counted);
    const shown = () => new Map(viewer.frames.flatMap(({ data }) => data.minutes.map(([id, , total]) => [id, total])));
    await until(() => expect(shown()).toEqual(new Map([[busy, '1000'], ...leaves.map((id) => [id, '1'] as const)])));
    expect(viewer.frames.at(-1)?.id).toBe(counted?.version);
    expect(viewer.frames.some(({ data }) => data.gap)).toBe(false);
    expect(texts.length).toBeGreaterThan(4);
    expect(leaves.filter((id) => !texts.some((text) => text.includes(id)))).toEqual([]);
    expect(errors).toEqual([]);
    viewer.leave();
    await heard.close();
  }, 60_000);

  it('show each other accounts that moved: gone where they were, changed where they are', async () => {
    const [east, west] = [watch(there, 'accounts', branches[0]!), watch(there, 'accounts', branches[1]!)];
    const above = watch(there, 'accounts', root);
    await until(() => [east, west, above].forEach(({ frames }) => expect(frames).toHaveLength(1)));
    await move(database.db, root, leaf, branches[1]!, now());
    const before = above.frames[0]!.id;
    const [news] = await readNews(database.db, root, (await readHeads(database.db, [root]))[0]!.seq - 1, 1);
    expect(news?.version).toBe(before + 1);
    here.hub.happened(news!);
    await until(() => expect(east.frames.flatMap(({ data }) => data.gone)).toEqual([leaf]));
    await until(() => expect(west.frames.flatMap(({ data }) => data.changed.map(({ id }) => id))).toContain(leaf));
    await until(() => expect(above.frames.at(-1)?.id).toBe(before + 1));
    expect(above.frames.flatMap(({ data }) => data.gone)).toEqual([]);
    expect(west.frames.flatMap(({ data }) => data.changed).every(({ minutes }) => minutes === null)).toBe(true);
    for (const { leave } of [east, west, above]) leave();
  });

  it('show what the other one changed while the connection that tells of it was lost', async () => {
    const viewer = watch(there, 'usage', root);
    await until(() => expect(viewer.frames).toHaveLength(1));
    const cut = await database.asOwner(`
      SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'`);
    expect(cut).toHaveLength(2);
    await record(database.db, [event(leaf, freshId(), '1', instantOf(NOVEMBER))], now());
    const counted = await count(database.db, now());
    for (const tree of counted) showCounted(here.hub, tree);
    await until(() => expect(viewer.frames.at(-1)?.id).toBe(counted[0]?.version));
    await record(database.db, [event(leaf, freshId(), '1', instantOf(NOVEMBER))], now());
    const next = await count(database.db, now());
    for (const tree of next) showCounted(here.hub, tree);
    await until(() => expect(viewer.frames.at(-1)?.id).toBe(next[0]?.version));
    expect(errors).toEqual([]);
    viewer.leave();
  });

  it('ask about viewers of each other when access changed', async () => {
    const viewer = watch(there, 'usage', root);
    await until(() => expect(viewer.frames).toHaveLength(1));
    const [head] = await readHeads(database.db, [root]);
    const seq = head!.seq + 1;
    here.hub.happened({ root, after: seq - 1, seq, version: null, shows: [], rights: { subtree: root } });
    await until(() => expect(viewer.ask).toHaveBeenCalledTimes(1));
    viewer.leave();
  });
});
