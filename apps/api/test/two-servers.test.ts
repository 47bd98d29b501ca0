import { recordUsage } from '@tenantree/db';
import type { AccountId, Decimal, Instant } from '@tenantree/domain';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Composed } from '../src/server/compose.ts';
import { asAgreed } from './support/agreed.ts';
import type { AppRouter } from './support/clients.ts';
import { type Client, clientOf, clientWith, clientWithToken, PASSWORD, signIn } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { startApi } from './support/start-api.ts';

let first: Deployment;
let second: Composed;
let key: string;
let viaSecond: Client;
const stops: (() => void)[] = [];

beforeAll(async () => {
  first = await deploy();
  second = await startApi(first.database.serving);
  key = (await first.key(first.root)).secret;
  viaSecond = clientWithToken(second.url, key);
});
afterAll(async () => {
  for (const stop of stops) stop();
  await second.close();
  await first.close();
});

/** A live client of a server, over a WebSocket of its own. */
function live(url: string, token: string) {
  const ws = createWSClient({
    url: `${url.replace('http', 'ws')}/trpc`,
    connectionParams: () => ({ token }),
    lazy: { enabled: true, closeMs: 0 },
  });
  stops.push(() => void ws.close());
  return createTRPCClient<AppRouter>({ links: [asAgreed, wsLink({ client: ws })] });
}

const event = (idempotencyKey: string, quantity: string) => ({
  meter: 'call.minutes',
  quantity,
  occurredAt: new Date().toISOString(),
  idempotencyKey,
});

