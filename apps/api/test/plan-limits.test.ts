import { startSubscription } from '@tenantree/db';
import type { Instant } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followPlansDue } from '../src/limits/follow-plans.ts';
import { type BillingStage, MID_OCTOBER, OCTOBER_CLOSES, openBilling, plan } from './support/billing.ts';
import { type Client, codeOf, refusalOf } from './support/clients.ts';

const NOVEMBER = Date.UTC(2026, 10, 1);
let stage: BillingStage;
beforeAll(async () => {
  stage = await openBilling([
    plan('two', {}, { concurrent: 2 }),
    plan('five', {}, { concurrent: 5 }),
    plan('free', {}),
    plan('none', {}, { concurrent: 0 }),
  ]);
});
afterAll(() => stage.close());

type Main = Awaited<ReturnType<BillingStage['main']>>;
type Change = Omit<Parameters<Client['limits']['set']['mutate']>[0]['limits'][number], 'kind'>;

const withPlan = async (name: string, id: string): Promise<Main> => {
  stage.clock.ms = MID_OCTOBER;
  const made = await stage.main(name);
  await stage.subscribe(made.client, made.id, id);
  return made;
};
const set = ({ id, client }: Main, change: Change, account: string = id) =>
  client.limits.set.mutate({ account, limits: [{ kind: 'calls', ...change }] });
const calls = async ({ id, client }: Main, account: string = id) =>
  (await client.limits.get.query({ account })).limits.find(({ kind }) => kind === 'calls');
let keys = 0;
const acquire = ({ id, client }: Main, want: string, account: string = id) =>
  client.limits.acquire.mutate({ account, kind: 'calls', want, key: `call-${keys++}`, leaseSeconds: 60 });
const due = (): Promise<void> =>
  followPlansDue(stage.composed.hall, (error) => {
    throw error;
  });
const november = async (): Promise<void> => {
  stage.clock.ms = NOVEMBER + 1000;
  await due();
};
const entries = async ({ id, client }: Main): Promise<string[]> =>
  (await client.audit.list.query({ account: id, limit: 50 })).rows.flatMap(({ action, sentence }) =>
    action === 'limit.set' ? [sentence] : [],
  );

describe('Calls at one time (rules/limits 21)', () => {
  it('are at most those of the plan as soon as it is chosen, also for accounts below', async () => {
    const main = await withPlan('At once', 'two');
    const child = await stage.make(main.id, 'Child');
    expect(await calls(main)).toMatchObject({ max: 2, plan: 2, atLimit: 'block', thresholds: [80, 95, 100] });
    expect(await calls(main, child)).not.toHaveProperty('plan');
    expect(await refusalOf(acquire(main, '3', child))).toMatchObject({
      code: 'LIMIT_REACHED',
      limit: { kind: 'calls', account: { id: main.id }, max: '2', free: '2' },
    });
    await acquire(main, '2', child);
    expect(await codeOf(acquire(main, '1'))).toBe('LIMIT_REACHED');
    expect(await entries(main)).toHaveLength(1);
  });

  it('can be set lower, and neither higher, nor unlimited, nor merely told of', async () => {
    const main = await withPlan('Setting', 'two');
    for (const [change, field] of [
      [{ max: 3 }, 'max'],
      [{ max: null }, 'max'],
      [{ atLimit: 'notify' }, 'atLimit'],
    ] as const) {
      const refusal = await refusalOf(set(main, change));
      expect(refusal).toMatchObject({ code: 'LIMIT_INVALID', field, message: expect.stringContaining('2 concurrent') });
    }
    await set(main, { max: 1 });
    expect(await calls(main)).toMatchObject({ max: 1, plan: 2 });
    await set(main, { max: 2 });
    expect(await codeOf(acquire(main, '3'))).toBe('LIMIT_REACHED');
  });

  it('keep a lower maximum that was set before; a higher one, or one that only notifies, becomes the plan’s', async () => {
    for (const [change, max] of [
      [{ max: 3 }, 3],
      [{ max: 30 }, 5],
      [{ max: 3, atLimit: 'notify' }, 5],
    ] as const) {
      const main = await stage.main(`Before ${JSON.stringify(change)}`);
      await set(main, change);
      await stage.subscribe(main.client, main.id, 'five');
      expect(await calls(main)).toMatchObject({ max, plan: 5, atLimit: 'block' });
    }
  });

  it('follow a plan that was chosen for later when its month begins, once, however many servers come for it', async () => {
    const [more, lowered, less, lifted] = [
      await withPlan('More', 'two'),
      await withPlan('Lowered', 'two'),
      await withPlan('Less', 'five'),
      await withPlan('Lifted', 'two'),
    ];
    await set(lowered, { max: 1 });
    await stage.subscribe(more.client, more.id, 'five');
    await stage.subscribe(lowered.client, lowered.id, 'five');
    await stage.subscribe(less.client, less.id, 'none');
    await stage.subscribe(lifted.client, lifted.id, 'free');
    await due();
    expect(await calls(more)).toMatchObject({ max: 2, plan: 2 });
    stage.clock.ms = NOVEMBER + 1000;
    await Promise.all([due(), due(), due()]);
    expect(await calls(more)).toMatchObject({ max: 5, plan: 5 });
    expect(await calls(lowered)).toMatchObject({ max: 1, plan: 5 });
    expect(await calls(less)).toMatchObject({ max: 0, plan: 0 });
    expect(await calls(lifted)).toMatchObject({ max: null });
    expect(await calls(lifted)).not.toHaveProperty('plan');
    await acquire(lifted, '30');
    expect(await codeOf(acquire(less, '1'))).toBe('LIMIT_REACHED');
    // The first plan, and the second.
    expect(await entries(more)).toHaveLength(2);
    await set(lifted, { max: null });
  });

  it('follow plans that accounts had before limits did, with the jobs of every minute', async () => {
    stage.clock.ms = MID_OCTOBER;
    const main = await stage.main('Before there were limits');
    const { id } = main;
    const from = '2026-09-01T00:00:00.000Z' as Instant;
    await stage.composed.hall.db.withTenant(id, (trx) => startSubscription(trx, id, { id: 'two', version: 1, from }));
    expect(await calls(main)).toMatchObject({ max: null });
    await stage.composed.jobs.run();
    expect(await calls(main)).toMatchObject({ max: 2, plan: 2 });
  });

  it('are not kept for accounts below by more than the plan allows: such reserves are taken back', async () => {
    const main = await stage.main('Promising');
    const child = await stage.make(main.id, 'Promised');
    const leaf = await stage.make(child, 'Promised on');
    await set(main, { reserve: 30 }, child);
    await set(main, { reserve: 10 }, leaf);
    await stage.subscribe(main.client, main.id, 'five');
    expect(await calls(main)).toMatchObject({ max: 5, held: '0', promised: '0' });
    expect(await calls(main, child)).toMatchObject({ reserve: 0, held: '0', promised: '0' });
    expect(await codeOf(acquire(main, '6', leaf))).toBe('LIMIT_REACHED');
    await acquire(main, '5', leaf);
    // What fits is kept.
    const small = await stage.main('Promising less');
    const below = await stage.make(small.id, 'Promised');
    await set(small, { reserve: 4 }, below);
    await stage.subscribe(small.client, small.id, 'five');
    expect(await calls(small)).toMatchObject({ max: 5, held: '4', promised: '4' });
    await stage.subscribe(small.client, small.id, 'two');
    await november();
    expect(await calls(small)).toMatchObject({ max: 2, held: '0', promised: '0' });
    expect(stage.clock.ms).toBeLessThan(OCTOBER_CLOSES);
  });
});
