import { DAY_MS } from '@tenantree/domain';
import { createTRPCClient, httpBatchLink, httpLink } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Composed } from '../src/server/compose.ts';
import {
  type AppRouter,
  agentsNamed,
  type Client,
  codeOf,
  join,
  PASSWORD,
  refusalOf,
  signIn,
} from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { startApi } from './support/start-api.ts';

const clock = { aheadMs: 0, nowMs: () => Date.now() + clock.aheadMs };

let api: Deployment;
let second: Composed;
let owner: Client;
let root: string;
let secret: string;
beforeAll(async () => {
  api = await deploy({ clock });
  second = await startApi(api.database.serving, { clock });
  owner = api.owner;
  root = api.root;
  secret = (await api.key(root)).secret;
});
afterAll(async () => {
  await second.close();
  await api.close();
});

/** A stock client whose calls come with an idempotency key. */
const keyed = (
  key: string,
  {
    url = api.url,
    headers = { authorization: `Bearer ${secret}` },
  }: { url?: string; headers?: Record<string, string> } = {},
) =>
  createTRPCClient<AppRouter>({
    links: [httpLink({ url: `${url}/trpc`, headers: { ...headers, 'Idempotency-Key': key } })],
  });

const make = async (account: string, name: string): Promise<string> =>
  (await owner.accounts.create.mutate({ account, name })).account.id;

const named = async (name: string): Promise<number> =>
  (
    await owner.accounts.list.query({ account: root, status: ['active', 'suspended', 'closed'], limit: 200 })
  ).rows.filter((row) => row.name === name).length;

