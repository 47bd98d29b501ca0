import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type AppRouter,
  agentsNamed,
  type Client,
  clientWithToken,
  codeOf,
  join,
  PASSWORD,
  refusalOf,
  signIn,
} from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { heardStatements } from './support/statements.ts';

let api: Deployment;
let owner: Client;
let root: string;
beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
  root = api.root;
});
afterAll(() => api.close());

type Changes = Parameters<Client['limits']['set']['mutate']>[0]['limits'];

const make = async (account: string, name: string): Promise<string> =>
  (await owner.accounts.create.mutate({ account, name })).account.id;
const set = (account: string, ...limits: Changes) => owner.limits.set.mutate({ account, limits });
const limitOf = async (client: Client, account: string, kind: Changes[number]['kind']) =>
  (await client.limits.get.query({ account })).limits.find((limit) => limit.kind === kind)!;
let made = 0;
const agents = (account: string, n: number) =>
  owner.products.create.mutate(agentsNamed(account, ...Array.from({ length: n }, () => `Agent ${made++}`)));
const acquire = (
  client: Client,
  account: string,
  key: string,
  more: Partial<Parameters<Client['limits']['acquire']['mutate']>[0]> = {},
) => client.limits.acquire.mutate({ account, kind: 'calls', want: '1', key, leaseSeconds: 60, ...more });
const record = (client: Client, account: string, key: string, quantity: string, grant?: string) => {
  const event = { meter: 'call.minutes', quantity, occurredAt: new Date().toISOString(), idempotencyKey: key };
  return client.usage.record.mutate({ account, events: [{ ...event, ...(grant !== undefined && { grant }) }] });
};

