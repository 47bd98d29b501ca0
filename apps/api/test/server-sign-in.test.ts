import { createTestDatabase, type TestDatabase } from '@tenantree/db/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { GUESSES } from '../src/auth/guess-limits.ts';
import type { Composed } from '../src/server/compose.ts';
import { deploy } from './support/deployment.ts';
import { watcherWith } from './support/every-call.ts';
import { startApi, TRUSTED } from './support/start-api.ts';

const PASSWORD = 'correct horse battery';
const EMAIL = 'ada@example.com';
const DAY_MS = 86_400_000;
const clock = { aheadMs: 0, nowMs: () => Date.now() + clock.aheadMs };

let database: TestDatabase;
let api: Composed;

beforeAll(async () => {
  database = await createTestDatabase(inject('database'));
  api = await startApi(database.serving, { clock, config: { trustedProxies: TRUSTED } });
  await api.auth.create({ email: ' Ada@Example.com ', name: 'Ada', password: PASSWORD });
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

let callers = 0;
/** Every caller has an address of their own, so that no test uses up another one's attempts. */
const newAddress = (): string => `10.0.${callers >> 8}.${callers++ & 255}`;

const signIn = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${api.url}/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: api.url, 'x-forwarded-for': newAddress(), ...headers },
    body: JSON.stringify(body),
  });

const cookieOf = (response: Response): string => response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
const sessionOf = (cookie: string) => api.auth.sessionOf(new Headers({ cookie }));
const refusalOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { data: { refusal: { code: string; message: string } } } };
  return { status: response.status, ...error.data.refusal };
};

