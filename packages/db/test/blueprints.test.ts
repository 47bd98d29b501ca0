import { type AccountId, type DriftState, instantOf, type RowId } from '@tenantree/domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { rounds } from '../../../scripts/rounds.ts';
import {
  insertBlueprintVersion,
  listDrift,
  readApplications,
  readDriftOf,
  type TenantTransaction,
  writeApplication,
  writeBlueprint,
} from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { blocksOf, type Explained, openExplained } from './explained.ts';
import { freshId, NOVEMBER_10, plant, ticking } from './tenants.ts';

let test: TestDatabase;
const clock = ticking(NOVEMBER_10);
const at = instantOf(NOVEMBER_10);
const BY = { id: null, name: 'Ada' };

beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
});
afterAll(() => test.drop());

const freshRow = (): RowId => freshId() as string as RowId;
type Blueprint = { readonly owner: AccountId; readonly id: RowId; readonly name: string };

async function makeBlueprint(owner: AccountId, name: string): Promise<Blueprint> {
  const id = freshRow();
  await test.db.withTenant(owner, (trx) => writeBlueprint(trx, { account: owner, id, name, nameKey: name }));
  return { owner, id, name };
}

/** A version that says how many agents, or at which level the prompt: numbers beyond one say something else. */
const saveVersion = ({ owner, id }: Blueprint, version: number, section: 'caps' | 'limits', n: number): Promise<void> =>
  test.db.withTenant(owner, (trx) => {
    const judged =
      section === 'caps'
        ? { caps: { 'agents.prompt': n > 1 ? 'read' : 'none' } }
        : { limits: { agents: { cap: `${n}`, at_limit: 'block', thresholds: [] } } };
    const hashes = { [section]: `${n}` };
    return insertBlueprintVersion(trx, { account: owner, id, version, content: {}, judged, hashes, by: BY, at });
  });

const apply = (
  trx: TenantTransaction,
  account: AccountId,
  { owner, id }: Blueprint,
  version: number,
  section: 'caps' | 'limits',
): Promise<void> =>
  writeApplication(trx, {
    account,
    blueprint: { account: owner, id },
    version,
    application: freshRow(),
    sections: [section],
    variables: {},
    products: {},
    before: {},
    state: 'set_up',
    fault: null,
    by: BY,
    at,
  });

const setLimit = (account: AccountId, cap: number): Promise<unknown> =>
  test.asOwner(
    `INSERT INTO limits (root_id, account_id, kind, metered, cap, thresholds) SELECT root_id, id, 'agents', false, $2, '{}' FROM accounts WHERE id = $1
     ON CONFLICT (root_id, account_id, kind) DO UPDATE SET cap = excluded.cap`,
    [account, cap],
  );
const setCap = (account: AccountId, level: string): Promise<unknown> =>
  test.asOwner(
    `UPDATE account_caps SET levels = levels || jsonb_build_object('agents.prompt', $2::text) WHERE account_id = $1`,
    [account, level],
  );

type Act =
  | { readonly does: 'save'; readonly which: number; readonly n: number }
  | { readonly does: 'apply'; readonly which: number; readonly to: number; readonly older: boolean }
  | { readonly does: 'limit'; readonly to: number; readonly n: number }
  | { readonly does: 'cap'; readonly to: number; readonly level: string };

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ does: fc.constant('save' as const), which: fc.nat(2), n: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ does: fc.constant('apply' as const), which: fc.nat(2), to: fc.nat(4), older: fc.boolean() }),
  fc.record({ does: fc.constant('limit' as const), to: fc.nat(4), n: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ does: fc.constant('cap' as const), to: fc.nat(4), level: fc.constantFrom('none', 'read', 'full') }),
);

/** A main account, one below it with a blueprint of its own, and accounts that are set up: one beside that, two below it, and two below the second of these. */
async function stage(name: string) {
  const { db } = test;
  const root = await plant(db, null, name, clock());
  const middle = await plant(db, root, `${name} middle`, clock());
  const beside = await plant(db, root, `${name} beside`, clock());
  const targets = [beside];
  for (let n = 0, above = middle; n < 4; n += 1) {
    const next = await plant(db, above, `${name} ${n}`, clock());
    targets.push(next);
    if (n === 1) above = next;
  }
  const of = [
    { blueprint: await makeBlueprint(root, `${name} limits`), section: 'limits' },
    { blueprint: await makeBlueprint(root, `${name} caps`), section: 'caps' },
    { blueprint: await makeBlueprint(middle, `${name} own`), section: 'caps' },
  ] as const;
  for (const { blueprint, section } of of) await saveVersion(blueprint, 1, section, 1);
  return { root, middle, targets, of, newest: [1, 1, 1] };
}

async function perform({ targets, of, newest }: Awaited<ReturnType<typeof stage>>, one: Act): Promise<void> {
  const target = 'to' in one ? targets[one.to] : undefined;
  if (one.does === 'limit' && target) await setLimit(target, one.n);
  else if (one.does === 'cap' && target) await setCap(target, one.level);
  else if ('which' in one) {
    const { blueprint, section } = of[one.which]!;
    const last = newest[one.which]!;
    if (one.does === 'save') {
      newest[one.which] = last + 1;
      await saveVersion(blueprint, last + 1, section, one.n);
    } else if (one.does === 'apply' && target) {
      // One of the account in between sets up what stands below it alone.
      if (one.which === 2 && one.to === 0) return;
      const version = one.older ? Math.max(1, last - 1) : last;
      await test.db.withTenant(blueprint.owner, (trx) => apply(trx, target, blueprint, version, section));
    }
  }
}

