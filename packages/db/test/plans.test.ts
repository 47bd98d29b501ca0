import type { AccountId } from '@tenantree/domain';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  type Database,
  listChildren,
  openDatabase,
  SEARCH_BOUNDS,
  searchSubtree,
  settleEverySort,
  type TenantTransaction,
} from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { NOVEMBER_10, plant, ticking } from './tenants.ts';

const SMALL = 40;
const LARGE = 20_000;
const FOLDER = 4_000;

let test: TestDatabase;
/** One connection, so that a statement prepared for one tenant is there for the next. */
let db: Database;
let root: AccountId;
let small: AccountId;
let large: AccountId;
let folder: AccountId;
const now = ticking(NOVEMBER_10);

beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
  root = await plant(test.db, null, 'Root', now());
  small = await plant(test.db, root, 'Small', now());
  large = await plant(test.db, root, 'Large', now());
  folder = await plant(test.db, large, 'Folder', now());
  const branch = await plant(test.db, large, 'Branch', now());
  const owner = new pg.Client(test.config);
  await owner.connect();
  for (const [parent, n] of [
    [small, SMALL],
    [folder, FOLDER],
    [branch, LARGE - FOLDER],
  ] as const) {
    await owner.query(
      `INSERT INTO accounts (id, root_id, parent_id, path_key, name, name_key, billing_mode, payer_id, version, created_at)
       SELECT u.id, p.root_id, p.id, p.path_key || uuid_send(u.id), 'Account ' || i, 'account ' || i, 'parent', p.payer_id, 1, now()
       FROM accounts p, generate_series(1, $2) i CROSS JOIN LATERAL (SELECT uuidv7() AS id WHERE i > 0) u WHERE p.id = $1`,
      [parent, n],
    );
    // Foreign keys keep the plan that they made for a small table: read one row after the other, until it is known to be large.
    await owner.query('ANALYZE accounts');
  }
  // Where so many are, they have rows that they are sorted by.
  await owner.query('UPDATE accounts SET children = $2 WHERE id = $1', [folder, FOLDER]);
  await owner.query('UPDATE accounts SET subaccounts = $2 WHERE id = ANY ($1)', [[root, large], LARGE]);
  await owner.query(
    `INSERT INTO usage_totals (account_id, meter, period, own, total, own_events, total_events, version)
     SELECT id, 'call.seconds', '2026-11-01Z', depth, depth, 1, 1, 1 FROM accounts`,
  );
  await owner.query('VACUUM ANALYZE');
  await owner.end();
  db = openDatabase(test.serving, { connections: 3 });
});
afterAll(async () => {
  await db.close();
  await test.drop();
});

