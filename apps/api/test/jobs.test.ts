import { insertProducts, type JobAsker, openDatabase } from '@tenantree/db';
import type { AccountId, RowId, UserId } from '@tenantree/domain';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { further } from '../../../scripts/further.ts';
import { refuseWith } from '../src/hall/refused.ts';
import { defineJob } from '../src/jobs/define-job.ts';
import { enqueue, THE_SYSTEM } from '../src/jobs/enqueue.ts';
import type { Composed } from '../src/server/compose.ts';
import { codeOf, join, refusalOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { watcherWith } from './support/every-call.ts';
import { jobsEnded } from './support/jobs.ts';
import { startApi } from './support/start-api.ts';

const RETRY = { attempts: 3, firstMs: 1, factor: 1 };

/** Items that have begun, in their order, and what holds them up. */
const begun: number[] = [];
let gate: Promise<void> = Promise.resolve();

/** Makes an agent of each item; what an item says otherwise happens to it. */
const makeAgents = defineJob({
  name: 'test.makeAgents',
  label: 'Make agents',
  procedure: 'accounts.rename',
  payload: z.strictObject({
    n: z.number(),
    but: z.enum(['fails', 'fails once', 'is refused', 'has nothing to do']).optional(),
  }),
  retry: RETRY,
  run: async ({ hall, job, payload: { n, but }, done }) => {
    begun.push(n);
    await gate;
    if (but === 'has nothing to do') return { skipped: 'There is one.' };
    await hall.db.withTenant(job.account, async (trx) => {
      const name = { name: `Agent ${n}`, key: `agent ${n}` };
      const agent = { id: hall.newId(), name, externalId: null, version: 1, document: { name: name.name }, refs: [] };
      const at = new Date().toISOString() as never;
      const by = { id: null, name: 'Tenantree' };
      await insertProducts(trx, { account: job.account, kind: 'task', at, by, treeVersion: 1 }, [agent]);
      await done(trx, { agent: agent.id });
      if (but === 'is refused') refuseWith('NAME_TAKEN', 'There is one of that name.');
      if (but === 'fails' || (but === 'fails once' && begun.filter((one) => one === n).length === 1))
        throw new Error('the password is hunter2');
    });
    return 'done';
  },
});

let api: Deployment;
let second: Composed;
let logged: string[];

beforeAll(async () => {
  logged = [];
  const onLog = (line: string): void => void logged.push(line);
  api = await deploy({ jobs: [makeAgents], onLog });
  second = await startApi(api.database.serving, { jobs: [makeAgents], onLog });
});
afterAll(async () => {
  await second.close();
  await api.close();
});
beforeEach(() => {
  begun.length = 0;
  gate = Promise.resolve();
});

const make = async (name: string): Promise<AccountId> =>
  (await api.owner.accounts.create.mutate({ account: api.root, name })).account.id;

type Item = z.output<typeof makeAgents.payload>;
const upTo = (most: number): Item[] => Array.from({ length: most }, (_, i) => ({ n: i + 1 }));

const byPerson = (user: string): JobAsker => ({
  actor: { kind: 'person', id: user, name: 'Olivia Owner', via: null },
  user: user as UserId,
  key: null,
  requestId: null,
});

const ownerId = async (): Promise<string> => (await api.owner.session.me.query()).user?.id ?? '';

async function order(
  account: AccountId,
  items: readonly Item[],
  { by, key }: { by?: JobAsker; key?: string } = {},
): Promise<RowId | null> {
  const asker = by ?? byPerson(await ownerId());
  const { hall } = api.composed;
  return hall.change(asker, { root: api.root as AccountId, acting: account }, (change) =>
    enqueue(hall, change, makeAgents, {
      by: asker,
      account,
      items: items.map((payload) => ({ payload })),
      ...(key && { key }),
    }),
  );
}

const agentsOf = async (account: AccountId): Promise<string[]> =>
  (await api.owner.products.list.query({ account, kind: 'task', order: 'newest', limit: 500 })).rows.map(
    ({ name }) => name,
  );
const get = (account: AccountId, job: RowId | null) =>
  api.owner.jobs.get.query({ account, job: job ?? '', limit: 500 });

describe('A job', () => {
  it('is asked for with the change that needs it, or not at all', async () => {
    const account = await make('Kept');
    const { hall } = api.composed;
    const by = byPerson(await ownerId());
    const undone = hall.change(by, { root: api.root as AccountId, acting: account }, async (change) => {
      await enqueue(hall, change, makeAgents, {
        by,
        account,
        items: [{ payload: { n: 1 } }],
      });
      throw new Error('not kept');
    });
    await expect(undone).rejects.toThrow('not kept');
    await order(account, [{ n: 2 }]);
    await jobsEnded(api.database);
    expect(await agentsOf(account)).toEqual(['Agent 2']);
    expect((await api.owner.jobs.list.query({ account })).rows).toHaveLength(1);
  });

  it('does each of its items once, whichever of two servers takes a step', async () => {
    const account = await make('Once');
    const job = await order(account, upTo(120));
    await jobsEnded(api.database, 30_000);
    expect((await agentsOf(account)).toSorted()).toEqual(
      upTo(120)
        .map(({ n }) => `Agent ${n}`)
        .toSorted(),
    );
    const { job: shown, items, nextCursor } = await get(account, job);
    expect(shown).toMatchObject({ state: 'succeeded', total: 120, done: 120, failed: 0, label: 'Make agents' });
    expect(shown.askedBy).toEqual({ kind: 'person', name: 'Olivia Owner' });
    expect(items.map((item) => [item.n, item.state, item.attempts])).toEqual(
      upTo(120).map((item) => [item.n, 'done', 1]),
    );
    expect(nextCursor).toBeNull();
  });

  further('leaves others their turn after fifty items', async () => {
    const [many, few] = [await make('Many'), await make('Few')];
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    await order(many, upTo(110));
    await vi.waitFor(() => expect(begun).toEqual([1]));
    // Takes the other places, on both servers.
    const fill = await Promise.all([1, 2, 3].map((n) => make(`Fill ${n}`)));
    for (const account of fill) await order(account, [{ n: 0 }]);
    await vi.waitFor(() => expect(begun).toHaveLength(4));
    const job = await order(few, [{ n: 1_000 }]);
    resolve();
    await jobsEnded(api.database, 30_000);
    expect(begun.indexOf(1_000)).toBeLessThan(begun.indexOf(110));
    expect((await get(few, job)).job.state).toBe('succeeded');
  });

  it('tries what fails again as it declares, gives it up then, and goes on; what is refused is not tried again', async () => {
    const account = await make('Failing');
    const job = await order(account, [
      { n: 1, but: 'fails' },
      { n: 2, but: 'fails once' },
      { n: 3, but: 'is refused' },
      { n: 4, but: 'has nothing to do' },
      { n: 5 },
    ]);
    await jobsEnded(api.database);
    const { job: shown, items } = await get(account, job);
    expect(shown).toMatchObject({ state: 'partly', total: 5, done: 2, skipped: 1, failed: 2 });
    expect(items.map(({ state, attempts, error }) => [state, attempts, error?.code ?? null])).toEqual([
      ['failed', 3, 'INTERNAL'],
      ['done', 2, 'INTERNAL'],
      ['failed', 1, 'NAME_TAKEN'],
      ['skipped', 1, null],
      ['done', 1, null],
    ]);
    expect((await agentsOf(account)).toSorted()).toEqual(['Agent 2', 'Agent 5']);
    // What stood in the way is the operator's to read.
    expect(JSON.stringify(items)).not.toContain('hunter2');
    expect(logged.some((line) => line.includes('hunter2'))).toBe(true);
    const failed = await api.owner.jobs.get.query({ account, job: job ?? '', state: 'failed' });
    expect(failed.items.map(({ n }) => n)).toEqual([1, 3]);
    const file = await api.owner.jobs.export.query({ account, job: job ?? '' });
    expect(file).toMatchObject({ filename: `job-${job}.csv`, nextCursor: null });
    const [head, ...lines] = file.csv.trimEnd().split('\r\n');
    expect(head).toBe('item,account,name,about,state,attempts,code,reason,result');
    expect(lines[2]).toBe('3,,,,failed,1,NAME_TAKEN,There is one of that name.,');
    expect(lines[3]).toMatch(/^4,,,,skipped,1,,There is one\.,/);
    expect(lines[4]).toMatch(/^5,,,,done,1,,,"{""agent"":/);
    const ofFailed = await api.owner.jobs.export.query({ account, job: job ?? '', state: 'failed' });
    expect(ofFailed.csv.match(/^\d+/gm)).toEqual(['1', '3']);
  });

  it('is in the log when it is asked for and when it has ended, in the account that it is of, with who asked and what became of it', async () => {
    const account = await make('Logged');
    const by = { ...byPerson(await ownerId()), requestId: 'the request that asked' };
    const job = await order(account, [{ n: 1 }, { n: 2, but: 'is refused' }], { by, key: 'logged' });
    // Asked for in vain, it is not in it.
    await order(account, [{ n: 3 }], { by, key: 'logged' });
    await jobsEnded(api.database);
    const { rows } = await api.owner.audit.list.query({ account });
    expect(rows.slice(0, -1).map(({ actor, sentence }) => `${actor.name} ${sentence}`)).toEqual([
      'Tenantree ended the job Make agents of Logged (partly: 1 of 2 done)',
      'Olivia Owner asked for the job Make agents of Logged, items: 2',
    ]);
    expect(rows[0]).toMatchObject({
      action: 'job.ended',
      target: { id: job, name: 'Make agents' },
      details: { state: 'partly', total: 2, done: 1, skipped: 0, failed: 1 },
      requestId: by.requestId,
    });
    expect(await api.owner.audit.verify.query({ account })).toMatchObject({ faults: [] });
  });

  it('of which one live one is enough is not asked for twice', async () => {
    const account = await make('Keyed');
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const first = await order(account, [{ n: 1 }], { key: 'only' });
    expect(first).not.toBeNull();
    expect(await order(account, [{ n: 2 }], { key: 'only' })).toBeNull();
    resolve();
    await jobsEnded(api.database);
    expect(await order(account, [{ n: 3 }], { key: 'only' })).not.toBeNull();
    await jobsEnded(api.database);
    expect((await agentsOf(account)).toSorted()).toEqual(['Agent 1', 'Agent 3']);
  });

  it('stops where whoever asked for it may do it no more', async () => {
    const account = await make('Rights');
    await join(api.url, api.owner, account, 'gone@example.com', 'admin');
    const { members } = await api.owner.members.list.query({ account });
    const user = members.find(({ email }) => email === 'gone@example.com')?.userId ?? '';
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const job = await order(account, upTo(60), { by: byPerson(user) });
    await vi.waitFor(() => expect(begun).toEqual([1]));
    await api.owner.members.remove.mutate({ account, userId: user });
    resolve();
    await jobsEnded(api.database);
    const { job: shown, items } = await get(account, job);
    // Asked again at the next step, after fifty, or after five seconds where that is earlier.
    expect(shown).toMatchObject({ state: 'partly', failed: 60 - shown.done });
    expect(shown.done).toBeGreaterThan(0);
    expect(shown.done).toBeLessThanOrEqual(50);
    expect(items.at(-1)).toMatchObject({ state: 'failed', error: { code: 'FORBIDDEN' } });
  });

  it('of a key ends with the key', async () => {
    const account = await make('By key');
    const { id } = await api.key(api.root);
    const by = {
      actor: { kind: 'key', id, name: 'Test key', via: null },
      user: null,
      key: id,
      requestId: null,
    } as JobAsker;
    const held = await order(account, [{ n: 1 }], { by });
    await jobsEnded(api.database);
    await api.owner.keys.revoke.mutate({ account: api.root, id });
    const lost = await order(account, [{ n: 2 }], { by });
    await jobsEnded(api.database);
    expect((await get(account, held)).job.state).toBe('succeeded');
    expect((await get(account, lost)).job.state).toBe('failed');
    expect(await agentsOf(account)).toEqual(['Agent 1']);
  });
});

describe('Watching a job', () => {
  it('tells how it goes, to whoever may see it, until its end', async () => {
    const account = await make('Watched');
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const job = (await order(account, upTo(3))) ?? '';
    await vi.waitFor(() => expect(begun).toEqual([1]));
    const frames: unknown[] = [];
    const watcher = watcherWith(
      second.url,
      { ...api.headers, origin: second.url },
      'jobs.live',
      { account, job },
      (frame) => frames.push((frame as { data: unknown }).data),
    );
    await watcher.ready;
    expect(frames[0]).toMatchObject({ state: 'running', total: 3, done: 0, cancelAsked: false, etaSeconds: null });
    resolve();
    await vi.waitFor(() => expect(frames.at(-1)).toMatchObject({ state: 'succeeded', done: 3 }), { timeout: 10_000 });
    watcher.stop();
  });

  it('ends within a second for whoever may see it no more', async () => {
    const account = await make('Watched in vain');
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const job = (await order(account, [{ n: 1 }])) ?? '';
    const { secret, id } = await api.key(account);
    const watcher = watcherWith(api.url, { authorization: `Bearer ${secret}` }, 'jobs.live', { account, job });
    await watcher.ready;
    const at = performance.now();
    await api.owner.keys.revoke.mutate({ account, id });
    expect(await watcher.cut).toBe('UNAUTHORIZED');
    expect(performance.now() - at).toBeLessThan(1_000);
    watcher.stop();
    resolve();
    await jobsEnded(api.database);
  });
});

describe('Stopping a job', () => {
  it('lets nothing more of it begin, keeps what is done, and is in the log; of one that has ended it changes nothing', async () => {
    const account = await make('Stopped');
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const job = (await order(account, upTo(5))) ?? '';
    await vi.waitFor(() => expect(begun).toEqual([1]));
    const asked = (await api.owner.jobs.cancel.mutate({ account, job })).job;
    expect(asked.state).toBe('running');
    expect(asked.cancelAskedAt).not.toBeNull();
    resolve();
    await jobsEnded(api.database);
    const { job: shown, items } = await get(account, job as RowId);
    expect(shown).toMatchObject({ state: 'cancelled', done: 1, failed: 0, total: 5 });
    expect(items.map(({ state }) => state)).toEqual(['done', 'pending', 'pending', 'pending', 'pending']);
    expect(await agentsOf(account)).toEqual(['Agent 1']);
    expect((await api.owner.jobs.cancel.mutate({ account, job })).job).toEqual(shown);
    const { rows } = await api.owner.audit.list.query({ account });
    expect(rows.map(({ sentence }) => sentence).filter((text) => text.startsWith('stopped'))).toEqual([
      'stopped the job Make agents of Stopped',
    ]);
  });

  it('and seeing it is for those who may ask for it, or see what it does', async () => {
    const account = await make('Seen');
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const job = (await order(account, [{ n: 1 }])) ?? '';
    const viewer = await join(api.url, api.owner, account, 'seen@example.com', 'viewer');
    const offered = async (by: typeof viewer) =>
      (await by.jobs.list.query({ account })).rows.map(({ id, stoppable }) => [id, stoppable]);
    // Stopping is offered to whoever may.
    expect([await offered(viewer), await offered(api.owner)]).toEqual([[[job, false]], [[job, true]]]);
    resolve();
    await jobsEnded(api.database);
    expect(await offered(api.owner)).toEqual([[job, false]]);
    expect(await codeOf(viewer.jobs.cancel.mutate({ account, job }))).toBe('FORBIDDEN');
    const other = await make('Elsewhere');
    expect(await refusalOf(api.owner.jobs.get.query({ account: other, job }))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('A server that works on a job', () => {
  it('and is stopped ends what it has begun, and hands the rest on at once', async () => {
    const alone = await deploy({ jobs: [makeAgents] });
    const account = alone.root as AccountId;
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const { hall } = alone.composed;
    const items = upTo(3).map((payload) => ({ payload }));
    await hall.change(THE_SYSTEM, { root: account, acting: account }, (change) =>
      enqueue(hall, change, makeAgents, { by: THE_SYSTEM, account, items }),
    );
    await vi.waitFor(() => expect(begun).toEqual([1]));
    const stopped = alone.composed.close();
    resolve();
    await stopped;
    const done = `SELECT n FROM job_items WHERE state = 'done' ORDER BY n`;
    expect(await alone.database.asOwner(done)).toEqual([{ n: 1 }]);
    const next = await startApi(alone.database.serving, { jobs: [makeAgents] });
    await jobsEnded(alone.database, 5_000);
    expect(await alone.database.asOwner(done)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(begun).toEqual([1, 2, 3]);
    await next.close();
    await alone.close();
  });

  further('and loses its connections goes on, and does nothing twice', async () => {
    const account = await make('Cut off');
    const job = await order(account, upTo(120));
    const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND usename = '${api.database.serving.user}'`;
    for (const n of [10, 40, 80]) {
      await vi.waitFor(() => expect(begun.length).toBeGreaterThan(n), { timeout: 45_000 });
      await api.database.asOwner(cut);
    }
    await jobsEnded(api.database, 45_000);
    const made = await agentsOf(account);
    expect((await get(account, job)).job).toMatchObject({ state: 'succeeded', done: 120 });
    expect(new Set(made).size).toBe(120);
    expect(made).toHaveLength(120);
  });

  it('is a login that sees ids of jobs, and nothing of what they are about', async () => {
    const db = openDatabase(api.database.serving);
    await expect(db.pool.query('SELECT FROM jobs')).rejects.toThrow(/permission denied/);
    await expect(db.pool.query('SELECT FROM job_items')).rejects.toThrow(/permission denied/);
    await expect(db.pool.query('SELECT FROM job_workers')).rejects.toThrow(/permission denied/);
    await db.close();
  });

  it('is told of by metrics', async () => {
    // Whichever of the two did it.
    const text = (await api.composed.metrics()) + (await second.metrics());
    expect(text).toContain('tenantree_jobs_live 0');
    expect(text).toMatch(/tenantree_job_items_total\{kind="test.makeAgents",outcome="done"\} [1-9]/);
    expect(text).toMatch(/tenantree_jobs_ended_total\{kind="test.makeAgents",state="succeeded"\} [1-9]/);
  });
});
