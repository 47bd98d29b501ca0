import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Composed } from '../src/server/compose.ts';
import { type Client, clientOf, clientWith, clientWithToken, PASSWORD, signIn } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { watcherWith } from './support/every-call.ts';
import { startApi } from './support/start-api.ts';

const ORIGIN = 'https://portal.example';

let first: Deployment;
let second: Composed;
let owner: Client;
const stops: (() => void)[] = [];
beforeAll(async () => {
  first = await deploy();
  second = await startApi(first.database.serving);
  owner = first.owner;
});
afterAll(async () => {
  for (const stop of stops) stop();
  await second.close();
  await first.close();
});

const make = async (name: string, account = first.root): Promise<string> =>
  (await owner.accounts.create.mutate({ account, name })).account.id;

/** Somebody who joins an account with the first server and signs in with the second. */
async function join(account: string, email: string, role: 'admin' | 'viewer') {
  const { link } = await owner.members.invite.mutate({ account, email, role });
  const token = link.split('/').at(-1) ?? '';
  await clientWith(first.url, {}).members.acceptInvitation.mutate({ token, name: role, password: PASSWORD });
  const { members } = await owner.members.list.query({ account });
  const userId = members.find((member) => member.email === email)?.userId ?? '';
  const cookie = await signIn(second.url, email, PASSWORD);
  return { userId, headers: { cookie, origin: second.url }, client: clientOf(second.url, cookie) };
}

