import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, join } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

let api: Deployment;
let owner: Client;
let north: string;
let harbour: string;
let south: string;
let admin: Client;

beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
  const make = async (account: string, name: string): Promise<string> =>
    (await owner.accounts.create.mutate({ account, name })).account.id;
  north = await make(api.root, 'North');
  harbour = await make(north, 'Harbour');
  south = await make(api.root, 'South');
  admin = await join(api.url, owner, north, 'admin@example.com', 'admin');
});
afterAll(() => api.close());

describe('The journal of a tree', () => {
  /** Changes the journal behind its back for as long as something is looked at. */
  async function tampered<T>(statement: string, look: () => Promise<T>): Promise<T> {
    await api.database.asOwner('CREATE TABLE kept AS TABLE journal');
    try {
      await api.database.asOwner(statement);
      return await look();
    } finally {
      await api.database.asOwner('DELETE FROM journal; INSERT INTO journal TABLE kept; DROP TABLE kept');
    }
  }
  const verify = (client: Client, account: string) => client.audit.verify.query({ account });

  it('is what was written, whatever was done: to accounts, members, keys, embedded screens, sign-in', async () => {
    const { client } = await api.key(harbour);
    await client.embed.createToken.mutate({ account: harbour, origin: 'https://portal.example', userRef: 'dana' });
    const { rows, faults, next } = await verify(owner, api.root);
    expect(faults).toEqual([]);
    expect(next).toBeNull();
    const [stored] = await api.database.asOwner<{ n: number }>(
      `SELECT count(*)::int AS n FROM journal WHERE root_id = '${api.root}'`,
    );
    expect(rows).toEqual({ first: 1, last: stored?.n });
    expect(stored?.n).toBeGreaterThan(10);
  });

  it('names a row that was changed to whoever may read it, and tells the others when it was', async () => {
    const { rows } = await owner.audit.list.query({ account: harbour, limit: 1 });
    const { id, at } = rows[0]!;
    const change = `UPDATE journal SET details = '{"account": "Elsewhere"}' WHERE id = '${id}'`;
    const [whole, branch] = await tampered(change, async () => [
      await verify(owner, api.root),
      await verify(admin, north),
    ]);
    expect(whole?.faults).toMatchObject([{ fault: 'changed', id, at }]);
    expect(branch?.faults).toEqual(whole?.faults);
    const beside = await owner.audit.list.query({ account: south, limit: 1 });
    const other = `UPDATE journal SET actor_name = 'Eve' WHERE id = '${beside.rows[0]!.id}'`;
    const told = await tampered(other, () => verify(admin, north));
    expect(told.faults).toEqual([{ fault: 'changed', seq: null, id: null, at: beside.rows[0]!.at }]);
  });

  it('tells that a row is missing', async () => {
    const { rows } = await owner.audit.list.query({ account: harbour, limit: 1 });
    const found = await tampered(`DELETE FROM journal WHERE id = '${rows[0]!.id}'`, () => verify(owner, api.root));
    expect(found.faults).toMatchObject([{ fault: 'missing', id: null }]);
  });

  it('takes many visits at once, each of them written when it is answered', async () => {
    const before = (await verify(owner, api.root)).rows?.last ?? 0;
    await Promise.all(
      Array.from({ length: 60 }, (_, n) => owner.accounts[n % 2 ? 'enter' : 'leave'].mutate({ account: south })),
    );
    const { rows } = await owner.audit.list.query({ account: south, kind: 'visits', limit: 200 });
    expect(rows).toHaveLength(60);
    expect(await verify(owner, api.root)).toEqual({ rows: { first: 1, last: before + 60 }, faults: [], next: null });
  });
});
