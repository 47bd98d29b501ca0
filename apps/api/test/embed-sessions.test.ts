import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Composed } from '../src/server/compose.ts';
import { type Client, clientWith, codeOf, join, refusalOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { callerWith, watcherWith } from './support/every-call.ts';
import { startApi } from './support/start-api.ts';

const PORTAL = 'https://portal.example';
const clock = { aheadMs: 0, nowMs: () => Date.now() + clock.aheadMs };

let api: Deployment;
let second: Composed;
let key: { readonly secret: string; readonly id: string; readonly client: Client };

beforeAll(async () => {
  api = await deploy({ clock });
  second = await startApi(api.database.serving, { clock });
  key = await api.key(api.root);
});
afterAll(async () => {
  await second.close();
  await api.close();
});

const make = async (name: string, account = api.root): Promise<string> =>
  (await api.owner.accounts.create.mutate({ account, name })).account.id;
const open = (account: string, more: object = {}) =>
  key.client.embed.createToken.mutate({ account, userRef: 'dana', ...more });
const screen = (token: string, origin: string, url = api.url): Client =>
  clientWith(url, { authorization: `Bearer ${token}`, origin });
const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'OK',
    () => codeOf(call),
  );
const meet = (token: string, origin: string) => outcomeOf(screen(token, origin).session.me.query());
const said = async (account: string, action: string) =>
  (await api.owner.audit.list.query({ account })).rows
    .filter((row) => row.action === action)
    .map((row) => row.sentence);