describe('Two servers on one database', () => {
  it('show minutes and accounts that the other one changed, without being asked', async () => {
    const { account } = await first.owner.accounts.create.mutate({ account: first.root, name: 'Watched' });
    const minutes = new Map<string, string>();
    const names = new Map<string, string>();
    const { resumeId } = await viaSecond.accounts.get.query({ account: account.id });
    const client = live(second.url, key);
    const usage = client.usage.live.subscribe(
      { account: first.root },
      { onData: (frame) => frame.data.minutes.forEach(([id, , total]) => minutes.set(id, total)) },
    );
    const accounts = client.accounts.live.subscribe(
      { account: first.root, lastEventId: resumeId },
      { onData: (frame) => frame.data.changed.forEach((row) => names.set(row.id, row.name)) },
    );
    stops.push(
      () => usage.unsubscribe(),
      () => accounts.unsubscribe(),
    );
    await first.owner.usage.record.mutate({ account: account.id, events: [event('a', '1.5'), event('b', '2')] });
    await first.owner.accounts.rename.mutate({ account: account.id, name: 'Renamed elsewhere' });
    await vi.waitFor(() => {
      expect(minutes.get(account.id)).toBe('3.5');
      expect(minutes.get(first.root)).toBe('3.5');
      expect(names.get(account.id)).toBe('Renamed elsewhere');
    });
    await viaSecond.usage.record.mutate({ account: account.id, events: [event('d', '0.25')] });
    await vi.waitFor(async () => {
      const { total } = await first.owner.usage.totals.query({ account: first.root });
      expect(minutes.get(first.root)).toBe(total);
    });
  });

  it('tell who came near a limit, whichever of them counted or set it', async () => {
    const { account } = await first.owner.accounts.create.mutate({ account: first.root, name: 'Near' });
    await first.owner.limits.set.mutate({ account: account.id, limits: [{ kind: 'minutes', max: 10 }] });
    const { resumeId } = await viaSecond.accounts.search.query({ account: first.root, limits: 'near' });
    const told: (readonly [string, boolean])[] = [];
    const near = live(second.url, key).limits.liveNear.subscribe(
      { account: first.root, lastEventId: resumeId },
      { onData: (frame) => told.push(...frame.data.near) },
    );
    stops.push(() => near.unsubscribe());
    await first.owner.usage.record.mutate({ account: account.id, events: [event('near', '9')] });
    await vi.waitFor(() => expect(told).toContainEqual([account.id, true]));
    await first.owner.limits.set.mutate({ account: account.id, limits: [{ kind: 'minutes', max: 100 }] });
    await vi.waitFor(() => expect(told).toContainEqual([account.id, false]));
  });

  it('refuse a version alone to go on from, and whatever else is no id of a frame or an answer, and say why', async () => {
    const { treeVersion } = await viaSecond.accounts.get.query({ account: first.root });
    const { usage, accounts, permissions } = live(second.url, key);
    for (const lastEventId of [String(treeVersion), '0', `${first.root}.${treeVersion}`, 'anything'])
      for (const channel of [usage, accounts, permissions]) {
        const input = { account: first.root, lastEventId };
        const error = await new Promise((resolve) => channel.live.subscribe(input, { onError: resolve }));
        expect(error).toMatchObject({
          message: 'The last event id is not one of ours.',
          data: { code: 'BAD_REQUEST', refusal: { field: 'lastEventId' } },
        });
      }
  });

  it('refuse minutes of an account that is elsewhere, or wait for it to come, as is wished', async () => {
    const create = async (name: string) =>
      (await first.owner.accounts.create.mutate({ account: first.root, name })).account.id;
    const [here, elsewhere] = [await create('Here'), await create('Elsewhere')];
    for (const account of [here, elsewhere])
      await first.owner.usage.record.mutate({ account, events: [event(`of ${account}`, '1')] });
    const input = { account: here, accounts: [here, elsewhere] };
    const client = live(second.url, key);
    const error = await new Promise((resolve) => client.usage.live.subscribe(input, { onError: resolve }));
    expect(error).toMatchObject({ data: { code: 'NOT_FOUND' } });
    const seen: string[] = [];
    const usage = client.usage.live.subscribe(
      { ...input, gone: 'await' },
      { onData: ({ data }) => seen.push(...data.minutes.map(([id]) => id)) },
    );
    stops.push(() => usage.unsubscribe());
    await vi.waitFor(() => expect(seen).toEqual([here]));
    await first.owner.accounts.move.mutate({ account: elsewhere, to: here });
    await vi.waitFor(() => expect(seen).toContain(elsewhere));
  });

  it('count what a third one recorded that died before it counted', async () => {
    const { account } = await first.owner.accounts.create.mutate({ account: first.root, name: 'Orphaned' });
    let shown = '';
    const usage = live(second.url, key).usage.live.subscribe(
      { account: account.id },
      { onData: (frame) => frame.data.minutes.forEach(([, , total]) => (shown = total)) },
    );
    stops.push(() => usage.unsubscribe());
    const now = new Date().toISOString() as Instant;
    const orphan = {
      root: first.root as AccountId,
      account: account.id,
      key: 'orphan',
      attributes: {},
      occurredAt: now,
    };
    const recorded = { meter: 'call.seconds', now, keysSince: now } as const;
    await recordUsage(first.database.db, [{ ...orphan, quantity: '450' as Decimal }], recorded);
    expect(await viaSecond.usage.totals.query({ account: account.id })).toMatchObject({ total: '7.5' });
    await vi.waitFor(() => expect(shown).toBe('7.5'), { timeout: 10_000 });
  });

  it('cut a live stream within a second when the other one revokes its key (I26)', async () => {
    const { account } = await first.owner.accounts.create.mutate({ account: first.root, name: 'Revoked' });
    const made = await first.key(account.id);
    const errors: string[] = [];
    let frames = 0;
    const stream = live(second.url, made.secret).usage.live.subscribe(
      { account: account.id },
      { onData: () => (frames += 1), onError: (error) => errors.push(error.data?.refusal.code ?? error.message) },
    );
    stops.push(() => stream.unsubscribe());
    await vi.waitFor(() => expect(frames).toBe(1));
    await first.owner.keys.revoke.mutate({ account: account.id, id: made.id });
    await vi.waitFor(() => expect(errors).toEqual(['UNAUTHORIZED']), { timeout: 1_000 });
  });

  it('keep one tree consistent when both change it at once', async () => {
    const { account } = await first.owner.accounts.create.mutate({ account: first.root, name: 'Both' });
    const via = (i: number): Client => (i % 2 ? viaSecond : first.owner);
    const made = await Promise.all(
      Array.from({ length: 12 }, (_, i) => via(i).accounts.create.mutate({ account: account.id, name: `Child ${i}` })),
    );
    const email = 'everywhere@example.com';
    const links = await Promise.all(
      made.map((child, i) => via(i).members.invite.mutate({ account: child.account.id, email, role: 'member' })),
    );
    const [token = '', ...others] = links.map(({ link }) => link.split('/').at(-1) ?? '');
    await clientWith(first.url, {}).members.acceptInvitation.mutate({ token, name: 'Everywhere', password: PASSWORD });
    const cookie = await signIn(first.url, email, PASSWORD);
    await Promise.all(
      others.map((one, i) =>
        clientOf(i % 2 ? second.url : first.url, cookie).members.acceptInvitation.mutate({ token: one }),
      ),
    );
    expect(await viaSecond.accounts.get.query({ account: account.id })).toMatchObject({
      children: 12,
      subaccounts: 12,
      members: { own: 0, total: 1 },
    });
  });
});