/** One call by plain HTTP, with its headers. */
async function post(path: string, input: unknown, headers: Record<string, string>) {
  const response = await fetch(`${api.url}/trpc/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}`, ...headers },
    body: JSON.stringify(input),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe('A repeat under an idempotency key (rules/server 8)', () => {
  it('is answered as the first call was, and says so; other content is a conflict; what was refused is done anew', async () => {
    const first = await post('accounts.create', { account: root, name: 'I1' }, { 'idempotency-key': 'k' });
    expect(first.status).toBe(200);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    await owner.accounts.setMetadata.mutate({ account: root, metadata: { changed: 'since' } });
    const repeat = await post('accounts.create', { account: root, name: 'I1' }, { 'idempotency-key': 'k' });
    expect(repeat).toMatchObject({ status: 200, body: first.body });
    expect(repeat.headers.get('idempotency-replayed')).toBe('true');
    expect(repeat.headers.get('access-control-expose-headers')).toContain('idempotency-replayed');

    const other = await refusalOf(keyed('k').accounts.create.mutate({ account: root, name: 'I1 otherwise' }));
    expect(other).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT', field: 'Idempotency-Key' });
    expect(other.message).toMatch(
      /^This idempotency key was used for accounts\.create at \d{4}-.+Z, with other content\.$/,
    );
    expect(await codeOf(keyed('k').accounts.rename.mutate({ account: root, name: 'I1' }))).toBe('IDEMPOTENCY_CONFLICT');

    expect(await codeOf(keyed('m').accounts.create.mutate({ account: root, name: 'I1' }))).toBe('NAME_TAKEN');
    await owner.accounts.rename.mutate({ account: await make(root, 'In the way'), name: 'Out of the way' });
    const id = (await owner.accounts.search.query({ account: root, query: 'I1' })).matches[0] ?? '';
    await owner.accounts.rename.mutate({ account: id, name: 'I1 freed' });
    expect((await keyed('m').accounts.create.mutate({ account: root, name: 'I1' })).created).toBe(true);
  });

  it('has one effect, however many come at one moment and to whichever server', async () => {
    const calls = Array.from({ length: 24 }, (_, i) =>
      keyed('together', { url: i % 2 === 0 ? api.url : second.url }).accounts.create.mutate({
        account: root,
        name: 'Together',
      }),
    );
    const answers = await Promise.all(calls);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.created).toBe(true);
    const agents = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        keyed('agents', { url: i % 2 === 0 ? api.url : second.url }).products.create.mutate(
          agentsNamed(root, 'Nameless'),
        ),
      ),
    );
    expect(new Set(agents.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect((await owner.products.list.query({ account: root, kind: 'agent' })).rows).toHaveLength(1);
    expect(await named('Together')).toBe(1);
    const { rows } = await owner.audit.list.query({ account: root, scope: 'nested', limit: 200 });
    expect(rows.filter(({ target }) => target?.name === 'Together')).toHaveLength(1);
  });

  it('waits for the first one no longer than 5 s, and is told then to come again', async () => {
    const [kept] = await api.database.asOwner<{ caller: string }>(
      `SELECT caller FROM kept_answers WHERE caller LIKE 'key:%' LIMIT 1`,
    );
    const first = api.database.asOwner(
      `BEGIN; INSERT INTO kept_answers (account_id, caller, key, procedure, content, kept_at)
       VALUES ('${root}', '${kept?.caller}', 'held', 'x', '', now()); SELECT pg_sleep(8); ROLLBACK`,
    );
    await vi.waitFor(async () => {
      const waiting = await api.database.asOwner(`SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'`);
      expect(waiting).toHaveLength(1);
    });
    const began = performance.now();
    const answer = await post('accounts.create', { account: root, name: 'Held' }, { 'idempotency-key': 'held' });
    expect(performance.now() - began).toBeGreaterThan(4_500);
    expect(answer).toMatchObject({
      status: 409,
      body: { error: { data: { refusal: { code: 'IDEMPOTENCY_IN_PROGRESS', retryable: true } } } },
    });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await named('Held')).toBe(0);
    await first;
    expect((await keyed('held').accounts.create.mutate({ account: root, name: 'Held' })).created).toBe(true);
  });

  it('is answered whatever has become of the account, but only to whoever still reaches it', async () => {
    const account = await make(root, 'Comes and goes');
    const admin = await join(api.url, owner, account, 'goes@example.com', 'admin');
    const cookie = { cookie: await signIn(api.url, 'goes@example.com', PASSWORD), origin: api.url };
    const rename = () => keyed('rename', { headers: cookie }).accounts.rename.mutate({ account, name: 'Renamed' });
    const first = await rename();
    await owner.accounts.suspend.mutate({ account, kind: 'read_only' });
    expect(await codeOf(admin.accounts.rename.mutate({ account, name: 'Otherwise' }))).toBe('ACCOUNT_SUSPENDED');
    expect(await rename()).toEqual(first);
    expect(await codeOf(keyed('new', { headers: cookie }).accounts.rename.mutate({ account, name: 'x' }))).toBe(
      'ACCOUNT_SUSPENDED',
    );
    await owner.accounts.reactivate.mutate({ account });
    await owner.accounts.close.mutate({ account });
    expect(await rename()).toEqual(first);
    await owner.accounts.reopen.mutate({ account });
    const { members } = await owner.members.list.query({ account });
    const id = members.find(({ email }) => email === 'goes@example.com')?.userId ?? '';
    await owner.members.setRole.mutate({ account, userId: id, role: 'viewer' });
    expect(await codeOf(rename())).toBe('FORBIDDEN');
    await owner.members.remove.mutate({ account, userId: id });
    expect(await codeOf(rename())).toBe('NOT_FOUND');
  });

  it('is nobody else’s: the same key of another credential, or in another account, is another one', async () => {
    const [left, right] = [await make(root, 'Left'), await make(root, 'Right')];
    const { secret: other } = await api.key(root);
    let n = 0;
    const another = (account: string) => agentsNamed(account, `Agent ${n++}`);
    const calls = [
      keyed('same').products.create.mutate(another(left)),
      keyed('same').products.create.mutate(another(right)),
      keyed('same', { headers: { authorization: `Bearer ${other}` } }).products.create.mutate(another(left)),
      keyed('same', { headers: api.headers }).products.create.mutate(another(left)),
    ];
    const ids = (await Promise.all(calls)).map((answer) => answer.products[0]?.id);
    expect(new Set(ids).size).toBe(4);
  });

  it('never shows a secret again, which is kept nowhere, and says what was made', async () => {
    const create = () =>
      keyed('secret', { headers: api.headers }).keys.create.mutate({ account: root, name: 'Shown once' });
    const { id, key } = await create();
    expect(await refusalOf(create())).toMatchObject({ code: 'SECRET_SHOWN_ONCE', made: id });
    const invite = () =>
      keyed('link', { headers: api.headers }).members.invite.mutate({
        account: root,
        email: 'once@example.com',
        role: 'viewer',
      });
    const { link } = await invite();
    expect(await codeOf(invite())).toBe('SECRET_SHOWN_ONCE');
    const kept = JSON.stringify(await api.database.asOwner('SELECT * FROM kept_answers'));
    for (const hidden of [key, link.split('/').at(-1) ?? '', PASSWORD]) expect(kept).not.toContain(hidden);
    expect(
      (await owner.keys.list.query({ account: root })).keys.filter(({ name }) => name === 'Shown once'),
    ).toHaveLength(1);
  });

  it('counts usage once and answers as before, beside the keys that the events have', async () => {
    const account = await make(root, 'Counted');
    const event = { meter: 'call.minutes', quantity: '2', occurredAt: new Date().toISOString(), idempotencyKey: 'e' };
    const record = (key: string) => keyed(key).usage.record.mutate({ account, events: [event] });
    const first = await record('batch');
    expect(first).toEqual({ results: [{ status: 'accepted' }], accepted: 1 });
    expect(await record('batch')).toEqual(first);
    expect((await record('another')).results).toEqual([{ status: 'duplicate' }]);
    expect((await owner.usage.totals.query({ account })).total).toBe('2');
  });

  it('whose answer is longer than 64 kB is answered the same, though no more of it is kept than it takes to read it again', async () => {
    const account = await make(root, 'Long answers');
    const long = (n: number): string => `${n} ${'x'.repeat(100)}`;
    const numbers = (most: number): number[] => Array.from({ length: most }, (_, n) => n);

    const agents = numbers(500).map((n) => ({
      document: { name: long(n) },
      ...(n % 2 && { externalId: `agent-${n}` }),
    }));
    const makeAgents = () => keyed('long agents').products.create.mutate({ account, kind: 'agent', products: agents });
    const made = await makeAgents();
    const many = numbers(1_000).map((n) => ({ name: long(n % 600), externalId: `many-${n}` }));
    const makeMany = () => keyed('long many').accounts.createMany.mutate({ account, accounts: many, mode: 'each' });
    const { results } = await makeMany();
    const occurredAt = new Date().toISOString();
    const events = numbers(5_000).map((n) => ({
      meter: n % 100 ? 'call.minutes' : 'call.hours',
      quantity: '1',
      occurredAt,
      idempotencyKey: `long-${n % 4_000}`,
    }));
    const record = () => keyed('long usage').usage.record.mutate({ account, events });
    const recorded = await record();
    for (const answer of [made, results, recorded]) expect(JSON.stringify(answer).length).toBeGreaterThan(65_536);

    await owner.accounts.suspend.mutate({ account, kind: 'read_only' });
    expect(await makeAgents()).toEqual(made);
    // Sentences are for people; whatever integrators go by is as it was.
    const repeated = { message: 'This entry was refused when the call was made first.' };
    const then = <T extends object>(result: T): T => ('message' in result ? { ...result, ...repeated } : result);
    expect(results.filter((result) => 'code' in result)).toHaveLength(400);
    expect((await makeMany()).results).toEqual(results.map(then));
    expect(await record()).toEqual({ ...recorded, results: recorded.results.map(then) });
    const kept = await api.database.asOwner<{ key: string; bytes: number }>(
      `SELECT key, octet_length(concat(answer, made)) AS bytes FROM kept_answers WHERE key LIKE 'long %' ORDER BY 2`,
    );
    expect(kept.map(({ key }) => key)).toEqual(['long usage', 'long agents', 'long many']);
    for (const { bytes } of kept) expect(bytes).toBeLessThan(65_536);
  });

  it('comes in a batch as one key for each call, in their order', async () => {
    const batch = (keys: string) => {
      const client = createTRPCClient<AppRouter>({
        links: [httpBatchLink({ url: `${api.url}/trpc`, headers: { ...api.headers, 'Idempotency-Key': keys } })],
      });
      const create = (name: string) => client.accounts.create.mutate({ account: root, name });
      return Promise.all([create('Batch one'), create('Batch two')]);
    };
    const first = await batch('b1, b2');
    expect(await batch('b1,b2')).toEqual(first);
    expect(await refusalOf(batch('b2, b1'))).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect(await refusalOf(batch('b1'))).toMatchObject({ code: 'BAD_REQUEST', field: 'Idempotency-Key' });
  });

  it('has a key of 1 to 255 printable characters, and any of those', async () => {
    for (const key of ['', 'x'.repeat(256), 'tab\there', 'schlüssel']) {
      const answer = await post('accounts.create', { account: root, name: 'Malformed' }, { 'idempotency-key': key });
      expect(answer, key).toMatchObject({
        status: 400,
        body: { error: { data: { refusal: { code: 'BAD_REQUEST', field: 'Idempotency-Key' } } } },
      });
    }
    const odd = `${'~'.repeat(200)}, "'; DROP \\`;
    expect((await keyed(odd).accounts.create.mutate({ account: root, name: 'Odd' })).created).toBe(true);
    expect((await keyed(odd).accounts.create.mutate({ account: root, name: 'Odd' })).created).toBe(true);
    expect(await named('Malformed')).toBe(0);
  });

  it('is done anew after 7 days, when what was kept is forgotten', async () => {
    const create = () =>
      keyed('week').products.create.mutate({
        account: root,
        kind: 'task',
        products: [{ document: { name: 'Weekly' } }],
      });
    const first = await create();
    clock.aheadMs = 7 * DAY_MS - 60_000;
    expect(await create()).toEqual(first);
    clock.aheadMs = 7 * DAY_MS + 60_000;
    expect(await create()).not.toEqual(first);
    await api.composed.jobs.run();
    const kept = await api.database.asOwner<{ key: string }>('SELECT key FROM kept_answers ORDER BY key');
    expect(kept.map(({ key }) => key)).toEqual(['week']);
    clock.aheadMs = 0;
  });
});
