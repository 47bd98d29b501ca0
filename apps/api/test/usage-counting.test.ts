import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { asAgreed } from './support/agreed.ts';
import type { AppRouter } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { startApi } from './support/start-api.ts';

const until = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 20_000, interval: 10 });

let api: Deployment;
let healthy: string;
const stops: (() => void)[] = [];
beforeAll(async () => {
  api = await deploy();
  healthy = (await api.owner.accounts.createMain.mutate({ name: 'Another tree' })).account.id;
});
afterAll(async () => {
  for (const stop of stops) stop();
  await api.close();
});

/** The totals of a tree take no more: what a count fails with, whatever its reason. */
const breakTree = (root: string) =>
  api.database.asOwner(`
    CREATE FUNCTION refuse_totals() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'numeric field overflow' USING ERRCODE = '22003'; END $$;
    CREATE TRIGGER refuse_totals BEFORE INSERT ON usage_totals FOR EACH ROW WHEN (NEW.account_id = '${root}') EXECUTE FUNCTION refuse_totals()`);
const mendTree = () => api.database.asOwner('DROP TRIGGER refuse_totals ON usage_totals; DROP FUNCTION refuse_totals');

const use = (account: string, idempotencyKey: string) =>
  api.owner.usage.record.mutate({
    account,
    events: [{ meter: 'call.minutes', quantity: '1', occurredAt: new Date().toISOString(), idempotencyKey }],
  });

async function watch(url: string, account: string) {
  const { secret } = await api.key(account);
  const ws = createWSClient({ url: `${url.replace('http', 'ws')}/trpc`, connectionParams: () => ({ token: secret }) });
  const seen = {
    total: '',
    minutes: new Map<string, string>(),
    frames: 0,
    changed: new Set<string>(),
    gone: new Set<string>(),
  };
  const client = createTRPCClient<AppRouter>({ links: [asAgreed, wsLink({ client: ws })] });
  client.usage.live.subscribe(
    { account },
    {
      onData: (frame) => {
        seen.frames += 1;
        for (const [id, , total] of frame.data.minutes) seen.minutes.set(id, total);
        seen.total = seen.minutes.get(account) ?? '';
      },
    },
  );
  client.accounts.live.subscribe(
    { account },
    {
      onData: (frame) => {
        seen.frames += 1;
        for (const { id } of frame.data.changed) seen.changed.add(id);
        for (const id of frame.data.gone) seen.gone.add(id);
      },
    },
  );
  stops.push(() => void ws.close());
  await until(() => expect(seen.frames).toBe(2));
  return seen;
}

const metric = async (url: string, name: string): Promise<number> =>
  Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await (await fetch(`${url}/metrics`)).text())?.[1]);
const standing = async (url: string) => {
  const answer = await fetch(`${url}/readyz`);
  return [answer.status, ((await answer.json()) as { status: string }).status];
};

describe('A tree whose usage can’t be counted', () => {
  it('holds up no other tree, also of a server that starts, and is told to those who run the server until it can be counted', async () => {
    const faulty = await watch(api.url, api.root);
    const sound = await watch(api.url, healthy);
    expect(await standing(api.url)).toEqual([200, 'ready']);
    await breakTree(api.root);
    await use(api.root, 'poison');
    await until(async () => expect(await metric(api.url, 'tenantree_usage_trees_set_aside')).toBe(1));
    await use(healthy, 'one');
    await until(() => expect(sound.total).toBe('1'));
    expect(faulty.total).toBe('');
    // Whoever reads is told the whole truth all the same.
    expect((await api.owner.usage.totals.query({ account: api.root })).total).toBe('1');
    expect(await standing(api.url)).toEqual([200, 'degraded']);
    expect(await metric(api.url, 'tenantree_usage_lag_seconds')).toBeGreaterThan(0);

    const second = await startApi(api.database.serving);
    const beside = await watch(second.url, healthy);
    await use(healthy, 'two');
    await until(() => expect([sound.total, beside.total]).toEqual(['2', '2']));
    expect(await standing(second.url)).toEqual([200, 'degraded']);

    await mendTree();
    await until(() => expect(faulty.total).toBe('1'));
    await until(async () => expect(await standing(api.url)).toEqual([200, 'ready']));
    expect(await metric(api.url, 'tenantree_usage_lag_seconds')).toBe(0);
    await second.close();
  });
});

describe('Usage ahead of the clock', () => {
  it('is seen where its account moved to, and no more where it was, at once', async () => {
    const make = async (parent: string, name: string) =>
      (await api.owner.accounts.create.mutate({ account: parent, name })).account.id;
    const [left, right] = [await make(healthy, 'Left'), await make(healthy, 'Right')];
    const account = await make(left, 'Moves');
    const [before, after] = [await watch(api.url, left), await watch(api.url, right)];
    const occurredAt = new Date(Date.now() + 4 * 60_000).toISOString();
    await api.owner.usage.record.mutate({
      account,
      events: [{ meter: 'call.seconds', quantity: '420', occurredAt, idempotencyKey: 'ahead' }],
    });
    await until(() => expect(before.total).toBe('7'));
    await api.owner.accounts.move.mutate({ account, to: right });
    await until(() => expect([...before.gone]).toEqual([account]));
    await until(() => expect([...after.changed]).toContain(account));
    await until(() => expect([before.total, after.total]).toEqual(['0', '7']));
    expect(after.minutes.get(account)).toBe('7');
  });
});

describe('A quantity that no total could hold', () => {
  it('is refused, of usage and of adjustments alike, and nothing is left to be counted', async () => {
    const account = (await api.owner.accounts.create.mutate({ account: healthy, name: 'Overflow' })).account.id;
    const { client } = await api.key(account);
    const event = { meter: 'call.minutes', occurredAt: new Date().toISOString() };
    const { results } = await client.usage.record.mutate({
      account,
      events: [
        { ...event, quantity: '99999999999999999999', idempotencyKey: 'much' },
        { ...event, quantity: '1000000000', idempotencyKey: 'most' },
        { ...event, quantity: '1', idempotencyKey: 'one' },
      ],
    });
    expect(results.map((result) => ('code' in result ? [result.code, result.field] : result.status))).toEqual([
      ['QUANTITY_INVALID', 'quantity'],
      'accepted',
      'accepted',
    ]);
    const adjustment = { account, ...event, idempotencyKey: 'adjust', reason: 'Too much' };
    const refusal = api.owner.usage.adjust.mutate({ ...adjustment, quantity: '-1000000001' });
    await expect(refusal).rejects.toMatchObject({ data: { refusal: { code: 'QUANTITY_INVALID', field: 'quantity' } } });
    await api.owner.usage.adjust.mutate({ ...adjustment, quantity: '-1000000000' });
    expect((await api.owner.usage.totals.query({ account })).own).toBe('1');
    await until(async () => expect(await metric(api.url, 'tenantree_usage_lag_seconds')).toBe(0));
    expect(await metric(api.url, 'tenantree_usage_trees_set_aside')).toBe(0);
  });
});
