import { randomUUID } from 'node:crypto';
import { createTRPCClient, httpBatchLink } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AppRouter } from './support/clients.ts';
import { agentsNamed, type Client, clientWith, clientWithToken, codeOf, join, refusalOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { watcherWith } from './support/every-call.ts';

let api: Deployment;
let owner: Client;
let root: string;
beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
  root = api.root;
});
const stops: (() => void)[] = [];
afterAll(async () => {
  for (const stop of stops) stop();
  await api.close();
});

const make = async (account: string, name: string, more: object = {}): Promise<string> =>
  (await owner.accounts.create.mutate({ account, name, ...more })).account.id;

describe('Isolation (rules/permissions 7)', () => {
  it('answers for parents, siblings, strangers and nobody alike', async () => {
    const mine = await make(root, 'Mine');
    const sibling = await make(root, 'Sibling', { externalId: 'secret-sibling' });
    const admin = await join(api.url, owner, mine, 'mine@example.com', 'admin');
    const asked = [root, sibling, 'ext:secret-sibling', randomUUID(), 'ext:nobody', 'nonsense'];
    for (const account of asked) {
      const calls = [
        () => admin.accounts.get.query({ account }),
        () => admin.accounts.list.query({ account }),
        () => admin.accounts.rename.mutate({ account, name: 'Taken' }),
        () => admin.accounts.suspend.mutate({ account, kind: 'full_stop' }),
        () => admin.usage.totals.query({ account }),
        () => admin.audit.list.query({ account }),
      ];
      for (const call of calls) {
        const { code, message } = await refusalOf(call());
        expect({ code, message: message.replace(account, 'X') }).toEqual({
          code: 'NOT_FOUND',
          message: 'There is no account “X” that you can reach.',
        });
      }
    }
  });

  it('lets an account see its way up only as far as its reader reaches, and never what is above in its refusals', async () => {
    const parent = await make(root, 'Hidden parent');
    const mine = await make(parent, 'Visible');
    await make(parent, 'Hidden sibling');
    const admin = await join(api.url, owner, mine, 'visible@example.com', 'admin');
    expect((await admin.accounts.get.query({ account: mine })).path).toEqual([{ id: mine, name: 'Visible' }]);
    const { message } = await refusalOf(admin.accounts.rename.mutate({ account: mine, name: 'Hidden sibling' }));
    expect(message).not.toContain('Hidden parent');
    expect(await codeOf(admin.accounts.close.mutate({ account: mine }))).toBe('FORBIDDEN');
  });
});

describe('Rows (rules/permissions 7)', () => {
  it('show neither a hidden parent nor how deep one stands below it', async () => {
    const hidden = await make(root, 'Rows hidden');
    const mine = await make(hidden, 'Rows mine');
    const below = await make(mine, 'Rows below');
    const admin = await join(api.url, owner, mine, 'rows@example.com', 'admin');
    const seen = ({ parentId, depth }: { parentId: string | null; depth: number | null }) => [parentId, depth];
    expect(seen(await admin.accounts.get.query({ account: mine }))).toEqual([null, null]);
    expect(seen(await admin.accounts.get.query({ account: below }))).toEqual([mine, null]);
    expect((await admin.accounts.list.query({ account: mine })).rows.map(seen)).toEqual([[mine, null]]);
    expect((await admin.accounts.search.query({ account: mine, query: 'rows' })).rows.map(seen)).toEqual([
      [mine, null],
    ]);
    expect(seen(await admin.accounts.rename.mutate({ account: mine, name: 'Rows my own' }))).toEqual([null, null]);
    expect(seen((await admin.accounts.create.mutate({ account: mine, name: 'Rows new' })).account)).toEqual([
      mine,
      null,
    ]);
    expect(seen(await owner.accounts.get.query({ account: below }))).toEqual([mine, 3]);
    const { client } = await api.key(mine);
    expect(seen(await client.accounts.get.query({ account: mine }))).toEqual([null, null]);
  });

  it('show neither in what is sent live, also when somebody above watches the same account', async () => {
    const hidden = await make(root, 'Live hidden');
    const mine = await make(hidden, 'Live mine');
    const below = await make(mine, 'Live below');
    const { secret } = await api.key(mine);
    type Row = { id: string; name: string; parentId: string | null; depth: number | null };
    const watch = (headers: Record<string, string>) => {
      const rows = new Map<string, Row>();
      const watcher = watcherWith(api.url, headers, 'accounts.live', { account: mine }, (frame) => {
        for (const row of (frame as { data: { changed: Row[] } }).data.changed) rows.set(row.name, row);
      });
      stops.push(watcher.stop);
      return { rows, ready: watcher.ready };
    };
    const [mineOnly, whole] = [watch({ authorization: `Bearer ${secret}` }), watch(api.headers)];
    await Promise.all([mineOnly.ready, whole.ready]);
    await owner.accounts.rename.mutate({ account: mine, name: 'Live mine now' });
    await owner.accounts.rename.mutate({ account: below, name: 'Live below now' });
    await vi.waitFor(() => {
      expect(mineOnly.rows.get('Live mine now')).toMatchObject({ parentId: null, depth: null });
      expect(mineOnly.rows.get('Live below now')).toMatchObject({ parentId: mine, depth: null });
      expect(whole.rows.get('Live mine now')).toMatchObject({ parentId: hidden, depth: 2 });
      expect(whole.rows.get('Live below now')).toMatchObject({ parentId: mine, depth: 3 });
    });
  });
});