describe('Limits', () => {
  it('refuse what would go above, and name the account that decides, what it has and how much is free (rules/limits 4, 10)', async () => {
    const parent = await make(root, 'Parent');
    const child = await make(parent, 'Child');
    await set(parent, { kind: 'agents', max: 3 });
    await agents(child, 2);
    const refusal = await refusalOf(agents(child, 2));
    expect(refusal).toMatchObject({
      code: 'LIMIT_REACHED',
      limit: {
        kind: 'agents',
        account: { id: parent, name: 'Parent' },
        max: '3',
        used: '2',
        held: '0',
        wanted: '2',
        free: '1',
      },
    });
    expect((await owner.products.list.query({ account: child, kind: 'agent' })).rows).toHaveLength(2);
    await agents(parent, 1);
    expect(await limitOf(owner, child, 'agents')).toMatchObject({
      max: null,
      used: '2',
      free: '0',
      decides: { account: { id: parent }, max: '3' },
    });
    expect(await owner.limits.check.query({ account: child, kind: 'agents', want: '1' })).toMatchObject({
      free: '0',
      decides: { account: { id: parent } },
    });
    await set(child, { kind: 'agents', max: 5 });
    expect((await limitOf(owner, child, 'agents')).bounds).toEqual([
      { account: { id: parent, name: 'Parent' }, max: '3', used: '3', held: '0', free: '0' },
      { account: { id: child, name: 'Child' }, max: '5', used: '2', held: '0', free: '3' },
    ]);
  });

  it('tell what is used and held above as far as one may read the limits and the usage there', async () => {
    const parent = await make(root, 'Used above');
    const child = await make(parent, 'Used below');
    await set(parent, { kind: 'agents', max: 9 }, { kind: 'minutes', max: 100 });
    await set(child, { kind: 'agents', reserve: 4, max: 4 }, { kind: 'minutes', max: 50 });
    await agents(parent, 2);
    const both = await join(api.url, owner, child, 'both@example.com', 'owner');
    const told = async (client: Client, kind: Changes[number]['kind']) =>
      (await limitOf(client, child, kind)).bounds.map(({ account, used, held }) => [account?.name, used, held]);
    expect(await told(both, 'agents')).toEqual([['Used below', '0', '0']]);
    const invited = { account: parent, email: 'both@example.com', role: 'agency_admin' } as const;
    const { link } = await owner.members.invite.mutate(invited);
    await both.members.acceptInvitation.mutate({ token: link.split('/').at(-1) ?? '' });
    expect(await told(both, 'agents')).toEqual([
      ['Used above', '2', '4'],
      ['Used below', '0', '0'],
    ]);
    // Whoever administers an account for others may not see what it uses; of their own they may.
    expect(await told(both, 'minutes')).toEqual([
      ['Used above', null, null],
      ['Used below', '0', '0'],
    ]);
    expect(await told(owner, 'minutes')).toEqual([
      ['Used above', '0', '0'],
      ['Used below', '0', '0'],
    ]);
  });

  it('tell below only that an account above decides, and nothing of what others use there (rules/limits 10)', async () => {
    const parent = await make(root, 'Hidden');
    const child = await make(parent, 'Seen');
    await set(parent, { kind: 'agents', max: 1 });
    await agents(parent, 1);
    const below = await join(api.url, owner, child, 'below@example.com', 'owner');
    const refusal = await refusalOf(below.products.create.mutate(agentsNamed(child, 'One')));
    expect(refusal).toMatchObject({
      code: 'LIMIT_REACHED',
      limit: { account: null, max: null, used: null, held: null, free: '0' },
    });
    expect(JSON.stringify(refusal)).not.toContain('Hidden');
    expect(await limitOf(below, child, 'agents')).toMatchObject({ free: '0', decides: { account: null, max: null } });
    await set(child, { kind: 'agents', max: 3 });
    await set(root, { kind: 'agents', max: 100 });
    expect((await limitOf(below, child, 'agents')).bounds).toEqual([
      { account: null, max: null, used: null, held: null, free: '0' },
      { account: { id: child, name: 'Seen' }, max: '3', used: '0', held: '0', free: '3' },
    ]);
    await set(root, { kind: 'agents', max: null });
    expect(await codeOf(below.limits.set.mutate({ account: child, limits: [{ kind: 'agents', max: 9 }] }))).toBe(
      'FORBIDDEN',
    );
  });

  it('hold for subaccounts, one by one and many at once, and for members when they accept (rules/limits 3)', async () => {
    const parent = await make(root, 'Bounded');
    await set(parent, { kind: 'subaccounts', max: 3 }, { kind: 'members', max: 1 });
    const first = await make(parent, 'First');
    const many = {
      account: parent,
      accounts: [{ name: 'Sub A' }, { name: 'Sub B', parent: 0 }, { name: 'Sub C' }, { name: 'Sub D', parent: 2 }],
    };
    const refused = await refusalOf(owner.accounts.createMany.mutate({ ...many, mode: 'all' }));
    expect(refused.code).toBe('BATCH_REFUSED');
    const { results } = await owner.accounts.createMany.mutate({ ...many, mode: 'each' });
    expect(results.map((result) => ('code' in result ? result.code : 'made'))).toEqual([
      'made',
      'made',
      'LIMIT_REACHED',
      'PARENT_REFUSED',
    ]);
    expect(await codeOf(make(first, 'Too deep'))).toBe('LIMIT_REACHED');
    await owner.accounts.close.mutate({ account: first });
    await make(parent, 'In its place');
    expect(await codeOf(owner.accounts.reopen.mutate({ account: first }))).toBe('LIMIT_REACHED');

    await join(api.url, owner, parent, 'first@example.com', 'viewer');
    await expect(join(api.url, owner, parent, 'second@example.com', 'viewer')).rejects.toThrow(/“Bounded”/);
    // Nobody is made who would be nowhere.
    await expect(signIn(api.url, 'second@example.com', PASSWORD)).rejects.toThrow('401');
    expect(await limitOf(owner, parent, 'members')).toMatchObject({ used: '1', max: 1, reached: true });
  });

  it('hold for API keys until they are revoked or end, with those that were made with them (rules/limits 3)', async () => {
    const parent = await make(root, 'Of keys');
    const child = await make(parent, 'Has keys');
    await set(parent, { kind: 'apiKeys', max: 2 });
    const key = (name: string, client = owner) => client.keys.create.mutate({ account: child, name });
    const first = await key('First');
    await key('Second', clientWithToken(api.url, first.key));
    expect(await refusalOf(key('Third'))).toMatchObject({
      code: 'LIMIT_REACHED',
      limit: { kind: 'apiKeys', account: { id: parent }, max: '2', used: '2', free: '0' },
    });
    await owner.keys.revoke.mutate({ account: child, id: first.id });
    expect(await limitOf(owner, parent, 'apiKeys')).toMatchObject({ used: '0', own: '0' });
    const short = await key('Short');
    await key('Fourth');
    await api.database.asOwner(`UPDATE api_keys SET expires_at = now() - interval '1 minute' WHERE id = $1`, [
      short.id,
    ]);
    await key('Fifth');
    // One that counts no more gives nothing back when it is revoked.
    await owner.keys.revoke.mutate({ account: child, id: short.id });
    expect(await limitOf(owner, child, 'apiKeys')).toMatchObject({ used: '2', own: '2' });
    const narrow = await make(root, 'Has room for one');
    await set(narrow, { kind: 'apiKeys', max: 1 });
    expect(await codeOf(owner.accounts.move.mutate({ account: child, to: narrow }))).toBe('LIMIT_REACHED');
  });

  it('keep what is promised, refuse what can’t be, and say how much can (rules/limits 7, 8)', async () => {
    const parent = await make(root, 'Promising');
    const [one, two] = [await make(parent, 'One'), await make(parent, 'Two')];
    await set(parent, { kind: 'agents', max: 10 });
    await set(one, { kind: 'agents', reserve: 6 });
    expect(await refusalOf(set(two, { kind: 'agents', reserve: 5 }))).toMatchObject({
      code: 'RESERVE_UNAVAILABLE',
      message: expect.stringContaining('4 agents'),
    });
    expect(await codeOf(set(parent, { kind: 'agents', max: 5 }))).toBe('LIMIT_PROMISED');
    expect(await codeOf(set(parent, { kind: 'agents', atLimit: 'notify' }))).toBe('LIMIT_PROMISED');
    await agents(two, 4);
    expect(await codeOf(agents(two, 1))).toBe('LIMIT_REACHED');
    await agents(one, 6);
    expect(await limitOf(owner, parent, 'agents')).toMatchObject({
      used: '10',
      held: '0',
      promised: '6',
      reached: true,
    });
  });

  it('refuse bad input with a code and write nothing (rules/limits 5)', async () => {
    const account = await make(root, 'Bad input');
    await set(account, { kind: 'agents', max: 5 });
    const { version } = await limitOf(owner, account, 'agents');
    const codes = async (...limits: Changes) => codeOf(set(account, ...limits));
    expect(await codes({ kind: 'agents', thresholds: [90, 80] })).toBe('LIMIT_INVALID');
    expect(await codes({ kind: 'agents', thresholds: [80.5] })).toBe('LIMIT_INVALID');
    expect(await codes({ kind: 'agents', reserve: 6 })).toBe('LIMIT_INVALID');
    expect(await codes({ kind: 'agents', max: 9, version: version - 1 })).toBe('VERSION_CONFLICT');
    expect(await codes({ kind: 'agents', max: -1 })).toBe('BAD_REQUEST');
    expect(await codes({ kind: 'agents', max: 1.5 })).toBe('BAD_REQUEST');
    expect(await codes({ kind: 'agents', max: 7 }, { kind: 'members', thresholds: [101] })).toBe('LIMIT_INVALID');
    expect(await limitOf(owner, account, 'agents')).toMatchObject({ max: 5, version, thresholds: [80, 95, 100] });
    expect(await codeOf(acquire(owner, account, 'x', { want: '0' }))).toBe('BAD_REQUEST');
    expect(await codeOf(acquire(owner, account, 'x', { want: '1.5' }))).toBe('LIMIT_INVALID');
    expect(await codeOf(owner.limits.check.query({ account, kind: 'agents', want: '1.5' }))).toBe('LIMIT_INVALID');
    // Granted where nothing limits it, nobody else’s could be added to it, in the whole tree.
    expect(await codeOf(acquire(owner, account, 'x', { want: '99999999999999999999' }))).toBe('BAD_REQUEST');
    expect(await codeOf(acquire(owner, account, 'x', { want: '1000000000.000000001', kind: 'minutes' }))).toBe(
      'BAD_REQUEST',
    );
    expect(await codeOf(acquire(owner, account, 'x\u0007'))).toBe('BAD_REQUEST');
  });

  it('may be set below what is used: nothing is removed, and the preview says that it stops more (rules/limits 6)', async () => {
    const parent = await make(root, 'Lowered');
    const account = await make(parent, 'Below use');
    await agents(account, 3);
    const wish = {
      account: parent,
      accounts: [account],
      limits: [
        { kind: 'agents' as const, max: 2 },
        { kind: 'agents' as const, max: 1 },
      ],
    };
    expect((await owner.limits.preview.query(wish)).accounts).toEqual([
      {
        account: { id: account, name: 'Below use' },
        limits: [
          {
            kind: 'agents',
            before: { max: null, reserve: 0, atLimit: 'block', thresholds: [] },
            after: { max: 1, reserve: 0, atLimit: 'block', thresholds: [80, 95, 100] },
            version: 0,
            used: '3',
            stops: true,
          },
        ],
      },
    ]);
    expect(await limitOf(owner, account, 'agents')).toMatchObject({ version: 0 });
    await set(account, { kind: 'agents', max: 2 });
    expect((await owner.products.list.query({ account, kind: 'agent' })).rows).toHaveLength(3);
    expect(await codeOf(agents(account, 1))).toBe('LIMIT_REACHED');
    const { rows } = await owner.audit.list.query({ account, limit: 10 });
    expect(rows.map(({ sentence }) => sentence)).toEqual(
      expect.arrayContaining([
        'set the limit of agents of Below use to 2',
        'has seen Below use reach 100 % of its limit of agents',
      ]),
    );
    expect(await codeOf(owner.limits.preview.query({ ...wish, accounts: [parent] }))).toBe('BAD_REQUEST');
  });

  it('of a selection are foreseen one after the other: what one is promised is not there for the next (rules/limits 8)', async () => {
    const parent = await make(root, 'Selection');
    const accounts = [await make(parent, 'Left'), await make(parent, 'Right')];
    await set(parent, { kind: 'agents', max: 10 });
    const wish = { account: parent, accounts, limits: [{ kind: 'agents' as const, reserve: 6 }] };
    const foreseen = (await owner.limits.preview.query(wish)).accounts.map(({ limits: [limit] }) => limit);
    expect(foreseen).toMatchObject([
      { after: { reserve: 6 } },
      { code: 'RESERVE_UNAVAILABLE', message: expect.stringContaining('4 agents') },
    ]);
    const alone = await owner.limits.preview.query({ ...wish, accounts: accounts.slice(1) });
    expect(alone.accounts[0]?.limits).toMatchObject([{ after: { reserve: 6 } }]);
  });

  it('are set back with what setting them answered, unless somebody changed them meanwhile (rules/limits 5)', async () => {
    const parent = await make(root, 'Undone');
    const account = await make(parent, 'Set back');
    await set(parent, { kind: 'agents', max: 10 });
    const first = await set(account, { kind: 'agents', max: 5, reserve: 2 }, { kind: 'calls', max: 3 });
    const second = await set(account, { kind: 'agents', max: 7, reserve: 0, atLimit: 'notify', thresholds: [50] });
    expect(second.undo).toEqual([
      { kind: 'agents', version: 2, max: 5, reserve: 2, atLimit: 'block', thresholds: [80, 95, 100] },
    ]);
    expect(await codeOf(set(account, ...first.undo))).toBe('VERSION_CONFLICT');
    const back = await set(account, ...second.undo);
    expect(await limitOf(owner, account, 'agents')).toMatchObject({ max: 5, reserve: 2, atLimit: 'block', version: 3 });
    // To undo is a change, and can be undone.
    await set(account, ...back.undo);
    expect(await limitOf(owner, account, 'agents')).toMatchObject({ max: 7, reserve: 0, atLimit: 'notify' });
    await set(account, first.undo[1]!);
    expect(await limitOf(owner, account, 'calls')).toMatchObject({ max: null, version: 2 });
  });

  it('tell each threshold once, also when the maximum is raised, lowered or set back, and when accounts move in (rules/limits 12)', async () => {
    const parent = await make(root, 'Told');
    const [account, elsewhere] = [await make(parent, 'Changed'), await make(parent, 'Elsewhere')];
    const told = async (of: string): Promise<unknown[]> => {
      const { rows } = await owner.audit.list.query({ account: of, limit: 50 });
      const reached = rows.filter(({ action, account: { id } }) => action === 'limit.reached' && id === of);
      return reached.map(({ details }) => details['threshold']).toReversed();
    };
    await set(account, { kind: 'agents', max: 10 });
    await agents(account, 10);
    expect(await told(account)).toEqual([80, 95, 100]);
    // 10 of 11 is 90.9 %: those that are passed have told.
    const { undo } = await set(account, { kind: 'agents', max: 11 });
    expect(await told(account)).toEqual([80, 95, 100]);
    await set(account, ...undo);
    expect(await told(account)).toEqual([80, 95, 100, 100]);
    const { rows } = await owner.audit.list.query({ account, limit: 50 });
    const causes = rows.flatMap(({ action, details }) =>
      action === 'limit.reached' ? [details['cause'] ?? null] : [],
    );
    expect(causes).toEqual(['limit lowered', null, null, null]);
    await set(account, { kind: 'agents', max: 9 });
    expect(await told(account)).toEqual([80, 95, 100, 100]);
    // So far above that all are armed again.
    await set(account, { kind: 'agents', max: 100 });
    await set(account, { kind: 'agents', max: 10 });
    expect(await told(account)).toEqual([80, 95, 100, 100, 80, 95, 100]);

    await set(elsewhere, { kind: 'agents', max: 20, thresholds: [50] });
    await owner.accounts.move.mutate({ account, to: elsewhere });
    expect(await told(elsewhere)).toEqual([50]);
    await owner.accounts.move.mutate({ account, to: parent });
    await owner.accounts.move.mutate({ account, to: elsewhere });
    expect(await told(elsewhere)).toEqual([50, 50]);
    expect(await told(account)).toEqual([80, 95, 100, 100, 80, 95, 100]);
  });

  it('only notify where that is wished: each threshold once (rules/limits 9, 12)', async () => {
    const account = await make(root, 'Notified');
    await set(account, { kind: 'agents', max: 4, atLimit: 'notify', thresholds: [50, 100] });
    for (let n = 0; n < 5; n++) await agents(account, 1);
    const { rows } = await owner.audit.list.query({ account, limit: 50 });
    expect(rows.filter(({ action }) => action === 'limit.reached').map(({ details }) => details['threshold'])).toEqual([
      100, 50,
    ]);
    expect(await owner.audit.verify.query({ account: root })).toMatchObject({ faults: [] });
  });

  it('let new subaccounts begin with what is set for them (rules/limits 14)', async () => {
    const parent = await make(root, 'Defaults');
    await owner.limits.setDefaults.mutate({
      account: parent,
      limits: [
        { kind: 'agents', max: 2 },
        { kind: 'calls', max: 1 },
      ],
    });
    const child = await make(parent, 'Begun');
    expect(await limitOf(owner, child, 'agents')).toMatchObject({ max: 2, thresholds: [80, 95, 100], version: 1 });
    await agents(child, 2);
    expect(await codeOf(agents(child, 1))).toBe('LIMIT_REACHED');
    await owner.limits.setDefaults.mutate({ account: parent, limits: [{ kind: 'agents', max: null }] });
    expect((await owner.limits.get.query({ account: parent })).defaults).toMatchObject([{ kind: 'calls', max: 1 }]);
  });

  it('tell nothing of use to those who may not see it, neither asked what is free nor what a maximum would stop', async () => {
    const branch = await make(root, 'Use hidden');
    const child = await make(branch, 'Hidden');
    await set(child, { kind: 'minutes', max: 10 });
    await record(owner, child, 'hidden', '4');
    const agency = await join(api.url, owner, branch, 'limits@agency.example', 'agency_admin');
    const preview = (client: Client, max: number) =>
      client.limits.preview.query({ account: branch, accounts: [child], limits: [{ kind: 'minutes', max }] });
    for (const max of [3, 5])
      expect((await preview(agency, max)).accounts[0]?.limits).toMatchObject([{ used: null, stops: null }]);
    expect((await preview(owner, 3)).accounts[0]?.limits).toMatchObject([{ used: '4', stops: true }]);
    const asked = { account: child, kind: 'minutes', want: '10' } as const;
    expect(await codeOf(agency.limits.check.query(asked))).toBe('FORBIDDEN');
    expect(await agency.limits.check.query({ ...asked, kind: 'calls' })).toMatchObject({ free: '10' });
    expect(await owner.limits.check.query(asked)).toMatchObject({ free: '6' });
    await record(owner, child, 'hidden-more', '6');
    const minutesOf = async (client: Client) =>
      (await client.limits.get.query({ account: child })).limits.find(({ kind }) => kind === 'minutes');
    expect(await minutesOf(owner)).toMatchObject({ used: '10', reached: true });
    expect(await minutesOf(agency)).toMatchObject({ used: null, reached: false });
  });

  it('are set for many accounts by a job with a result for each (rules/limits 14)', async () => {
    const parent = await make(root, 'Many');
    const accounts = [await make(parent, 'Can'), await make(parent, 'Can’t')];
    await set(accounts[1]!, { kind: 'agents', max: 9 });
    const child = await make(accounts[1]!, 'Promised');
    await set(child, { kind: 'agents', reserve: 8 });
    const { job } = await owner.limits.setMany.mutate({
      account: parent,
      accounts,
      limits: [{ kind: 'agents', max: 5 }],
    });
    await vi.waitFor(
      async () => {
        const { job: shown, items } = await owner.jobs.get.query({ account: parent, job, limit: 10 });
        expect(shown.state).not.toMatch(/waiting|running|queued/);
        expect(items.map(({ state, error }) => [state, error?.code ?? null])).toEqual([
          ['done', null],
          ['failed', 'LIMIT_PROMISED'],
        ]);
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(await limitOf(owner, accounts[0]!, 'agents')).toMatchObject({ max: 5 });
  });
});

describe('A reserve from the next billing period on (rules/limits 7)', () => {
  it('is promised then, refused when it can’t be, and begins with the period', async () => {
    const clock = { aheadMs: 0, nowMs: () => Date.now() + clock.aheadMs };
    const later = await deploy({ clock });
    const of = (account: string, ...limits: Changes) => later.owner.limits.set.mutate({ account, limits });
    const create = async (account: string, name: string) =>
      (await later.owner.accounts.create.mutate({ account, name })).account.id;
    const parent = await create(later.root, 'Parent');
    const [one, two] = [await create(parent, 'One'), await create(parent, 'Two')];
    await of(parent, { kind: 'minutes', max: 100 });
    const occurredAt = new Date().toISOString();
    const event = { meter: 'call.minutes', quantity: '90', occurredAt, idempotencyKey: 'used' };
    await later.owner.usage.record.mutate({ account: two, events: [event] });
    expect(await codeOf(of(one, { kind: 'minutes', reserve: 60 }))).toBe('RESERVE_UNAVAILABLE');
    expect(await codeOf(of(one, { kind: 'agents', nextReserve: 60 }))).toBe('LIMIT_INVALID');
    const set = await of(one, { kind: 'minutes', nextReserve: 60 });
    expect(set.limits.find(({ kind }) => kind === 'minutes')).toMatchObject({ reserve: 0, nextReserve: 60 });
    expect(await refusalOf(of(two, { kind: 'minutes', nextReserve: 41 }))).toMatchObject({
      code: 'RESERVE_UNAVAILABLE',
      message: expect.stringContaining('40 call minutes'),
    });
    expect(await codeOf(of(parent, { kind: 'minutes', max: 59 }))).toBe('LIMIT_PROMISED');
    expect(await limitOf(later.owner, parent, 'minutes')).toMatchObject({ held: '0', promised: '0' });
    // What is set back now is promised in neither period.
    await of(one, ...set.undo);
    await of(two, { kind: 'minutes', nextReserve: 41 });
    await of(two, { kind: 'minutes', nextReserve: 30 });
    await of(one, { kind: 'minutes', nextReserve: 60 });

    // A key, as a session lasts thirty days, and this may be the first of thirty-one.
    const { client } = await later.key(later.root);
    clock.aheadMs = Date.parse(set.period.end) - Date.now() + 60_000;
    await later.composed.jobs.run();
    expect(await limitOf(client, parent, 'minutes')).toMatchObject({ used: '0', held: '90', promised: '90' });
    const begun = await limitOf(client, one, 'minutes');
    expect(begun).toMatchObject({ reserve: 60 });
    expect(begun).not.toHaveProperty('nextReserve');
    await later.close();
  });
});

describe('Usage that comes in over a limit (rules/limits 13)', () => {
  const overs = async (account: string): Promise<unknown[]> =>
    api.database.asOwner(`SELECT key FROM usage_events WHERE account_id = $1 AND over_limit ORDER BY key`, [account]);
  const outcome = async (...sent: Parameters<typeof record>) => (await record(...sent)).results[0];

  it('counts, is told and marked: when a maximum of its account or above was used up, also one that only notifies', async () => {
    const parent = await make(root, 'Used up');
    const account = await make(parent, 'Over');
    await set(parent, { kind: 'minutes', max: 5, atLimit: 'notify' });
    expect(await outcome(owner, account, 'a', '5')).toEqual({ status: 'accepted' });
    await limitOf(owner, parent, 'minutes');
    const occurredAt = new Date().toISOString();
    const event = { meter: 'call.minutes', quantity: '1', occurredAt, idempotencyKey: 'b' };
    const { results } = await owner.usage.record.mutate({ account, events: [event, event] });
    expect(results).toEqual([{ status: 'accepted', overLimit: true }, { status: 'duplicate' }]);
    expect(await overs(account)).toEqual([{ key: 'b' }]);
    expect(await limitOf(owner, parent, 'minutes')).toMatchObject({ used: '6', reached: true });
    await set(parent, { kind: 'minutes', max: 50 });
    expect(await outcome(owner, account, 'c', '1')).toEqual({ status: 'accepted' });
    await set(parent, { kind: 'minutes', max: 7 });
    expect(await outcome(owner, account, 'd', '1')).toEqual({ status: 'accepted', overLimit: true });
  });

  it('is marked when it is late and the maximum of its month was used up, and when it is more than was granted', async () => {
    const account = await make(root, 'Late and more');
    await set(account, { kind: 'minutes', max: 5 });
    const day = (n: number) =>
      new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth(), 0, 12) - n).toISOString();
    const late = async (idempotencyKey: string, quantity: string) => {
      const event = { meter: 'call.minutes', quantity, occurredAt: day(0), idempotencyKey };
      return (await owner.usage.record.mutate({ account, events: [event] })).results[0];
    };
    expect(await late('late 1', '5')).toEqual({ status: 'accepted' });
    await limitOf(owner, account, 'minutes');
    expect(await late('late 2', '1')).toEqual({ status: 'accepted', overLimit: true });
    expect(await limitOf(owner, account, 'minutes')).toMatchObject({ used: '0' });
    await acquire(owner, account, 'grant', { kind: 'minutes', want: '2' });
    expect(await outcome(owner, account, 'more', '3', 'grant')).toEqual({ status: 'accepted', overLimit: true });
    await acquire(owner, account, 'other', { kind: 'minutes', want: '2' });
    expect(await outcome(owner, account, 'as granted', '2', 'other')).toEqual({ status: 'accepted' });
  });
});

