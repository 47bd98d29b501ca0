import { type AccountId, type UserId } from '@tenantree/domain';
import { inject } from 'vitest';
import { appendTraces } from '../src/index.ts';
import { createLoneDatabase, type TestDatabase } from '../src/testing.ts';
import { blocksOf, type Explained, openExplained } from './explained.ts';
import { readsOf } from './reads.ts';
import { enrol, NOVEMBER_10, person, plant, ticking, visit } from './tenants.ts';

export const FEW = 100;
export const MANY = 4_000;
/** What is read of a database grows by levels of its indexes only. */
const [MOST_GROWTH, MOST_MORE] = [1.3, 20];
/** Whether so many blocks are more than the levels of indexes, where there is much instead of few. */
export const hasGrown = (few: number, many: number): boolean => many > MOST_GROWTH * few + MOST_MORE;

/** So often something runs whose plan may be kept from the sixth time on, and something whose plan is: the fewest blocks of three count. */
export const [UNTIL_KEPT, KEPT] = [8, 3];

/** How accounts are called, and agents of each. */
type Kind = { readonly name: string; readonly agents: number };
const FIRST: Kind = { name: 'Account', agents: 0 };
/** Behind all others by name, and none without agents: how many there are of those is counted, one by one. */
export const LATER: Kind = { name: 'Later account', agents: 1 };

/** A tree that is asked about, with few accounts. */
export type YoungTree = {
  readonly ids: Record<'root' | 'flat' | 'small' | 'leaf', AccountId> & { readonly user: UserId };
  /** Where accounts come later. */
  readonly rest: AccountId;
};

/** A database that nobody has analyzed yet, which tells what it reads. */
export type YoungDatabase = {
  readonly test: TestDatabase;
  readonly explained: Explained;
  readonly now: ReturnType<typeof ticking>;
  /** Plants a tree that is asked about. */
  plantFew(owner: string): Promise<YoungTree>;
  /** Adds accounts at once, each with a member, a key, a total, and a maximum that it is far from. */
  grow(parent: AccountId, from: number, to: number, kind: Kind): Promise<unknown>;
  /** Blocks that something looks at: the fewest of its last three runs. */
  costOf(act: () => Promise<unknown>, runs: number): Promise<number>;
  /** What reads more of many accounts than of few, as the tree grows. */
  grownReads(tree: YoungTree, runs: number): Promise<string[]>;
  close(): Promise<void>;
};

export async function openYoung(): Promise<YoungDatabase> {
  const test = await createLoneDatabase(inject('cluster'));
  const now = ticking(NOVEMBER_10);
  const tables = await test.asOwner<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'auth'::regnamespace)`,
  );
  for (const { name } of tables) await test.asOwner(`ALTER TABLE ${name} SET (autovacuum_enabled = false)`);
  const explained = await openExplained(test);
  const { db } = explained;
  const neighbour = await person(db, 'ben', now());

  const grow: YoungDatabase['grow'] = (parent, from, to, { name, agents }) =>
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
  const work = ({ ids, rest }: YoungTree): Record<string, () => Promise<unknown>> => {
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
  };

  const costOf: YoungDatabase['costOf'] = async (act, runs) => {
    const costs: number[] = [];
    for (let i = 0; i < runs; i++) {
      const ran = await explained.ranFor(act);
      costs.push(ran.reduce((sum, statement) => sum + blocksOf(statement), 0));
    }
    // Now and then one tidies up an index.
    return Math.min(...costs.slice(-3));
  };

  const plantFew: YoungDatabase['plantFew'] = async (owner) => {
    const user = await person(db, owner, now());
    const root = await plant(db, null, 'Root', now());
    await enrol(db, root, user, 'owner', now());
    const [flat, small] = [await plant(db, root, 'Flat', now()), await plant(db, root, 'Small', now())];
    const ids = { root, flat, small, leaf: await plant(db, small, 'Leaf', now()), user };
    const rest = await plant(db, root, 'Rest', now());
    await grow(flat, 1, FEW, FIRST);
    // A log of more than a page, then as later: of every account something is told.
    const some = await test.asOwner<{ id: AccountId }>('SELECT id FROM accounts WHERE parent_id = $1', [flat]);
    await appendTraces(
      db,
      some.map(({ id }) => visit(id, now())),
    );
    return { ids, rest };
  };

  const grownReads: YoungDatabase['grownReads'] = async (tree, runs) => {
    const acts = Object.entries(work(tree));
    const few: number[] = [];
    for (const [, act] of acts) few.push(await costOf(act, runs));
    await grow(tree.rest, FEW + 1, MANY, LATER);
    const grown: string[] = [];
    for (const [i, [name, act]] of acts.entries()) {
      const blocks = await costOf(act, KEPT);
      if (hasGrown(few[i]!, blocks)) grown.push(`${name}: ${few[i]} blocks at ${FEW} accounts, ${blocks} at ${MANY}`);
    }
    return grown;
  };

  const close = async (): Promise<void> => {
    await explained.close();
    await test.drop();
  };
  return { test, explained, now, plantFew, grow, costOf, grownReads, close };
}