describe('Names from above (rules/permissions 13)', () => {
  it('never stand in what people of an account read in its log, by neither name nor id', async () => {
    const old = await make(root, 'Hidden old parent');
    const next = await make(root, 'Hidden next parent');
    const mine = await make(old, 'Moved about');
    const admin = await join(api.url, owner, mine, 'moved@example.com', 'admin');
    const { client } = await api.key(root);
    await client.accounts.rename.mutate({ account: mine, name: 'Moved far' });
    await owner.accounts.move.mutate({ account: mine, to: next });
    const log = JSON.stringify(await admin.audit.list.query({ account: mine }));
    for (const hidden of [root, old, next, 'Main', 'Hidden']) expect(log).not.toContain(hidden);
    expect(log).toContain('moved Moved far from an account above you to an account above you');
    expect(log).toContain('"via":{"id":null,"name":"an account above you"}');
    const between = await join(api.url, owner, next, 'between@example.com', 'admin');
    const [moved] = (await between.audit.list.query({ account: mine, limit: 1 })).rows;
    expect(moved?.sentence).toBe('moved Moved far from an account above you to Hidden next parent');
    const [whole] = (await owner.audit.list.query({ account: mine, limit: 1 })).rows;
    expect(whole).toMatchObject({
      sentence: 'moved Moved far from Hidden old parent to Hidden next parent',
      details: { beforeId: old, afterId: next },
    });
  });
});

describe('Roles (rules/people 1)', () => {
  it('give what the table says, and reach below only for owner, admin and agency admin', async () => {
    const account = await make(root, 'Roles');
    const below = await make(account, 'Roles below');
    const as = async (role: 'admin' | 'agency_admin' | 'member' | 'viewer') =>
      join(api.url, owner, account, `${role}@example.com`, role);
    const [admin, agency, member, viewer] = [
      await as('admin'),
      await as('agency_admin'),
      await as('member'),
      await as('viewer'),
    ];
    for (const who of [admin, agency]) {
      expect((await who.accounts.list.query({ account })).rows.map((row) => row.id)).toEqual([below]);
      expect((await who.accounts.get.query({ account: below })).name).toBe('Roles below');
    }
    for (const who of [member, viewer]) {
      expect(await codeOf(who.accounts.list.query({ account }))).toBe('FORBIDDEN');
      expect(await codeOf(who.accounts.get.query({ account: below }))).toBe('NOT_FOUND');
      expect(await codeOf(who.usage.totals.query({ account }))).toBe('FORBIDDEN');
      expect((await who.accounts.get.query({ account })).name).toBe('Roles');
    }
    expect((await admin.accounts.list.query({ account })).rows[0]?.minutes).toEqual({ own: '0', total: '0' });
    expect((await agency.accounts.list.query({ account })).rows[0]?.minutes).toBeNull();
    expect((await member.products.create.mutate(agentsNamed(account, 'Agent'))).created).toBe(1);
    expect(await codeOf(viewer.products.create.mutate(agentsNamed(account, 'Agent')))).toBe('FORBIDDEN');
  });
});

