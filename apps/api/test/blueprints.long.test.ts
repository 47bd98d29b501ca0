import { driftOf, driftOfAll, type Level, type RowId, type Rows } from '@tenantree/domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

const LEVELS: readonly Level[] = ['none', 'read', 'full'];
const KEYS = ['tasks', 'agents', 'agents.prompt'] as const;
const KINDS = ['agents', 'members'] as const;
const MODES = ['replace', 'lower', 'keepLocal'] as const;

type Said = {
  readonly caps: Readonly<Partial<Record<(typeof KEYS)[number], Level>>> | null;
  readonly limits: Readonly<Partial<Record<(typeof KINDS)[number], number | null>>> | null;
  readonly hasAgent: boolean;
};
const caps = fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...LEVELS), { minKeys: 1 });
const limits = fc.dictionary(fc.constantFrom(...KINDS), fc.constantFrom(null, 20, 30, 40), { minKeys: 1 });
const said: fc.Arbitrary<Said> = fc
  .record({ caps: fc.option(caps), limits: fc.option(limits), hasAgent: fc.boolean() })
  .filter((one) => one.caps !== null || one.limits !== null || one.hasAgent);
const mode = fc.constantFrom(...MODES);
const act = fc.oneof(
  fc.record({ does: fc.constant('save' as const), said }),
  fc.record({ does: fc.constant('source' as const), text: fc.constantFrom('One', 'Two', 'Three') }),
  fc.record({ does: fc.constant('apply' as const), at: fc.nat(1), caps: mode, limits: mode, older: fc.boolean() }),
  fc.record({ does: fc.constant('line' as const), at: fc.nat(1) }),
  fc.record({ does: fc.constant('undo' as const), at: fc.nat(1) }),
  fc.record({
    does: fc.constant('cap' as const),
    at: fc.nat(1),
    key: fc.constantFrom(...KEYS),
    level: fc.constantFrom(...LEVELS),
  }),
  fc.record({
    does: fc.constant('limit' as const),
    at: fc.nat(1),
    kind: fc.constantFrom(...KINDS),
    max: fc.constantFrom(null, 20, 30),
  }),
  fc.record({ does: fc.constant('edit' as const), at: fc.nat(1), text: fc.constantFrom('One', 'Mine') }),
  fc.record({ does: fc.constant('delete' as const), at: fc.nat(1) }),
  fc.record({ does: fc.constant('update' as const), at: fc.nat(1) }),
);
type Act = typeof act extends fc.Arbitrary<infer One> ? One : never;

/** What an account is: all that a blueprint could set up in it. */
async function stateOf(account: string) {
  const { rows } = await owner.permissions.get.query({ account });
  const found = await owner.limits.get.query({ account });
  const agents = await owner.products.list.query({ account, kind: 'agent' });
  const documents = [];
  for (const { id } of agents.rows)
    documents.push((await owner.products.get.query({ account, kind: 'agent', product: id })).product.document);
  return {
    levels: Object.fromEntries(rows.map(({ key, level }) => [key, level])) as Record<string, Level>,
    limits: Object.fromEntries(
      found.limits.map(({ kind, max, atLimit, thresholds }) => [kind, { max, atLimit, thresholds }]),
    ),
    documents,
  };
}

const termsOf = (max: number | null) => ({ max, atLimit: 'block', thresholds: max === null ? [] : [80, 95, 100] });
const rowsOf = ({ caps: levels, limits: maxima }: Said) => ({
  caps: levels as Rows | null,
  limits:
    maxima && (Object.fromEntries(Object.entries(maxima).map(([kind, max]) => [kind, termsOf(max ?? null)])) as Rows),
});

class Stage {
  readonly account: string;
  readonly targets: readonly string[];
  readonly agent: RowId;
  blueprint: RowId | null = null;
  readonly versions: { readonly said: Said; readonly document: string; readonly version: number }[] = [];

  constructor(account: string, targets: readonly string[], agent: RowId) {
    this.account = account;
    this.targets = targets;
    this.agent = agent;
  }

  async greet(account: string, product: RowId, greeting: string): Promise<void> {
    const { version, document } = (await owner.products.get.query({ account, kind: 'agent', product })).product;
    const prompt = { ...(document['prompt'] as Record<string, never>), greeting };
    await owner.products.save.mutate({
      account,
      kind: 'agent',
      product,
      expectedVersion: version,
      document: { prompt },
    });
  }

