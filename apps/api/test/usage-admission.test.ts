import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, codeOf, join, refusalOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

const NOW = Date.UTC(2026, 10, 15, 12);
const clock = { aheadMs: 0, nowMs: () => NOW + clock.aheadMs };
const at = (agoMs: number): string => new Date(clock.nowMs() - agoMs).toISOString();
const MINUTE = 60_000;

let api: Deployment;
let owner: Client;
let root: string;
beforeAll(async () => {
  api = await deploy({ clock });
  owner = api.owner;
  root = api.root;
});
afterAll(() => api.close());

const make = async (account: string, name: string): Promise<string> =>
  (await owner.accounts.create.mutate({ account, name })).account.id;

const event = (key: string, quantity: string, more: object = {}) => ({
  meter: 'call.minutes',
  quantity,
  occurredAt: at(MINUTE),
  idempotencyKey: key,
  ...more,
});

describe('Who lowers a bill (rules/permissions 12)', () => {
  const by = async (client: Client, account: string, key: string) =>
    client.usage.adjust.mutate({ account, ...event(key, '-1'), reason: 'A complaint' }).then(
      ({ status }) => status,
      (error) => refusalOf(Promise.reject(error)).then(({ code }) => code),
    );

  it('stands with billing at an account above the one that is billed, never only in it', async () => {
    const reseller = await make(root, 'Reseller');
    const customer = await make(reseller, 'Customer');
    const own = await join(api.url, owner, customer, 'customer@example.com', 'owner');
    const seller = await join(api.url, owner, reseller, 'reseller@example.com', 'admin');
    const agency = await join(api.url, owner, reseller, 'agency@example.com', 'agency_admin');
    const ownKey = await api.key(customer);
    const sellerKey = await api.key(reseller);
    await own.usage.record.mutate({ account: customer, events: [event('call', '10')] });
    expect(await by(own, customer, 'own')).toBe('FORBIDDEN');
    expect(await by(ownKey.client, customer, 'own key')).toBe('FORBIDDEN');
    expect(await by(agency, customer, 'without billing')).toBe('FORBIDDEN');
    expect(await by(seller, reseller, 'the reseller for itself')).toBe('FORBIDDEN');
    expect(await by(own, reseller, 'out of reach')).toBe('NOT_FOUND');
    expect((await owner.usage.totals.query({ account: customer })).own).toBe('10');
    expect(await by(seller, customer, 'seller')).toBe('accepted');
    expect(await by(sellerKey.client, customer, 'seller key')).toBe('accepted');
    expect(await by(owner, customer, 'payer')).toBe('accepted');
    expect((await owner.usage.totals.query({ account: customer })).own).toBe('7');
  });

  it('is the payer itself where nobody stands above it', async () => {
    expect(await by(owner, root, 'a main account')).toBe('accepted');
    const admin = await join(api.url, owner, root, 'agency-of-root@example.com', 'agency_admin');
    expect(await by(admin, root, 'without billing')).toBe('FORBIDDEN');
  });

  it('is bound by a suspension of where they stand, not of the account that is billed', async () => {
    const reseller = await make(root, 'Suspended reseller');
    const customer = await make(reseller, 'Its customer');
    const seller = await join(api.url, owner, reseller, 'suspended@example.com', 'owner');
    await owner.accounts.suspend.mutate({ account: customer, kind: 'read_only' });
    expect(await by(seller, customer, 'free')).toBe('accepted');
    await owner.accounts.suspend.mutate({ account: reseller, kind: 'read_only' });
    expect(await by(seller, customer, 'bound')).toBe('ACCOUNT_SUSPENDED');
  });
});