describe('Bad input (rules/server 1)', () => {
  it('is refused with a stable code and the path of the field, and writes nothing', async () => {
    const before = (await owner.accounts.get.query({ account: root })).children;
    const raw = createTRPCClient<AppRouter>({
      links: [httpBatchLink({ url: `${api.url}/trpc`, headers: api.headers })],
    });
    const send = (input: unknown) => refusalOf(raw.accounts.create.mutate(input as never));
    expect(await send({ account: root, name: 5 })).toMatchObject({ code: 'BAD_REQUEST', field: 'name' });
    expect(await send({ account: root })).toMatchObject({ code: 'BAD_REQUEST', field: 'name' });
    expect(await send({ account: root, name: 'Fine', colour: 'red' })).toMatchObject({
      code: 'BAD_REQUEST',
      field: 'colour',
    });
    expect(await send({ account: 7, name: 'Fine' })).toMatchObject({ code: 'BAD_REQUEST', field: 'account' });
    expect(await send(undefined)).toMatchObject({ code: 'BAD_REQUEST' });
    expect(await send({ account: root, name: 'a\u0000b' })).toEqual({
      code: 'BAD_REQUEST',
      field: 'name',
      message: 'name holds characters that cannot be stored.',
      retryable: false,
    });
    const rounded = {
      account: root,
      name: 'Rounded',
      metadata: JSON.parse('{"crm":{"id":9007199254740993}}') as object,
    };
    expect(await send(rounded)).toMatchObject({ code: 'BAD_REQUEST', field: 'metadata.crm.id' });
    expect(await send({ account: root, name: 'a\u0007b' })).toMatchObject({ code: 'NAME_INVALID', field: 'name' });
    expect(await send({ account: root, name: 'x'.repeat(121) })).toMatchObject({ code: 'NAME_INVALID' });
    expect(await send({ account: root, name: 'Big', metadata: { text: 'x'.repeat(9_000) } })).toMatchObject({
      code: 'METADATA_TOO_LARGE',
    });
    expect((await owner.accounts.get.query({ account: root })).children).toBe(before);
  });

  it('is refused in sentences that a person can act on', async () => {
    const list = (input: object) => refusalOf(owner.accounts.list.query({ account: root, ...input }));
    const messages = await Promise.all([
      list({ cursor: 7 }),
      list({ limit: 0 }),
      list({ limit: 201 }),
      list({ limit: 1.5 }),
      list({ cursor: 'x'.repeat(4_001) }),
      list({ sort: 'colour' }),
      list({ status: [] }),
      list({ status: 'active' }),
    ]);
    expect(messages.map(({ field, message }) => `${field}: ${message}`)).toEqual([
      'cursor: This has to be text.',
      'limit: This has to be 1 at least.',
      'limit: This can be 200 at most.',
      'limit: This has to be a whole number.',
      'cursor: This can be 4000 characters at most.',
      'sort: This has to be one of: name, members, agents, minutes, created.',
      'status: This can’t be empty.',
      'status: This has to be a list.',
    ]);
  });

  it('is refused in every line of text that people read, and what nobody sees is taken out of it', async () => {
    const account = await make(root, 'Lines');
    const { client } = await api.key(account);
    const suspend = (reason: string) => owner.accounts.suspend.mutate({ account, kind: 'read_only', reason });
    const event = { meter: 'call.minutes', quantity: '-1', occurredAt: new Date().toISOString(), idempotencyKey: 'l' };
    const embed = (userRef: string) =>
      client.embed.createToken.mutate({ account, origin: 'https://portal.example', userRef });
    const calls = [
      suspend('two\nlines'),
      suspend('\u200B'),
      owner.usage.adjust.mutate({ account, ...event, reason: 'a\u2028b' }),
      embed('dana\u0007'),
      owner.keys.create.mutate({ account, name: 'CRM\nsync' }),
    ];
    const refusals = await Promise.all(calls.map(refusalOf));
    expect(refusals.map(({ code, field }) => `${code} ${field}`)).toEqual([
      'BAD_REQUEST reason',
      'BAD_REQUEST reason',
      'BAD_REQUEST reason',
      'BAD_REQUEST userRef',
      'NAME_INVALID name',
    ]);
    await suspend(' unpaid \u202Einvoice ');
    await embed('\u2066dana\u2069');
    const { rows } = await owner.audit.list.query({ account, limit: 2 });
    expect(rows.map(({ details }) => details)).toMatchObject([{ user: 'dana' }, { reason: 'unpaid invoice' }]);
  });

  it('names nobody who is not recognised, whatever is wrong with the token', async () => {
    const answers = await Promise.all(
      ['', 'tt_key_nonsense', 'tt_embed_nonsense', 'Bearer', 'x'.repeat(500)].map((token) =>
        refusalOf((token === '' ? clientWith(api.url, {}) : clientWithToken(api.url, token)).session.me.query()),
      ),
    );
    expect(new Set(answers.map(({ code, message }) => `${code} ${message}`)).size).toBe(1);
    expect(answers[0]?.code).toBe('UNAUTHORIZED');
  });
});
