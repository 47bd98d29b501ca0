import type { RolloutView } from '@tenantree/contract';
import type { RowId } from '@tenantree/domain';
import type { ProductKindKey } from '@tenantree/domain/products';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Client, codeOf, join } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { watcherWith } from './support/every-call.ts';
import { jobsEnded } from './support/jobs.ts';

let api: Deployment;
let owner: Client;
beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
});
afterAll(() => api.close());

type Doc = Record<string, unknown>;
type Start = Parameters<Client['rollouts']['start']['mutate']>[0];
const kind = 'agent' as const;

const make = async (name: string, parent = api.root): Promise<string> =>
  (await owner.accounts.create.mutate({ account: parent, name })).account.id;
const create = async (account: string, of: ProductKindKey, document: Doc): Promise<RowId> =>
  (await owner.products.create.mutate({ account, kind: of, products: [{ document: document as never }] })).products[0]!
    .id;
const save = async (account: string, product: RowId, document: Doc): Promise<void> => {
  const { product: seen } = await owner.products.get.query({ account, kind, product });
  const asked = { account, kind, product, expectedVersion: seen.version, document: document as never };
  await owner.products.save.mutate(asked);
};

/** An agent with copies in some accounts. */
async function copied(name: string, many: number) {
  const account = await make(name);
  const product = await create(account, kind, { name: 'Desk', prompt: { greeting: 'Hello' } });
  const targets: string[] = [];
  for (let n = 1; n <= many; n += 1) targets.push(await make(`${name} ${n}`, account));
  const { plan } = await owner.imports.plan.mutate({ account, targets, products: [{ product }] });
  await owner.imports.run.mutate({ account, plan });
  await jobsEnded(api.database);
  const { rows } = await owner.imports.copies.query({ account, kind, product });
  const copies = new Map<string, RowId>(rows.map((row) => [row.account.id, row.product]));
  return { account, product, targets, copyIn: (target: string) => copies.get(target)! };
}

const start = async (wish: Start): Promise<RolloutView> => {
  const { rollout } = await owner.rollouts.start.mutate(wish);
  await jobsEnded(api.database);
  return seen(wish.account, rollout.id);
};
const seen = async (account: string, rollout: RowId): Promise<RolloutView> =>
  (await owner.rollouts.get.query({ account, kind, rollout })).rollout;
const goOn = async (account: string, rollout: RowId, failed: 'left' | 'again' = 'left'): Promise<RolloutView> => {
  await owner.rollouts.goOn.mutate({ account, kind, rollout, failed });
  await jobsEnded(api.database);
  return seen(account, rollout);
};
const countsOf = ({ stages }: RolloutView) =>
  stages.map(({ accounts, state, done, conflicts, skipped, failed }) =>
    [accounts, state, done, conflicts, skipped, failed].join(' '),
  );
const greetingOf = async (account: string, product: RowId): Promise<unknown> =>
  ((await owner.products.get.query({ account, kind, product })).product.document as { prompt: Doc }).prompt['greeting'];