describe('Usage of an account that is suspended or closed (rules/accounts 15)', () => {
  /** @returns what became of one event; with a `!` when it may be sent again */
  const sent = async (client: Client, account: string, key: string, agoMs: number, of = account) => {
    const call = client.usage.record.mutate({
      account,
      events: [event(key, '1', { account: of, occurredAt: at(agoMs) })],
    });
    const [result] = (await call).results;
    return result && ('code' in result ? result.code + (result.retryable ? '!' : '') : result.status);
  };

  /** @returns the status that a broker looks at */
  const sendCloudEvent = async (account: string, secret: string, time: string): Promise<number> => {
    const data = { meter: 'call.minutes', quantity: '1' };
    const type = 'tenantree.usage.v1';
    const answer = await fetch(`${api.url}/v1/usage/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify({ specversion: '1.0', type, source: '/pbx', id: time, subject: account, time, data }),
    });
    return answer.status;
  };

  it('is taken from before a read-only suspension while it lasts, and the rest when it is sent again afterwards', async () => {
    const account = await make(root, 'Read-only');
    const below = await make(account, 'Below read-only');
    const { client } = await api.key(account);
    await owner.accounts.suspend.mutate({ account, kind: 'read_only' });
    clock.aheadMs += MINUTE;
    expect(await sent(client, account, 'before', 2 * MINUTE)).toBe('accepted');
    expect(await sent(client, account, 'before', 2 * MINUTE)).toBe('duplicate');
    expect(await sent(client, account, 'before below', 2 * MINUTE, below)).toBe('accepted');
    const during = clock.nowMs();
    expect(await sent(client, account, 'during', 0)).toBe('USAGE_SUSPENDED!');
    expect(await sent(client, account, 'at its start', MINUTE)).toBe('USAGE_SUSPENDED!');
    // Whoever stands above counts what happened all the same.
    expect(await sent(owner, root, 'from above', 0, account)).toBe('accepted');
    expect((await owner.usage.totals.query({ account })).total).toBe('3');
    await owner.accounts.reactivate.mutate({ account });
    clock.aheadMs += MINUTE;
    expect(await sent(client, account, 'during', clock.nowMs() - during)).toBe('accepted');
    expect((await owner.usage.totals.query({ account })).total).toBe('4');
  });

  it('is held back from the start that a suspension names', async () => {
    const account = await make(root, 'Planned');
    const { client } = await api.key(account);
    const from = at(-10 * MINUTE);
    await owner.accounts.suspend.mutate({ account, kind: 'read_only', from });
    clock.aheadMs += 11 * MINUTE;
    expect(await sent(client, account, 'before', 2 * MINUTE)).toBe('accepted');
    expect(await sent(client, account, 'during', 0)).toBe('USAGE_SUSPENDED!');
  });

  it('is told to be sent again under a full stop, and counted as always when nothing new may begin', async () => {
    const account = await make(root, 'Full stop');
    const { client, secret } = await api.key(account);
    await owner.accounts.suspend.mutate({ account, kind: 'full_stop' });
    const call = client.usage.record.mutate({ account, events: [event('before', '1')] });
    expect(await refusalOf(call)).toMatchObject({ code: 'USAGE_SUSPENDED', retryable: true });
    expect(await codeOf(client.accounts.get.query({ account }))).toBe('ACCOUNT_SUSPENDED');
    // What brokers send again.
    expect(await sendCloudEvent(account, secret, at(MINUTE))).toBe(503);
    await owner.accounts.suspend.mutate({ account, kind: 'no_new_work' });
    expect(await sent(client, account, 'before', MINUTE)).toBe('accepted');
    await owner.accounts.suspend.mutate({ account, kind: 'read_only' });
    expect(await sendCloudEvent(account, secret, at(0))).toBe(503);
  });

  it('is taken from before its closing, also from its own key, and never from after', async () => {
    const account = await make(root, 'Closed');
    const { client, secret } = await api.key(account);
    await owner.accounts.close.mutate({ account });
    clock.aheadMs += MINUTE;
    expect(await sent(client, account, 'before', 2 * MINUTE)).toBe('accepted');
    expect(await sent(client, account, 'after', 0)).toBe('ACCOUNT_CLOSED');
    expect(await codeOf(client.accounts.rename.mutate({ account, name: 'Still closed' }))).toBe('ACCOUNT_CLOSED');
    expect(await sendCloudEvent(account, secret, at(3 * MINUTE))).toBe(200);
    expect((await owner.usage.totals.query({ account })).own).toBe('2');
  });
});

describe('Usage in seconds (rules/usage 10)', () => {
  const seconds = (key: string, quantity: string, more: object = {}) =>
    event(key, quantity, { meter: 'call.seconds', ...more });

  it('is the same usage as in minutes, and exact: 3 × 20 seconds are 1 minute', async () => {
    const parent = await make(root, 'Seconds');
    const account = await make(parent, 'Seconds below');
    const { results } = await owner.usage.record.mutate({
      account,
      events: ['a', 'b', 'c'].map((key) => seconds(key, '20')),
    });
    expect(results.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted']);
    for (const of of [account, parent]) {
      const totals = { total: '1', events: { total: 3 } };
      expect(await owner.usage.totals.query({ account: of })).toMatchObject(totals);
      expect(await owner.usage.totals.query({ account: of, meter: 'call.seconds' })).toMatchObject({ total: '60' });
    }
    await owner.usage.record.mutate({ account, events: [event('d', '0.5'), seconds('e', '10.000000001')] });
    expect((await owner.usage.totals.query({ account })).own).toBe('1.666666667');
    expect((await owner.usage.totals.query({ account, meter: 'call.seconds' })).own).toBe('100.000000001');
    const { rows } = await owner.accounts.list.query({ account: parent });
    expect(rows.map(({ minutes }) => minutes)).toEqual([{ own: '1.666666667', total: '1.666666667' }]);
    const range = { account: parent, from: '2026-11-15T00:00:00Z', to: '2026-11-16T00:00:00Z', bucket: 'day' } as const;
    const series = async (meter: 'call.minutes' | 'call.seconds', by: 'none' | 'account') =>
      (await owner.usage.series.query({ ...range, scope: 'total', meter, by })).points.map(({ quantity }) => quantity);
    expect([await series('call.minutes', 'none'), await series('call.minutes', 'account')]).toEqual([
      ['1.666666667'],
      ['1.666666667'],
    ]);
    expect(await series('call.seconds', 'account')).toEqual(['100.000000001']);
  });

  it('is a duplicate of the same time in minutes, and corrected in either unit', async () => {
    const account = await make(root, 'Either unit');
    const send = async (one: ReturnType<typeof event>) =>
      (await owner.usage.record.mutate({ account, events: [one] })).results[0]?.status;
    expect(await send(event('call', '1.5'))).toBe('accepted');
    expect(await send(seconds('call', '90'))).toBe('duplicate');
    expect(await send(seconds('call', '91'))).toBe('conflict');
    await owner.usage.adjust.mutate({ account, ...seconds('fix', '-20'), reason: 'Ring time' });
    expect((await owner.usage.totals.query({ account, meter: 'call.seconds' })).own).toBe('70');
    const [entry] = (await owner.audit.list.query({ account })).rows;
    expect(entry?.sentence).toBe('adjusted call.seconds of Either unit by -20: Ring time');
  });
});

describe('Usage of an account that has left (rules/usage 18)', () => {
  it('is still delivered by who was above it when it was used, and by nobody else, and tells nothing of the account', async () => {
    const [left, right, other] = [await make(root, 'It left'), await make(root, 'It came'), await make(root, 'Other')];
    const account = (await owner.accounts.create.mutate({ account: left, name: 'Leaver', externalId: 'leaver' }))
      .account.id;
    const [former, present, stranger] = [await api.key(left), await api.key(right), await api.key(other)];
    const send = async (
      { client }: typeof former,
      acting: string,
      ...events: (ReturnType<typeof event> & { readonly account: string })[]
    ) =>
      (await client.usage.record.mutate({ account: acting, events })).results.map((result) =>
        'code' in result ? result.code : result.status,
      );
    const before = { ...event('before', '5', { occurredAt: at(0) }), account };
    clock.aheadMs += MINUTE;
    await owner.limits.set.mutate({ account: right, limits: [{ kind: 'minutes', max: 0 }] });
    await owner.accounts.move.mutate({ account, to: right });
    clock.aheadMs += MINUTE;
    const after = { ...event('after', '7', { occurredAt: at(0) }), account };
    const byName = { ...event('by name', '1', { occurredAt: before.occurredAt }), account: 'ext:leaver' };
    expect(await send(former, left, before, after, byName, { ...before, quantity: '6' })).toEqual([
      'accepted',
      'NOT_FOUND',
      'accepted',
      'EVENT_CONFLICT',
    ]);
    expect(await send(former, left, before, { ...after, idempotencyKey: 'before' })).toEqual([
      'duplicate',
      'NOT_FOUND',
    ]);
    const tooOld = new Date(clock.nowMs() - 40 * 86_400_000).toISOString();
    expect(await send(former, left, { ...before, idempotencyKey: 'old', occurredAt: tooOld })).toEqual(['NOT_FOUND']);
    expect(await send(stranger, other, before, { ...before, account: 'ext:leaver' })).toEqual([
      'NOT_FOUND',
      'NOT_FOUND',
    ]);
    expect(await send(present, right, after)).toEqual(['accepted']);
    const totals = async (of: string) => (await owner.usage.totals.query({ account: of })).total;
    expect([await totals(left), await totals(right), await totals(account)]).toEqual(['6', '7', '13']);
    // Nothing else of it is reached.
    expect(await codeOf(former.client.usage.totals.query({ account }))).toBe('NOT_FOUND');
    expect(await codeOf(former.client.usage.record.mutate({ account, events: [before] }))).toBe('NOT_FOUND');
  });
});
