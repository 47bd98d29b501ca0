import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { PROOF_MINUTES } from '@tenantree/domain';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAILS } from '../src/auth/guess-limits.ts';
import { ARGON2 } from '../src/auth/passwords.ts';
import { type Client, clientOf, codeOf, join, PASSWORD, signIn } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { TRUSTED } from './support/start-api.ts';

const MINUTE_MS = 60_000;
const clock = { aheadMs: 0, nowMs: () => Date.now() + clock.aheadMs };
let api: Deployment;
let dataDir: string;
let lines = '';

beforeAll(async () => {
  dataDir = await mkdtemp(joinPath(tmpdir(), 'tenantree-outbox-'));
  const config = { dataDir, trustedProxies: TRUSTED };
  api = await deploy({ clock, config, onLog: (line) => (lines += line) });
});
beforeEach(() => {
  clock.aheadMs = 0;
});
afterAll(async () => {
  await api.close();
  await rm(dataDir, { recursive: true });
});

/** Posts to a route of signing in. */
const post = (path: string, body: unknown, headers: Record<string, string> = api.headers): Promise<Response> =>
  fetch(`${api.url}/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: api.url, ...headers },
    body: JSON.stringify(body),
  });
/** Mails in the outbox, oldest first. */
const outbox = async (): Promise<string[]> => {
  const folder = joinPath(dataDir, 'outbox');
  const files: string[] = await readdir(folder).catch(() => []);
  return Promise.all(files.toSorted().map((file) => readFile(joinPath(folder, file), 'utf8')));
};
const mailsTo = async (email: string): Promise<string[]> =>
  (await outbox()).filter((mail) => mail.startsWith(`To: ${email}\n`));

let people = 0;
/** Somebody who can sign in, with two sessions. */
async function person(): Promise<{ email: string; cookie: string; client: Client; other: Client }> {
  const email = `person${people++}@example.com`;
  const client = await join(api.url, api.owner, api.root, email, 'member');
  const cookie = await signIn(api.url, email, PASSWORD);
  return { email, cookie, client: clientOf(api.url, cookie), other: client };
}
const NEW = 'another good password';
const canSignIn = (email: string, password: string): Promise<boolean> =>
  signIn(api.url, email, password).then(
    () => true,
    () => false,
  );
const isIn = (client: Client): Promise<boolean> =>
  client.session.me.query().then(
    () => true,
    () => false,
  );

type Told = { error: { data: { refusal: { code: string; field?: string } } } };
const refusalOf = async (response: Response) => ((await response.json()) as Told).error.data.refusal;

describe('What is hard to undo (rules/people 11)', () => {
  const makeKey = () => api.owner.keys.create.mutate({ account: api.root, name: 'Key' });

  it('asks a person for the password when it was given more than 15 minutes ago, and goes on after it', async () => {
    await makeKey();
    clock.aheadMs = (PROOF_MINUTES + 1) * MINUTE_MS;
    expect(await codeOf(makeKey())).toBe('REAUTHENTICATION_REQUIRED');
    expect((await api.owner.keys.list.query({ account: api.root })).keys).toHaveLength(1);
    expect((await post('proof', { password: PASSWORD })).status).toBe(200);
    await makeKey();
    clock.aheadMs += (PROOF_MINUTES + 1) * MINUTE_MS;
    expect(await codeOf(makeKey())).toBe('REAUTHENTICATION_REQUIRED');
  });

  it('stays closed after a wrong password, and to who is not signed in', async () => {
    clock.aheadMs = 60 * MINUTE_MS;
    expect(await refusalOf(await post('proof', { password: 'wrong password' }))).toMatchObject({
      code: 'UNAUTHORIZED',
      field: 'password',
    });
    expect(await codeOf(makeKey())).toBe('REAUTHENTICATION_REQUIRED');
    expect(await refusalOf(await post('proof', { password: PASSWORD }, { cookie: '' }))).not.toHaveProperty('field');
    expect(await refusalOf(await post('proof', { password: PASSWORD, more: 1 }))).toMatchObject({
      code: 'BAD_REQUEST',
    });
  });
});

describe('One’s own name', () => {
  it('is changed by oneself, and stands wherever one is named', async () => {
    const { client, email } = await person();
    expect(await client.session.rename.mutate({ name: '  Ada   Lovelace ' })).toEqual({ name: 'Ada   Lovelace' });
    expect((await client.session.me.query()).user?.name).toBe('Ada   Lovelace');
    const { members } = await api.owner.members.list.query({ account: api.root });
    expect(members.find((member) => member.email === email)?.name).toBe('Ada   Lovelace');
    expect(await codeOf(client.session.rename.mutate({ name: ' ' }))).toBe('NAME_INVALID');
  });

  it('and sessions are of people only', async () => {
    const { client } = await api.key(api.root);
    expect(await codeOf(client.session.rename.mutate({ name: 'A key' }))).toBe('FORBIDDEN');
    expect(await codeOf(client.session.list.query())).toBe('FORBIDDEN');
    expect(await codeOf(client.session.endAll.mutate())).toBe('FORBIDDEN');
  });
});

describe('A changed password', () => {
  it('ends every other session, keeps this one, and is the only one that works', async () => {
    const { email, cookie, client, other } = await person();
    const change = { currentPassword: PASSWORD, password: NEW };
    expect((await post('password', change, { cookie })).status).toBe(200);
    expect(await isIn(client)).toBe(true);
    expect(await isIn(other)).toBe(false);
    expect(await canSignIn(email, PASSWORD)).toBe(false);
    expect(await canSignIn(email, NEW)).toBe(true);
  });

  it('ends a session, too, that begins with the one of before at the same moment', async () => {
    const { email } = await person();
    type Tables = {
      users: { id: string; email: string };
      sessions: { user_id: string };
      credentials: { user_id: string; password: string };
    };
    const auth = api.database.db.auth.withTables<Tables>();
    const found = auth.selectFrom('users').select('id').where('email', '=', email);
    const { id: user } = await found.executeTakeFirstOrThrow();
    // The same password, stored anew: only what is stored tells that it was changed.
    const password = await ARGON2.hash(PASSWORD);
    await auth.deleteFrom('sessions').where('user_id', '=', user).execute();
    const changing = await auth.startTransaction().execute();
    await changing.updateTable('credentials').set({ password }).where('user_id', '=', user).execute();
    const signingIn = post('sign-in/email', { email, password: PASSWORD });
    const sessions = async () =>
      (await auth.selectFrom('sessions').select('user_id').where('user_id', '=', user).execute()).length;
    // It has begun: nothing of the change is to be seen yet.
    await vi.waitFor(async () => expect(await sessions()).toBe(1));
    await changing.commit().execute();
    expect((await signingIn).status).toBe(401);
    expect(await sessions()).toBe(0);
  });

  it('is not taken back by who knew the one of before', async () => {
    const { email, cookie } = await person();
    const changes = await Promise.all(
      Array.from({ length: 4 }, (_, one) =>
        post(
          'password',
          { currentPassword: PASSWORD, password: `${NEW} ${one}` },
          { cookie, 'x-forwarded-for': `10.3.0.${one}` },
        ),
      ),
    );
    expect(changes.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401]);
    const changed = changes.findIndex(({ status }) => status === 200);
    expect(await canSignIn(email, `${NEW} ${changed}`)).toBe(true);
  });

  it('needs the present one, and a session', async () => {
    const { email, cookie, other } = await person();
    const wrong = { currentPassword: 'not the present one', password: NEW };
    expect(await refusalOf(await post('password', wrong, { cookie }))).toMatchObject({
      code: 'UNAUTHORIZED',
      field: 'currentPassword',
    });
    const common = { currentPassword: PASSWORD, password: 'Qwertyuiop' };
    expect(await refusalOf(await post('password', common, { cookie }))).toMatchObject({ field: 'password' });
    const fitting = { currentPassword: PASSWORD, password: NEW };
    expect((await post('password', fitting, { cookie: '' })).status).toBe(401);
    expect((await post('password', fitting, { cookie, origin: 'https://evil.example' })).status).toBe(403);
    expect(await isIn(other)).toBe(true);
    expect(await canSignIn(email, PASSWORD)).toBe(true);
  });
});

describe('A forgotten password', () => {
  const forget = (email: string, from = '10.1.0.1') =>
    post('password/forgotten', { email }, { 'x-forwarded-for': from });
  const linkFor = async (email: string, count = 1): Promise<string> => {
    await vi.waitFor(async () => expect(await mailsTo(email)).toHaveLength(count));
    return /\/reset\/(\S+)/.exec((await mailsTo(email)).at(-1) ?? '')?.[1] ?? '';
  };
  const reset = (token: string, password = NEW) => post('password/reset', { token, password });

  it('is set anew by a link that is mailed, works once, and ends all sessions and other links', async () => {
    const { email, client, other } = await person();
    await forget(email);
    const earlier = await linkFor(email);
    await forget(email);
    const token = await linkFor(email, 2);
    expect(await refusalOf(await reset(token, 'short'))).toMatchObject({ code: 'BAD_REQUEST', field: 'password' });
    expect((await reset(token)).status).toBe(200);
    for (const void_ of [token, earlier, 'tt_reset_never', ''])
      expect(await refusalOf(await reset(void_))).toMatchObject({ code: 'UNAUTHORIZED', field: 'token' });
    expect(await Promise.all([isIn(client), isIn(other)])).toEqual([false, false]);
    expect(await canSignIn(email, PASSWORD)).toBe(false);
    expect(await canSignIn(email, NEW)).toBe(true);
  });

  it('is used by one of many who try one link at once', async () => {
    const { email } = await person();
    await forget(email);
    const token = await linkFor(email);
    const outcomes = await Promise.all(Array.from({ length: 8 }, (_, one) => reset(token, `password number ${one}`)));
    expect(outcomes.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, ...new Array(7).fill(401)]);
  });

  it('has a link that is worth nothing after an hour, and after the password was changed', async () => {
    const [late, changed] = await Promise.all([person(), person()]);
    await Promise.all([forget(late.email), forget(changed.email)]);
    const tokens = await Promise.all([linkFor(late.email), linkFor(changed.email)]);
    await post('password', { currentPassword: PASSWORD, password: NEW }, { cookie: changed.cookie });
    await api.database.db.auth
      .withTables<{ verifications: { expires_at: Date } }>()
      .updateTable('verifications')
      .set({ expires_at: new Date(Date.now() - 1) })
      .execute();
    for (const token of tokens) expect((await reset(token, 'a third password')).status).toBe(401);
    expect(await canSignIn(late.email, PASSWORD)).toBe(true);
  });

  it('is asked for alike by people who exist and who do not, and mails nobody more than a few times', async () => {
    const { email } = await person();
    const before = (await outbox()).length;
    const asked = ['nobody@example.com', email, 'no address', ...new Array<string>(MAILS.perPerson + 1).fill(email)];
    for (const each of asked) {
      const answer = await forget(each, '10.1.0.2');
      expect([answer.status, await answer.text()]).toEqual([200, '{}']);
    }
    await linkFor(email, MAILS.perPerson);
    const known = await person();
    await forget(known.email, '10.1.0.3');
    await linkFor(known.email);
    expect(await outbox()).toHaveLength(before + MAILS.perPerson + 1);
    const many = Array.from({ length: MAILS.perAddress + 1 }, (_, one) => forget(`n${one}@example.com`, '10.1.0.4'));
    const statuses = (await Promise.all(many)).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([...new Array(MAILS.perAddress).fill(200), 429]);
  });

  it('is mailed to an address as it was typed, into a folder that others can not read, and never into the log', async () => {
    await api.composed.auth.create({ email: 'ann@bücher.example', name: 'Ann', password: PASSWORD });
    await forget('Ann@xn--bcher-kva.example', '10.1.0.5');
    const token = await linkFor('ann@bücher.example');
    expect(token).toMatch(/^tt_reset_\w{20,}$/);
    expect((await stat(joinPath(dataDir, 'outbox'))).mode & 0o077).toBe(0);
    await fetch(`${api.url}/reset/${token}`);
    expect(lines).not.toContain(token);
    const stored = await api.database.db.auth
      .withTables<{ verifications: { identifier: string } }>()
      .selectFrom('verifications')
      .select('identifier')
      .execute();
    expect(stored.length).toBeGreaterThan(0);
    for (const { identifier } of stored) expect(identifier).not.toContain(token.slice('tt_reset_'.length));
  });
});

describe('One’s sessions', () => {
  it('are listed with what tells them apart, and ended one by one or all at once', async () => {
    const { email, client, other } = await person();
    const response = await fetch(`${api.url}/auth/sign-in/email`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: api.url,
        'user-agent': 'Tester/1.0',
        'x-forwarded-for': '198.51.100.7, 203.0.113.9',
      },
      body: JSON.stringify({ email, password: PASSWORD }),
    });
    const third = clientOf(api.url, response.headers.getSetCookie()[0]?.split(';')[0] ?? '');
    const { sessions } = await client.session.list.query();
    expect(sessions).toHaveLength(3);
    expect(sessions.map(({ isThis }) => isThis)).toEqual([false, true, false]);
    expect(sessions[0]).toMatchObject({ userAgent: 'Tester/1.0', address: '203.0.113.9' });
    expect(JSON.stringify(sessions)).not.toMatch(/token/i);

    await client.session.end.mutate({ id: sessions[0]?.id ?? '' });
    expect(await Promise.all([isIn(client), isIn(other), isIn(third)])).toEqual([true, true, false]);
    expect(await codeOf(client.session.end.mutate({ id: sessions[0]?.id ?? '' }))).toBe('NOT_FOUND');
    const { sessions: owners } = await api.owner.session.list.query();
    expect(await codeOf(client.session.end.mutate({ id: owners[0]?.id ?? '' }))).toBe('NOT_FOUND');

    await client.session.endAll.mutate();
    expect(await Promise.all([isIn(client), isIn(other)])).toEqual([false, false]);
    expect(await isIn(api.owner)).toBe(true);
  });
});