describe('Limits in the table', () => {
  it('stand in the row with the minutes, with who bounds all of a page, and can be what is listed (rules/limits 2)', async () => {
    const parent = await make(root, 'Listed');
    const [near, far] = [await make(parent, 'Near'), await make(parent, 'Far')];
    await make(parent, 'Unlimited');
    await set(near, { kind: 'minutes', max: 10 });
    await set(far, { kind: 'minutes', max: 10 });
    await record(owner, near, 'near', '8');
    await record(owner, far, 'far', '7.5');
    const list = (limits?: 'near') => owner.accounts.list.query({ account: parent, ...(limits && { limits }) });
    const { rows, minutesAbove } = await list();
    expect(rows.map(({ name, minutesMax }) => [name, minutesMax])).toEqual([
      ['Far', '10'],
      ['Near', '10'],
      ['Unlimited', null],
    ]);
    expect(minutesAbove).toBeUndefined();
    const only = await list('near');
    expect([only.rows.map(({ id }) => id), only.total]).toEqual([[near], 1]);
    await set(parent, { kind: 'minutes', max: 100 });
    expect((await list()).minutesAbove).toMatchObject({ account: { id: parent, name: 'Listed' }, max: '100' });
  });
});

describe('Leases (rules/limits 11)', () => {
  it('are slots that are free again when they are given back, or their time is over', async () => {
    const account = await make(root, 'Slots');
    const { client } = await api.key(account);
    await set(account, { kind: 'calls', max: 2 });
    expect(await acquire(client, account, 'a')).toEqual({ granted: '1' });
    expect(await acquire(client, account, 'a')).toEqual({ granted: '1' });
    expect(await acquire(client, account, 'b', { leaseSeconds: 1 })).toEqual({ granted: '1' });
    expect(await refusalOf(acquire(client, account, 'c'))).toMatchObject({
      code: 'LIMIT_REACHED',
      limit: { kind: 'calls', account: { id: account }, max: '2', used: '2', free: '0' },
    });
    await client.limits.release.mutate({ account, kind: 'calls', key: 'a' });
    await client.limits.release.mutate({ account, kind: 'calls', key: 'a' });
    expect(await acquire(client, account, 'c')).toEqual({ granted: '1' });
    await vi.waitFor(async () => expect(await acquire(client, account, 'd')).toEqual({ granted: '1' }), {
      timeout: 5_000,
    });
    expect(await codeOf(client.limits.renew.mutate({ account, key: 'b', leaseSeconds: 60 }))).toBe('LEASE_LOST');
    expect(await client.limits.renew.mutate({ account, key: 'd', leaseSeconds: 60 })).toEqual({});
    expect(await limitOf(client, account, 'calls')).toMatchObject({ used: '2', free: '0' });
  });

  it('of another account are none', async () => {
    const [mine, theirs] = [await make(root, 'Mine'), await make(root, 'Theirs')];
    await acquire(owner, theirs, 'theirs');
    expect(await codeOf(owner.limits.renew.mutate({ account: mine, key: 'theirs', leaseSeconds: 60 }))).toBe(
      'LEASE_LOST',
    );
    await owner.limits.release.mutate({ account: mine, kind: 'calls', key: 'theirs' });
    expect(await limitOf(owner, theirs, 'calls')).toMatchObject({ used: '1' });
  });

  it('of minutes grant what is free, and are over when the usage that names them is counted', async () => {
    const account = await make(root, 'Metered');
    await set(account, { kind: 'minutes', max: 10 });
    expect(await acquire(owner, account, 'first', { kind: 'minutes', want: '7.5' })).toEqual({ granted: '7.5' });
    expect(await acquire(owner, account, 'second', { kind: 'minutes', want: '7.5' })).toEqual({ granted: '2.5' });
    expect(await codeOf(acquire(owner, account, 'third', { kind: 'minutes' }))).toBe('LIMIT_REACHED');
    await record(owner, account, 'u1', '3', 'first');
    await vi.waitFor(async () =>
      expect(await limitOf(owner, account, 'minutes')).toMatchObject({ used: '5.5', free: '4.5' }),
    );
    // Usage is a fact: it is never refused for a limit.
    expect((await record(owner, account, 'u2', '20')).accepted).toBe(1);
    expect(await limitOf(owner, account, 'minutes')).toMatchObject({ used: '25.5', free: '0', reached: true });
    expect((await owner.usage.totals.query({ account })).total).toBe('23');
    expect(await owner.limits.whatIf.query({ account, kind: 'minutes', max: 1 })).toMatchObject({
      events: 0,
      stops: 0,
    });
  });

  it('are none in a closed account, and those that are open end with it', async () => {
    const account = await make(root, 'Closing');
    await set(root, { kind: 'calls', max: 1_000 });
    const before = (await limitOf(owner, root, 'calls')).used;
    await acquire(owner, account, 'open');
    await owner.accounts.close.mutate({ account });
    expect((await limitOf(owner, root, 'calls')).used).toBe(before);
    expect(await codeOf(acquire(owner, account, 'late'))).toBe('ACCOUNT_CLOSED');
    await owner.accounts.reopen.mutate({ account });
    expect(await acquire(owner, account, 'late')).toEqual({ granted: '1' });
    await set(root, { kind: 'calls', max: null });
  });

  it('go along when their account moves', async () => {
    const [from, to] = [await make(root, 'From'), await make(root, 'To')];
    const account = await make(from, 'Moving');
    await set(to, { kind: 'calls', max: 1 });
    await acquire(owner, account, 'along');
    await owner.accounts.move.mutate({ account, to });
    expect([(await limitOf(owner, from, 'calls')).used, (await limitOf(owner, to, 'calls')).used]).toEqual(['0', '1']);
    expect(await codeOf(acquire(owner, account, 'more'))).toBe('LIMIT_REACHED');
    await owner.limits.release.mutate({ account, kind: 'calls', key: 'along' });
    expect((await limitOf(owner, to, 'calls')).used).toBe('0');
  });

  it('hold exactly as many slots as there are, however many ask at once', async () => {
    const parent = await make(root, 'Crowd');
    const leaves = await Promise.all(Array.from({ length: 5 }, (_, n) => make(parent, `Leaf ${n}`)));
    await set(parent, { kind: 'calls', max: 40 });
    const { secret } = await api.key(parent);
    // Each with a connection of its own.
    const callers = Array.from({ length: 16 }, () => clientWithToken(api.url, secret));
    const asked = await Promise.allSettled(
      Array.from({ length: 200 }, (_, n) => acquire(callers[n % 16]!, leaves[n % 5]!, `crowd-${n}`)),
    );
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(40);
    expect(await limitOf(owner, parent, 'calls')).toMatchObject({ used: '40', own: '0', free: '0' });
  });
});

