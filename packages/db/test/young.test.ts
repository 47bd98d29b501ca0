import { type AccountId, type Instant, instantOf, type RowId, type UserId } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import * as store from '../src/index.ts';
import {
  appendTraces,
  findProducts,
  findUsers,
  insertJob,
  insertProducts,
  issueWaiting,
  labelProducts,
  type ProductToWrite,
  readInVersions,
  readLinks,
  readWaiting,
  recordUsage,
  type TenantTransaction,
  updateProduct,
} from '../src/index.ts';
import { createLoneDatabase, type TestDatabase } from '../src/testing.ts';
import { blocksOf, type Explained, openExplained, partOf, passedOverBy } from './explained.ts';
import { ELSEWHERE, readsOf } from './reads.ts';
import { count, enrol, event, freshId, NOVEMBER_10, person, plant, ticking, visit } from './tenants.ts';

const OCTOBER_20 = Date.parse('2026-10-20T12:00:00Z');
const FEW = 100;
const MANY = 4_000;
/** What is read of a database grows by levels of its indexes only. */
const [MOST_GROWTH, MOST_MORE] = [1.3, 20];

let test: TestDatabase;
let explained: Explained;
let ids: Record<'root' | 'flat' | 'small' | 'leaf', AccountId> & { readonly user: UserId };
let neighbour: UserId;
/** Where accounts come later. */
let rest: AccountId;
const now = ticking(NOVEMBER_10);

/** So often something runs whose plan may be kept from the sixth time on, and something whose plan is: the fewest blocks of three count. */
const [UNTIL_KEPT, KEPT] = [8, 3];

/** How accounts are called, and agents of each. */
type Kind = { readonly name: string; readonly agents: number };
const FIRST: Kind = { name: 'Account', agents: 0 };
/** Behind all others by name, and none without agents: how many there are of those is counted, one by one. */
const LATER: Kind = { name: 'Later account', agents: 1 };

/** Adds accounts at once, each with a member, a key, a total, and a maximum that it is far from. */
const grow = (parent: AccountId, from: number, to: number, { name, agents }: Kind): Promise<unknown> =>
  test.asOwner(
    `WITH born AS (
       INSERT INTO accounts (id, root_id, parent_id, path_key, name, name_key, external_id, billing_mode, payer_id, version, created_at, own_agents, total_agents, own_members, total_members)
       SELECT u.id, p.root_id, p.id, p.path_key || uuid_send(u.id), $5 || i, lower($5) || i, 'y-' || i, 'parent', p.payer_id, 1, now(), $6::int, $6, 1, 1
       FROM accounts p, generate_series($2::int, $3) i CROSS JOIN LATERAL (SELECT uuidv7() AS id WHERE i > 0) u WHERE p.id = $1
       RETURNING id, root_id
     ), counted AS (
       INSERT INTO usage_totals (account_id, meter, period, own, total, own_events, total_events, version, tells_at)
       SELECT id, 'call.seconds', '2026-11-01Z', 60, 60, 1, 1, 1, 0 FROM born
     ), bounded AS (
       INSERT INTO limits (root_id, account_id, kind, metered, cap, thresholds) SELECT root_id, id, 'call.seconds', true, 6000, '{50,100}' FROM born
     ), keyed AS (
       INSERT INTO api_keys (root_id, account_id, id, user_id, name, prefix, token_hash, scopes, created_at)
       SELECT root_id, id, uuidv7(), $4, 'Key', 'tt_', sha256(uuid_send(id)), '[]', now() FROM born
     )
     INSERT INTO members (root_id, account_id, user_id, role, created_at) SELECT root_id, id, $4, 'owner', now() FROM born`,
    [parent, from, to, neighbour, `${name} `, agents],
  );

/** Everything that is done with a database, as it is done in one of any age. */
function work(): Record<string, () => Promise<unknown>> {
  const { db } = explained;
  const reads = readsOf(db, ids);
  // A search of few accounts reads them all, of more as many as its bounds say (plans.test.ts).
  for (const name of ['common', 'few', 'none', 'restricted']) delete reads[`searchSubtree, ${name}`];
  let made = ids.leaf;
  return {
    ...reads,
    'create an account': async () => {
      made = await plant(db, rest, `Account of ${now()}`, now());
    },
    'make somebody its member': async () => enrol(db, made, await person(db, 'cyd', now()), 'member', now()),
  };
}

