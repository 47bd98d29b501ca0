import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { codeOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

const NOW = Date.UTC(2026, 10, 15, 12);
const at = (agoMs: number): string => new Date(NOW - agoMs).toISOString();

let api: Deployment;
beforeAll(async () => {
  api = await deploy({ clock: { nowMs: () => NOW } });
});
afterAll(() => api.close());

const make = async (name: string, externalId?: string): Promise<string> =>
  (await api.owner.accounts.create.mutate({ account: api.root, name, externalId })).account.id;
const ownOf = async (account: string): Promise<string> => (await api.owner.usage.totals.query({ account })).own;

type Result = { status: string; code?: string; field?: string; message?: string };
type Answer = { results: Result[] };

const event = (key: string, more: object = {}): object => ({
  meter: 'call.minutes',
  quantity: '1',
  occurredAt: at(60_000),
  idempotencyKey: key,
  ...more,
});

/** Bad entries of a batch as JSON text (some can't be written by JSON.stringify), and the field that each is refused for. */
const BAD: readonly (readonly [string, string | undefined])[] = [
  [JSON.stringify(event('number', { quantity: 1 })), 'quantity'],
  [JSON.stringify(event('null', { quantity: null })), 'quantity'],
  [JSON.stringify(event('unknown', { price: '1' })), 'price'],
  [JSON.stringify(event('nul\u0000')), 'idempotencyKey'],
  [JSON.stringify(event('nul', { attributes: { agent: 'a\u0000b' } })), 'attributes.agent'],
  [JSON.stringify(event('surrogate', { attributes: { agent: 'a\uD800b' } })), 'attributes.agent'],
  [JSON.stringify(event('surrogate\uDC00')), 'idempotencyKey'],
  [JSON.stringify(event('meter', { meter: 'call\u0000' })), 'meter'],
  [JSON.stringify(event('account', { account: 'ext:a\u0000' })), 'account'],
  [JSON.stringify(event('account', { account: `ext:${'x'.repeat(500)}` })), 'account'],
  [JSON.stringify(event('account', { account: null })), 'account'],
  [JSON.stringify(event('long', { attributes: { agent: 'x'.repeat(501) } })), 'attributes.agent'],
  [JSON.stringify(event('long', { attributes: { ['x'.repeat(65)]: 1 } })), `attributes.${'x'.repeat(65)}`],
  [JSON.stringify(event('deep', { attributes: { agent: {} } })), 'attributes'],
  [JSON.stringify(event('no attributes', { attributes: null })), 'attributes'],
  [JSON.stringify(event('x'.repeat(500))), 'idempotencyKey'],
  [JSON.stringify(event('time', { occurredAt: NOW })), 'occurredAt'],
  [JSON.stringify(event('time', { occurredAt: 'x'.repeat(100) })), 'occurredAt'],
  ['{"idempotencyKey":"little"}', 'meter'],
  [JSON.stringify(event('x')).replace('{', '{"__proto__":1,'), '__proto__'],
  [JSON.stringify(event('x', { attributes: { n: 1 } })).replace('"n":1', '"n":9007199254740993'), 'attributes.n'],
  [JSON.stringify(event('x', { attributes: { n: 1 } })).replace('"n":1', '"n":1e400'), 'attributes.n'],
  ['null', undefined],
  ['"text"', undefined],
  ['[]', undefined],
];

describe('A batch of usage events (rules/usage 2)', () => {
  const bodyFor = (account: string): string =>
    `{"account":"${account}","events":[${[JSON.stringify(event('first')), ...BAD.map(([text]) => text), JSON.stringify(event('last'))].join(',')}]}`;
  const check = async (results: Result[], account: string): Promise<void> => {
    expect(results.map(({ status }) => status)).toEqual(['accepted', ...BAD.map(() => 'refused'), 'accepted']);
    expect(results.slice(1, -1).map(({ field }) => field)).toEqual(BAD.map(([, field]) => field));
    for (const { message } of results.slice(1, -1)) expect(message).toMatch(/\.$/);
    expect(await ownOf(account)).toBe('2');
  };

  it('loses nothing by one bad event, which is refused with its field, over HTTP', async () => {
    const account = await make('Over HTTP');
    const { secret } = await api.key(account);
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
    const answer = await fetch(`${api.url}/trpc/usage.record`, { method: 'POST', headers, body: bodyFor(account) });
    const { result } = (await answer.json()) as { result: { data: Answer } };
    await check(result.data.results, account);
  });

  it('loses nothing by one bad event, which is refused with its field, over a socket', async () => {
    const account = await make('Over a socket');
    const { secret } = await api.key(account);
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/trpc?connectionParams=1`);
    await once(socket, 'open');
    const answered = once(socket, 'message') as Promise<[Buffer]>;
    socket.send(JSON.stringify({ method: 'connectionParams', data: { token: secret } }));
    socket.send(`{"id":1,"method":"mutation","params":{"path":"usage.record","input":${bodyFor(account)}}}`);
    const { result } = JSON.parse(String((await answered)[0])) as { result: { data: Answer } };
    socket.close();
    await check(result.data.results, account);
  });

  it('is refused as a whole when it is no list, is empty or too long', async () => {
    const record = (events: unknown) =>
      codeOf(api.owner.usage.record.mutate({ account: api.root, events: events as [] }));
    for (const events of [{}, 'text', null, [], Array.from({ length: 5_001 }, (_, n) => event(`${n}`))]) {
      expect(await record(events)).toBe('BAD_REQUEST');
    }
  });

  it('may name the field of a single adjustment that is not storable, and nothing is recorded', async () => {
    const adjustment = { account: api.root, ...event('nul\u0000'), reason: 'x' } as never;
    expect(await codeOf(api.owner.usage.adjust.mutate(adjustment))).toBe('BAD_REQUEST');
  });
});

describe('CloudEvents (rules/usage 6)', () => {
  const SINGLE = 'application/cloudevents+json';
  const BATCH = 'application/cloudevents-batch+json';
  let account: string;
  let secret: string;
  beforeAll(async () => {
    account = await make('Cloud', 'clöud');
    ({ secret } = await api.key(account));
  });

  const cloud = (id: string, more: object = {}): object => ({
    specversion: '1.0',
    type: 'tenantree.usage.v1',
    source: '/pbx',
    id,
    subject: account,
    time: at(1_000),
    datacontenttype: 'application/json',
    data: { meter: 'call.minutes', quantity: '1' },
    ...more,
  });
  const send = (body: string, headers: Record<string, string>): Promise<Response> =>
    fetch(`${api.url}/v1/usage/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, ...headers },
      body,
    });
  const post = async (body: unknown, type: string) => {
    const answer = await send(typeof body === 'string' ? body : JSON.stringify(body), { 'content-type': type });
    return { status: answer.status, body: (await answer.json()) as Answer & { error?: { data: { refusal: Result } } } };
  };

  it('are accepted one by one or as a batch, which may be empty, and repeats are known', async () => {
    const before = Number(await ownOf(account));
    expect(await post(cloud('1'), SINGLE)).toEqual({ status: 200, body: { results: [{ status: 'accepted' }] } });
    expect(await post(cloud('1'), SINGLE)).toEqual({ status: 200, body: { results: [{ status: 'duplicate' }] } });
    const batch = await post([cloud('1'), cloud('2'), { specversion: '0.3' }], BATCH);
    expect(batch.status).toBe(200);
    expect(batch.body.results.map(({ status }) => status)).toEqual(['duplicate', 'accepted', 'refused']);
    expect(await post([], BATCH)).toEqual({ status: 200, body: { results: [] } });
    expect(Number(await ownOf(account)) - before).toBe(2);
  });

  it('that are sent alone are refused with a status that says so', async () => {
    await post(cloud('conflict'), SINGLE);
    const refused = async (body: unknown) => {
      const { status, body: answer } = await post(body, SINGLE);
      return [status, answer.error?.data.refusal.code, answer.error?.data.refusal.field];
    };
    expect(await refused(cloud('conflict', { data: { meter: 'call.minutes', quantity: '2' } }))).toEqual([
      409,
      'EVENT_CONFLICT',
      'id',
    ]);
    expect(await refused(cloud('a', { specversion: '0.3' }))).toEqual([400, 'BAD_REQUEST', 'specversion']);
    expect(await refused(cloud('a', { time: at(-3_600_000) }))).toEqual([400, 'EVENT_IN_FUTURE', 'time']);
    expect(await refused(cloud('a', { time: 1_700_000_000 }))).toEqual([400, 'BAD_REQUEST', 'time']);
    expect(await refused(cloud('a', { subject: api.root }))).toEqual([404, 'NOT_FOUND', 'subject']);
    expect(await refused(cloud('a', { data: { meter: 'x', quantity: '1' } }))).toEqual([
      400,
      'METER_UNKNOWN',
      'data.meter',
    ]);
    expect(await refused('[')).toEqual([400, 'BAD_REQUEST', undefined]);
    expect((await fetch(`${api.url}/v1/usage/events`, { method: 'POST', body: '{}' })).status).toBe(401);
  });

  it('of a batch are answered one by one: a bad one never loses the others', async () => {
    const bad: readonly (readonly [unknown, string | undefined])[] = [
      [cloud('n', { data: { meter: 'call.minutes', quantity: 1 } }), 'data.quantity'],
      [cloud('n', { data: null }), 'data'],
      [cloud('n', { data: { meter: 'call.minutes', quantity: '1', price: '1' } }), 'data.price'],
      [cloud('n', { Unknown: 1 }), 'Unknown'],
      [cloud('nul\u0000'), 'id'],
      [
        cloud('n', { data: { meter: 'call.minutes', quantity: '1', attributes: { a: '\uD800' } } }),
        'data.attributes.a',
      ],
      [cloud('x'.repeat(500)), 'id'],
      [cloud('n', { time: NOW }), 'time'],
      [null, undefined],
    ];
    const { status, body } = await post([cloud('b1'), ...bad.map(([sent]) => sent), cloud('b2')], BATCH);
    expect(status).toBe(200);
    expect(body.results.map((result) => result.status)).toEqual(['accepted', ...bad.map(() => 'refused'), 'accepted']);
    expect(body.results.slice(1, -1).map(({ field }) => field)).toEqual(bad.map(([, field]) => field));
  });

  it('are recorded in every part of the account that the key is kept to, and nowhere else', async () => {
    const [one, two, three] = [await make('Part one'), await make('Part two', 'part-two'), await make('No part')];
    const kept = await api.owner.keys.create.mutate({ account: api.root, name: 'Kept', within: [one, two] });
    const events = [one, 'ext:part-two', three].map((subject, n) => cloud(`part ${n}`, { subject }));
    const answer = await send(JSON.stringify(events), { 'content-type': BATCH, authorization: `Bearer ${kept.key}` });
    const { results } = (await answer.json()) as Answer;
    expect(results.map(({ status, field }) => [status, field])).toEqual([
      ['accepted', undefined],
      ['accepted', undefined],
      ['refused', 'subject'],
    ]);
    expect([await ownOf(one), await ownOf(two), await ownOf(three)]).toEqual(['1', '1', '0']);
  });

  it('may have null for what is absent, and times in lower case', async () => {
    const absent = { datacontenttype: null, dataschema: null, traceparent: null, data_base64: null };
    const time = at(1_000).toLowerCase();
    expect(await post(cloud('absent', { ...absent, time }), SINGLE)).toMatchObject({ status: 200 });
  });

  it('are read in binary mode: attributes from headers, data from the body', async () => {
    const data = JSON.stringify({ meter: 'call.minutes', quantity: '2.5' });
    const binary = (more: Record<string, string> = {}) =>
      send(data, {
        'content-type': 'application/json; charset=utf-8',
        'ce-specversion': '1.0',
        'ce-type': 'tenantree.usage.v1',
        'ce-source': '/pbx',
        'ce-id': 'binary%20%C3%BC',
        'ce-subject': 'ext:cl%C3%B6ud',
        'ce-time': at(1_000),
        'ce-traceparent': '00-0af7',
        ...more,
      });
    const before = Number(await ownOf(account));
    const taken = await binary();
    expect([taken.status, await taken.json()]).toEqual([200, { results: [{ status: 'accepted' }] }]);
    expect(Number(await ownOf(account)) - before).toBe(2.5);
    const again = await post(cloud('binary ü', { data: { meter: 'call.minutes', quantity: '2.5' } }), SINGLE);
    expect(again.body.results).toEqual([{ status: 'duplicate' }]);
    const fieldOf = async (more: Record<string, string>) => {
      const answer = await binary(more);
      const { error } = (await answer.json()) as { error: { data: { refusal: Result } } };
      return [answer.status, error.data.refusal.field];
    };
    expect(await fieldOf({ 'ce-type': 'other' })).toEqual([400, 'type']);
    expect(await fieldOf({ 'ce-time': '' })).toEqual([400, 'time']);
    // Some write the text itself: in Latin-1, in UTF-8, in quotes, or with a percent sign that encodes nothing.
    const utf8 = Buffer.from('ext:clöud', 'utf8').toString('latin1');
    for (const subject of ['ext:cl\u00F6ud', utf8, '"ext:cl%C3%B6ud"']) {
      expect((await binary({ 'ce-subject': subject, 'ce-id': 'binary%20%C3%BC' })).status, subject).toBe(200);
    }
    expect((await binary({ 'ce-id': '100%' })).status).toBe(200);
    const known = await post(cloud('100%', { data: { meter: 'call.minutes', quantity: '2.5' } }), SINGLE);
    expect(known.body.results).toEqual([{ status: 'duplicate' }]);
  });
});
