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
      to: fc.nat(2),
      chosen: fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }),
      as: fc.constantFrom('keep_both', 'replace', 'use_existing', 'skip'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('edit', 'editSource'),
      to: fc.nat(2),
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
      to: fc.nat(2),
      at: fc.nat(20),
      kind: fc.constantFrom<Kind>(...KINDS),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('rollOut' as const),
      at: fc.nat(20),
      text: fc.constantFrom('a', 'b', 'c'),
      /** Accounts of the first stage. */
      many: fc.integer({ min: 1, max: 2 }),
      isBack: fc.boolean(),
    }),
  },
);

/** Where accounts below the source stand: each below it, or below the one before. */
const shape = fc.tuple(fc.boolean(), fc.boolean());

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

async function world(n: number, [isSecondNested, isThirdNested]: readonly [boolean, boolean]) {
  const source = await make(`Source ${n}`, api.root);
  const target = await make(`Target ${n}`, source);
  const nested = await make(`Second ${n}`, isSecondNested ? target : source);
  const third = await make(`Third ${n}`, isThirdNested ? nested : source);
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
  return { source, targets: [target, nested, third] as const };
}

const states = (targets: readonly string[]): Promise<unknown[]> =>
  Promise.all(targets.map((target) => stateOf(target)));

/**
 * Changes something at the source and rolls that out, as far as it goes; then perhaps back, after which all is as it was.
 *
 * @returns whether copies are others now
 */
async function rollOut(
  source: string,
  targets: readonly string[],
  { at, text, many, isBack }: { at: number; text: string; many: number; isBack: boolean },
): Promise<boolean> {
  const all = (await Promise.all(KINDS.map((kind) => rowsOf(source, kind)))).flat();
  const row = all[at % Math.max(all.length, 1)];
  if (!row) return false;
  const kind = row.kind as Kind;
  const asked = { account: source, kind, product: row.id };
  const { product } = await owner.products.get.query(asked);
  const document = edited(kind, product.document, text) as never;
  await owner.products.save.mutate({ ...asked, expectedVersion: product.version, document });
  const before = await states(targets);
  const wish = { ...asked, stages: [{ accounts: many }] };
  const begun = await owner.rollouts.start.mutate(wish).catch(() => null);
  // There is no older copy.
  if (!begun) return false;
  const of = { account: source, kind, rollout: begun.rollout.id };
  await jobsEnded(api.database);
  await owner.rollouts.goOn.mutate(of).catch(() => undefined);
  await jobsEnded(api.database);
  await owner.rollouts.cancel.mutate(of);
  const { rollout } = await owner.rollouts.get.query(of);
  for (const stage of rollout.stages) {
    expect(stage.done + stage.skipped + stage.failed).toBeLessThanOrEqual(stage.accounts);
    for (const { error } of stage.failures) expect(error.code).toBe('NEEDS_DECISION');
  }
  if (!isBack) return true;
  for (const stage of rollout.stages.toReversed())
    if (stage.done > 0) await owner.rollouts.rollBack.mutate({ ...of, stage: stage.n });
  await jobsEnded(api.database);
  expect(await states(targets)).toEqual(before);
  return true;
}

it('Whatever is imported, edited, rolled out, deleted and taken back: references stay inside, secrets where they are, counters right, and undo brings back what was (rules/products 12–17)', async () => {
  let n = 0;
  await fc.assert(
    fc.asyncProperty(shape, fc.array(command, { minLength: 8, maxLength: 16 }), async (nested, commands) => {
      const { source, targets } = await world((n += 1), nested);
      let last: { job: RowId; target: string; before: unknown; isTouched: boolean } | null = null;
      for (const one of commands) {
        const target = targets['to' in one ? one.to : 0] ?? targets[0];
        if (one.do === 'rollOut') {
          if ((await rollOut(source, targets, one)) && last) last.isTouched = true;
        } else if (one.do === 'import') {
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
          last = { job, target, before, isTouched: false };
        } else if (one.do === 'undo') {
          if (!last) continue;
          const { job } = await owner.jobs.undo.mutate({ account: source, job: last.job });
          await jobsEnded(api.database);
          const { items } = await owner.jobs.get.query({ account: source, job });
          if (!last.isTouched) expect(await stateOf(last.target)).toEqual(last.before);
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
          if (account === last?.target) last.isTouched = true;
        }
        await check();
      }
    }),
    { numRuns: 8, endOnFailure: true },
  );
}, 300_000);