/** Blocks that something looks at: the fewest of its last three runs. */
async function costOf(act: () => Promise<unknown>, runs: number): Promise<number> {
  const costs: number[] = [];
  for (let i = 0; i < runs; i++) {
    const ran = await explained.ranFor(act);
    costs.push(ran.reduce((sum, statement) => sum + blocksOf(statement), 0));
  }
  // Now and then one tidies up an index.
  return Math.min(...costs.slice(-3));
}

/** Plants the tree that is asked about, with few accounts. */
async function plantFew(owner: string): Promise<void> {
  const { db } = explained;
  const user = await person(db, owner, now());
  const root = await plant(db, null, 'Root', now());
  await enrol(db, root, user, 'owner', now());
  const [flat, small] = [await plant(db, root, 'Flat', now()), await plant(db, root, 'Small', now())];
  ids = { root, flat, small, leaf: await plant(db, small, 'Leaf', now()), user };
  rest = await plant(db, root, 'Rest', now());
  await grow(flat, 1, FEW, FIRST);
  // A log of more than a page, then as later: of every account something is told.
  const some = await test.asOwner<{ id: AccountId }>('SELECT id FROM accounts WHERE parent_id = $1', [flat]);
  await appendTraces(
    db,
    some.map(({ id }) => visit(id, now())),
  );
}

/** What reads more of many accounts than of few, as the tree grows. */
async function grownReads(runs: number): Promise<string[]> {
  const acts = Object.entries(work());
  const few: number[] = [];
  for (const [, act] of acts) few.push(await costOf(act, runs));
  await grow(rest, FEW + 1, MANY, LATER);
  const grown: string[] = [];
  for (const [i, [name, act]] of acts.entries()) {
    const blocks = await costOf(act, KEPT);
    if (blocks > MOST_GROWTH * few[i]! + MOST_MORE)
      grown.push(`${name}: ${few[i]} blocks at ${FEW} accounts, ${blocks} at ${MANY}`);
  }
  return grown;
}