describe('signing in', () => {
  it('gives a cookie that scripts and other sites do not get', async () => {
    const response = await signIn({ email: 'ADA@example.com', password: PASSWORD });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ user: { id: expect.any(String), name: 'Ada', email: EMAIL } });
    const [cookie, ...others] = response.headers.getSetCookie();
    expect(others).toEqual([]);
    expect(cookie).toMatch(/^tenantree=[^;]+; /);
    expect(cookie?.split('; ').slice(1).sort()).toEqual(['HttpOnly', 'Max-Age=2592000', 'Path=/', 'SameSite=Lax']);
  });

  it('protects the cookie with __Host- and Secure where the app is reached by https', async () => {
    const secure = await startApi(database.serving, { config: { publicUrl: 'https://tree.example' } });
    const response = await fetch(`${secure.url}/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://tree.example' },
      body: JSON.stringify({ email: EMAIL, password: PASSWORD }),
    });
    const cookie = response.headers.getSetCookie()[0] ?? '';
    expect(cookie).toMatch(/^__Host-tenantree=[^;]+; /);
    expect(cookie).toContain('; Secure');
    expect(await secure.auth.sessionOf(new Headers({ cookie: cookieOf(response) }))).not.toBeNull();
    expect(response.headers.get('strict-transport-security')).toContain('max-age=');
    await secure.close();
  });

  it('answers alike to a wrong password and to somebody who does not exist', async () => {
    const answers = await Promise.all([
      signIn({ email: EMAIL, password: 'wrong password' }).then(refusalOf),
      signIn({ email: 'nobody@example.com', password: 'wrong password' }).then(refusalOf),
      signIn({ email: 'no address', password: 'wrong password' }).then(refusalOf),
      signIn({ email: EMAIL, password: 'x'.repeat(500) }).then(refusalOf),
    ]);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
  });

  it('refuses what is not an address and a password', async () => {
    expect(await signIn({ email: EMAIL }).then(refusalOf)).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    expect(await signIn({ email: EMAIL, password: PASSWORD, callbackURL: '/' }).then(refusalOf)).toMatchObject({
      status: 400,
    });
  });

  it('is refused from pages of other sites', async () => {
    const body = { email: EMAIL, password: PASSWORD };
    expect(await signIn(body, { origin: 'https://evil.example' }).then(refusalOf)).toMatchObject({ status: 403 });
    expect((await signIn(body, { origin: 'https://evil.example' })).headers.getSetCookie()).toEqual([]);
  });

  it('allows an address few wrong guesses at a person, known or not, and locks nobody out elsewhere', async () => {
    await api.auth.create({ email: 'grace@example.com', name: 'Grace', password: PASSWORD });
    for (const email of ['grace@example.com', 'unknown@example.com']) {
      const from = { 'x-forwarded-for': newAddress() };
      const statuses: number[] = [];
      for (let guess = 0; guess <= GUESSES.perPair; guess++) {
        statuses.push((await signIn({ email, password: 'wrong password' }, from)).status);
      }
      expect(statuses).toEqual([...new Array(GUESSES.perPair).fill(401), 429]);
      const seconds = Number((await signIn({ email, password: PASSWORD }, from)).headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(800);
      expect(seconds).toBeLessThanOrEqual(900);
      expect(await signIn({ email, password: PASSWORD }, from).then(refusalOf)).toMatchObject({ code: 'RATE_LIMITED' });
    }
    expect((await signIn({ email: 'grace@example.com', password: PASSWORD })).status).toBe(200);
  });

  it('locks nobody out whom many strangers guess at', async () => {
    await api.auth.create({ email: 'hopper@example.com', name: 'Hopper', password: PASSWORD });
    const body = { email: 'hopper@example.com', password: 'wrong password' };
    const guesses = await Promise.all(Array.from({ length: GUESSES.perPerson + 5 }, () => signIn(body)));
    expect(new Set(guesses.map(({ status }) => status))).toEqual(new Set([401]));
    expect((await signIn({ ...body, password: PASSWORD })).status).toBe(200);
  });

  it('slows an address that guesses at many, and lets who knows a password in from there', async () => {
    const from = { 'x-forwarded-for': newAddress() };
    const guess = (person: number) => signIn({ email: `p${person}@example.com`, password: 'wrong password' }, from);
    const guesses = await Promise.all(Array.from({ length: GUESSES.perAddress }, (_, person) => guess(person)));
    expect(new Set(guesses.map(({ status }) => status))).toEqual(new Set([401]));
    expect((await guess(GUESSES.perAddress)).status).toBe(401);
    expect((await signIn({ email: EMAIL, password: PASSWORD }, from)).status).toBe(200);
  });

  it('does not count against who signs in rightly', async () => {
    const from = { 'x-forwarded-for': newAddress() };
    for (let time = 0; time < GUESSES.perPair + 2; time++) {
      expect((await signIn({ email: EMAIL, password: PASSWORD }, from)).status).toBe(200);
    }
  });

  it.each(['NFC', 'NFD', 'NFKD'])('takes a password however its characters are composed: %s', async (form) => {
    const email = `${form}@example.com`;
    const password = 'schöne größe ﬁel';
    await api.auth.create({ email, name: 'Ümit', password: password.normalize(form) });
    for (const typed of ['NFC', 'NFD', 'NFKC', 'NFKD'])
      expect((await signIn({ email, password: password.normalize(typed) })).status).toBe(200);
  });

  it('knows the list of common passwords however they are typed', async () => {
    const create = api.auth.create({ email: 'wide@example.com', name: 'Wide', password: 'ｑｗｅｒｔｙｕｉｏｐ' });
    await expect(create).rejects.toMatchObject({ refusal: { field: 'password' } });
  });

  it('takes addresses with a domain in any script, shown as typed and compared in ASCII', async () => {
    await api.auth.create({ email: ' Ann@Bücher.example', name: 'Ann', password: PASSWORD });
    for (const email of ['ann@bücher.example', 'ANN@XN--BCHER-KVA.example', 'ann@bücher.example'.normalize('NFD')]) {
      const response = await signIn({ email, password: PASSWORD });
      expect(await response.json()).toMatchObject({ user: { email: 'ann@bücher.example' } });
      expect(await sessionOf(cookieOf(response))).toMatchObject({ user: { email: 'ann@bücher.example' } });
    }
    expect(await api.auth.create({ email: 'ann@xn--bcher-kva.example', name: 'Ann', password: PASSWORD })).toBeNull();
  });
});

describe('the sign-in library', () => {
  it.each([
    ['POST', '/auth/sign-up/email'],
    ['POST', '/auth/change-password'],
    ['POST', '/auth/request-password-reset'],
    ['POST', '/auth/update-user'],
    ['GET', '/auth/list-sessions'],
    ['GET', '/auth/ok'],
  ])('can not be reached beside what we name: %s %s', async (method, path) => {
    const body =
      method === 'POST' ? { body: JSON.stringify({ name: 'x', email: 'x@x.example', password: PASSWORD }) } : {};
    const headers = { 'content-type': 'application/json', origin: api.url };
    expect((await fetch(api.url + path, { method, headers, ...body })).status).toBe(404);
    expect(await api.auth.findByEmail('x@x.example')).toBeNull();
  });
});

describe('a session', () => {
  it('is known by its cookie until signing out', async () => {
    const cookie = cookieOf(await signIn({ email: EMAIL, password: PASSWORD }));
    expect(await sessionOf(`other=1; ${cookie}`)).toMatchObject({ user: { name: 'Ada', email: EMAIL } });
    const told = await fetch(`${api.url}/auth/get-session`, { headers: { cookie } });
    expect(await told.json()).toMatchObject({ user: { email: EMAIL } });
    const out = await fetch(`${api.url}/auth/sign-out`, { method: 'POST', headers: { cookie, origin: api.url } });
    expect(out.status).toBe(200);
    expect(out.headers.getSetCookie().find((line) => line.startsWith('tenantree='))).toContain('Max-Age=0');
    expect(await sessionOf(cookie)).toBeNull();
  });

  it('takes its live streams along when it ends, by its time or by signing out', async () => {
    const time = { aheadMs: 0, nowMs: () => Date.now() + time.aheadMs };
    const { url, headers, root, close } = await deploy({ clock: time });
    const forgotten = watcherWith(url, headers, 'accounts.live', { account: root });
    await forgotten.ready;
    time.aheadMs = 31 * DAY_MS;
    expect(await forgotten.cut).toBe('UNAUTHORIZED');
    forgotten.stop();
    time.aheadMs = 0;
    const input = encodeURIComponent(JSON.stringify({ account: root }));
    const stream = await fetch(`${url}/trpc/accounts.live?input=${input}`, {
      headers: { ...headers, accept: 'text/event-stream' },
    });
    const told = stream.text();
    await fetch(`${url}/auth/sign-out`, { method: 'POST', headers });
    expect(await told).toContain('UNAUTHORIZED');
    await close();
  });

  it('is not found by a cookie that was tampered with, or is from somewhere else', async () => {
    const cookie = cookieOf(await signIn({ email: EMAIL, password: PASSWORD }));
    const value = decodeURIComponent(cookie.slice('tenantree='.length));
    const [token = '', signature = ''] = value.split('.');
    expect(await sessionOf(cookie)).not.toBeNull();
    const forged = [
      token,
      `${token}.`,
      `.${signature}`,
      `${token}x.${signature}`,
      `${token}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      `%E0%A4%A`,
    ];
    for (const each of forged) expect(await sessionOf(`tenantree=${each}`), each).toBeNull();
    expect(await sessionOf(cookie.replace('tenantree', '__Host-tenantree'))).toBeNull();
  });

  it('does not count when another site sends the request', async () => {
    const cookie = cookieOf(await signIn({ email: EMAIL, password: PASSWORD }));
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${api.url}/trpc/session.me`, { headers: { cookie, ...headers } })).status;
    expect(await status({})).toBe(200);
    expect(await status({ origin: api.url })).toBe(200);
    expect(await status({ 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await status({ origin: 'https://evil.example' })).toBe(401);
    expect(await status({ origin: 'null' })).toBe(401);
    expect(await status({ 'sec-fetch-site': 'cross-site' })).toBe(401);
    expect(await status({ 'sec-fetch-site': 'same-site' })).toBe(401);
  });

  it('lasts 30 days from when it was used last', async () => {
    const cookie = cookieOf(await signIn({ email: EMAIL, password: PASSWORD }));
    const before = await sessionOf(cookie);
    clock.aheadMs = 29 * DAY_MS;
    const after = await sessionOf(cookie);
    expect(Date.parse(after?.expiresAt ?? '') - Date.parse(before?.expiresAt ?? '')).toBeGreaterThan(28 * DAY_MS);
    clock.aheadMs = 58 * DAY_MS;
    expect(await sessionOf(cookie)).not.toBeNull();
    expect(await api.auth.renewal(new Headers({ cookie }))).toContain(`${cookie}; Max-Age=2592000`);
    clock.aheadMs = 89 * DAY_MS;
    expect(await sessionOf(cookie)).toBeNull();
    clock.aheadMs = 0;
  });
});

describe('a person', () => {
  it('has a password of 10 to 128 characters, stored as argon2id', async () => {
    const create = (password: string) => api.auth.create({ email: 'kim@example.com', name: 'Kim', password });
    await expect(create('too short')).rejects.toMatchObject({ refusal: { code: 'BAD_REQUEST', field: 'password' } });
    await expect(create('x'.repeat(129))).rejects.toMatchObject({ refusal: { field: 'password' } });
    const user = await create('x'.repeat(128));
    expect(user).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(await api.auth.findByEmail('KIM@example.com')).toEqual({ id: user, name: 'Kim' });
    const stored = await database.db.auth
      .withTables<{ credentials: { user_id: string; password: string } }>()
      .selectFrom('credentials')
      .select('password')
      .where('user_id', '=', user)
      .executeTakeFirstOrThrow();
    expect(stored.password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });
});
