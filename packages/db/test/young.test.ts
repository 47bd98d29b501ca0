import { type AccountId, type Instant, instantOf, type RowId } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { further } from '../../../scripts/further.ts';
import * as store from '../src/index.ts';
import {
  findProducts,
  findUsers,
  insertProducts,
  issueWaiting,
  labelProducts,
  type ProductToWrite,
  readInVersions,
  readLinks,
  recordUsage,
  type TenantTransaction,
  updateProduct,
} from '../src/index.ts';
import type { TestDatabase } from '../src/testing.ts';
import { blocksOf, type Explained, partOf, passedOverBy } from './explained.ts';
import { ELSEWHERE, readsOf } from './reads.ts';
import { count, event, freshId, NOVEMBER_10 } from './tenants.ts';
import {
  FEW,
  hasGrown,
  KEPT,
  LATER,
  MANY,
  openYoung,
  UNTIL_KEPT,
  type YoungDatabase,
  type YoungTree,
} from './young-tree.ts';

// A tree that is younger than what the planner knows, and imports into very many accounts: young.long.test.ts.
const OCTOBER_20 = Date.parse('2026-10-20T12:00:00Z');
let young: YoungDatabase;
let test: TestDatabase;
let explained: Explained;
let tree: YoungTree;
const now = (): Instant => young.now();

beforeAll(async () => {
  young = await openYoung();
  ({ test, explained } = young);
  tree = await young.plantFew('ada');
});
afterAll(() => young.close());

describe('A database that nobody has analyzed yet', () => {
  it('is asked every read that there is', () => {
    const asked = new Set(Object.keys(readsOf(explained.db, tree.ids)).map((name) => name.split(/[ ,]/)[0]));
    const reads = Object.keys(store).filter((name) => /^(read|list|search|find|resolve)[A-Z]/.test(name));
    expect(ELSEWHERE.filter((name) => reads.includes(name)).toSorted()).toEqual(ELSEWHERE);
    expect(reads.filter((name) => !asked.has(name) && !ELSEWHERE.includes(name))).toEqual([]);
  });

  further('reads no more of many accounts than of few', async () => {
    expect(await young.grownReads(tree, UNTIL_KEPT)).toEqual([]);
  });

  it('looks at each account once where hundreds come to their limits at one time', async () => {
    const { db } = explained;
    const limited = await test.asOwner<{ id: AccountId }>(
      'SELECT a.id FROM accounts a JOIN limits b ON b.root_id = a.root_id AND b.account_id = a.id WHERE a.parent_id = $1 LIMIT 500',
      [tree.rest],
    );
    const used = async (key: string): Promise<number[]> => {
      const events = limited.map(({ id }) => ({ ...event(id, key, '60', now()), root: tree.ids.root }));
      const options = { meter: 'call.seconds', now: now(), keysSince: instantOf(NOVEMBER_10) } as const;
      const recorded = await explained.ranFor(() => recordUsage(db, events, options));
      const counted = await explained.ranFor(() => count(db, now()));
      return [recorded, counted].map((ran) => ran.reduce((sum, statement) => sum + passedOverBy(statement), 0));
    };
    // Half of it, then all of it, then more than that.
    for (const key of ['half', 'all', 'over'])
      for (const passedOver of await used(key)) expect(passedOver).toBeLessThan(5 * MANY);
    const [told] = await test.asOwner<{ n: number }>(
      `SELECT count(*)::int AS n FROM journal WHERE kind = 'limit.reached'`,
    );
    expect(told).toEqual({ n: 2 * limited.length });
  }, 120_000);

  it('looks keys of a young month up one by one', async () => {
    const { db } = explained;
    const accounts = await test.asOwner<{ id: AccountId }>('SELECT id FROM accounts WHERE parent_id = $1', [
      tree.ids.flat,
    ]);
    const [inOctober, inNovember] = [instantOf(OCTOBER_20), instantOf(NOVEMBER_10)];
    const recorded = async (
      key: string,
      occurredAt: Instant,
    ): Promise<{ passedOver: number; outcomes: Set<string> }> => {
      const events = accounts.flatMap(({ id }) =>
        ['a', 'b', 'c', 'd', 'e'].map((part) => ({ ...event(id, key + part, '1', occurredAt), root: tree.ids.root })),
      );
      let outcomes = new Set<string>();
      const ran = await explained.ranFor(async () => {
        const options = { meter: 'call.seconds', now: now(), keysSince: inOctober } as const;
        outcomes = new Set(await recordUsage(db, events, options));
      });
      return { passedOver: ran.reduce((sum, statement) => sum + passedOverBy(statement), 0), outcomes };
    };
    for (const key of ['young', 'younger', 'youngest']) await recorded(key, inNovember);
    // What is known by its key in its own month, and in another month.
    for (const [at, outcome] of [
      [inNovember, 'duplicate'],
      [inOctober, 'conflict'],
    ] as const) {
      const { passedOver, outcomes } = await recorded('young', at);
      expect(outcomes).toEqual(new Set([outcome]));
      expect(passedOver).toBeLessThan(50 * accounts.length);
    }
  }, 120_000);
});