  async save(one: Said): Promise<void> {
    const { account, agent, versions, blueprint } = this;
    const all = one.limits && Object.entries(one.limits).map(([kind, max]) => [kind, { max: max ?? null }] as const);
    const { id } = await owner.blueprints.save.mutate({
      account,
      name: 'Practice',
      ...(blueprint !== null && { blueprint, expectedVersion: versions.length }),
      ...(one.caps && { caps: { levels: one.caps } }),
      ...(all && { limits: Object.fromEntries(all) }),
      ...(one.hasAgent && { products: [{ product: agent, answer: 'keep_both' as const }] }),
    });
    this.blueprint = id;
    const source = await owner.products.get.query({ account, kind: 'agent', product: agent });
    const { document, version } = source.product;
    versions.push({ said: one, document: JSON.stringify(document), version });
  }

  async applied(target: string) {
    return (await owner.blueprints.applied.query({ account: target })).applications[0];
  }

  async run(more: Partial<Parameters<Client['blueprints']['plan']['mutate']>[0]>, target: string): Promise<boolean> {
    const { account, blueprint } = this;
    if (blueprint === null) return false;
    const { plan, ready } = await owner.blueprints.plan.mutate({ account, blueprint, targets: [target], ...more });
    if (!ready) return false;
    const { job } = await owner.blueprints.run.mutate({ account, plan });
    await jobsEnded(api.database);
    return (await owner.jobs.get.query({ account, job })).job.state === 'succeeded';
  }

  /** Brings a copy to what its source is, beside the blueprint. */
  async update(target: string): Promise<void> {
    const { account, agent } = this;
    const answers = [{ product: agent, as: 'keep_both' as const }];
    const wish = { account, targets: [target], products: [{ product: agent }], answers };
    const { plan, ready } = await owner.imports.plan.mutate(wish);
    if (!ready) return;
    await owner.imports.run.mutate({ account, plan });
    await jobsEnded(api.database);
  }

  async undo(target: string): Promise<{ readonly kept: readonly unknown[] } | null> {
    const { account, blueprint } = this;
    if (blueprint === null || !(await this.applied(target))) return null;
    const { job } = await owner.blueprints.undo.mutate({ account, blueprint, targets: [target] });
    await jobsEnded(api.database);
    const [item] = (await owner.jobs.get.query({ account, job })).items;
    return (item?.result ?? null) as { kept: readonly unknown[] } | null;
  }

  /** Whether some of what was set up is not what was written from that version of its source. */
  async differs(target: string, version: number): Promise<boolean> {
    const rows = await api.database.asOwner<{ differs: boolean }>(
      `SELECT NOT coalesce(l.base_doc = p.doc AND l.source_version = ${version}, false) AS differs FROM blueprint_applications b CROSS JOIN LATERAL jsonb_each_text(b.products) w
       LEFT JOIN product_links l ON l.account_id = b.account_id AND l.product_id = w.value::uuid AND l.source_id = w.key::uuid
       LEFT JOIN products p ON p.account_id = b.account_id AND p.id = w.value::uuid WHERE b.account_id = '${target}'`,
    );
    return rows.some(({ differs }) => differs);
  }

  /** Whether there is a copy that is what was written from that version of its source. */
  async matches(target: string, version: number): Promise<boolean> {
    const rows = await api.database.asOwner(
      `SELECT FROM product_links l JOIN products p ON p.account_id = l.account_id AND p.id = l.product_id
       WHERE l.account_id = '${target}' AND l.source_id = '${this.agent}' AND l.base_doc = p.doc AND l.source_version = ${version}`,
    );
    return rows.length > 0;
  }

