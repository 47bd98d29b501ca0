import type { RowId } from '@tenantree/domain';
import type { ProductKindKey } from '@tenantree/domain/products';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { jobsEnded } from './support/jobs.ts';

let api: Deployment;
let owner: Client;
beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
});
afterAll(() => api.close());

const KINDS = ['agent', 'knowledgeBase', 'tool', 'schedule', 'integration'] as const;
type Kind = (typeof KINDS)[number];
type Doc = Record<string, unknown>;

const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('import' as const),
      chosen: fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }),
      as: fc.constantFrom('keep_both', 'replace', 'use_existing', 'skip'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('edit', 'editSource'),
      at: fc.nat(20),
      kind: fc.constantFrom<Kind>(...KINDS),
      text: fc.constantFrom('a', 'b', 'c'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('undo' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('delete', 'deleteSource'),
      at: fc.nat(20),
      kind: fc.constantFrom<Kind>(...KINDS),
    }),
  },
);

const make = async (name: string, parent: string): Promise<string> =>
  (await owner.accounts.create.mutate({ account: parent, name })).account.id;
const create = async (account: string, kind: ProductKindKey, document: Doc): Promise<RowId> =>
  (await owner.products.create.mutate({ account, kind, products: [{ document: document as never }] })).products[0]!.id;
const rowsOf = async (account: string, kind: Kind) =>
  (await owner.products.list.query({ account, kind, limit: 500 })).rows;

const edited = (kind: Kind, document: Doc, text: string): Doc => {
  switch (kind) {
    case 'agent':
      return { prompt: { ...(document['prompt'] as Doc), greeting: text } };
    case 'schedule':
      return { ...document, timeZone: { a: 'UTC', b: 'Europe/Berlin', c: 'Asia/Tokyo' }[text] };
    case 'integration':
      return { ...document, system: text };
    default:
      return { ...document, description: text };
  }
};

/** All of an account's products, and of what they are copies, but for what every write changes. */
const stateOf = (account: string): Promise<unknown> =>
  api.database.asOwner(`SELECT p.id, p.kind, p.name, p.doc, l.source_id, l.source_version, l.base_doc, l.parts, l.needs,
    ARRAY(SELECT r.place || ' ' || r.to_id FROM product_refs r WHERE r.account_id = p.account_id AND r.from_id = p.id ORDER BY 1) AS refs
    FROM products p LEFT JOIN product_links l ON l.account_id = p.account_id AND l.product_id = p.id WHERE p.account_id = '${account}' ORDER BY p.id`);

async function check(): Promise<void> {
  const empty = async (query: string): Promise<void> => expect(await api.database.asOwner(query)).toEqual([]);
  await empty(`SELECT l.product_id FROM product_links l CROSS JOIN LATERAL (SELECT l.base_doc AS doc UNION ALL SELECT p.doc FROM products p WHERE p.account_id = l.account_id AND p.id = l.product_id) d
    CROSS JOIN LATERAL jsonb_path_query(d.doc, '$.** ? (@.type() == "string")') v(value) JOIN products o ON o.id::text = v.value #>> '{}' AND o.account_id <> l.account_id`);
  await empty(`SELECT s.product_id FROM product_secrets s JOIN product_links l USING (account_id, product_id)`);
  await empty(`SELECT a.id, k.kind FROM accounts a CROSS JOIN (VALUES ('agent', 'agents'), ('knowledgeBase', 'knowledgeBases')) k(kind, resource)
    WHERE (SELECT count(*) FROM products p WHERE p.account_id = a.id AND p.kind = k.kind)
      <> (SELECT coalesce(sum(t.own), 0) FROM resource_totals t WHERE t.account_id = a.id AND t.resource = k.resource)`);
  // What nobody wrote since is what the copy is compared with.
  await empty(`SELECT p.id FROM products p JOIN product_links l ON l.account_id = p.account_id AND l.product_id = p.id
    WHERE p.version = l.version AND l.version = 1 AND p.doc <> l.base_doc`);
}

