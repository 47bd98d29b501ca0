import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, codeOf, join } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

let api: Deployment;
let owner: Client;
let north: string;
let harbour: string;
let south: string;
let admin: Client;

const make = async (account: string, name: string): Promise<string> =>
  (await owner.accounts.create.mutate({ account, name })).account.id;

beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
  north = await make(api.root, 'North');
  harbour = await make(north, 'Harbour');
  south = await make(api.root, 'South');
  admin = await join(api.url, owner, north, 'admin@example.com', 'admin');
  await owner.accounts.suspend.mutate({ account: harbour, kind: 'read_only' });
  await owner.accounts.reactivate.mutate({ account: harbour });
  await owner.accounts.enter.mutate({ account: harbour });
  await admin.accounts.rename.mutate({ account: harbour, name: 'Old Harbour' });
});
afterAll(() => api.close());

type Entry = Awaited<ReturnType<Client['audit']['list']['query']>>['rows'][number];
const sayings = (rows: readonly Entry[]): string[] =>
  rows.map(({ account, sentence }) => `${account.name}: ${sentence}`);

describe('The log of an account with everything below it', () => {
  it('shows a parent what was done to its subaccounts, and stands in the log of the subaccount, too', async () => {
    const { rows } = await owner.audit.list.query({ account: api.root, scope: 'nested', limit: 5 });
    expect(sayings(rows)).toEqual([
      'Old Harbour: renamed Harbour to Old Harbour',
      'Old Harbour: entered Harbour',
      'Old Harbour: reactivated Harbour',
      'Old Harbour: suspended Harbour (read-only)',
      'North: joined North as admin',
    ]);
    const own = await owner.audit.list.query({ account: harbour, limit: 4 });
    expect(own.rows).toEqual(rows.slice(0, 4));
  });

  it('is the account’s own alone unless more is asked for', async () => {
    const { rows } = await owner.audit.list.query({ account: north });
    expect(new Set(rows.map(({ account }) => account.id))).toEqual(new Set([north]));
  });

  it('shows nothing from beside or above', async () => {
    const { rows } = await admin.audit.list.query({ account: north, scope: 'nested', limit: 200 });
    expect(new Set(rows.map(({ account }) => account.id))).toEqual(new Set([north, harbour]));
    expect(JSON.stringify(rows)).not.toContain(south);
  });

  it('is for whoever sees the accounts below', async () => {
    const viewer = await join(api.url, owner, north, 'viewer@example.com', 'viewer');
    expect((await viewer.audit.list.query({ account: north })).rows).not.toEqual([]);
    expect(await codeOf(viewer.audit.list.query({ account: north, scope: 'nested' }))).toBe('FORBIDDEN');
  });

  it('is chosen from by kind and by who did it', async () => {
    const ask = { account: api.root, scope: 'nested' } as const;
    const members = await owner.audit.list.query({ ...ask, kind: 'members' });
    expect(new Set(members.rows.map(({ kind }) => kind))).toEqual(new Set(['members']));
    const visits = await owner.audit.list.query({ ...ask, kind: 'visits' });
    expect(sayings(visits.rows)).toEqual(['Old Harbour: entered Harbour']);
    const by = (await admin.session.me.query()).user?.id ?? '';
    const theirs = await owner.audit.list.query({ ...ask, actor: by, kind: 'accounts' });
    expect(sayings(theirs.rows)).toEqual(['Old Harbour: renamed Harbour to Old Harbour']);
  });

  it('goes on page by page without a gap, and a cursor answers no other question', async () => {
    const ask = { account: api.root, scope: 'nested' } as const;
    const all = (await owner.audit.list.query({ ...ask, limit: 200 })).rows.map(({ id }) => id);
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await owner.audit.list.query({ ...ask, limit: 3, ...(cursor && { cursor }) });
      paged.push(...page.rows.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(paged).toEqual(all);
    const { nextCursor } = await owner.audit.list.query({ ...ask, limit: 1 });
    expect(await codeOf(owner.audit.list.query({ account: api.root, cursor: nextCursor ?? '' }))).toBe('BAD_REQUEST');
  });

  it('is given as a file with the same entries, in which nothing runs as a formula', async () => {
    const risky = await make(api.root, '=1+1 & "more", ok');
    const { rows } = await owner.audit.list.query({ account: api.root, scope: 'nested', kind: 'accounts', limit: 200 });
    const ask = { account: api.root, scope: 'nested', kind: 'accounts' } as const;
    const { csv, filename, nextCursor } = await owner.audit.export.query(ask);
    expect([filename, nextCursor]).toEqual([`activity-${api.root}.csv`, null]);
    const [head = '', first = '', ...rest] = csv.split('\r\n');
    expect(head.split(',').slice(0, 6)).toEqual(['id', 'at', 'accountId', 'account', 'actor', 'sentence']);
    expect(first).toContain(`${risky},"'=1+1 & ""more"", ok",Olivia Owner,"created =1+1 & ""more"", ok"`);
    expect(rest).toHaveLength(rows.length);
  });

  it('is the same in a branch of many accounts as in one of few', async () => {
    const branch = await make(api.root, 'Wide');
    const accounts = Array.from({ length: 510 }, (_, i) => ({ name: `Branch ${i}` }));
    await owner.accounts.createMany.mutate({ account: branch, accounts });
    const { rows } = await owner.audit.list.query({ account: branch, scope: 'nested', limit: 200 });
    expect(rows).toHaveLength(200);
    expect(rows.map(({ id }) => id)).toEqual(
      rows
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
    const last = rows[0]!;
    expect((await owner.audit.list.query({ account: last.account.id, scope: 'nested' })).rows).toEqual([last]);
  });
});
