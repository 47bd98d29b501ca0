import { readUncountedTrees } from '@tenantree/db';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Client, clientWithToken, codeOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

const NOW = Date.UTC(2026, 10, 15, 12);
/** Milliseconds that pass every time somebody looks at the clock. */
let tickMs = 0;
let passedMs = 0;
const clock = { nowMs: () => NOW + (passedMs += tickMs) };
const at = (agoMs: number): string => new Date(NOW - agoMs).toISOString();
const DAY = 86_400_000;

let api: Deployment;
let owner: Client;
let root: string;
beforeAll(async () => {
  api = await deploy({ clock });
  owner = api.owner;
  root = api.root;
});
afterAll(() => api.close());

const make = async (account: string, name: string, externalId?: string): Promise<string> =>
  (await owner.accounts.create.mutate({ account, name, externalId })).account.id;

const uncounted = async (): Promise<number> => (await readUncountedTrees(api.database.db)).length;

const event = (key: string, quantity: string, more: object = {}) => ({
  meter: 'call.minutes',
  quantity,
  occurredAt: at(60_000),
  idempotencyKey: key,
  ...more,
});

describe('Recording usage (rules/usage 1, 8)', () => {
  it('counts into the account and all its ancestors, exactly, at the answer', async () => {
    const parent = await make(root, 'Rolled up');
    const child = await make(parent, 'Counted', 'counted');
    const { results, accepted } = await owner.usage.record.mutate({
      account: parent,
      events: [event('a', '0.1', { account: 'ext:counted' }), event('b', '0.2', { account: child }), event('c', '1')],
    });
    expect(accepted).toBe(3);
    expect(results.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(await owner.usage.totals.query({ account: child })).toMatchObject({
      own: '0.3',
      total: '0.3',
      events: { own: 2, total: 2 },
    });
    expect(await owner.usage.totals.query({ account: parent })).toMatchObject({
      own: '1',
      total: '1.3',
      period: { key: '2026-11' },
    });
  });

  it('answers per event: repeats are duplicates, other content is a conflict, bad ones are refused, and none loses the others', async () => {
    const account = await make(root, 'Mixed');
    await owner.usage.record.mutate({ account, events: [event('known', '5')] });
    const { results } = await owner.usage.record.mutate({
      account,
      events: [
        event('known', '5.0'),
        event('known', '6'),
        event('negative', '-1'),
        event('text', 'five'),
        event('nan', 'NaN'),
        event('long', '0.0000000001'),
        event('late', '1', { occurredAt: at(36 * DAY) }),
        event('early', '1', { occurredAt: at(-6 * 60_000) }),
        event('zoneless', '1', { occurredAt: '2026-11-15T11:00:00' }),
        event('meter', '1', { meter: 'call.hours' }),
        event('stranger', '1', { account: root }),
        event('good', '1'),
      ],
    });
    expect(results.map((result) => ('code' in result ? result.code : result.status))).toEqual([
      'duplicate',
      'EVENT_CONFLICT',
      'QUANTITY_INVALID',
      'QUANTITY_INVALID',
      'QUANTITY_INVALID',
      'QUANTITY_INVALID',
      'EVENT_TOO_OLD',
      'EVENT_IN_FUTURE',
      'BAD_REQUEST',
      'METER_UNKNOWN',
      'NOT_FOUND',
      'accepted',
    ]);
    expect((await owner.usage.totals.query({ account })).own).toBe('6');
  });

  it('corrects by adjustments with a reason, which are told in the log', async () => {
    const account = await make(root, 'Corrected');
    await owner.usage.record.mutate({ account, events: [event('wrong', '10')] });
    const adjustment = { account, ...event('fix', '-4'), reason: 'Counted twice by the PBX' };
    expect(await owner.usage.adjust.mutate(adjustment)).toEqual({ status: 'accepted' });
    expect(await owner.usage.adjust.mutate(adjustment)).toEqual({ status: 'duplicate' });
    expect((await owner.usage.totals.query({ account })).own).toBe('6');
    const { rows } = await owner.audit.list.query({ account });
    expect(rows[0]?.sentence).toBe('adjusted call.minutes of Corrected by -4: Counted twice by the PBX');
  });
});

describe('Reading usage (rules/usage 13)', () => {
  it('forecasts the end of the period at the present pace', async () => {
    const account = await make(root, 'Forecast');
    await owner.usage.record.mutate({ account, events: [event('f', '145')] });
    expect((await owner.usage.totals.query({ account })).forecast).toEqual({ own: '300', total: '300' });
  });

  it('forecasts own and total for one instant, however much time passes while it answers', async () => {
    const account = await make(root, 'Same instant');
    await owner.usage.record.mutate({ account, events: [event('f', '145')] });
    tickMs = 60_000;
    const { forecast } = await owner.usage.totals.query({ account });
    [tickMs, passedMs] = [0, 0];
    expect(forecast.own).toBe(forecast.total);
  });

  it('gives series by hour and day, undivided or by account and agent, and exports them', async () => {
    const parent = await make(root, 'Series');
    const child = await make(parent, 'Series child');
    await owner.usage.record.mutate({
      account: parent,
      events: [
        event('1', '1', { account: child, occurredAt: '2026-11-14T10:10:00Z', attributes: { agent: '=ANN' } }),
        event('2', '2', { account: child, occurredAt: '2026-11-14T10:50:00Z', attributes: { agent: 'BOB' } }),
        event('3', '4', { occurredAt: '2026-11-13T23:59:59.999Z' }),
      ],
    });
    const range = { account: parent, from: '2026-11-13T00:00:00Z', to: '2026-11-15T00:00:00Z' };
    const days = await owner.usage.series.query({ ...range, bucket: 'day', scope: 'total' });
    expect(days.points.map(({ start, quantity }) => [start.slice(0, 10), quantity])).toEqual([
      ['2026-11-13', '4'],
      ['2026-11-14', '3'],
    ]);
    const byAgent = await owner.usage.series.query({ ...range, bucket: 'hour', scope: 'total', by: 'agent' });
    expect(byAgent.points.map(({ key, quantity }) => [key, quantity])).toEqual([
      [null, '4'],
      ['=ANN', '1'],
      ['BOB', '2'],
    ]);
    const { csv, filename } = await owner.usage.export.query({ ...range, bucket: 'hour', scope: 'total', by: 'agent' });
    expect(filename).toBe('usage-call.minutes-2026-11-13-2026-11-15.csv');
    expect(csv).toContain(`2026-11-14T10:00:00.000Z,'=ANN,1\r\n`);
  });

  it('divides a series so that it adds up, also after accounts have left', async () => {
    const parent = await make(root, 'Divided');
    const [stays, leaves] = [await make(parent, 'Stays'), await make(parent, 'Leaves')];
    const elsewhere = await make(root, 'Elsewhere');
    const inHour = (account: string, quantity: string, agent: string) =>
      event(`${account} ${agent}`, quantity, { account, occurredAt: '2026-11-14T10:10:00Z', attributes: { agent } });
    await owner.usage.record.mutate({
      account: parent,
      events: [inHour(stays, '1', 'ANN'), inHour(leaves, '2', 'BOB'), inHour(parent, '4', 'ANN')],
    });
    await owner.accounts.move.mutate({ account: leaves, to: elsewhere });
    const range = {
      account: parent,
      from: '2026-11-14T00:00:00Z',
      to: '2026-11-15T00:00:00Z',
      bucket: 'hour',
    } as const;
    const partsBy = async (by: 'account' | 'agent', scope: 'own' | 'total' = 'total') =>
      Object.fromEntries(
        (await owner.usage.series.query({ ...range, scope, by })).points.map(({ key, quantity }) => [key, quantity]),
      );
    expect(await partsBy('account')).toEqual({ [stays]: '1', [parent]: '4', null: '2' });
    expect(await partsBy('agent')).toEqual({ ANN: '5', null: '2' });
    expect(await partsBy('account', 'own')).toEqual({ [parent]: '4' });
    const whole = await owner.usage.series.query({ ...range, scope: 'total' });
    expect(whole.points.map(({ quantity }) => quantity)).toEqual(['7']);
  });

  it('divides a series by what stood below at the time, also where accounts came from elsewhere and were moved again', async () => {
    const [before, parent] = [await make(root, 'Before'), await make(root, 'After')];
    const [nearer, moved] = [await make(parent, 'Nearer'), await make(before, 'Moves twice')];
    const usage = (key: string, quantity: string, agoMs: number) =>
      owner.usage.record.mutate({ account: moved, events: [event(key, quantity, { occurredAt: at(agoMs) })] });
    await usage('elsewhere', '3', DAY);
    tickMs = 1;
    await owner.accounts.move.mutate({ account: moved, to: parent });
    await owner.accounts.move.mutate({ account: moved, to: nearer });
    tickMs = 0;
    await usage('here', '5', -60_000);
    const range = { from: at(10 * DAY), to: at(-DAY), bucket: 'day' } as const;
    for (const account of [before, parent, nearer, moved]) {
      const { total } = await owner.usage.totals.query({ account });
      for (const by of ['none', 'account', 'agent'] as const) {
        const { points } = await owner.usage.series.query({ account, ...range, scope: 'total', by });
        const sum = points.reduce((all, { quantity }) => all + Number(quantity), 0);
        expect(String(sum), `${account} by ${by}`).toBe(total);
      }
    }
  });

  it('counts usage that arrives after a move where its account stood when it happened', async () => {
    const [left, right] = [await make(root, 'Left'), await make(root, 'Right')];
    const moved = await make(left, 'Moves');
    await owner.accounts.move.mutate({ account: moved, to: right });
    await owner.usage.record.mutate({
      account: moved,
      events: [event('before', '3', { occurredAt: at(DAY) }), event('after', '5', { occurredAt: at(-1_000) })],
    });
    expect((await owner.usage.totals.query({ account: left })).total).toBe('3');
    expect((await owner.usage.totals.query({ account: right })).total).toBe('5');
    expect((await owner.usage.totals.query({ account: moved })).total).toBe('8');
  });
});

describe('Usage ahead of the clock (rules/usage 12)', () => {
  it('belongs to where its account stands when it happens, also when it was counted before a move', async () => {
    const [left, right] = [await make(root, 'Left of now'), await make(root, 'Right of now')];
    const moved = await make(left, 'Moves now');
    const leaf = await make(moved, 'Moves along');
    const [ahead, ago] = [at(-2 * 60_000), at(60_000)];
    await owner.usage.record.mutate({
      account: moved,
      events: [
        event('ahead', '7', { occurredAt: ahead }),
        event('ahead below', '2', { account: leaf, occurredAt: ahead }),
        event('ago', '1', { occurredAt: ago }),
      ],
    });
    const day = { from: '2026-11-15T00:00:00Z', to: '2026-11-16T00:00:00Z', bucket: 'day', scope: 'total' } as const;
    const of = async (account: string) => {
      const { total, events } = await owner.usage.totals.query({ account });
      const { points } = await owner.usage.series.query({ account, ...day });
      expect(points.map(({ quantity }) => quantity)).toEqual(total === '0' ? [] : [total]);
      return [total, events.total];
    };
    await vi.waitFor(async () => expect(await uncounted()).toBe(0), { timeout: 20_000 });
    expect([await of(left), await of(right), await of(moved)]).toEqual([
      ['10', 3],
      ['0', 0],
      ['10', 3],
    ]);
    const whole = await owner.usage.totals.query({ account: root });
    await owner.accounts.move.mutate({ account: moved, to: right });
    expect([await of(left), await of(right), await of(moved)]).toEqual([
      ['1', 1],
      ['9', 2],
      ['10', 3],
    ]);
    await owner.accounts.move.mutate({ account: moved, to: left });
    expect([await of(left), await of(right)]).toEqual([
      ['10', 3],
      ['0', 0],
    ]);
    expect(await owner.usage.totals.query({ account: root })).toEqual(whole);
  });
});

describe('API keys and embed tokens', () => {
  it('do what their owner may do in their account and below, and fall when revoked', async () => {
    const account = await make(root, 'Keyed');
    const { client, id } = await api.key(account);
    expect(await client.session.me.query()).toMatchObject({ actor: 'key', home: account });
    expect(await codeOf(client.accounts.get.query({ account: root }))).toBe('NOT_FOUND');
    await client.accounts.create.mutate({ account, name: 'By key' });
    await owner.keys.revoke.mutate({ account, id });
    expect(await codeOf(client.session.me.query())).toBe('UNAUTHORIZED');
    const { keys } = await owner.keys.list.query({ account });
    expect(keys[0]).toMatchObject({ name: 'Test key', lastUsedAt: expect.any(String), revokedAt: expect.any(String) });
    expect(JSON.stringify(keys)).not.toContain('hash');
  });

  it('open the embedded screens for one origin and one user, reading only if so asked', async () => {
    const account = await make(root, 'Embedded');
    const { client } = await api.key(account);
    const origin = 'https://portal.example';
    const mint = (access: 'read' | 'full') =>
      client.embed.createToken.mutate({ account, origin, access, userRef: 'user-7' });
    const inPortal = async (token: string, path: string, input: object, method = 'GET', from = origin) => {
      const query = method === 'GET' ? `?input=${encodeURIComponent(JSON.stringify(input))}` : '';
      const headers = { authorization: `Bearer ${token}`, origin: from, 'content-type': 'application/json' };
      const answer = await fetch(`${api.url}/trpc/${path}${query}`, {
        method,
        headers,
        ...(method === 'POST' && { body: JSON.stringify(input) }),
      });
      return answer.status;
    };
    const { token } = await mint('read');
    expect(await inPortal(token, 'accounts.list', { account })).toBe(200);
    expect(await inPortal(token, 'accounts.list', { account }, 'GET', 'https://evil.example')).toBe(401);
    expect(await inPortal(token, 'accounts.create', { account, name: 'No' }, 'POST')).toBe(403);
    const full = await mint('full');
    expect(await inPortal(full.token, 'accounts.create', { account, name: 'Yes' }, 'POST')).toBe(200);
    expect(await codeOf(owner.embed.createToken.mutate({ account, origin, userRef: 'x' }))).toBe('FORBIDDEN');
    expect(
      await codeOf(client.embed.createToken.mutate({ account, origin: 'https://portal.example/path', userRef: 'x' })),
    ).toBe('BAD_REQUEST');
    expect(await codeOf(clientWithToken(api.url, full.token).session.me.query())).toBe('UNAUTHORIZED');
  });
});
