import { Kysely, PostgresDialect } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Pool } from '../src/connections.ts';
import { applyFunctions, functionOf, readFunctions, type SqlFunction } from '../src/functions/apply-functions.ts';
import { isMigrated, migrate } from '../src/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';

let test: TestDatabase;
let functions: readonly SqlFunction[];
beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
  functions = await readFunctions();
});
afterAll(() => test.drop());

/** What each function of a database is, those of extensions aside, its grants included, and the row that says so, which is another after every change. */
async function stateOf(database: TestDatabase): Promise<Map<string, { definition: string; row: string }>> {
  const rows = await database.asOwner<{ name: string; definition: string; row: string }>(`
    SELECT n.nspname || '.' || p.oid::regprocedure AS name, p.xmin || ' ' || p.ctid AS row,
      CASE p.prokind WHEN 'a' THEN (SELECT a::text FROM pg_aggregate a WHERE a.aggfnoid = p.oid) ELSE pg_get_functiondef(p.oid) END
        || (SELECT string_agg(x.grantee::regrole || ' ' || x.privilege_type, ', ' ORDER BY x.grantee)
          FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x) AS definition
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('public', 'auth')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') ORDER BY 1`);
  return new Map(rows.map(({ name, definition, row }) => [name, { definition, row }]));
}
const definitionsOf = async (database: TestDatabase): Promise<Map<string, string>> =>
  new Map([...(await stateOf(database))].map(([name, { definition }]) => [name, definition]));
const changedSince = (before: Map<string, { row: string }>, after: Map<string, { row: string }>): string[] =>
  [...after].flatMap(([name, { row }]) => (before.get(name)?.row === row ? [] : [name]));

const apply = async (database: TestDatabase, wanted: readonly SqlFunction[]): Promise<void> => {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: new Pool(database.config) }) });
  try {
    await applyFunctions(db, wanted);
  } finally {
    await db.destroy();
  }
};
/** This release, with one function more or another one. */
const withOne = (name: string, text: string): SqlFunction[] => [
  ...functions.filter((one) => one.name !== name),
  functionOf(name, text),
];

describe('The functions of the database', () => {
  it('have exactly one file each, and are what it says', async () => {
    const named = [...(await definitionsOf(test)).keys()].map((signature) => signature.replace(/^public\.|\(.*$/g, ''));
    expect(named.toSorted()).toEqual(functions.map(({ name }) => name).toSorted());
    const before = await definitionsOf(test);
    // With their bodies checked, which nobody does where they are applied: they call each other.
    for (const { text } of functions) await test.asOwner(text);
    expect(await definitionsOf(test)).toEqual(before);
  });

  // Of two indexes that fit the planner takes either: also where one is unique and the other is a range that holds 100 000 accounts by now.
  it('look an account up by its id, and only then at whether it is below the acting one', () => {
    const ledByPlace = /\bid = (?:(?!RETURNING)[^;])*path_key < acting_end\(\)(?!\) IS)/;
    const byPlace = functions.flatMap(({ name, text }) =>
      text.split(/\bWHERE\b/).some((condition) => ledByPlace.test(condition)) ? [name] : [],
    );
    expect(byPlace).toEqual([]);
  });

  it('are the same in a database that comes from an earlier release, whatever became of them there', async () => {
    const other = await createTestDatabase(inject('database'), { template: 'empty' });
    try {
      await migrate(other.config, { to: '0020-young-tables' });
      await other.asOwner(
        'CREATE OR REPLACE FUNCTION tree_of(p_account uuid) RETURNS uuid LANGUAGE sql AS $$ SELECT p_account $$',
      );
      await migrate(other.config);
      expect(await definitionsOf(other)).toEqual(await definitionsOf(test));
    } finally {
      await other.drop();
    }
  });

  it('are applied again when their file has changed, and no other is touched', async () => {
    const before = await stateOf(test);
    await migrate(test.config);
    expect(changedSince(before, await stateOf(test))).toEqual([]);
    const text = functions
      .find(({ name }) => name === 'tree_of')!
      .text.replace('SELECT root_id', 'SELECT /* anew */ root_id');
    await apply(test, withOne('tree_of', text.replace(/GRANT.*/, '')));
    const after = await stateOf(test);
    expect(changedSince(before, after)).toEqual(['public.tree_of(uuid)']);
    // What its file grants no more is not granted.
    expect(after.get('public.tree_of(uuid)')!.definition).toMatch(/anew[^]*\$\npostgres EXECUTE$/);
    expect(await isMigrated(test.config)).toBe(false);
    await migrate(test.config);
    expect(await isMigrated(test.config)).toBe(true);
    expect(await definitionsOf(test)).toEqual(new Map([...before].map(([name, { definition }]) => [name, definition])));
  });

  it('may take other parameters and return something else, and there is one of each name then', async () => {
    const before = await definitionsOf(test);
    const ones = [
      ['bytea', 'CREATE OR REPLACE FUNCTION shared_levels(p_key bytea) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;'],
      ['text', 'CREATE OR REPLACE FUNCTION shared_levels(p_key text) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;'],
      ['text', 'CREATE OR REPLACE FUNCTION shared_levels(p_key text) RETURNS text LANGUAGE sql AS $$ SELECT p_key $$;'],
    ] as const;
    for (const [parameters, text] of ones) {
      await apply(test, withOne('shared_levels', `${text} REVOKE ALL ON FUNCTION shared_levels FROM PUBLIC;`));
      const found = [...(await definitionsOf(test)).keys()].filter((name) => name.startsWith('public.shared_levels'));
      expect(found).toEqual([`public.shared_levels(${parameters})`]);
    }
    await migrate(test.config);
    expect(await definitionsOf(test)).toEqual(before);
  });

  it('are applied all or not at all, and a policy keeps the one that it asks', async () => {
    const before = await stateOf(test);
    const tree = functionOf(
      'tree_of',
      'CREATE OR REPLACE FUNCTION tree_of(p_account uuid) RETURNS uuid LANGUAGE sql AS $$ SELECT p_account $$',
    );
    const others = withOne(
      'acting_root',
      'CREATE OR REPLACE FUNCTION acting_root() RETURNS text LANGUAGE sql AS $$ SELECT 1 $$',
    );
    const wanted = [tree, ...others.filter(({ name }) => name !== 'tree_of')];
    await expect(apply(test, wanted)).rejects.toThrow(/other objects depend on it/);
    await expect(apply(test, withOne('misnamed', 'SELECT 1'))).rejects.toThrow(
      'misnamed.sql makes no function of that name',
    );
    await migrate(test.config);
    expect(changedSince(before, await stateOf(test))).toEqual([]);
  });
});