describe('An account’s list of origins', () => {
  it('is that of the nearest account at or above it that has one, or none', async () => {
    const reseller = await make('Reseller');
    const customer = await make('Customer', reseller);
    const { owner } = api;
    expect(await owner.embed.origins.query({ account: customer })).toEqual({ origins: null, from: null });
    const list = [PORTAL, 'https://*.portal.example'];
    const set = await owner.embed.setOrigins.mutate({ account: reseller, origins: list });
    expect(set).toEqual({ origins: list, from: { id: reseller, name: 'Reseller' } });
    expect(await owner.embed.origins.query({ account: customer })).toEqual(set);
    const admin = await join(api.url, owner, customer, 'customer@example.com', 'admin');
    expect(await admin.embed.origins.query({ account: customer })).toEqual({
      origins: list,
      from: { id: null, name: 'an account above you' },
    });
    await owner.embed.setOrigins.mutate({ account: customer, origins: ['https://own.example'] });
    expect((await owner.embed.origins.query({ account: customer })).origins).toEqual(['https://own.example']);
    await owner.embed.setOrigins.mutate({ account: customer, origins: null });
    expect((await owner.embed.origins.query({ account: customer })).origins).toEqual(list);
    expect(await said(customer, 'embed.originsSet')).toEqual([
      'set the origins that embed Customer to those above',
      'set the origins that embed Customer to https://own.example',
    ]);
    const bad = owner.embed.setOrigins.mutate({ account: reseller, origins: ['http://portal.example'] });
    expect(await refusalOf(bad)).toMatchObject({ code: 'BAD_REQUEST', field: 'origins' });
    const viewer = await join(api.url, owner, reseller, 'viewer@example.com', 'viewer');
    expect(await codeOf(viewer.embed.setOrigins.mutate({ account: reseller, origins: [] }))).toBe('FORBIDDEN');
  });

  it('says where a session may be used: on all of it, or the part that is asked for', async () => {
    const account = await make('Listed');
    await api.owner.embed.setOrigins.mutate({ account, origins: [PORTAL, 'https://*.x.example'] });
    const all = await open(account);
    expect([await meet(all.token, PORTAL), await meet(all.token, 'https://a.x.example')]).toEqual(['OK', 'OK']);
    expect(await meet(all.token, 'https://a.b.x.example')).toBe('UNAUTHORIZED');
    const part = await open(account, { origins: ['https://a.x.example'] });
    expect([await meet(part.token, 'https://a.x.example'), await meet(part.token, PORTAL)]).toEqual([
      'OK',
      'UNAUTHORIZED',
    ]);
    const other = open(account, { origin: 'https://evil.example' });
    expect(await refusalOf(other)).toMatchObject({ code: 'ORIGIN_NOT_LISTED', field: 'origin' });
    const both = open(account, { origin: PORTAL, origins: [PORTAL] });
    expect(await refusalOf(both)).toMatchObject({ code: 'BAD_REQUEST', field: 'origins' });
  });

  it('is missing in accounts from before: there, whoever opens a session names its origins', async () => {
    const account = await make('Unlisted');
    expect(await refusalOf(open(account))).toMatchObject({ code: 'BAD_REQUEST', field: 'origin' });
    const { token } = await open(account, { origin: PORTAL });
    expect(await meet(token, PORTAL)).toBe('OK');
    const pattern = open(account, { origin: 'https://*.x.example' });
    expect(await refusalOf(pattern)).toMatchObject({ code: 'BAD_REQUEST', field: 'origin' });
  });

  it('that no longer has an origin ends the sessions there, but not those below a list of their own', async () => {
    const account = await make('Changed');
    const below = await make('Below changed', account);
    const apart = await make('Apart', account);
    await api.owner.embed.setOrigins.mutate({ account: apart, origins: [PORTAL] });
    const [here, there, other] = [
      await open(below, { origin: PORTAL }),
      await open(apart),
      await open(below, { origin: 'https://kept.example' }),
    ];
    await api.owner.embed.setOrigins.mutate({ account, origins: ['https://kept.example'] });
    expect(await meet(here.token, PORTAL)).toBe('UNAUTHORIZED');
    expect(await meet(there.token, PORTAL)).toBe('OK');
    expect(await meet(other.token, 'https://kept.example')).toBe('OK');
  });

  it('is another one where an account moves to: sessions on what is not on it end with the move', async () => {
    const [from, to] = [await make('From'), await make('To')];
    const account = await make('Moving', from);
    const [below, apart] = [await make('Below moving', account), await make('Apart in it', account)];
    await api.owner.embed.setOrigins.mutate({ account: from, origins: [PORTAL, 'https://kept.example'] });
    await api.owner.embed.setOrigins.mutate({ account: to, origins: ['https://kept.example'] });
    await api.owner.embed.setOrigins.mutate({ account: apart, origins: [PORTAL] });
    const [here, kept, own] = [
      await open(below, { origin: PORTAL }),
      await open(account, { origin: 'https://kept.example' }),
      await open(apart),
    ];
    const beside = await open(from, { origin: PORTAL });
    const watched = watcherWith(
      second.url,
      { authorization: `Bearer ${here.token}`, origin: PORTAL },
      'accounts.live',
      { account: below },
    );
    await watched.ready;
    await api.owner.accounts.move.mutate({ account, to });
    expect(await watched.cut).toBe('UNAUTHORIZED');
    watched.stop();
    expect(await meet(here.token, PORTAL)).toBe('UNAUTHORIZED');
    expect(await meet(kept.token, 'https://kept.example')).toBe('OK');
    expect(await meet(own.token, PORTAL)).toBe('OK');
    expect(await meet(beside.token, PORTAL)).toBe('OK');
    const { rows } = await api.owner.embed.list.query({ account });
    expect(rows.map(({ id }) => id)).toEqual([own.id, kept.id]);
    // Back to where more is listed nothing ends.
    await api.owner.accounts.move.mutate({ account, to: from });
    expect(await meet(kept.token, 'https://kept.example')).toBe('OK');
  });
});

