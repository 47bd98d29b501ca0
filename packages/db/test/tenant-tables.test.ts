import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type TableClass, TENANT_TABLES } from '../src/tenant-tables.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';

type Table = { name: string; secured: boolean; columns: string[]; required: string[]; key: string[] };
type ForeignKey = { from: string; to: string; columns: string[]; targets: string[]; cascades: boolean; ends: boolean };

let test: TestDatabase;
let tables: Table[];
let foreignKeys: ForeignKey[];

beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
  const owner = new pg.Client(test.config);
  await owner.connect();
  // Partitions are their table's.
  tables = (
    await owner.query<Table>(`
      SELECT c.relname AS name, c.relrowsecurity AS secured,
        ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns,
        ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND attnotnull) AS required,
        ARRAY(SELECT a.attname::text FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY k(num, at)
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.num WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.at) AS key
      FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND c.relname NOT LIKE 'kysely_%'`)
  ).rows;
  foreignKeys = (
    await owner.query<ForeignKey>(`
      SELECT f.conrelid::regclass::text AS "from", f.confrelid::regclass::text AS "to", f.confupdtype = 'c' AS cascades, f.confdeltype = 'c' AS ends,
        ARRAY(SELECT attname::text FROM unnest(f.conkey) WITH ORDINALITY k(num, at) JOIN pg_attribute ON attrelid = f.conrelid AND attnum = num ORDER BY at) AS columns,
        ARRAY(SELECT attname::text FROM unnest(f.confkey) WITH ORDINALITY k(num, at) JOIN pg_attribute ON attrelid = f.confrelid AND attnum = num ORDER BY at) AS targets
      FROM pg_constraint f WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace AND f.conparentid = 0`)
  ).rows;
  await owner.end();
});
afterAll(() => test.drop());

const of = (...classes: TableClass[]): Table[] => tables.filter(({ name }) => classes.includes(TENANT_TABLES[name]!));
const areOfTree = ({ from, to }: ForeignKey): boolean => TENANT_TABLES[from] === 'tree' && TENANT_TABLES[to] === 'tree';

describe('The tables of tenants (rules/data 1)', () => {
  it('all have a class, and row-level security', () => {
    expect(tables.map(({ name }) => name).toSorted()).toEqual(Object.keys(TENANT_TABLES).toSorted());
    expect(tables.filter(({ secured }) => !secured)).toEqual([]);
  });

  it('of a tree are keyed by its root and the account', () => {
    expect(of('tree').length).toBeGreaterThan(5);
    for (const { name, key, required } of of('tree')) {
      expect([name, ...key.slice(0, 2)]).toEqual([name, 'root_id', name === 'accounts' ? 'id' : 'account_id']);
      expect(required, name).toContain('root_id');
    }
  });

  it('of a tree refer to each other within the tree, and follow an account to another one', () => {
    const within = foreignKeys.filter(areOfTree);
    for (const { from, columns, targets } of within) {
      expect([from, columns[0], targets[0]]).toEqual([from, 'root_id', 'root_id']);
    }
    // What belongs to a product follows through it (0083).
    const following = within.filter(
      ({ from, to, columns, cascades }) =>
        cascades &&
        columns[1] === 'account_id' &&
        (to === 'accounts' || (to === 'products' && columns[2] !== 'to_id' && from !== to)),
    );
    // Leases follow by statements of change_root and erase_account: a foreign key would be paid for by every admission (0036).
    expect([...following.map(({ from }) => from), 'leases'].toSorted()).toEqual(
      of('tree')
        .flatMap(({ name }) => (name === 'accounts' ? [] : [name]))
        .toSorted(),
    );
    // Only the account itself says where it stands, by one statement for all of a subtree.
    expect(within.filter(({ cascades }) => !cascades).map(({ from, columns }) => [from, ...columns])).toEqual([
      ['accounts', 'root_id', 'parent_id'],
    ]);
  });

  it('of a tree have no trigger that doesn’t fire when they are carried to another one, with foreign keys off', async () => {
    const owner = new pg.Client(test.config);
    await owner.connect();
    const { rows } = await owner.query<{ of: string; name: string; always: boolean }>(`
      SELECT t.tgrelid::regclass::text AS of, t.tgname AS name, t.tgenabled = 'A' AS always FROM pg_trigger t
      WHERE NOT t.tgisinternal AND t.tgtype & 16 <> 0 AND (t.tgattr = ''
        OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.tgrelid AND a.attnum = ANY (t.tgattr) AND a.attname IN ('root_id', 'path_key', 'parent_id')))`);
    await owner.end();
    const carried = rows.filter(({ of: table }) => TENANT_TABLES[table] === 'tree');
    expect(carried.map(({ name }) => name).toSorted()).toEqual(['keep_sorted']);
    expect(carried.filter(({ always }) => !always)).toEqual([]);
  });

  it('of an account are keyed by it alone, know no tree, and end with it', () => {
    expect(of('account').length).toBeGreaterThan(5);
    for (const { name, key, columns } of of('account')) {
      expect([name, key[0]]).toEqual([name, 'account_id']);
      expect(columns, name).not.toContain('root_id');
    }
    const ending = foreignKeys.filter(({ from }) => TENANT_TABLES[from] === 'account');
    for (const { from, to, columns, ends } of ending)
      expect([from, to, columns, ends]).toEqual([from, 'account_roots', ['account_id'], true]);
    expect(ending.map(({ from }) => from).toSorted()).toEqual(
      of('account')
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  it('of facts are keyed by the account first, know no tree in their keys and refer to none', () => {
    for (const { name, key } of of('fact')) {
      expect([name, key[0]]).toEqual([name, 'account_id']);
      expect(key, name).not.toContain('root_id');
    }
    expect(
      foreignKeys.filter(({ from }) => !['tree', 'account'].includes(TENANT_TABLES[from]!)).map(({ from }) => from),
    ).toEqual(['account_roots']);
  });

  it('of journals and versions are keyed by the tree', () => {
    for (const { name, key } of of('journal', 'version')) expect([name, key[0]]).toEqual([name, 'root_id']);
    for (const { name, key, required } of of('queue'))
      expect([name, key, required.includes('root_id')]).toEqual([name, [], true]);
  });
});