describe('Limits live', () => {
  it('are told as they change, by settings and by slots', async () => {
    const account = await make(root, 'Watched');
    const { secret } = await api.key(account);
    const socket = createWSClient({
      url: `${api.url.replace('http', 'ws')}/trpc`,
      connectionParams: () => ({ token: secret }),
    });
    const watcher = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] });
    const seen: string[] = [];
    const stream = watcher.limits.live.subscribe(
      { account },
      {
        onData: ({ data }) => {
          const calls = data.limits.find(({ kind }) => kind === 'calls')!;
          seen.push(`${calls.used}/${calls.max}`);
        },
      },
    );
    const shows = (text: string) => vi.waitFor(() => expect(seen).toContain(text), { timeout: 10_000 });
    await shows('0/null');
    await set(account, { kind: 'calls', max: 3 });
    await shows('0/3');
    await acquire(owner, account, 'live');
    await shows('1/3');
    stream.unsubscribe();
    await socket.close();
  });

  it('are read a few times, however many watch', async () => {
    const account = await make(root, 'Crowded');
    const { secret } = await api.key(account);
    const socket = createWSClient({
      url: `${api.url.replace('http', 'ws')}/trpc`,
      connectionParams: () => ({ token: secret }),
    });
    const watcher = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] });
    const seen = Array.from({ length: 30 }, (): (number | null)[] => []);
    const streams = seen.map((told) =>
      watcher.limits.live.subscribe(
        { account },
        { onData: ({ data }) => told.push(data.limits.find(({ kind }) => kind === 'calls')!.max) },
      ),
    );
    const shows = (max: number | null) =>
      vi.waitFor(() => expect(seen.filter((told) => told.at(-1) === max)).toHaveLength(seen.length), {
        timeout: 10_000,
      });
    await shows(null);
    const asked = heardStatements(api);
    await set(account, { kind: 'calls', max: 3 });
    await shows(3);
    const reads = asked.filter((text) => text.includes('limits_of'));
    expect(reads.length).toBeGreaterThan(1);
    expect(reads.length).toBeLessThan(seen.length / 3);
    for (const stream of streams) stream.unsubscribe();
    await socket.close();
  });
});
