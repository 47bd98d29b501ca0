import type { Instant, RowId } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertJob, readWaiting } from '../src/index.ts';
import type { TestDatabase } from '../src/testing.ts';
import { blocksOf, type Explained } from './explained.ts';
import { freshId } from './tenants.ts';
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

let young: YoungDatabase;
let test: TestDatabase;
let explained: Explained;
let tree: YoungTree;
const now = (): Instant => young.now();

beforeAll(async () => {
  young = await openYoung();
  ({ test, explained } = young);
  // The planner knows one tree, and the connection has kept its plans.
  await young.grownReads(await young.plantFew('ada'), UNTIL_KEPT);
  await test.asOwner('ANALYZE');
  tree = await young.plantFew('eve');
});
afterAll(() => young.close());

describe('A tree that is younger than what the planner knows', () => {
  it('reads no more of many accounts than of few', async () => {
    expect(await young.grownReads(tree, KEPT)).toEqual([]);
  });
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
    const { ids, rest } = tree;
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
    await young.grow(rest, 3 * MANY + 1, 4 * MANY, LATER);
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
    expect(hasGrown(few, await cost())).toBe(false);
  }, 120_000);
});