/** The codes that somebody's streams of an account through the second server are cut with; the first frames are there. */
async function watching(
  headers: Record<string, string>,
  account: string,
): Promise<{ readonly cut: Promise<string[]> }> {
  const streams = ['accounts.live', 'usage.live'].map((path) => watcherWith(second.url, headers, path, { account }));
  stops.push(...streams.map(({ stop }) => stop));
  await Promise.all(streams.map(({ ready }) => ready));
  return { cut: Promise.all(streams.map(({ cut }) => cut)) };
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** A screen that was embedded with a key. */
async function screen(secret: string, account: string): Promise<Record<string, string>> {
  const wish = { account, origin: ORIGIN, userRef: 'dana' };
  const { token } = await clientWithToken(first.url, secret).embed.createToken.mutate(wish);
  return { ...bearer(token), origin: ORIGIN };
}

const both = (code: string): string[] => [code, code];

/** Longest that a stream may go on when its server is told nothing. */
const UNTOLD_MS = 3_000;

/** What a stream is cut with, and that it came in time after something was done. */
async function cutInTime(stream: { readonly cut: Promise<string[]> }, done: Promise<unknown>): Promise<string[]> {
  await done;
  const began = performance.now();
  const codes = await stream.cut;
  expect(performance.now() - began).toBeLessThan(UNTOLD_MS);
  return codes;
}

describe('What ends on one server ends streams on the other (rules/permissions 14)', () => {
  it('when a member is removed, with their key and what was embedded with it', async () => {
    const account = await make('Removing');
    const { userId, headers, client } = await join(account, 'removed@example.com', 'admin');
    const { key } = await client.keys.create.mutate({ account, name: 'Theirs' });
    const streams = await Promise.all([
      watching(headers, account),
      watching(bearer(key), account),
      watching(await screen(key, account), account),
    ]);
    await owner.members.remove.mutate({ account, userId });
    const [person, ...credentials] = await Promise.all(streams.map(({ cut }) => cut));
    expect(person).toEqual(both('NOT_FOUND'));
    expect(credentials).toEqual([both('UNAUTHORIZED'), both('UNAUTHORIZED')]);
  });

  it('when a role is lowered', async () => {
    const account = await make('Lowering');
    const { userId, headers } = await join(account, 'lowered@example.com', 'admin');
    const stream = await watching(headers, account);
    await owner.members.setRole.mutate({ account, userId, role: 'viewer' });
    expect(await stream.cut).toEqual(both('FORBIDDEN'));
  });

  it('when a permission is taken away that some of what one watches needs, and what the rest needs is left', async () => {
    const account = await make('Narrowing');
    const { headers } = await join(account, 'narrowed@example.com', 'admin');
    const kinds = ['task', 'contact', 'phoneNumber'] as const;
    const streams = kinds.map((kind) => watcherWith(second.url, headers, 'products.live', { account, kind }));
    stops.push(...streams.map(({ stop }) => stop));
    await Promise.all(streams.map(({ ready }) => ready));
    let [tasks] = ['watched'];
    void streams[0]!.cut.then((code) => (tasks = code));
    const { version } = await owner.permissions.get.query({ account });
    await owner.permissions.set.mutate({
      account,
      levels: { campaigns: 'none', 'telephony.phoneNumbers': 'none' },
      expectedVersion: version ?? 0,
    });
    expect(await Promise.all(streams.slice(1).map(({ cut }) => cut))).toEqual(both('FORBIDDEN'));
    expect(tasks).toBe('watched');
  });

  it('when a key is revoked, with keys that it made', async () => {
    const account = await make('Revoking');
    const made = await first.key(account);
    const { key } = await made.client.keys.create.mutate({ account, name: 'Made by key' });
    const streams = await Promise.all([watching(bearer(made.secret), account), watching(bearer(key), account)]);
    await owner.keys.revoke.mutate({ account, id: made.id });
    expect(await Promise.all(streams.map(({ cut }) => cut))).toEqual([both('UNAUTHORIZED'), both('UNAUTHORIZED')]);
  });

  it('when the account is suspended so that nobody gets in, for its own people and not for those above', async () => {
    const account = await make('Suspending');
    const { headers } = await join(account, 'suspended@example.com', 'admin');
    const stream = await watching(headers, account);
    const { secret } = await first.key(first.root);
    let above = 'watches';
    void (await watching(bearer(secret), account)).cut.then(([code = '']) => (above = code));
    await owner.accounts.suspend.mutate({ account, kind: 'full_stop' });
    expect(await stream.cut).toEqual(both('ACCOUNT_SUSPENDED'));
    expect(above).toBe('watches');
  });

  it('when the account moves out of what a key is kept to', async () => {
    const [from, to] = [await make('Moving from'), await make('Moving to')];
    const account = await make('Moving', from);
    const { secret } = await first.key(from);
    const { key } = await owner.keys.create.mutate({ account: first.root, name: 'Narrow', within: [from] });
    const streams = await Promise.all([watching(bearer(secret), account), watching(bearer(key), account)]);
    await owner.accounts.move.mutate({ account, to });
    expect(await Promise.all(streams.map(({ cut }) => cut))).toEqual([both('NOT_FOUND'), both('NOT_FOUND')]);
  });
});

/** What was done through the first server, and ends what the second shows. */
const ENDINGS: Record<string, () => Promise<void>> = {
  'a role is lowered': async () => {
    const account = await make(`Lowering ${performance.now()}`);
    const { userId, headers } = await join(account, `${account}@example.com`, 'admin');
    const stream = await watching(headers, account);
    const lowered = owner.members.setRole.mutate({ account, userId, role: 'viewer' });
    expect(await cutInTime(stream, lowered)).toEqual(both('FORBIDDEN'));
  },
  'a key is revoked': async () => {
    const account = await make(`Revoking ${performance.now()}`);
    const { secret, id } = await first.key(account);
    const stream = await watching(bearer(secret), account);
    expect(await cutInTime(stream, owner.keys.revoke.mutate({ account, id }))).toEqual(both('UNAUTHORIZED'));
  },
  'a person signs out everywhere': async () => {
    const account = await make(`Signing out ${performance.now()}`);
    const email = `out-${account}@example.com`;
    const { headers } = await join(account, email, 'admin');
    const stream = await watching(headers, account);
    const elsewhere = clientOf(first.url, await signIn(first.url, email, PASSWORD));
    expect(await cutInTime(stream, elsewhere.session.endAll.mutate())).toEqual(both('UNAUTHORIZED'));
  },
};

describe('What ends on one server ends streams on the other within three seconds, though nobody tells of it', () => {
  describe('because notifications fail', () => {
    beforeAll(() => first.database.asOwner('REVOKE EXECUTE ON FUNCTION pg_notify(text, text) FROM PUBLIC'));
    afterAll(() => first.database.asOwner('GRANT EXECUTE ON FUNCTION pg_notify(text, text) TO PUBLIC'));
    it.each(Object.keys(ENDINGS))('when %s', (ending) => ENDINGS[ending]!());
  });

  describe('because the connection that listens is lost', () => {
    let cutting: Promise<void>;
    const over = new AbortController();
    beforeAll(() => {
      // As often as it comes back.
      cutting = (async () => {
        while (!over.signal.aborted)
          await first.database.asOwner(`
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'`);
      })();
    });
    afterAll(async () => {
      over.abort();
      await cutting;
    });
    it.each(Object.keys(ENDINGS))('when %s', (ending) => ENDINGS[ending]!());
  });
});

describe('A preview of caps', () => {
  it('counts the live streams that the save then cuts, at all servers, and says when one of them is silent', async () => {
    const account = await make('Streaming');
    const below = await make('Streaming below', account);
    const { headers } = await join(below, 'streaming@example.com', 'admin');
    const far = await watching(headers, below);
    const near = watcherWith(first.url, { ...headers, origin: first.url }, 'usage.live', { account: below });
    stops.push(near.stop);
    await near.ready;
    const levels = { billing: 'none' } as const;
    const ask = () => owner.permissions.preview.query({ account, levels });
    // The usage of one person at two servers; the accounts are still theirs to watch, and others stand above. A server that is busy with other
    // tests for half a second is silent, too.
    const { streams, preview, version } = await vi.waitFor(async () => {
      const asked = await ask();
      expect(asked.streams).toEqual({ cut: 2, complete: true });
      return asked;
    });
    expect((await owner.permissions.preview.query({ account, levels: { tasks: 'read' } })).streams.cut).toBe(0);
    await first.database.asOwner(`INSERT INTO job_workers VALUES ('silent', clock_timestamp())`);
    expect((await ask()).streams).toEqual({ cut: 2, complete: false });
    await first.database.asOwner(`DELETE FROM job_workers WHERE pool_id = 'silent'`);
    const saved = await owner.permissions.set.mutate({ account, levels, expectedVersion: version, preview });
    expect(saved.effect?.streams).toEqual(streams);
    expect(await near.cut).toBe('FORBIDDEN');
    await vi.waitFor(async () => expect((await ask()).streams).toEqual({ cut: 0, complete: true }));
    await owner.permissions.set.mutate({
      account,
      levels: { 'account.subaccounts': 'none' },
      expectedVersion: saved.version,
    });
    expect(await far.cut).toEqual(both('FORBIDDEN'));
  });
});
