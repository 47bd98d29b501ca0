import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, clientWith, codeOf, join, refusalOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

const ORIGIN = 'https://portal.example';
const LOOK = {
  sort: 'minutes',
  direction: 'desc',
  status: ['active'],
  agents: 'none',
  level: 2,
  layout: 'flat',
  density: 'compact',
  columns: [{ column: 'path', width: 300 }, { column: 'minutes' }],
} as const;
const look = { ...LOOK, status: [...LOOK.status], columns: [...LOOK.columns] };

let api: Deployment;
let owner: Client;
let root: string;
beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
  root = api.root;
});
afterAll(() => api.close());

const make = async (account: string, name: string, more: object = {}): Promise<string> =>
  (await owner.accounts.create.mutate({ account, name, ...more })).account.id;

async function screen(account: string, userRef: string, key?: Client): Promise<Client> {
  const asked = { account, origin: ORIGIN, userRef, access: 'read' } as const;
  const { token } = await (key ?? (await api.key(account)).client).embed.createToken.mutate(asked);
  return clientWith(api.url, { authorization: `Bearer ${token}`, origin: ORIGIN });
}

describe('A list at any depth (rules/accounts 30, 31)', () => {
  it('comes flat, page by page, in one order, with the accounts between', async () => {
    const top = await make(root, 'Flat');
    const [west, east] = [await make(top, 'West'), await make(top, 'East', { externalId: 'flat-east' })];
    const names = ['Deep 10', 'Deep 2', 'Alone'];
    const [ten, two] = [await make(west, names[0]!), await make(east, names[1]!)];
    await make(two, names[2]!);
    const asked = { account: top, sort: 'name', limit: 2 } as const;
    const first = await owner.accounts.search.query(asked);
    const rest = await owner.accounts.search.query({ ...asked, limit: 10, cursor: first.nextCursor ?? '' });
    const nameOf = new Map([...first.rows, ...rest.rows].map(({ id, name }) => [id, name]));
    expect([first.total, first.more, rest.nextCursor]).toEqual([5, false, null]);
    expect([...first.matches, ...rest.matches].map((id) => nameOf.get(id))).toEqual([
      'Alone',
      'Deep 2',
      'Deep 10',
      'East',
      'West',
    ]);
    const kept = async (more: object) => (await owner.accounts.search.query({ account: top, ...more })).matches;
    expect(await kept({ level: 2, sort: 'created' })).toEqual([ten, two]);
    expect(await kept({ under: 'ext:flat-east', sort: 'created', direction: 'desc', level: 2 })).toEqual([two]);
    expect(await kept({ under: west })).toEqual([ten]);
    expect(await kept({ agents: 'some' })).toEqual([]);
    expect(await kept({ members: 'none', billing: 'parent', transfer: 'none', sort: 'name' })).toHaveLength(5);
    expect(await kept({ query: 'deep', sort: 'name', direction: 'desc' })).toEqual([ten, two]);
    expect(await codeOf(kept({}))).toBe('BAD_REQUEST');
    expect(await codeOf(kept({ sort: 'created', cursor: first.nextCursor }))).toBe('BAD_REQUEST');
    expect(await refusalOf(kept({ under: root }))).toMatchObject({ code: 'NOT_FOUND', field: 'under' });
  });
});

