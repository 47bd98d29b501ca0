import { type AccountId, instantOf, keyMembership, parseRole, UNBOUNDED, type UserId } from '@tenantree/domain';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  findApiKey,
  findByExternalId,
  holdStanding,
  migrate,
  readEntrances,
  readInvitations,
  readMembers,
  readMembershipsOn,
} from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { enrol, NOVEMBER_10, person, plant, ticking } from './tenants.ts';

const now = instantOf(NOVEMBER_10);

const asOwner = async (config: pg.ClientConfig, text: string): Promise<pg.QueryResultRow[]> => {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
};

const idOf = (n: number): string => `018f0000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

describe('The migration of creators (rules/people 4)', () => {
  let test: TestDatabase;
  /** Accounts by name: its number, its parent, who made it. */
  const TREE = {
    root: [1, null, 'olivia'],
    north: [2, 'root', 'olivia'],
    harbour: [3, 'north', 'olivia'],
    pier: [4, 'harbour', 'cara'],
    south: [5, 'root', 'adam'],
    valley: [6, 'south', 'adam'],
    west: [7, 'root', 'dan'],
    shut: [8, 'north', 'olivia'],
  } as const;
  const PEOPLE = { olivia: 101, adam: 102, cara: 103, dan: 104 } as const;
  type Name = keyof typeof TREE;
  const account = (name: Name): AccountId => idOf(TREE[name][0]) as AccountId;
  const user = (name: keyof typeof PEOPLE): UserId => idOf(PEOPLE[name]) as UserId;
  const pathTo = (name: Name): AccountId[] => {
    const above: Name | null = TREE[name][1];
    return [...(above === null ? [] : pathTo(above)), account(name)];
  };
  const hash = (n: number): Buffer => Buffer.alloc(32, n);
  const members = async (name: Name) =>
    (await test.db.withTenant(account(name), (trx) => readMembers(trx, account(name)))).map(
      (one) => `${one.name} ${one.role}`,
    );

  beforeAll(async () => {
    test = await createTestDatabase(inject('database'), { template: 'empty' });
    await migrate(test.config, { to: '0012-held-standing' });
    const people = Object.entries(PEOPLE).map(
      ([name, n]) => `('${idOf(n)}', '${name}', '${name}@x.com', '${name}@x.com')`,
    );
    const accounts = (Object.keys(TREE) as Name[]).map((name) => {
      const [n, parent, maker] = TREE[name];
      const path = pathTo(name);
      const closed = name === 'shut' ? `'closed', now()` : `'active', NULL`;
      return `('${idOf(n)}', '${path[0]}', ${parent === null ? 'NULL' : `'${account(parent)}'`}, '{${path.join(',')}}', ${path.length - 1},
        '${name}', '${name}', '${parent === null ? 'direct' : 'parent'}', '${path[0]}', 1, now(), '${user(maker)}', ${closed}, 9, 99)`;
    });
    const memberships = [
      ...(Object.keys(TREE) as Name[]).map((name) => [name, TREE[name][2], 'owner'] as const),
      // Cara was invited to Harbour, and Adam to the main account. Dan was there once; what he made is all that is left to him.
      ['harbour', 'cara', 'owner'] as const,
      ['root', 'adam', 'admin'] as const,
    ].map(([name, who, role]) => `('${account(name)}', '${user(who)}', '${role}', now())`);
    await asOwner(
      test.config,
      `INSERT INTO auth.users (id, name, email, shown_email) VALUES ${people.join()};
       INSERT INTO accounts (id, root_id, parent_id, path, depth, name, name_key, billing_mode, payer_id, version, created_at, created_by,
         status, closed_at, own_members, total_members) VALUES ${accounts.join()};
       INSERT INTO tree_versions VALUES ('${account('root')}', 7);
       INSERT INTO members VALUES ${memberships.join()};
       INSERT INTO api_keys (account_id, id, user_id, name, prefix, token_hash, created_at)
         VALUES ('${account('harbour')}', '${idOf(201)}', '${user('olivia')}', 'Kept', 'tt', '\\x${hash(1).toString('hex')}', now()),
           ('${account('valley')}', '${idOf(202)}', '${user('adam')}', 'Kept too', 'tt', '\\x${hash(2).toString('hex')}', now());
       INSERT INTO invitations (account_id, id, email, shown_email, role, token_hash, invited_by, created_at, expires_at)
         VALUES ('${account('harbour')}', '${idOf(203)}', 'new@x.com', 'new@x.com', 'owner', '\\x03', '${user('olivia')}', now(), '2100-01-01')`,
    );
    await migrate(test.config);
  });
  afterAll(() => test.drop());

  it('drops memberships of those who reach the account from above with at least the same standing, and no other', async () => {
    expect(await members('root')).toEqual(['olivia owner', 'adam admin']);
    expect(await members('north')).toEqual([]);
    expect(await members('harbour')).toEqual(['cara owner']);
    expect(await members('pier')).toEqual([]);
    expect(await members('shut')).toEqual([]);
    // From above Adam is an admin only, who could not invite an owner there.
    expect(await members('south')).toEqual(['adam owner']);
    expect(await members('valley')).toEqual([]);
    expect(await members('west')).toEqual(['dan owner']);
  });

  it('counts people anew, and tells whoever watches that something changed', async () => {
    const rows = await asOwner(
      test.config,
      'SELECT name, own_members AS own, total_members AS total, version FROM accounts ORDER BY id',
    );
    expect(rows.map(({ name, own, total }) => [name, own, total])).toEqual([
      ['root', 2, 4],
      ['north', 0, 1],
      ['harbour', 1, 1],
      ['pier', 0, 0],
      ['south', 1, 1],
      ['valley', 0, 0],
      ['west', 1, 1],
      ['shut', 0, 0],
    ]);
    expect(new Set(rows.map(({ version }) => version))).toEqual(new Set(['8']));
    expect(await asOwner(test.config, 'SELECT version FROM tree_versions')).toEqual([{ version: '8' }]);
  });

  it('keeps keys, invitations and what they may still make', async () => {
    for (const n of [1, 2]) {
      const key = await findApiKey(test.db, hash(n), now);
      const standing = key && keyMembership(key.memberships, key.path, { scopes: UNBOUNDED, within: null });
      expect(standing?.role).toBe('owner');
    }
    const harbour = account('harbour');
    const open = await test.db.withTenant(harbour, (trx) => readInvitations(trx, harbour, now));
    expect(open).toMatchObject([{ email: 'new@x.com', role: 'owner', invitedBy: null }]);
    expect(await readMembershipsOn(test.db, user('olivia'), pathTo('harbour'))).toEqual([
      { account: account('root'), role: 'owner' },
    ]);
    expect(await test.db.withTenant(harbour, (trx) => holdStanding(trx, harbour, user('olivia'), null))).not.toBeNull();
  });
});

describe('Whoever is a member of everything', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase(inject('database'));
  });
  afterAll(() => test.drop());

  type Everywhere = { user: UserId; root: AccountId; leaf: AccountId; tops: AccountId[] };

  /** A tree of a root, its children and one leaf below the last, in all of which one person is owner; and four trees more, in each of which they are in two. */
  async function everywhere(children: number): Promise<Everywhere> {
    const tick = ticking(NOVEMBER_10);
    const user = await person(test.db, `All ${children}`, tick());
    const root = await plant(test.db, null, 'Everything', tick());
    await enrol(test.db, root, user, 'owner', tick());
    await asOwner(
      test.config,
      `INSERT INTO accounts (id, root_id, parent_id, path_key, name, name_key, external_id, billing_mode, payer_id, version, created_at)
         SELECT id, '${root}', '${root}', uuid_send(id), id::text, id::text, id::text, 'parent', '${root}', 1, now()
         FROM (SELECT uuidv7() AS id FROM generate_series(1, ${children}));
       INSERT INTO members (root_id, account_id, user_id, role, created_at)
         SELECT root_id, id, '${user}', 'owner', now() FROM accounts WHERE parent_id = '${root}'`,
    );
    const [last] = await asOwner(
      test.config,
      `SELECT id FROM accounts WHERE parent_id = '${root}' ORDER BY id DESC LIMIT 1`,
    );
    const leaf = await plant(test.db, last?.['id'], 'Leaf', tick());
    await enrol(test.db, leaf, user, 'owner', tick());
    await asOwner(test.config, `UPDATE accounts SET external_id = id::text WHERE id = '${leaf}'`);
    const tops: AccountId[] = [];
    for (let i = 0; i < 4; i++) {
      const top = await plant(test.db, null, `Top ${i}`, tick());
      const below = await plant(test.db, top, 'Below', tick());
      await enrol(test.db, top, user, i % 2 ? 'viewer' : 'admin', tick());
      await enrol(test.db, below, user, 'viewer', tick());
      tops.push(...(i % 2 ? [top, below] : [top]));
    }
    return { user, root, leaf, tops };
  }

  type Trx = Parameters<Parameters<TestDatabase['db']['withTenant']>[1]>[0];

  /** Rows that were taken from tables in this session, however they were found. */
  const rowsRead = async (trx: Trx): Promise<number> => {
    const { rows } = await sql<{ n: string }>`
      SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) AS n FROM pg_stat_xact_all_tables
      WHERE relname IN ('members', 'accounts', 'account_roots', 'users')`.execute(trx);
    return Number(rows[0]?.n);
  };
  const cost = async (trx: Trx, ask: () => Promise<unknown>): Promise<number> => {
    const before = await rowsRead(trx);
    await ask();
    return (await rowsRead(trx)) - before;
  };

  async function costs({ user, root, leaf }: Everywhere) {
    const outside = (text: ReturnType<typeof sql>) =>
      test.db.app.transaction().execute((trx) => cost(trx, () => text.execute(trx)));
    const membersOf = (account: AccountId) =>
      test.db.withTenant(account, (trx) => cost(trx, () => readMembers(trx, account)));
    return {
      entrances: await outside(sql`SELECT * FROM entrances_of(${user}, 500)`),
      externalId: await outside(sql`SELECT accounts_by_external_id(${leaf}, ${user}, NULL)`),
      ownsMain: await outside(sql`SELECT owns_main_account(${user})`),
      graft: await test.db.withTenant(root, (trx) =>
        cost(trx, () => sql`SELECT graft_totals(${leaf}, 1, 1)`.execute(trx)),
      ),
      memberships: await outside(sql`SELECT * FROM memberships_on(${user}, ${[root, leaf]}::uuid[])`),
      membersOfALeaf: await membersOf(leaf),
      membersOfTheRoot: await membersOf(root),
    };
  }

  it('enters at the top of each tree, and costs the same however much is below', async () => {
    const few = await everywhere(40);
    const many = await everywhere(2_000);
    for (const { user, root, tops, leaf } of [few, many]) {
      const entrances = await readEntrances(test.db, user, 500);
      expect(entrances.map(({ id, role }) => [id, parseRole(role)])).toEqual([
        [root, 'owner'],
        [tops[0], 'admin'],
        [tops[1], 'viewer'],
        [tops[3], 'admin'],
        [tops[4], 'viewer'],
        [tops[2], 'viewer'],
        [tops[5], 'viewer'],
      ]);
      expect(await readEntrances(test.db, user, 3)).toHaveLength(3);
      const listed = await test.db.withTenant(leaf, (trx) => readMembers(trx, leaf));
      expect(listed.map(({ userId, role }) => [userId, role])).toEqual([[user, 'owner']]);
      const [account] = await asOwner(
        test.config,
        `SELECT id, external_id FROM accounts WHERE parent_id = '${root}' LIMIT 1`,
      );
      expect(await findByExternalId(test.db, account?.['external_id'], user, null)).toEqual([account?.['id']]);
    }
    // A tree that is younger than the statistics, and one that they know.
    for (const known of [[], ['ANALYZE accounts, members, auth.users, account_roots']]) {
      for (const statement of known) await asOwner(test.config, statement);
      const [small, large] = [await costs(few), await costs(many)];
      for (const [name, rows] of Object.entries(large)) {
        expect(rows, name).toBeLessThanOrEqual(1.3 * small[name as keyof typeof small]);
        expect(rows, name).toBeGreaterThan(0);
      }
    }
  });
});