  /** How an account stands is what comparing its documents says. */
  async check(target: string): Promise<void> {
    const found = await this.applied(target);
    if (!found) return;
    const [is, newest] = [this.versions[found.version - 1], this.versions.at(-1)];
    if (!is || !newest) throw new Error('a version that nobody saved');
    const { levels, limits: there } = await stateOf(target);
    const [applied, now] = [rowsOf(is.said), rowsOf(newest.said)];
    const { sections } = found;
    const [[own]] = [
      await api.database.asOwner<{ sections: string[] }>(
        `SELECT sections FROM blueprint_applications WHERE account_id = '${target}'`,
      ),
    ];
    const wasSetUp = (section: string): boolean => own?.sections.includes(section) ?? false;
    // A section that went back while others stayed is set up no more: nothing of it can differ from what it was set up as.
    if (wasSetUp('caps') === (is.said.caps !== null))
      expect(sections.caps).toBe(driftOf(applied.caps, now.caps, levels));
    if (wasSetUp('limits') === (is.said.limits !== null))
      expect(sections.limits).toBe(driftOf(applied.limits, now.limits, there as Rows));
    const differs = await this.differs(target, is.version);
    const isSame = is.said.hasAgent === newest.said.hasAgent && (!is.said.hasAgent || is.document === newest.document);
    const products =
      !is.said.hasAgent && !newest.said.hasAgent
        ? null
        : isSame
          ? differs
            ? 'changed_here'
            : 'as_set_up'
          : !newest.said.hasAgent || (await this.matches(target, newest.version))
            ? 'same_by_hand'
            : differs
              ? 'both'
              : 'newer_available';
    if (wasSetUp('products') === is.said.hasAgent) expect(sections.products).toBe(products);
    expect(found.drift).toBe(driftOfAll(Object.values(sections)));
  }
}

const RANK: Readonly<Record<Level, number>> = { none: 0, read: 1, limited: 1, full: 2 };

async function perform(stage: Stage, one: Act): Promise<void> {
  const target = 'at' in one ? (stage.targets[one.at] ?? '') : '';
  switch (one.does) {
    case 'save':
      return stage.save(one.said);
    case 'source':
      return stage.greet(stage.account, stage.agent, one.text);
    case 'cap': {
      const { version } = await owner.permissions.get.query({ account: target });
      const levels = { [one.key]: one.level };
      await owner.permissions.set.mutate({ account: target, levels, expectedVersion: version ?? 0 });
      return;
    }
    case 'limit':
      await owner.limits.set.mutate({ account: target, limits: [{ kind: one.kind, max: one.max }] });
      return;
    case 'edit':
    case 'delete': {
      const [agent] = (await owner.products.list.query({ account: target, kind: 'agent' })).rows;
      if (!agent) return;
      if (one.does === 'edit') return stage.greet(target, agent.id, one.text);
      await owner.products.delete.mutate({ account: target, kind: 'agent', products: [agent.id] });
      return;
    }
    case 'update':
      return stage.update(target);
    case 'line':
    case 'apply': {
      const before = await stateOf(target);
      const [was] = [await stage.applied(target)];
      const version =
        one.does === 'apply' && one.older && stage.versions.length > 1 ? { version: stage.versions.length - 1 } : {};
      const how = one.does === 'line' ? { how: 'line' as const } : { caps: one.caps, limits: one.limits, ...version };
      if (!(await stage.run(how, target))) return;
      const after = await stateOf(target);
      if (one.does === 'apply' && one.caps === 'lower')
        for (const [key, level] of Object.entries(after.levels))
          expect(RANK[level]).toBeLessThanOrEqual(RANK[before.levels[key] ?? 'none']);
      if (one.does !== 'apply' || !one.older) return;
      // At once taken back, it is as it was: nobody touched it.
      const undone = await stage.undo(target);
      expect(undone?.kept).toEqual([]);
      expect(await stateOf(target)).toEqual(before);
      expect((await stage.applied(target))?.version).toBe(was?.version);
      return;
    }
    case 'undo':
      await stage.undo(target);
  }
}

describe('Blueprints', () => {
  it('tell how accounts stand as comparing documents does, whatever is done in whatever order, and take back exactly (rules/blueprints 9–11)', async () => {
    let n = 0;
    await fc.assert(
      fc.asyncProperty(said, fc.array(act, { minLength: 4, maxLength: 14 }), async (first, acts) => {
        n += 1;
        const make = async (parent: string, name: string) =>
          (await owner.accounts.create.mutate({ account: parent, name })).account.id;
        const account = await make(api.root, `Reseller ${n}`);
        const wish = {
          account,
          kind: 'agent' as const,
          products: [{ document: { name: 'Desk', prompt: { greeting: 'One' } } as never }],
        };
        const agent = (await owner.products.create.mutate(wish)).products[0]!.id;
        const stage = new Stage(account, [await make(account, 'First'), await make(account, 'Second')], agent);
        await stage.save(first);
        for (const one of acts) {
          await perform(stage, one);
          for (const target of stage.targets) await stage.check(target);
        }
      }),
      { numRuns: Number(process.env['BLUEPRINT_RUNS'] ?? 30) },
    );
  }, 600_000);
});
