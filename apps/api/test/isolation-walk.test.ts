import { randomUUID } from 'node:crypto';
import { type AccountId, EMBED_FEATURES } from '@tenantree/domain';
import { TRPCClientError } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eraseClosedJob } from '../src/accounts/erase-closed.ts';
import { ruleOf } from '../src/guard/access.ts';
import { enqueue, THE_SYSTEM } from '../src/jobs/enqueue.ts';
import { type Client, clientWith, clientWithToken, PASSWORD, signIn } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { type Caller, callerWith, PROCEDURES } from './support/every-call.ts';
import { overWays } from './support/way.ts';

const ORIGIN = 'https://portal.example';
const tokenOf = (link: string): string => link.split('/').at(-1) ?? '';

/** All that a caller is told, but for the id of the request and the account in the words that they used. */
async function answerTo(call: Promise<unknown>, asked: string): Promise<string> {
  const told = await call.catch((error: unknown) => {
    if (!(error instanceof TRPCClientError)) throw error;
    const data: object | null = error.data;
    return { message: error.message, data: { ...data, requestId: null } };
  });
  return JSON.stringify(told).replaceAll(`“${asked}”`, '“X”');
}

const hasAccount = (path: string): boolean => ruleOf(path).kind === 'account';

overWays((way) => {
  let api: Deployment;
  /** The account that all callers belong to, and one below it. */
  let mine: string;
  let below: string;
  const callers = new Map<string, Caller>();
  /** Accounts that exist and that none of the callers reaches, and names of accounts that don't exist. */
  let foreign: string[];
  const unknown = [randomUUID(), 'ext:nobody', 'ext:', 'nonsense', ''];

  beforeAll(async () => {
    // One connection is enough, for what is refused as for what is done.
    api = await deploy({ config: { databasePool: 3 } }, way);
    const { owner, root } = api;
    const make = async (account: string, name: string, externalId?: string): Promise<string> =>
      (await owner.accounts.create.mutate({ account, name, ...(externalId && { externalId }) })).account.id;
    mine = await make(root, 'Mine');
    below = await make(mine, 'Below');
    const sibling = await make(root, 'Sibling', 'sibling');
    const nephew = await make(sibling, 'Nephew');
    const stranger = (await owner.accounts.createMain.mutate({ name: 'Stranger', externalId: 'stranger' })).account.id;
    foreign = [root, sibling, 'ext:sibling', nephew, stranger, 'ext:stranger'];

    const person = async (role: 'admin' | 'viewer'): Promise<Record<string, string>> => {
      const email = `${role}@example.com`;
      const { link } = await owner.members.invite.mutate({ account: mine, email, role });
      const accept = { token: tokenOf(link), name: role, password: PASSWORD };
      await clientWith(api.url, {}).members.acceptInvitation.mutate(accept);
      return { cookie: await signIn(api.url, email, PASSWORD), origin: api.url };
    };
    const { client: key, secret } = await api.key(mine);
    const { key: narrow } = await owner.keys.create.mutate({ account: root, name: 'Narrow', within: [mine] });
    const screen = async (wish: Partial<Parameters<Client['embed']['createToken']['mutate']>[0]>) => {
      const { token } = await key.embed.createToken.mutate({ account: mine, origin: ORIGIN, userRef: 'dana', ...wish });
      return { authorization: `Bearer ${token}`, origin: ORIGIN };
    };
    const headers: Record<string, Record<string, string>> = {
      'an admin': await person('admin'),
      'a viewer': await person('viewer'),
      'a key': { authorization: `Bearer ${secret}` },
      'a key from above that is kept to this part': { authorization: `Bearer ${narrow}` },
      'a screen for everything': await screen({ features: [...EMBED_FEATURES] }),
      'a screen for reading': await screen({ access: 'read' }),
    };
    for (const [who, own] of Object.entries(headers)) callers.set(who, callerWith(api.url, own));
  });
  afterAll(async () => {
    for (const caller of callers.values()) caller.close();
    await api.close();
  });

  async function orderJob(account: string): Promise<string> {
    const { hall } = api.composed;
    const root = account as AccountId;
    const order = { by: THE_SYSTEM, account: root, items: [{ payload: { account: root } }] };
    return (await hall.db.withTenant(root, (trx) => enqueue(hall, trx, eraseClosedJob, order))) ?? '';
  }

  describe('The walk over every procedure and subscription (product.md 2.5, I4)', () => {
    it.each([
      'an admin',
      'a viewer',
      'a key',
      'a key from above that is kept to this part',
      'a screen for everything',
      'a screen for reading',
    ])('tells %s the same of accounts out of reach as of those that don’t exist', async (who) => {
      const caller = callers.get(who);
      if (!caller) throw new Error(`there is nobody called ${who}`);
      for (const path of PROCEDURES.filter(hasAccount)) {
        const asked = [...foreign, ...unknown];
        const answers = await Promise.all(asked.map((account) => answerTo(caller.call(path, { account }), account)));
        expect([...new Set(answers)], path).toEqual([expect.stringContaining('"code":"NOT_FOUND"')]);
      }
    });

    it('leaves nothing in the accounts that were asked for', async () => {
      const seen = async (): Promise<unknown> =>
        (await api.owner.audit.list.query({ account: api.root, scope: 'nested', limit: 200 })).rows
          .filter(({ account }) => account.id !== mine && account.id !== below)
          .map(({ action }) => action)
          .filter((action) => action !== 'account.created' && action !== 'setup.claimed' && action !== 'key.created');
      expect(await seen()).toEqual([]);
    });

    it('tells the same, too, where another account, key, person or invitation is named beside one’s own', async () => {
      const { owner, root } = api;
      const admin = callers.get('an admin');
      const key = callers.get('a key');
      if (!admin || !key) throw new Error('somebody is missing');
      const accounts = [...foreign, ...unknown];
      const event = { meter: 'call.minutes', quantity: '1', occurredAt: new Date().toISOString(), idempotencyKey: 'x' };
      const otherKey = await api.key(root);
      const invitation = await owner.members.invite.mutate({ account: root, email: 'x@example.com', role: 'viewer' });
      const { members } = await owner.members.list.query({ account: mine });
      const viewer = members.find(({ email }) => email === 'viewer@example.com')?.userId ?? '';
      const job = await orderJob(root);
      const session = (
        await otherKey.client.embed.createToken.mutate({ account: root, origin: ORIGIN, userRef: 'erin' })
      ).id;
      const ids = (...known: string[]): string[] => [...known, randomUUID()];
      const calls: readonly [Caller, string, readonly string[], (asked: string) => object][] = [
        [admin, 'accounts.move', accounts, (to) => ({ account: below, to })],
        [admin, 'usage.record', accounts, (account) => ({ account: mine, events: [{ ...event, account }] })],
        [key, 'usage.record', accounts, (account) => ({ account: mine, events: [{ ...event, account }] })],
        [admin, 'usage.live', accounts, (account) => ({ account: mine, accounts: [account] })],
        [key, 'keys.create', accounts, (account) => ({ account: mine, name: 'Wide', within: [account] })],
        [admin, 'keys.revoke', ids(otherKey.id), (id) => ({ account: mine, id })],
        [admin, 'members.remove', ids(viewer), (userId) => ({ account: below, userId })],
        [admin, 'members.revokeInvitation', ids(invitation.id), (id) => ({ account: mine, id })],
        [admin, 'jobs.get', ids(job), (id) => ({ account: mine, job: id })],
        [admin, 'jobs.live', ids(job), (id) => ({ account: mine, job: id })],
        [admin, 'jobs.cancel', ids(job), (id) => ({ account: mine, job: id })],
        [admin, 'embed.revoke', ids(session), (id) => ({ account: mine, id })],
        [admin, 'embed.revoke', ids(otherKey.id), (of) => ({ account: mine, key: of })],
        [admin, 'embed.revoke', ['erin', 'nobody'], (userRef) => ({ account: mine, userRef })],
        [admin, 'embed.list', ['erin', 'nobody'], (userRef) => ({ account: mine, userRef })],
        [admin, 'audit.list', ids(otherKey.id), (actor) => ({ account: below, actor })],
      ];
      for (const [caller, path, asked, inputOf] of calls) {
        const answers = await Promise.all(asked.map((one) => answerTo(caller.call(path, inputOf(one)), one)));
        expect([...new Set(answers)], path).toHaveLength(1);
      }
      expect((await owner.embed.list.query({ account: root, userRef: 'erin' })).rows).toHaveLength(1);
      expect((await clientWithToken(api.url, otherKey.secret).session.me.query()).home).toBe(root);
    });
  });
});
