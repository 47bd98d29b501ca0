import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, codeOf, join, refusalOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

let api: Deployment;
let owner: Client;
let other: Client;
beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
  other = await join(api.url, owner, api.root, 'other@example.com', 'viewer');
});
afterAll(() => api.close());

const accountsOf = async (client: Client): Promise<string[]> =>
  (await client.session.me.query()).accounts.map(({ id }) => id);

describe('Making main accounts (rules/accounts 20)', () => {
  it('is idempotent by external id and person: the same content is answered with the same account', async () => {
    const wish = { name: 'North', externalId: 'crm-1', metadata: { region: 'north' } };
    const first = await owner.accounts.createMain.mutate(wish);
    expect(first).toMatchObject({ created: true, account: { name: 'North', depth: 0, externalId: 'crm-1' } });
    const again = await owner.accounts.createMain.mutate(wish);
    expect(again).toMatchObject({ created: false, account: { id: first.account.id } });
    const others = await other.accounts.createMain.mutate(wish);
    expect(others.created).toBe(true);
    expect(await accountsOf(owner)).toEqual([api.root, first.account.id]);
    expect(await accountsOf(other)).toEqual([api.root, others.account.id]);
  });

  it('is a conflict with other content, and with an account that is closed', async () => {
    const conflict = (more: object) =>
      refusalOf(owner.accounts.createMain.mutate({ name: 'South', externalId: 'crm-2', ...more }));
    const { account } = await owner.accounts.createMain.mutate({ name: 'South', externalId: 'crm-2' });
    for (const more of [{ name: 'Other' }, { metadata: { region: 'south' } }]) {
      expect(await conflict(more)).toMatchObject({ code: 'EXTERNAL_ID_CONFLICT', field: 'externalId' });
    }
    await owner.accounts.close.mutate({ account: account.id });
    expect(await conflict({})).toMatchObject({ code: 'EXTERNAL_ID_CONFLICT' });
  });

  it('makes one account of many simultaneous repeats', async () => {
    const wish = { name: 'East', externalId: 'crm-3' };
    const made = await Promise.all(Array.from({ length: 8 }, () => owner.accounts.createMain.mutate(wish)));
    expect(new Set(made.map(({ account }) => account.id)).size).toBe(1);
    expect(made.filter(({ created }) => created)).toHaveLength(1);
  });

  it('makes a new one every time without an external id', async () => {
    const [one, two] = [
      await owner.accounts.createMain.mutate({ name: 'West' }),
      await owner.accounts.createMain.mutate({ name: 'West' }),
    ];
    expect(one.account.id).not.toBe(two.account.id);
  });

  it('is forgotten when the person has left the account: it is nothing that they may see', async () => {
    const wish = { name: 'Left', externalId: 'crm-4' };
    const { account } = await other.accounts.createMain.mutate(wish);
    await join(api.url, other, account.id, 'heir@example.com', 'owner');
    await other.members.leave.mutate({ account: account.id });
    const again = await other.accounts.createMain.mutate(wish);
    expect(again.created).toBe(true);
    expect(again.account.id).not.toBe(account.id);
  });

  it('is for owners of a main account, or for nobody, where the operator says so', async () => {
    const strict = await deploy({ config: { mainAccountsBy: 'owners' } });
    const customer = await strict.owner.accounts.create.mutate({ account: strict.root, name: 'Customer' });
    const theirs = await join(strict.url, strict.owner, customer.account.id, 'customer@example.com', 'owner');
    expect(await codeOf(theirs.accounts.createMain.mutate({ name: 'Mine' }))).toBe('FORBIDDEN');
    expect((await strict.owner.accounts.createMain.mutate({ name: 'Second' })).created).toBe(true);
    await strict.close();
    const closed = await deploy({ config: { mainAccountsBy: 'nobody' } });
    expect(await codeOf(closed.owner.accounts.createMain.mutate({ name: 'Second' }))).toBe('FORBIDDEN');
    await closed.close();
  });
});
