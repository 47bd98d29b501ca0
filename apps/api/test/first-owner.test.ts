import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Client,
  clientOf,
  clientWith,
  clientWithToken,
  codeOf,
  join,
  PASSWORD,
  signIn,
} from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

let api: Deployment;
let owner: Client;
beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
});
afterAll(() => api.close());

let made = 0;
const make = async (parent = api.root, by = owner): Promise<string> =>
  (await by.accounts.create.mutate({ account: parent, name: `Account ${(made += 1)}` })).account.id;
const membersOf = async (account: string, as = owner) => (await as.accounts.get.query({ account })).members;
const tokenOf = (link: string): string => link.split('/').at(-1) ?? '';
const idOf = async (account: string, email: string): Promise<string> =>
  (await owner.members.list.query({ account })).members.find((one) => one.email === email)?.userId ?? '';

describe('A subaccount (rules/people 4)', () => {
  it('begins without anybody, whoever makes it and with whatever, and they reach it', async () => {
    const region = await make();
    const makers: Record<string, Client> = {
      owner,
      admin: await join(api.url, owner, region, 'maker-admin@example.com', 'admin'),
      agency: await join(api.url, owner, region, 'maker-agency@example.com', 'agency_admin'),
    };
    const { client: key } = await api.key(region);
    const { token } = await key.embed.createToken.mutate({
      account: region,
      origin: 'https://portal.example',
      userRef: 'dana',
      access: 'full',
      features: ['create', 'members'],
    });
    makers['key'] = key;
    makers['screen'] = clientWith(api.url, { authorization: `Bearer ${token}`, origin: 'https://portal.example' });
    const before = await membersOf(region);
    for (const [name, maker] of Object.entries(makers)) {
      const account = await make(region, maker);
      expect(await maker.members.list.query({ account }), name).toEqual({ members: [], invitations: [] });
      expect(await membersOf(account, maker), name).toEqual({ own: 0, total: 0 });
    }
    expect(await membersOf(region)).toEqual(before);
    const { accounts } = (await makers['admin']?.session.me.query()) ?? {};
    expect(accounts?.map(({ id }) => id)).toEqual([region]);
  });

  it('is made by nobody who would not reach it', async () => {
    const account = await make();
    for (const role of ['member', 'viewer'] as const) {
      const client = await join(api.url, owner, account, `maker-${role}@example.com`, role);
      expect(await codeOf(make(account, client))).toBe('FORBIDDEN');
    }
  });

  it('is handed to its first owner by an invitation from above, and is not left by the last one', async () => {
    const account = await make();
    const first = await join(api.url, owner, account, 'first@example.com', 'owner');
    expect(await membersOf(account)).toEqual({ own: 1, total: 1 });
    expect((await first.session.me.query()).accounts).toMatchObject([{ id: account, role: 'owner' }]);
    expect(await codeOf(first.members.leave.mutate({ account }))).toBe('LAST_OWNER');
    const userId = await idOf(account, 'first@example.com');
    expect(await codeOf(owner.members.remove.mutate({ account, userId }))).toBe('LAST_OWNER');
    await join(api.url, first, account, 'second@example.com', 'owner');
    await first.members.leave.mutate({ account });
    expect(await codeOf(first.accounts.get.query({ account }))).toBe('NOT_FOUND');
    expect(await membersOf(account)).toEqual({ own: 1, total: 1 });
  });

  it('gets its first owner from an owner: nobody else may give that role', async () => {
    const region = await make();
    const admin = await join(api.url, owner, region, 'giver@example.com', 'admin');
    const account = await make(region, admin);
    const invite = (by: Client, role: 'owner' | 'admin') =>
      by.members.invite.mutate({ account, email: `${role}-given@example.com`, role });
    expect(await codeOf(invite(admin, 'owner'))).toBe('ROLE_TOO_HIGH');
    expect((await invite(admin, 'admin')).link).toContain('/invite/');
    expect((await invite(owner, 'owner')).link).toContain('/invite/');
  });

  it('has keys of people from above, which end when those leave there', async () => {
    const region = await make();
    const admin = await join(api.url, owner, region, 'keeper@example.com', 'admin');
    const account = await make(region, admin);
    const { key } = await admin.keys.create.mutate({ account, name: 'From above' });
    const program = clientWithToken(api.url, key);
    expect((await program.accounts.get.query({ account })).id).toBe(account);
    await admin.members.leave.mutate({ account: region });
    expect(await codeOf(program.accounts.get.query({ account }))).toBe('UNAUTHORIZED');
  });
});

describe('Members are people', () => {
  it('who are one wherever they are, counted while any of it is left', async () => {
    const region = await make();
    const [east, west] = [await make(region), await make(region)];
    const office = await make(east);
    const email = 'everywhere@example.com';
    const client = await join(api.url, owner, office, email, 'owner');
    const accept = async (account: string) => {
      const { link } = await owner.members.invite.mutate({ account, email, role: 'admin' });
      await client.members.acceptInvitation.mutate({ token: tokenOf(link) });
    };
    for (const account of [west, east, region]) await accept(account);
    await join(api.url, owner, office, 'colleague@example.com', 'owner');
    const counts = async () => Promise.all([region, east, west, office].map((account) => membersOf(account)));
    expect(await counts()).toEqual([
      { own: 1, total: 2 },
      { own: 1, total: 2 },
      { own: 1, total: 1 },
      { own: 2, total: 2 },
    ]);
    await client.members.leave.mutate({ account: region });
    await client.members.leave.mutate({ account: east });
    expect((await counts()).map(({ total }) => total)).toEqual([2, 2, 1, 2]);
    await owner.accounts.move.mutate({ account: office, to: west });
    expect((await counts()).map(({ total }) => total)).toEqual([2, 0, 2, 2]);
    expect((await client.session.me.query()).accounts.map(({ id }) => id)).toEqual([west]);
    await owner.accounts.close.mutate({ account: office });
    expect((await counts()).map(({ total }) => total)).toEqual([1, 0, 1, 2]);
    await owner.accounts.reopen.mutate({ account: office });
    await client.members.leave.mutate({ account: west });
    expect((await counts()).map(({ total }) => total)).toEqual([2, 0, 2, 2]);
    expect((await client.session.me.query()).accounts.map(({ id }) => id)).toEqual([office]);
  });

  it('show the count of people in the rows of those above', async () => {
    const region = await make();
    const shop = await make(region);
    const { link } = await owner.members.invite.mutate({ account: shop, email: 'row@example.com', role: 'owner' });
    await clientWith(api.url, {}).members.acceptInvitation.mutate({
      token: tokenOf(link),
      name: 'Row',
      password: PASSWORD,
    });
    const { rows } = await owner.accounts.list.query({ account: api.root });
    expect(rows.find(({ id }) => id === region)?.members).toEqual({ own: 0, total: 1 });
    expect((await clientOf(api.url, await signIn(api.url, 'row@example.com', PASSWORD)).session.me.query()).home).toBe(
      shop,
    );
  });
});