beforeAll(async () => {
  test = await createLoneDatabase(inject('cluster'));
  const tables = await test.asOwner<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'auth'::regnamespace)`,
  );
  for (const { name } of tables) await test.asOwner(`ALTER TABLE ${name} SET (autovacuum_enabled = false)`);
  explained = await openExplained(test);
  neighbour = await person(explained.db, 'ben', now());
  await plantFew('ada');
});
afterAll(async () => {
  await explained?.close();
  await test.drop();
});

describe('A database that nobody has analyzed yet', () => {
  it('is asked every read that there is', () => {
    const asked = new Set(Object.keys(readsOf(explained.db, ids)).map((name) => name.split(/[ ,]/)[0]));
    const reads = Object.keys(store).filter((name) => /^(read|list|search|find|resolve)[A-Z]/.test(name));
    expect(ELSEWHERE.filter((name) => reads.includes(name)).toSorted()).toEqual(ELSEWHERE);
    expect(reads.filter((name) => !asked.has(name) && !ELSEWHERE.includes(name))).toEqual([]);
  });

  it('reads no more of many accounts than of few', async () => {
    expect(await grownReads(UNTIL_KEPT)).toEqual([]);
  }, 120_000);

  it('looks at each account once where hundreds come to their limits at one time', async () => {
    const { db } = explained;
    const limited = await test.asOwner<{ id: AccountId }>(
      'SELECT a.id FROM accounts a JOIN limits b ON b.root_id = a.root_id AND b.account_id = a.id WHERE a.parent_id = $1 LIMIT 500',
      [rest],
    );
    const used = async (key: string): Promise<number[]> => {
      const events = limited.map(({ id }) => ({ ...event(id, key, '60', now()), root: ids.root }));
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
    const accounts = await test.asOwner<{ id: AccountId }>('SELECT id FROM accounts WHERE parent_id = $1', [ids.flat]);
    const [inOctober, inNovember] = [instantOf(OCTOBER_20), instantOf(NOVEMBER_10)];
    const recorded = async (
      key: string,
      occurredAt: Instant,
    ): Promise<{ passedOver: number; outcomes: Set<string> }> => {
      const events = accounts.flatMap(({ id }) =>
        ['a', 'b', 'c', 'd', 'e'].map((part) => ({ ...event(id, key + part, '1', occurredAt), root: ids.root })),
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

  it('reads no more of many accounts than of few', async () => {
    await plantFew('eve');
    // By the connection that did it all before.
    expect(await grownReads(KEPT)).toEqual([]);
  }, 120_000);
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
    await grow(rest, 2 * MANY, 2 * MANY + 1_000, LATER);
    await own(`a.parent_id = '${rest}'`, 1, 1);
    await test.asOwner('ANALYZE');
    const { leaf } = ids;
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
    for (const act of Object.values(acts)) few.push(await costOf(act, UNTIL_KEPT));
    await own(`a.id = '${leaf}'`, FEW + 1, MANY);
    const grown: string[] = [];
    for (const [i, [name, act]] of Object.entries(acts).entries()) {
      const blocks = await costOf(act, KEPT);
      if (blocks > MOST_GROWTH * few[i]! + MOST_MORE)
        grown.push(`${name}: ${few[i]} blocks at ${FEW} products, ${blocks} at ${MANY}`);
    }
    expect(grown).toEqual([]);
  }, 120_000);
});

/** A job that brought an agent that waits for a secret into each of so many accounts more. */
const bring = (job: string, where: string, from: number): Promise<unknown> =>
  test.asOwner(
    `WITH made AS (
       INSERT INTO products (root_id, account_id, id, kind, name, name_key, version, doc, saved_at, saved_by, tree_version)
       SELECT a.root_id, a.id, uuidv7(), 'agent', 'Waiting', 'waiting', 1, '{}', now(), '{"id": null, "name": "Ada"}', 1
       FROM accounts a WHERE ${where} RETURNING root_id, account_id, id
     ), linked AS (
       INSERT INTO product_links (root_id, account_id, product_id, source_account, source_id, source_version, source_name, base_doc, ids, needs, activates, version)
       SELECT root_id, account_id, id, root_id, uuidv7(), 1, 'Waiting', '{}', '[]', '{/secret}', false, 1 FROM made
     )
     INSERT INTO job_items (account_id, job_id, n, target_id, payload, state, result, due_at)
     SELECT j.account_id, j.id, $2 + row_number() OVER (), m.account_id, '{}', 'done',
       jsonb_build_object('items', jsonb_build_array(jsonb_build_object('product', m.id, 'needs', '["/secret"]'::jsonb))), now()
     FROM made m JOIN jobs j ON j.id = $1`,
    [job, from],
  );

describe('An import into very many accounts', () => {
  it('tells by one statement what waits for secrets, and reads no more for a page of many than of few', async () => {
    const { db } = explained;
    const { root } = ids;
    const job = freshId() as string as RowId;
    const asked = {
      actor: { kind: 'person', id: null, name: 'Ada', via: null },
      user: null,
      key: null,
      requestId: null,
    } as const;
    const order = { account: root, job, kind: 'imports.run', key: null, askedBy: asked, now: now() };
    await db.withTenant(root, (trx) => insertJob(trx, { ...order, items: [{ target: root, payload: {} }] }));
    await grow(rest, 3 * MANY + 1, 4 * MANY, LATER);
    const numbered = (first: number, last: number): string =>
      `a.parent_id = '${rest}' AND substr(a.external_id, 3)::int BETWEEN ${first} AND ${last}`;
    const cost = async (): Promise<number> => {
      let told = 0;
      const ran = await explained.ranFor(() =>
        db.withTenant(root, async (trx) => {
          told = (await readWaiting(trx, { account: root, job }, ['agent'], null, 50)).length;
        }),
      );
      expect(told).toBe(50);
      const reads = ran.filter(({ text }) => text.includes('job_items'));
      expect(reads).toHaveLength(1);
      return blocksOf(reads[0]!);
    };
    await bring(job, numbered(3 * MANY + 1, 3 * MANY + FEW), 1);
    const few = await cost();
    await bring(job, numbered(3 * MANY + FEW + 1, 4 * MANY), 1 + FEW);
    expect(await cost()).toBeLessThan(MOST_GROWTH * few + MOST_MORE);
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
    expect(await cost()).toBeLessThan(MOST_GROWTH * few + MOST_MORE);
  }, 120_000);
});