describe('A session that is used elsewhere', () => {
  it('is refused, and in the log once a minute', async () => {
    const account = await make('Stolen');
    const { token } = await open(account, { origin: PORTAL });
    expect(await meet(token, 'https://evil.example')).toBe('UNAUTHORIZED');
    expect(await meet(token, 'https://worse.example')).toBe('UNAUTHORIZED');
    const sentence = (origin: string) =>
      `used the session of dana in Stolen on ${origin}, which is not one of its origins`;
    expect(await said(account, 'embed.originRefused')).toEqual([sentence('https://evil.example')]);
    clock.aheadMs = 61_000;
    expect(await codeOf(clientWith(api.url, { authorization: `Bearer ${token}` }).session.me.query())).toBe(
      'UNAUTHORIZED',
    );
    clock.aheadMs = 0;
    expect(await said(account, 'embed.originRefused')).toEqual([sentence('no page'), sentence('https://evil.example')]);
    expect(await meet(token, PORTAL)).toBe('OK');
  });
});

describe('Live sessions', () => {
  it('are listed for their account and those above, newest first, and tell what they are for', async () => {
    const account = await make('Listing');
    const below = await make('Listing below', account);
    const first = await open(account, { origin: PORTAL, features: ['usage'] });
    const next = await open(below, { origin: PORTAL, userRef: 'erin', access: 'read' });
    const { rows } = await api.owner.embed.list.query({ account });
    expect(rows.map(({ id }) => id)).toEqual([next.id, first.id]);
    expect(rows[1]).toMatchObject({
      account: { id: account, name: 'Listing' },
      userRef: 'dana',
      origins: [PORTAL],
      grant: { access: 'full', features: ['usage'] },
      key: { id: key.id, name: null },
      expiresAt: first.expiresAt,
    });
    expect((await api.owner.embed.list.query({ account: below })).rows.map(({ id }) => id)).toEqual([next.id]);
    const page = await api.owner.embed.list.query({ account, limit: 1 });
    const rest = await api.owner.embed.list.query({ account, limit: 1, cursor: page.nextCursor ?? '' });
    expect([...page.rows, ...rest.rows].map(({ id }) => id)).toEqual([next.id, first.id]);
    expect(rest.nextCursor).toBeNull();
    expect(JSON.stringify(rows)).not.toContain('tt_embed');
    clock.aheadMs = 16 * 60_000;
    expect((await api.owner.embed.list.query({ account })).rows).toEqual([]);
    clock.aheadMs = 0;
  });

  it('are to be renewed after four fifths of their time, which is their key’s at the most', async () => {
    const account = await make('Renewed');
    const before = Date.now();
    const { expiresAt, renewAfter } = await open(account, { origin: PORTAL, ttlSeconds: 600 });
    expect(Date.parse(expiresAt) - Date.parse(renewAfter)).toBe(120_000);
    expect(Date.parse(expiresAt) - before).toBeGreaterThanOrEqual(600_000);
  });

  it('have their streams ended then, so that pages ask for the next one while calls still have this one', async () => {
    const account = await make('Renewed in time');
    const { token } = await open(account, { origin: PORTAL, ttlSeconds: 600 });
    const headers = { authorization: `Bearer ${token}`, origin: PORTAL };
    const watch = (onFrame?: () => void) => watcherWith(api.url, headers, 'accounts.live', { account }, onFrame);
    const early = watch();
    await early.ready;
    clock.aheadMs = 490_000;
    expect(await early.cut).toBe('UNAUTHORIZED');
    expect(await meet(token, PORTAL)).toBe('OK');
    // Whoever has no other one goes on with it to its end, however often they are asked about.
    let frames = 0;
    const late = watch(() => (frames += 1));
    await late.ready;
    const ended = late.cut.then(() => clock.aheadMs);
    await api.owner.accounts.suspend.mutate({ account, kind: 'read_only' });
    await vi.waitFor(() => expect(frames).toBeGreaterThan(1));
    clock.aheadMs = 601_000;
    expect(await ended).toBe(601_000);
    clock.aheadMs = 0;
    early.stop();
    late.stop();
  });

  it.each(['one', 'all of a user', 'all of a key'] as const)(
    'end when %s is ended: calls, and streams on both servers within a second',
    async (which) => {
      const account = await make(`Ended ${which}`);
      const mine = await api.key(api.root);
      const create = (userRef: string) => mine.client.embed.createToken.mutate({ account, origin: PORTAL, userRef });
      const [session, same, other] = [await create('dana'), await create('dana'), await create('erin')];
      const watch = (token: string) =>
        watcherWith(second.url, { authorization: `Bearer ${token}`, origin: PORTAL }, 'accounts.live', { account });
      const watched = watch(session.token);
      await watched.ready;
      const ask = { one: { id: session.id }, 'all of a user': { userRef: 'dana' }, 'all of a key': { key: mine.id } }[
        which
      ];
      const at = performance.now();
      // A key belongs to the account where it was made.
      const from = which === 'all of a key' ? api.root : account;
      const { ended } = await api.owner.embed.revoke.mutate({ account: from, ...ask });
      expect(await watched.cut).toBe('UNAUTHORIZED');
      expect(performance.now() - at).toBeLessThan(1_000);
      watched.stop();
      const left = await Promise.all([session, same, other].map(({ token }) => meet(token, PORTAL)));
      expect([ended, left]).toEqual(
        {
          one: [1, ['UNAUTHORIZED', 'OK', 'OK']],
          'all of a user': [2, ['UNAUTHORIZED', 'UNAUTHORIZED', 'OK']],
          'all of a key': [3, ['UNAUTHORIZED', 'UNAUTHORIZED', 'UNAUTHORIZED']],
        }[which],
      );
      expect(await said(from, 'embed.tokenRevoked')).toHaveLength(1);
      if (which === 'one')
        expect(await codeOf(api.owner.embed.revoke.mutate({ account, id: session.id }))).toBe('NOT_FOUND');
      expect(await codeOf(api.owner.embed.revoke.mutate({ account }))).toBe('BAD_REQUEST');
    },
  );

  it('of one user are twenty at the most: one more ends the oldest, also when many are opened at once', async () => {
    const account = await make('Many');
    const own = await api.key(api.root);
    const create = () => own.client.embed.createToken.mutate({ account, origin: PORTAL, userRef: 'many' });
    const first = await create();
    const next = await create();
    await Promise.all(Array.from({ length: 19 }, create));
    expect(await meet(first.token, PORTAL)).toBe('UNAUTHORIZED');
    expect(await meet(next.token, PORTAL)).toBe('OK');
    expect((await api.owner.embed.list.query({ account, limit: 200 })).rows).toHaveLength(20);
  });

  it('end the oldest just so when each is opened under an idempotency key, and are opened once', async () => {
    const account = await make('Keyed');
    const own = await api.key(api.root);
    const caller = callerWith(api.url, { authorization: `Bearer ${own.secret}` });
    const create = (n: number) =>
      caller.call('embed.createToken', { account, origin: PORTAL, userRef: 'keyed' }, `session ${n}`);
    for (let n = 0; n < 21; n += 1) await create(n);
    for (let n = 0; n < 21; n += 1) expect(await codeOf(create(n))).toBe('SECRET_SHOWN_ONCE');
    expect((await api.owner.embed.list.query({ account, limit: 200 })).rows).toHaveLength(20);
    expect(await said(account, 'embed.tokenCreated')).toHaveLength(21);
    caller.close();
  });

  it('of one user are opened sixty times a minute at the most, with one key', async () => {
    const account = await make('Often');
    const own = await api.key(api.root);
    const create = (userRef: string) => own.client.embed.createToken.mutate({ account, origin: PORTAL, userRef });
    const codes = await Promise.all(Array.from({ length: 61 }, () => outcomeOf(create('often'))));
    expect(codes.filter((code) => code === 'OK')).toHaveLength(60);
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(1);
    expect(await outcomeOf(create('somebody else'))).toBe('OK');
    clock.aheadMs = 61_000;
    expect(await outcomeOf(create('often'))).toBe('OK');
    clock.aheadMs = 0;
  });
});