describe('A tree that is younger than what the planner knows', () => {
  it('is half of each table for it, as is any other one, and an account half of what its tree owns', async () => {
    await test.asOwner('ANALYZE');
    const tables = await test.asOwner<{ name: string; of: string; distinct: number | null; common: unknown }>(
      `SELECT c.relname AS name, a.attname AS of, s.n_distinct AS distinct, s.most_common_vals AS common FROM pg_class c
       JOIN pg_attribute a ON a.attrelid = c.oid AND (a.attname = 'root_id' OR (a.attname = 'account_id' AND c.relname LIKE 'product%'))
       LEFT JOIN pg_stats s ON s.schemaname = 'public' AND s.tablename = c.relname AND s.attname = a.attname
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')`,
    );
    expect(tables.length).toBeGreaterThan(25);
    expect(tables.filter(({ distinct, common }) => distinct !== 2 || common !== null)).toEqual([]);
  });
});

/** Gives each of some accounts agents of which each names the one before it, is a copy of it, and was another one. */
const own = (where: string, from: number, to: number): Promise<unknown> =>
  test.asOwner(
    `WITH made AS (
       INSERT INTO products (root_id, account_id, id, kind, name, name_key, version, doc, saved_at, saved_by, tree_version)
       SELECT a.root_id, a.id, uuidv7(), 'agent', 'Agent ' || i, 'agent ' || i, 2, '{}', now(), '{"id": null, "name": "Ada"}', 1
       FROM accounts a, generate_series($1::int, $2) i WHERE ${where} RETURNING root_id, account_id, id
     ), paired AS (
       SELECT m.*, coalesce(lag(m.id) OVER (PARTITION BY m.account_id ORDER BY m.id), m.id) AS before FROM made m
     ), named AS (
       INSERT INTO product_refs (root_id, account_id, from_id, place, to_id, required)
       SELECT root_id, account_id, id, '/next', before, true FROM paired WHERE before <> id
     ), linked AS (
       INSERT INTO product_links (root_id, account_id, product_id, source_account, source_id, source_version, source_name, base_doc, ids, needs, activates, version)
       SELECT root_id, account_id, id, account_id, uuidv7(), 1, 'Agent', '{}', '[]', '{}', false, 1 FROM made
     )
     INSERT INTO product_versions (root_id, account_id, product_id, version, kind, name, doc, saved_at, saved_by, ended_at, ended_by, deleted, tree_version)
     SELECT root_id, account_id, id, 1, 'agent', 'Agent', '{}', now(), '{}', now(), '{}', false, 1 FROM made`,
    [from, to],
  );