/** How many accounts a transaction has read so far, by index or one after the other. */
const readSoFar = async (trx: TenantTransaction): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    SELECT (pg_stat_get_xact_tuples_returned(c.oid) + pg_stat_get_xact_tuples_fetched(c.oid)
      + (SELECT coalesce(sum(pg_stat_get_xact_tuples_returned(i.indexrelid)), 0) FROM pg_index i WHERE i.indrelid = c.oid))::int AS n
    FROM pg_class c WHERE c.oid = 'accounts'::regclass`.execute(trx);
  return rows[0]!.n;
};

const PAGE = {
  sort: 'name',
  direction: 'desc',
  statuses: ['active', 'suspended'],
  after: null,
  limit: 50,
  now: now(),
  visibility: 'with_minutes',
} as const;

describe('Reading a page', () => {
  it('reads a page, whichever tenant the same statements were used for before on the connection', async () => {
    for (let i = 0; i < 12; i++)
      await db.withTenant(small, (trx) => listChildren(trx, { ...PAGE, parent: small }), { snapshot: true });
    for (const acting of [root, large, folder]) {
      const [rows, read] = await db.withTenant(
        acting,
        async (trx) => {
          const before = await readSoFar(trx);
          const page = await listChildren(trx, { ...PAGE, parent: folder });
          return [page.rows.length, (await readSoFar(trx)) - before];
        },
        { snapshot: true },
      );
      expect(rows).toBe(50);
      expect(read).toBeLessThan(600);
    }
  });

  it('reads no more by a prepared statement, where one is kept for all', async () => {
    const page = async (acting: AccountId, parent: AccountId): Promise<number> =>
      db.withTenant(acting, async (trx) => {
        const before = await readSoFar(trx);
        await sql`EXECUTE page (${sql.lit(parent)})`.execute(trx);
        return (await readSoFar(trx)) - before;
      });
    const prepare = sql`PREPARE page (uuid) AS SELECT id, name FROM accounts WHERE root_id = acting_root() AND parent_id = $1
      AND status = ANY ('{active,suspended}') ORDER BY name_key DESC, id DESC LIMIT 51`;
    await db.withTenant(small, (trx) => prepare.execute(trx));
    for (let i = 0; i < 12; i++) expect(await page(small, small)).toBeLessThan(600);
    expect(await page(large, folder)).toBeLessThan(600);
    expect(await page(root, folder)).toBeLessThan(600);
  });
});

/** How often a transaction has read a table one row after the other so far. */
const scansSoFar = async (trx: TenantTransaction): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    SELECT sum(seq_scan)::int AS n FROM pg_stat_xact_user_tables
    WHERE relname IN ('accounts', 'account_search', 'account_sort_minutes', 'account_sort_counts', 'usage_totals')`.execute(
    trx,
  );
  return rows[0]!.n;
};

/** What is read of accounts while something is done, which reads no large table one row after the other. */
async function reading(trx: TenantTransaction, work: () => Promise<void>): Promise<number> {
  const [before, scans] = [await readSoFar(trx), await scansSoFar(trx)];
  await work();
  expect(await scansSoFar(trx)).toBe(scans);
  return (await readSoFar(trx)) - before;
}

describe('Children of an account with many', () => {
  it.each(['minutes', 'members', 'agents'] as const)('are read by the page when sorted by %s', async (sort) => {
    await settleEverySort(db, PAGE.now);
    for (const acting of [root, folder])
      await db.withTenant(acting, async (trx) => {
        const { next: after } = await listChildren(trx, { ...PAGE, sort, parent: folder });
        const read = await reading(trx, async () => {
          const { rows } = await listChildren(trx, { ...PAGE, sort, parent: folder, after });
          expect(rows).toHaveLength(50);
        });
        expect(read).toBeLessThan(600);
      });
  });
});

describe('A search', () => {
  const bounds = { ...SEARCH_BOUNDS, whole: 1_000, names: 200, candidates: 100, enough: 50 };
  const search = (acting: AccountId, within: AccountId, text: string): Promise<{ read: number; found: number }> =>
    db.withTenant(acting, async (trx) => {
      let found = 0;
      const read = await reading(trx, async () => {
        const { matches } = await searchSubtree(trx, { ...PAGE, within, text, textKey: text }, bounds);
        found = matches.length;
      });
      return { read, found };
    });

  it('of a small subtree reads the subtree, whoever asks and whatever else is in the tree', async () => {
    for (const acting of [root, small]) {
      const { read, found } = await search(acting, small, 'account');
      expect(found).toBe(SMALL);
      expect(read).toBeLessThan(600);
    }
  });

  it.each(['account', '1234', 'ccou', 'nothing', 'account 17 1', '7', 'no count acc'])(
    'of a large one for “%s” reads no more than its bounds',
    async (text) => {
      for (const acting of [root, large]) expect((await search(acting, acting, text)).read).toBeLessThan(3_000);
    },
  );
});

it('A statement is never compiled to machine code, which would take longer than it does itself', async () => {
  const { rows } = await db.withTenant(large, (trx) => sql<{ jit: string }>`SHOW jit`.execute(trx));
  expect(rows).toEqual([{ jit: 'off' }]);
});
