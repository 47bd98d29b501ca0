import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Client, refusalOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { watcherWith } from './support/every-call.ts';
import { jobsEnded } from './support/jobs.ts';
import { startApi } from './support/start-api.ts';
import { openWay, overWays, WAYS } from './support/way.ts';

overWays(WAYS, (way) => {
  let api: Deployment;
  let mine: string;
  let sibling: string;
  beforeAll(async () => {
    api = await deploy({}, way);
    const make = async (name: string): Promise<string> =>
      (await api.owner.accounts.create.mutate({ account: api.root, name })).account.id;
    [mine, sibling] = [await make('Mine'), await make('Sibling')];
  });
  afterAll(() => api.close());

  const use = (client: Client, account: string, idempotencyKey: string) =>
    client.usage.record.mutate({
      account,
      events: [{ meter: 'call.minutes', quantity: '2', occurredAt: new Date().toISOString(), idempotencyKey }],
    });
  const minutesOf = async (account: string) => (await api.owner.usage.totals.query({ account })).total;

  it('a subaccount’s key records usage for itself, and for its sibling none', async () => {
    const { client } = await api.key(mine);
    await use(client, mine, 'a');
    expect(await refusalOf(use(client, sibling, 'b'))).toMatchObject({ code: 'NOT_FOUND' });
    const event = { meter: 'call.minutes', quantity: '2', occurredAt: new Date().toISOString(), idempotencyKey: 'c' };
    const { results } = await client.usage.record.mutate({ account: mine, events: [{ ...event, account: sibling }] });
    expect(results).toMatchObject([{ status: 'refused', code: 'NOT_FOUND' }]);
    expect(await minutesOf(sibling)).toBe('0');
    expect(await minutesOf(mine)).toBe('2');
  });

  it('viewers see what was recorded, and many calls at once are answered each for its own account', async () => {
    const seen = new Map<string, string>();
    const watcher = watcherWith(api.url, api.headers, 'usage.live', { account: api.root }, (frame) => {
      for (const [account, , total] of (frame as { data: { minutes: [string, string, string][] } }).data.minutes)
        seen.set(account, total);
    });
    await watcher.ready;
    const keys = await Promise.all([api.key(mine), api.key(sibling)]);
    const names = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const at = i % 2;
        const account = [mine, sibling][at] ?? '';
        await use(keys[at]!.client, account, `many ${i}`);
        return (await keys[at]!.client.accounts.get.query({ account })).name;
      }),
    );
    expect(names).toEqual(Array.from({ length: 60 }, (_, i) => ['Mine', 'Sibling'][i % 2]));
    await vi.waitFor(
      () => expect([seen.get(mine), seen.get(sibling), seen.get(api.root)]).toEqual(['62', '60', '122']),
      10_000,
    );
    watcher.stop();
  });

  if (way === 'session' || way === 'transaction')
    it('a server that was not told of it does not start', async () => {
      const { config, close } = await openWay(way, api.database);
      await expect(startApi(config)).rejects.toThrow(/There is a pooler between .* DATABASE_DIRECT_URL/);
      await close();
    });

  it('jobs do what is due, and what was asked for', async () => {
    const { id: account } = (await api.owner.accounts.create.mutate({ account: api.root, name: 'Closed' })).account;
    await api.owner.accounts.close.mutate({ account });
    await api.database.asOwner(`UPDATE accounts SET closed_at = closed_at - interval '1 year' WHERE id = $1`, [
      account,
    ]);
    await expect(api.composed.jobs.run()).resolves.toBeUndefined();
    await jobsEnded(api.database);
    expect(await refusalOf(api.owner.accounts.get.query({ account }))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is well', async () => {
    const answer = await fetch(`${api.url}/readyz`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ready' }]);
  });
});