describe('An account that came to own products after what the planner knows', () => {
  it('reads and writes no more of many products than of few', async () => {
    await young.grow(tree.rest, 2 * MANY, 2 * MANY + 1_000, LATER);
    await own(`a.parent_id = '${tree.rest}'`, 1, 1);
    await test.asOwner('ANALYZE');
    const { leaf } = tree.ids;
    await own(`a.id = '${leaf}'`, 1, FEW);
    const [one, other] = await test.asOwner<{ id: RowId }>(
      'SELECT id FROM products WHERE account_id = $1 ORDER BY id LIMIT 2',
      [leaf],
    );
    const [first, second] = [one!.id, other!.id];
    const { db } = explained;
    const inLeaf = (work: (trx: TenantTransaction) => Promise<unknown>) => () => db.withTenant(leaf, work);
    const writing = { account: leaf, kind: 'agent', by: { id: null, name: 'Ada' }, treeVersion: 1 } as const;
    const named = (): ProductToWrite => {
      const id = freshId() as string as RowId;
      const refs = [{ place: '/next', id: first, need: 'required' as const }];
      return { id, externalId: null, version: 1, name: { name: id, key: id }, document: { name: id }, refs };
    };
    let made = named();
    const acts: Record<string, () => Promise<unknown>> = {
      findProducts: inLeaf((trx) => findProducts(trx, leaf, 'agent', [first])),
      labelProducts: inLeaf((trx) => labelProducts(trx, leaf, [first])),
      findUsers: inLeaf((trx) => findUsers(trx, leaf, [second], { need: 'any', limit: 50 })),
      readLinks: inLeaf((trx) => readLinks(trx, leaf, [second])),
      readInVersions: inLeaf((trx) => readInVersions(trx, leaf, [{ product: first, version: 1 }])),
      insertProducts: inLeaf((trx) => {
        made = named();
        return insertProducts(trx, { ...writing, at: now() }, [made]);
      }),
      updateProduct: inLeaf((trx) => {
        made = { ...made, version: made.version + 1 };
        return updateProduct(trx, { ...writing, at: now() }, made);
      }),
    };
    const few: number[] = [];
    for (const act of Object.values(acts)) few.push(await young.costOf(act, UNTIL_KEPT));
    await own(`a.id = '${leaf}'`, FEW + 1, MANY);
    const grown: string[] = [];
    for (const [i, [name, act]] of Object.entries(acts).entries()) {
      const blocks = await young.costOf(act, KEPT);
      if (hasGrown(few[i]!, blocks)) grown.push(`${name}: ${few[i]} blocks at ${FEW} products, ${blocks} at ${MANY}`);
    }
    expect(grown).toEqual([]);
  }, 120_000);
});

describe('Drafts that are issued', () => {
  it('are looked up by themselves, however many were issued before', async () => {
    const { db } = explained;
    const bill = (from: number, to: number) =>
      test.asOwner(
        `INSERT INTO invoices (account_id, id, kind, period, series, currency, exponent, total, lines, terms, drafted_at)
         SELECT uuidv7(), uuidv7(), 'period', '2026-10-01Z', 'INV', 'EUR', 2, 100, 0, '{"told": {}}', now() + i * interval '1 ms'
         FROM generate_series($1::int, $2) i`,
        [from, to],
      );
    const by = { actor: { kind: 'system', id: null, name: 'Tenantree', via: null }, requestId: null } as const;
    const drafts = 20;
    const cost = async (): Promise<number> => {
      let issued = 0;
      const ran = await explained.ranFor(async () => {
        issued = await issueWaiting(db, now(), drafts, by);
      });
      expect(issued).toBe(drafts);
      const [lookedUp] = ran.filter(({ text }) => text.includes('UPDATE invoices')).flatMap((one) => partOf(one, 'd'));
      return blocksOf(lookedUp!);
    };
    await bill(1, drafts);
    const few = await cost();
    await bill(drafts + 1, MANY);
    await issueWaiting(db, now(), MANY, by);
    await bill(MANY + 1, MANY + drafts);
    expect(hasGrown(few, await cost())).toBe(false);
  }, 120_000);
});