/** One account and one blueprint after the other, from where that is offered. */
async function oneByOne(within: AccountId, { targets, of }: Awaited<ReturnType<typeof stage>>) {
  const all = [];
  for (const account of targets) {
    const applied = await test.db.withTenant(within, (trx) => readApplications(trx, [account], null));
    for (const { blueprint, version, state } of applied) {
      const { owner, id, name } = of.find((one) => one.blueprint.id === blueprint.id)!.blueprint;
      const question = { drift: null, state: null, account, after: null, limit: 1 };
      const [row] = await test.db.withTenant(owner, (trx) => listDrift(trx, id, question));
      all.push({ account, blueprint: { id, name, owner }, version, state, drift: row?.drift as DriftState });
    }
  }
  return all;
}

describe('How accounts stand to what set them up', () => {
  it('is read of many at once as of one after the other, whosever blueprints they are (rules/blueprints 9)', async () => {
    let n = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 16 }), async (acts) => {
        n += 1;
        const made = await stage(`Tree ${n}`);
        for (const one of acts) await perform(made, one);
        const byIds = (one: { account: string; blueprint: { id: string } }): string => one.account + one.blueprint.id;
        const sorted = <T extends { account: string; blueprint: { id: string } }>(all: readonly T[]): T[] =>
          all.toSorted((a, b) => (byIds(a) < byIds(b) ? -1 : 1));
        const { root, middle, targets } = made;
        const everything = await oneByOne(root, made);
        const asked = [...targets, root, freshId()];
        for (const [acting, reached] of [
          [root, targets],
          [middle, targets.slice(1)],
          [targets[2]!, targets.slice(2)],
        ] as const) {
          const found = await test.db.withTenant(acting, (trx) => readDriftOf(trx, asked), { snapshot: true });
          // Of nothing beside the acting account is told, but of what stands above it and set something up below.
          expect(sorted(found)).toEqual(sorted(everything.filter(({ account }) => reached.includes(account))));
        }
      }),
      { numRuns: Number(process.env['BLUEPRINT_RUNS'] ?? rounds(8, 25)) },
    );
  }, 120_000);

  it('costs what the accounts cost that are asked about, and nothing where nothing set them up', async () => {
    const { db } = test;
    const root = await plant(db, null, 'Large', clock());
    const blueprint = await makeBlueprint(root, 'Practice');
    for (let version = 1; version <= 40; version += 1) await saveVersion(blueprint, version, 'limits', version % 7);
    const some = await grow(root, 20, blueprint);
    const explained = await openExplained(test);
    const few = await reading(explained, root, some.slice(0, 10));
    const others = await grow(root, 4_000, blueprint);
    const many = await reading(explained, root, some.slice(0, 10));
    expect([few.found, many.found]).toEqual([10, 10]);
    expect(many.blocks).toBeLessThan(1.3 * few.blocks + 20);
    // Whatever the planner knows.
    await test.asOwner('ANALYZE');
    const known = await reading(explained, root, some.slice(0, 10));
    expect(known).toMatchObject({ found: 10 });
    expect(known.blocks).toBeLessThan(1.3 * few.blocks + 20);
    const most = await reading(explained, root, others.slice(0, 500));
    expect(most.found).toBe(500);
    expect(most.blocks).toBeLessThan(50 * many.blocks);
    expect((await reading(explained, root, [root])).found).toBe(0);
    await explained.close();
  });
});

/** Adds accounts at once, each set up with the second version and a limit that is another one in the newest. */
async function grow(root: AccountId, n: number, { owner, id }: Blueprint): Promise<AccountId[]> {
  const rows = await test.asOwner<{ id: AccountId }>(
    `INSERT INTO accounts (id, root_id, parent_id, path_key, name, name_key, billing_mode, payer_id, version, created_at)
     SELECT u.id, p.root_id, p.id, p.path_key || uuid_send(u.id), u.id::text, u.id::text, 'parent', p.payer_id, 1, now()
     FROM accounts p, generate_series(1, $2::int) i CROSS JOIN LATERAL (SELECT uuidv7() AS id WHERE i > 0) u WHERE p.id = $1 RETURNING id`,
    [root, n],
  );
  await test.asOwner(
    `INSERT INTO blueprint_applications (root_id, account_id, blueprint_id, blueprint_account, version, application, sections, variables, products, before,
       state, limits_same, applied_by, applied_at)
     SELECT $1, u.id, $2, $3, 2, uuidv7(), '{limits}', '{}', '{}', '{}', 'set_up', true, '{}', now() FROM unnest($4::uuid[]) u(id)`,
    [root, id, owner, rows.map((row) => row.id)],
  );
  return rows.map((row) => row.id);
}

/** Blocks that are looked at for some accounts, and how many of them something set up. */
async function reading(
  { db, ranFor }: Explained,
  root: AccountId,
  accounts: readonly AccountId[],
): Promise<{ found: number; blocks: number }> {
  let found = 0;
  const ask = async (): Promise<void> => {
    found = (await db.withTenant(root, (trx) => readDriftOf(trx, accounts), { snapshot: true })).length;
  };
  // The first time it is learned what tables there are.
  for (let n = 0; n < 3; n += 1) await ask();
  const ran = await ranFor(ask);
  return { found, blocks: ran.reduce((sum, one) => sum + blocksOf(one), 0) };
}