describe('A roll-out', () => {
  it('is a job that says what it is about, to whoever may see that (rules/jobs 10)', async () => {
    const { account, product } = await copied('Subject', 1);
    await save(account, product, { prompt: { greeting: 'Welcome' } });
    await start({ account, kind, product });
    const subjects = async (client: Client) =>
      (await client.jobs.list.query({ account })).rows.map(({ label, subject }) => [label, subject]);
    expect(await subjects(owner)).toEqual([
      ['Roll out a product', 'Desk v2'],
      ['Import products', null],
    ]);
    await owner.permissions.set.mutate({ account, levels: { agents: 'none' }, expectedVersion: 0 });
    const admin = await join(api.url, owner, account, 'admin@subject.example', 'admin');
    expect(await subjects(admin)).toEqual([
      ['Roll out a product', null],
      ['Import products', null],
    ]);
    const job = (await owner.jobs.list.query({ account })).rows[0]!.id;
    expect((await admin.jobs.get.query({ account, job })).job.subject).toBeNull();
    const { job: undo } = await owner.jobs.undo.mutate({ account, job });
    expect((await owner.jobs.get.query({ account, job: undo })).job).toMatchObject({ subject: 'Desk v2' });
  });

  it('brings copies to a version: three first, then, when somebody says so, the rest; what both changed stays, and is counted apart (rules/products 17)', async () => {
    const { account, product, targets, copyIn } = await copied('Usual', 5);
    const [one, , , , last] = targets;
    await save(one!, copyIn(one!), { prompt: { greeting: 'Mine' } });
    await save(last!, copyIn(last!), { general: { language: 'de' } });
    await save(account, product, { prompt: { greeting: 'Welcome' } });
    const before = await owner.imports.copies.query({ account, kind, product });
    expect(before.versions).toEqual([{ version: 1, accounts: 5 }]);
    expect(before.rows.map(({ updateAvailable, differences }) => [updateAvailable, differences])).toEqual([
      [false, 1],
      [true, 0],
      [true, 0],
      [true, 0],
      [true, 1],
    ]);
    const first = await start({ account, kind, product });
    expect([first.state, first.stage, first.version, first.startedBy]).toEqual(['waiting', 2, 2, 'Olivia Owner']);
    expect(countsOf(first)).toEqual(['3 ended 3 1 0 0', '2 pending 0 0 0 0']);
    const midway = await owner.imports.copies.query({ account, kind, product });
    expect(midway.versions).toEqual([
      { version: 2, accounts: 3 },
      { version: 1, accounts: 2 },
    ]);
    expect((await owner.imports.copies.query({ account, kind, product, version: 1 })).rows).toHaveLength(2);
    expect(await greetingOf(one!, copyIn(one!))).toBe('Mine');
    expect(await codeOf(owner.rollouts.start.mutate({ account, kind, product }))).toBe('ROLLOUT_GOES_ON');
    // What is new meanwhile is for the next roll-out: this one goes on with its version.
    await save(account, product, { prompt: { greeting: 'Later' } });
    const ended = await goOn(account, first.id);
    expect([ended.state, countsOf(ended)]).toEqual(['succeeded', ['3 ended 3 1 0 0', '2 ended 2 0 0 0']]);
    expect(await greetingOf(last!, copyIn(last!))).toBe('Welcome');
    expect(await codeOf(owner.rollouts.goOn.mutate({ account, kind, rollout: first.id }))).toBe('ROLLOUT_ENDED');
    const all = await owner.rollouts.list.query({ account, kind, product });
    expect(all.rows.map(({ id, state }) => [id, state])).toEqual([[first.id, 'succeeded']]);
    expect(await codeOf(owner.rollouts.start.mutate({ account, kind, product, version: 2 }))).toBe('BAD_REQUEST');
    expect(await codeOf(owner.rollouts.start.mutate({ account, kind, product, version: 9 }))).toBe('NOT_FOUND');
    const { rows: log } = await owner.audit.list.query({ account });
    expect(log.map(({ action }) => action).filter((action) => action.startsWith('rollout'))).toEqual([
      'rollout.ended',
      'rollout.wentOn',
      'rollout.started',
    ]);
  });

  it('stops at the first failure and leaves what is done; it goes on without those that failed, or tries them again (rules/products 17)', async () => {
    const { account, product, targets, copyIn } = await copied('Stops', 4);
    const [one, two, three, four] = targets as [string, string, string, string];
    const base = await create(account, 'knowledgeBase', { name: 'Handbook' });
    await create(two, 'knowledgeBase', { name: 'handbook' });
    await save(account, product, { knowledge: { bases: [base] } });
    const stages = [{ accounts: [one, two, three], gate: 'manual' as const }];
    const stopped = await start({ account, kind, product, stages });
    expect([stopped.state, stopped.stage]).toEqual(['stopped', 1]);
    expect(countsOf(stopped)).toEqual(['3 ended 1 0 0 1', '1 pending 0 0 0 0']);
    expect(stopped.stages[0]?.failures).toEqual([
      {
        account: { id: two, name: 'Stops 2' },
        error: { code: 'NEEDS_DECISION', message: expect.stringContaining('Handbook') },
      },
    ]);
    const again = await goOn(account, stopped.id, 'again');
    expect([again.state, countsOf(again)[0]]).toEqual(['stopped', '3 ended 1 0 0 1']);
    const left = await goOn(account, stopped.id);
    expect([left.state, left.stage, countsOf(left)[0]]).toEqual(['waiting', 2, '3 ended 2 0 0 1']);
    const { rows } = await owner.products.list.query({ account: two, kind: 'knowledgeBase' });
    await owner.products.delete.mutate({ account: two, kind: 'knowledgeBase', products: [rows[0]!.id] });
    const ended = await goOn(account, stopped.id);
    expect([ended.state, countsOf(ended)]).toEqual(['succeeded', ['3 ended 2 0 0 1', '1 ended 1 0 0 0']]);
    const rest = await start({ account, kind, product });
    expect([rest.state, countsOf(rest)]).toEqual(['succeeded', ['1 ended 1 0 0 0']]);
    const { product: copy } = await owner.products.get.query({ account: four, kind, product: copyIn(four) });
    expect(copy.refs.map(({ state }) => state)).toEqual(['there']);
    const { rows: log } = await owner.audit.list.query({ account, limit: 200 });
    expect(log.find(({ action }) => action === 'rollout.stopped')?.details).toMatchObject({ stage: 1, failed: 1 });
  });

  it('takes a stage back: what nobody touched becomes what it was; nothing more of it begins (rules/products 16, 17)', async () => {
    const { account, product, targets, copyIn } = await copied('Back', 4);
    const [one, two, three] = targets as [string, string, string];
    await save(account, product, { prompt: { greeting: 'Wrong' } });
    const stages = [{ percent: 50, gate: { afterHours: 5 } }];
    const { rollout: first } = await owner.rollouts.start.mutate({ account, kind, product, stages });
    await vi.waitFor(async () =>
      expect(countsOf(await seen(account, first.id))).toEqual(['2 ended 2 0 0 0', '2 waiting 0 0 0 0']),
    );
    await save(two, copyIn(two), { prompt: { greeting: 'Mine' } });
    await owner.rollouts.rollBack.mutate({ account, kind, rollout: first.id, stage: 1 });
    await jobsEnded(api.database);
    const back = await seen(account, first.id);
    expect([back.state, countsOf(back)]).toEqual(['cancelled', ['2 ended 2 0 0 0', '2 ended 0 0 0 0']]);
    expect(back.stages[0]?.rolledBack).toHaveLength(1);
    expect([await greetingOf(one, copyIn(one)), await greetingOf(two, copyIn(two))]).toEqual(['Hello', 'Mine']);
    expect(await greetingOf(three, copyIn(three))).toBe('Hello');
    await owner.rollouts.rollBack.mutate({ account, kind, rollout: first.id, stage: 1 });
    await jobsEnded(api.database);
    expect((await seen(account, first.id)).stages[0]?.rolledBack).toHaveLength(1);
    expect(await codeOf(owner.rollouts.rollBack.mutate({ account, kind, rollout: first.id, stage: 2 }))).toBe(
      'NOT_UNDOABLE',
    );
    const { versions } = await owner.imports.copies.query({ account, kind, product });
    expect(versions).toEqual([
      { version: 2, accounts: 1 },
      { version: 1, accounts: 3 },
    ]);
  });

  it('begins a stage by itself when its time has come, or earlier when somebody says so; cancelled, nothing more begins (rules/products 17)', async () => {
    const { account, product, targets } = await copied('Timed', 4);
    await save(account, product, { prompt: { greeting: 'Soon' } });
    const stages = [
      { accounts: 1, gate: { afterHours: 0 } },
      { accounts: 1, gate: { afterHours: 2 } },
      { accounts: 1, gate: { afterHours: 2 } },
    ];
    const { rollout } = await owner.rollouts.start.mutate({ account, kind, product, stages });
    await vi.waitFor(async () => {
      const found = await seen(account, rollout.id);
      expect([found.state, countsOf(found)]).toEqual([
        'waiting',
        ['1 ended 1 0 0 0', '1 ended 1 0 0 0', '1 waiting 0 0 0 0', '1 pending 0 0 0 0'],
      ]);
    });
    await owner.rollouts.goOn.mutate({ account, kind, rollout: rollout.id });
    await vi.waitFor(async () => expect(countsOf(await seen(account, rollout.id))[2]).toBe('1 ended 1 0 0 0'));
    // The time goes by.
    await api.database.asOwner(`UPDATE job_items SET due_at = clock_timestamp() WHERE state = 'pending'`);
    await api.database.asOwner(`UPDATE graphile_worker._private_jobs SET run_at = now() WHERE run_at > now()`);
    await api.database.asOwner(`SELECT pg_notify('jobs:insert', '{"count":1}')`);
    await jobsEnded(api.database);
    expect((await seen(account, rollout.id)).state).toBe('succeeded');
    await save(account, product, { prompt: { greeting: 'Never' } });
    const wish = { account, kind, product, stages: [{ accounts: 2, gate: 'manual' as const }] };
    const waiting = await start(wish);
    await owner.rollouts.cancel.mutate({ account, kind, rollout: waiting.id });
    const cancelled = await seen(account, waiting.id);
    expect([cancelled.state, countsOf(cancelled)]).toEqual(['cancelled', ['2 ended 2 0 0 0', '2 pending 0 0 0 0']]);
    await owner.rollouts.cancel.mutate({ account, kind, rollout: waiting.id });
    expect(targets).toHaveLength(4);
  });

  it('is for whoever may import all of the kind, asked again at each step; others see how it goes, live (rules/products 12, 17)', async () => {
    const { account, product } = await copied('Rights', 4);
    await save(account, product, { prompt: { greeting: 'New' } });
    const admin = await join(api.url, owner, account, 'admin@rollouts.example', 'admin');
    const viewer = await join(api.url, owner, account, 'viewer@rollouts.example', 'viewer');
    expect(await codeOf(viewer.rollouts.start.mutate({ account, kind, product }))).toBe('FORBIDDEN');
    const { rollout } = await admin.rollouts.start.mutate({ account, kind, product });
    const frames: RolloutView[] = [];
    const watch = { account, kind, rollout: rollout.id };
    const live = watcherWith(api.url, api.headers, 'rollouts.live', watch, (frame) =>
      frames.push((frame as { data: RolloutView }).data),
    );
    await live.ready;
    await vi.waitFor(() => expect(frames.at(-1)?.state).toBe('waiting'));
    await owner.permissions.set.mutate({ account, levels: { 'agents.prompt': 'read' }, expectedVersion: 0 });
    expect(await codeOf(admin.rollouts.goOn.mutate({ account, kind, rollout: rollout.id }))).toBe('FORBIDDEN');
    await owner.permissions.set.mutate({ account, levels: { 'agents.prompt': 'full' }, expectedVersion: 1 });
    await admin.rollouts.goOn.mutate({ account, kind, rollout: rollout.id });
    await vi.waitFor(() => expect(frames.at(-1)?.state).toBe('succeeded'));
    live.stop();
    await jobsEnded(api.database);
    expect(await codeOf(viewer.rollouts.rollBack.mutate({ account, kind, rollout: rollout.id, stage: 1 }))).toBe(
      'FORBIDDEN',
    );
    expect(await codeOf(owner.rollouts.get.query({ account, kind: 'tool', rollout: rollout.id }))).toBe('NOT_FOUND');
  });
});