describe('Views (rules/accounts 32)', () => {
  it('are kept for one person and one account, renamed, changed and forgotten', async () => {
    const account = await make(root, 'Views');
    const views = async (client: Client, of = account) => (await client.views.list.query({ account: of })).views;
    const { id } = await owner.views.save.mutate({ account, name: 'My regions', look });
    expect(await views(owner)).toEqual([{ id, name: 'My regions', audience: 'private', look }]);
    expect(await refusalOf(owner.views.save.mutate({ account, name: 'my REGIONS', look }))).toMatchObject({
      code: 'NAME_TAKEN',
      field: 'name',
    });
    await owner.views.save.mutate({ account, view: id, name: 'Regions', look: { ...look, layout: 'tree' } });
    expect(await views(owner)).toEqual([
      { id, name: 'Regions', audience: 'private', look: { ...look, layout: 'tree' } },
    ]);
    expect(await views(owner, root)).toEqual([]);
    const other = await join(api.url, owner, account, 'views@example.com', 'admin');
    expect(await views(other)).toEqual([]);
    const foreign = { account, view: id, name: 'Regions', look };
    expect(await codeOf(other.views.save.mutate(foreign))).toBe('NOT_FOUND');
    expect(await codeOf(other.views.remove.mutate({ account, view: id }))).toBe('NOT_FOUND');
    // What the table can be kept to, a view keeps.
    const kept = { ...look, blueprint: id, drift: 'changed_here', columns: [{ column: 'blueprint' }] } as const;
    await owner.views.save.mutate({
      account,
      view: id,
      name: 'Regions',
      look: { ...kept, columns: [...kept.columns] },
    });
    expect(await views(owner)).toMatchObject([{ look: kept }]);
    await owner.views.remove.mutate({ account, view: id });
    expect(await views(owner)).toEqual([]);
    expect(await codeOf(owner.views.remove.mutate({ account, view: id }))).toBe('NOT_FOUND');
  });

  it('are shared with the account by people who may manage its subaccounts, and seen by all who see the list', async () => {
    const account = await make(root, 'Shared views');
    const admin = await join(api.url, owner, account, 'admin@shared.example', 'admin');
    const dana = await screen(account, 'dana');
    const names = async (client: Client) =>
      (await client.views.list.query({ account })).views.map(({ name, audience }) => [name, audience]);
    const share = { account, name: 'Ours', audience: 'account', look } as const;
    const { id } = await owner.views.save.mutate(share);
    const { id: own } = await dana.views.save.mutate({ account, name: 'Ours', look });
    // One that is there stays whose it is.
    for (const [client, wish] of [
      [owner, { ...share, view: id, audience: 'private' }],
      [dana, { ...share, view: own }],
    ] as const)
      expect(await refusalOf(client.views.save.mutate(wish))).toMatchObject({ code: 'BAD_REQUEST', field: 'audience' });
    expect(await names(dana)).toEqual([
      ['Ours', 'account'],
      ['Ours', 'private'],
    ]);
    expect(await refusalOf(admin.views.save.mutate({ ...share, name: 'OURS' }))).toMatchObject({ code: 'NAME_TAKEN' });
    // Whoever manages the account's subaccounts changes it, whoever made it.
    await admin.views.save.mutate({ account, view: id, name: 'All of ours', look });
    expect(await names(owner)).toEqual([['All of ours', 'account']]);
    // Where somebody above leaves those of the account no more than looking, they look.
    await owner.permissions.set.mutate({ account, levels: { 'account.subaccounts': 'read' }, expectedVersion: 0 });
    for (const client of [admin, dana]) {
      expect((await names(client))[0]).toEqual(['All of ours', 'account']);
      expect(await codeOf(client.views.save.mutate(share))).toBe('FORBIDDEN');
      expect(await codeOf(client.views.save.mutate({ account, view: id, name: 'x', look }))).toBe('FORBIDDEN');
      expect(await codeOf(client.views.remove.mutate({ account, view: id }))).toBe('FORBIDDEN');
    }
    // Of another account it is none.
    expect((await owner.views.list.query({ account: root })).views.map(({ name }) => name)).not.toContain(
      'All of ours',
    );
    await owner.views.remove.mutate({ account, view: id });
    expect(await names(owner)).toEqual([]);
  });

  it('are kept for users of embedded screens by their references, and for no key', async () => {
    const account = await make(root, 'Embedded views');
    const { client: key } = await api.key(account);
    const dana = await screen(account, 'dana', key);
    const { id } = await dana.views.save.mutate({ account, name: 'Mine', look });
    const names = async (client: Client) => (await client.views.list.query({ account })).views.map(({ name }) => name);
    expect(await names(await screen(account, 'dana'))).toEqual(['Mine']);
    expect(await names(await screen(account, 'erin', key))).toEqual([]);
    expect(await names(owner)).toEqual([]);
    expect(await codeOf(key.views.list.query({ account }))).toBe('FORBIDDEN');
    await dana.views.remove.mutate({ account, view: id });
  });

  it('are fifty at the most, and small', async () => {
    const account = await make(root, 'Many views');
    const save = (name: string, more: object = {}) =>
      owner.views.save.mutate({ account, name, look: { ...look, ...more } });
    await Promise.all(Array.from({ length: 50 }, (_, n) => save(`View ${n}`)));
    expect(await refusalOf(save('One more'))).toMatchObject({ code: 'BAD_REQUEST', field: 'name' });
    expect(await codeOf(save('View 1', { columns: [{ column: 'colour' }] }))).toBe('BAD_REQUEST');
    expect(await codeOf(save('x'.repeat(61)))).toBe('BAD_REQUEST');
  });
});