async function world(n: number) {
  const source = await make(`Source ${n}`, api.root);
  const target = await make(`Target ${n}`, source);
  const [base, other] = [
    await create(source, 'knowledgeBase', { name: 'K1' }),
    await create(source, 'knowledgeBase', { name: 'K2' }),
  ];
  const integration = await create(source, 'integration', { name: 'N1', credentials: 'kept here' });
  const tool = await create(source, 'tool', {
    name: 'T1',
    integration,
    auth: { type: 'bearer', apiKey: 'kept here, too' },
  });
  const hours = await create(source, 'schedule', { name: 'S1' });
  const first = await create(source, 'agent', {
    name: 'A1',
    knowledge: { bases: [base] },
    tools: { items: [{ id: 't', tool }] },
    callFlow: { hours },
  });
  const second = await create(source, 'agent', {
    name: 'A2',
    knowledge: { bases: [base, other] },
    callFlow: { transferTo: [first] },
  });
  const { version: expectedVersion } = (
    await owner.products.get.query({ account: source, kind: 'agent', product: first })
  ).product;
  await owner.products.save.mutate({
    account: source,
    kind: 'agent',
    product: first,
    expectedVersion,
    document: { callFlow: { hours, transferTo: [second] } },
  });
  await create(target, 'schedule', { name: 's1', timeZone: 'Asia/Tokyo' });
  await create(target, 'knowledgeBase', { name: 'k2' });
  return { source, target };
}

it('Whatever is imported, edited, updated, deleted and undone: references stay inside, secrets where they are, counters right, and undo brings back what was (rules/products 12–16)', async () => {
  let n = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 8, maxLength: 16 }), async (commands) => {
      const { source, target } = await world((n += 1));
      let last: { job: RowId; before: unknown; isTouched: boolean } | null = null;
      for (const one of commands) {
        if (one.do === 'import') {
          const all = (await Promise.all(KINDS.map((kind) => rowsOf(source, kind)))).flat();
          const products = [...new Set(one.chosen.map((at) => all[at % all.length]?.id))].flatMap((product) =>
            product ? [{ product }] : [],
          );
          if (products.length === 0) continue;
          const answers = KINDS.map((kind) => ({ kind, as: one.as as 'skip' }));
          const planned = await owner.imports.plan.mutate({ account: source, targets: [target], products, answers });
          if (!planned.ready) continue;
          const before = await stateOf(target);
          const { job } = await owner.imports.run.mutate({ account: source, plan: planned.plan });
          await jobsEnded(api.database);
          const { items } = await owner.jobs.get.query({ account: source, job });
          expect(items.map(({ state, error }) => [state, error])).toEqual(items.map(() => ['done', null]));
          last = { job, before, isTouched: false };
        } else if (one.do === 'undo') {
          if (!last) continue;
          const { job } = await owner.jobs.undo.mutate({ account: source, job: last.job });
          await jobsEnded(api.database);
          const { items } = await owner.jobs.get.query({ account: source, job });
          if (!last.isTouched) expect(await stateOf(target)).toEqual(last.before);
          for (const { state, result } of items)
            if (state !== 'done') expect(result).toMatchObject({ reason: expect.stringMatching(/./) });
          last = null;
        } else {
          const account = one.do.endsWith('Source') ? source : target;
          const rows = await rowsOf(account, one.kind);
          const row = rows[one.at % Math.max(rows.length, 1)];
          if (!row) continue;
          const asked = { account, kind: one.kind, product: row.id };
          if ('text' in one) {
            const { product } = await owner.products.get.query(asked);
            await owner.products.save.mutate({
              ...asked,
              expectedVersion: product.version,
              document: edited(one.kind, product.document, one.text) as never,
            });
          } else
            await owner.products.delete.mutate({ account, kind: one.kind, products: [row.id] }).catch(() => undefined);
          if (account === target && last) last.isTouched = true;
        }
        await check();
      }
    }),
    { numRuns: 8, endOnFailure: true },
  );
}, 300_000);
