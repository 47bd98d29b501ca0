import type { BlueprintPlan, Product } from '@tenantree/contract';
import type { AccountId, Instant, RowId, UserId } from '@tenantree/domain';
import type { ProductKindKey } from '@tenantree/domain/products';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyBlueprintJob, finishSetUpJob, undoBlueprintJob } from '../src/blueprints/jobs.ts';
import type { Refused } from '../src/hall/refused.ts';
import type { AnyJob } from '../src/jobs/define-job.ts';
import { type Client, codeOf, join, PASSWORD, refusalOf, signIn } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { watcherWith } from './support/every-call.ts';
import { jobsEnded } from './support/jobs.ts';
import { heardStatements } from './support/statements.ts';

let api: Deployment;
let owner: Client;
beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
});
afterAll(() => api.close());

type Doc = Record<string, unknown>;
type Saved = { readonly id: RowId; readonly version: number };
type Said = Omit<Parameters<Client['blueprints']['save']['mutate']>[0], 'account' | 'name'>;

const make = async (name: string, parent = api.root): Promise<string> =>
  (await owner.accounts.create.mutate({ account: parent, name })).account.id;
const create = async (account: string, kind: ProductKindKey, document: Doc): Promise<RowId> =>
  (await owner.products.create.mutate({ account, kind, products: [{ document: document as never }] })).products[0]!.id;
const get = async (account: string, kind: ProductKindKey, product: RowId): Promise<Product> =>
  (await owner.products.get.query({ account, kind, product })).product;
const named = async (account: string, kind: ProductKindKey): Promise<Record<string, RowId>> =>
  Object.fromEntries((await owner.products.list.query({ account, kind })).rows.map(({ name, id }) => [name, id]));
const change = async (account: string, kind: ProductKindKey, product: RowId, more: Doc): Promise<Product> => {
  const { version: expectedVersion, document } = await get(account, kind, product);
  const changed = { ...document, ...more } as never;
  return (await owner.products.save.mutate({ account, kind, product, expectedVersion, document: changed })).product;
};

const greet = async (account: string, agent: RowId, greeting: string): Promise<Product> => {
  const { document } = await get(account, 'agent', agent);
  return change(account, 'agent', agent, { prompt: { ...(document['prompt'] as Doc), greeting } });
};

const save = (account: string, name: string, said: Said): Promise<Saved> =>
  owner.blueprints.save.mutate({ account, name, ...said });
const again = (account: string, name: string, { id, version }: Saved, said: Said): Promise<Saved> =>
  owner.blueprints.save.mutate({ account, name, blueprint: id, expectedVersion: version, ...said });
type Wish = Partial<Parameters<Client['blueprints']['plan']['mutate']>[0]>;
const plan = (account: string, blueprint: RowId, targets: readonly string[], more: Wish = {}): Promise<BlueprintPlan> =>
  owner.blueprints.plan.mutate({ account, blueprint, targets: [...targets], ...more });
const ended = async (account: string, job: RowId) => {
  await jobsEnded(api.database);
  return owner.jobs.get.query({ account, job });
};
const run = async (account: string, { plan: id }: BlueprintPlan) =>
  ended(account, (await owner.blueprints.run.mutate({ account, plan: id })).job);
const apply = async (account: string, blueprint: RowId, targets: readonly string[], more: Wish = {}) =>
  run(account, await plan(account, blueprint, targets, more));
const line = (account: string, blueprint: RowId, targets: readonly string[]) =>
  apply(account, blueprint, targets, { how: 'line' });
const driftOf = async (account: string, blueprint: RowId) => {
  const { rows } = await owner.blueprints.drift.query({ account, blueprint });
  return Object.fromEntries(rows.map(({ account: { name }, drift }) => [name, drift]));
};
const sectionsOf = async (account: string, blueprint: RowId, name: string) =>
  (await owner.blueprints.drift.query({ account, blueprint })).rows.find((row) => row.account.name === name)?.sections;
const limitOf = async (account: string, kind: string) =>
  (await owner.limits.get.query({ account })).limits.find((limit) => limit.kind === kind)?.max;
const levelOf = async (account: string, wanted: string) =>
  (await owner.permissions.get.query({ account })).rows.find(({ key }) => key === wanted)?.level;
const setLimit = (account: string, kind: 'agents' | 'members', max: number | null) =>
  owner.limits.set.mutate({ account, limits: [{ kind, max }] });

/** A reseller with an agent that needs a tool with a key, and greets with the name of whoever has it. */
async function reseller(name: string) {
  const account = await make(name);
  const tool = await create(account, 'tool', {
    name: 'Calendar',
    auth: { type: 'bearer', apiKey: 'key-of-the-reseller-1' },
  });
  const agent = await create(account, 'agent', {
    name: 'Desk of {{company}}',
    prompt: { greeting: 'Hello, this is {{company}}.', instructions: 'You are {{company}}, and help {{contact}}.' },
    tools: { items: [{ id: 'calendar', tool }] },
  });
  const variables = [
    {
      key: 'company',
      label: 'Company',
      at: [
        { product: agent, place: '/name' },
        { product: agent, place: '/prompt/greeting' },
      ],
    },
  ];
  return { account, tool, agent, variables };
}

/** A variable that stands in a name alone. */
const inName = <Of extends { readonly at: readonly object[] }>(variable: Of) => ({
  ...variable,
  at: variable.at.slice(0, 1) as Of['at'],
});

describe('Saving a blueprint', () => {
  it('keeps versions that never change, and is offered to accounts below, who don’t learn whose it is (rules/blueprints 1, 4)', async () => {
    const { account, agent, tool } = await reseller('Keeper');
    const below = await make('Below', account);
    const first = await save(account, 'Practice', { products: [{ product: agent }], limits: { agents: { max: 5 } } });
    expect(first.version).toBe(1);
    const { blueprint } = await owner.blueprints.get.query({ account, blueprint: first.id });
    expect(blueprint).toMatchObject({
      name: 'Practice',
      newest: 1,
      sections: ['limits', 'products'],
      limits: { agents: { max: 5, atLimit: 'block', thresholds: [80, 95, 100] } },
      products: [
        { product: tool, chosen: false },
        { product: agent, chosen: true },
      ],
    });
    const second = await again(account, 'Practice', first, { limits: { agents: { max: 6 } } });
    expect(second).toEqual({ id: first.id, version: 2 });
    expect(await codeOf(again(account, 'Practice', first, { limits: { agents: { max: 7 } } }))).toBe(
      'VERSION_CONFLICT',
    );
    // What an earlier version holds is read as it was, whatever became of the source since.
    await greet(account, agent, 'Later');
    const held = { account, blueprint: first.id, version: 1 };
    const { product } = await owner.blueprints.product.query({ ...held, product: agent });
    expect(product).toMatchObject({
      name: 'Desk of {{company}}',
      version: 1,
      document: { prompt: { greeting: 'Hello, this is {{company}}.' } },
      secrets: [],
    });
    const calendar = await owner.blueprints.product.query({ ...held, product: tool });
    expect(calendar.product.secrets).toEqual(['/auth/apiKey']);
    expect(JSON.stringify(calendar)).not.toContain('key-of-the-reseller');
    expect(await codeOf(owner.blueprints.product.query({ ...held, version: 2, product: agent }))).toBe('NOT_FOUND');
    expect(
      (await owner.blueprints.get.query({ account, blueprint: first.id, version: 1 })).blueprint.limits?.agents?.max,
    ).toBe(5);
    const anna = await join(api.url, owner, below, 'anna@example.com', 'admin');
    expect((await anna.blueprints.list.query({ account: below })).blueprints).toMatchObject([
      { name: 'Practice', version: 2, from: { id: null, name: 'an account above you' }, savedBy: null },
    ]);
    // Below they are read as far as products of the kind are.
    await owner.permissions.set.mutate({
      account: below,
      levels: { 'agents.prompt': 'none', 'agents.tools': 'none' },
      expectedVersion: 0,
    });
    const there = { account: below, blueprint: first.id, version: 1 };
    const read = (await anna.blueprints.product.query({ ...there, product: agent })).product.document;
    expect([Object.keys(read).includes('general'), Object.keys(read).includes('prompt')]).toEqual([true, false]);
    expect(await codeOf(anna.blueprints.product.query({ ...there, product: tool }))).toBe('FORBIDDEN');
    expect(
      await codeOf(
        anna.blueprints.save.mutate({
          account: below,
          name: 'Nobody',
          blueprint: first.id,
          expectedVersion: 2,
          limits: { agents: { max: 1 } },
        }),
      ),
    ).toBe('NOT_FOUND');
    expect(await codeOf(owner.blueprints.get.query({ account: api.root, blueprint: first.id }))).toBe('NOT_FOUND');
    await owner.blueprints.rename.mutate({ account, blueprint: first.id, name: 'Dental' });
    expect((await owner.blueprints.list.query({ account })).blueprints.map(({ name }) => name)).toEqual(['Dental']);
    expect(await codeOf(save(account, 'dental', { limits: { agents: { max: 1 } } }))).toBe('NAME_TAKEN');
    // Whoever saves without a name calls it nothing else; a new one needs one.
    const nameless = { account, limits: { agents: { max: 8 } } };
    await owner.blueprints.save.mutate({ ...nameless, blueprint: first.id, expectedVersion: 2 });
    expect((await owner.blueprints.list.query({ account })).blueprints).toMatchObject([{ name: 'Dental', version: 3 }]);
    expect(await codeOf(owner.blueprints.save.mutate(nameless))).toBe('BAD_REQUEST');
    await owner.blueprints.remove.mutate({ account, blueprint: first.id });
    expect((await owner.blueprints.list.query({ account })).blueprints).toEqual([]);
  });

  it('refuses what stands in no blueprint, and variables that are unknown, unused or where everybody reads them (rules/blueprints 2, 3)', async () => {
    const { account, agent, tool, variables } = await reseller('Strict');
    const number = await create(account, 'phoneNumber', { name: 'Main line', number: '+4930123456' });
    const contact = await create(account, 'contact', { name: 'Ann' });
    const base = { limits: { agents: { max: 5 } } } as const;
    const products = [{ product: agent }];
    const [company] = variables;
    const at = (product: RowId, place: string, more: Doc = {}) => [
      { key: 'company', label: 'Company', at: [{ product, place }], ...more },
    ];
    const refused = async (said: Said) => {
      const { code, message } = await refusalOf(save(account, 'No', said));
      return `${code} ${message}`;
    };
    expect(await refused({})).toMatch(/^BLUEPRINT_INVALID A blueprint sets something up/);
    expect(await refused({ products: [{ product: number }] })).toMatch(
      /^BLUEPRINT_INVALID “Main line” can’t be set up by a blueprint/,
    );
    expect(await refused({ products: [{ product: contact }] })).toMatch(/^BLUEPRINT_INVALID “Ann”/);
    expect(await refused({ ...base, variables })).toMatch(/^VARIABLE_INVALID .*doesn’t have/);
    expect(await refused({ products, variables: at(agent, '/prompt/style') })).toMatch(
      /^VARIABLE_INVALID .*not used at/,
    );
    expect(await refused({ products, variables: at(agent, '/prompt/nothing') })).toMatch(
      /^VARIABLE_INVALID There is no text/,
    );
    expect(await refused({ products, variables: at(agent, '/name', { secret: true }) })).toMatch(
      /^VARIABLE_INVALID “company” is secret/,
    );
    expect(await refused({ products, variables: at(tool, '/auth/apiKey') })).toMatch(
      /^VARIABLE_INVALID .* is secret, and/,
    );
    expect(await refused({ products, variables: at(agent, '/prompt/instructions') })).toMatch(
      /^VARIABLE_INVALID .* names “contact”/,
    );
    expect(await refused({ products, variables: [company!, company!] })).toMatch(/^VARIABLE_INVALID Two variables/);
    expect(await refused({ limits: { agents: { max: 5, thresholds: [200] } } })).toMatch(/^LIMIT_INVALID/);
    expect(await refused({ caps: { levels: { agents: 'limited' } } })).toMatch(/^LEVEL_UNKNOWN/);
    expect(await refused({ caps: { preset: { id: agent } } })).toMatch(/^NOT_FOUND/);
    expect(await refused({ priceBook: { book: agent } })).toMatch(/^NOT_FOUND/);
    expect(await refused({ products: [{ product: agent, parts: ['name'] }] })).toMatch(/^BAD_REQUEST/);
    expect((await owner.blueprints.list.query({ account })).blueprints).toEqual([]);
  });
});

/** What counters say is what there is, and no link names anything of another account. */
async function checkAll(): Promise<void> {
  expect(
    await api.database.asOwner(`SELECT a.id, r.own, c.n FROM accounts a
    CROSS JOIN LATERAL (SELECT count(*) AS n FROM products p WHERE p.account_id = a.id AND p.kind = 'agent') c
    CROSS JOIN LATERAL (SELECT coalesce(sum(t.own), 0) AS own FROM resource_totals t WHERE t.account_id = a.id AND t.resource = 'agents') r
    WHERE r.own <> c.n`),
  ).toEqual([]);
}

describe('Making an account with a blueprint', () => {
  it('sets all of it up in one transaction: caps, limits, price book, products with values and secrets (rules/blueprints 5, 6)', async () => {
    const { account, agent, tool, variables } = await reseller('Maker');
    const terms = { currency: 'EUR', monthlyFee: '1', meters: {} };
    const { book } = await owner.books.save.mutate({ account, name: 'Retail', terms });
    const saved = await save(account, 'Practice', {
      caps: { levels: { 'agents.prompt': 'read', billing: 'none' } },
      limits: { agents: { max: 1 }, members: { max: 3 } },
      priceBook: { book: book.id, from: 'now' },
      products: [{ product: agent }],
      variables: [
        ...variables,
        { key: 'token', label: 'Token', secret: true, at: [{ product: tool, place: '/auth/apiKey' }] },
      ],
    });
    const blueprint = { id: saved.id, version: 1 };
    const wish = { account, name: 'Acme', externalId: 'acme-1' };
    const token = 'a-token-of-acme-0123';
    const refused = async (given: Record<string, string>) =>
      refusalOf(owner.accounts.create.mutate({ ...wish, blueprint: { ...blueprint, variables: given } }));
    expect(await refused({ token })).toMatchObject({ code: 'VARIABLE_INVALID', field: 'variables.company' });
    expect(await refused({ token, company: 'x', city: 'y' })).toMatchObject({
      code: 'VARIABLE_INVALID',
      field: 'variables.city',
    });
    expect((await owner.accounts.list.query({ account })).rows).toEqual([]);
    const { account: made } = await owner.accounts.create.mutate({
      ...wish,
      blueprint: { ...blueprint, variables: { company: ' Acme Dental ', token } },
    });
    expect([
      await levelOf(made.id, 'agents.prompt'),
      await levelOf(made.id, 'billing'),
      await levelOf(made.id, 'tasks'),
    ]).toEqual(['read', 'none', 'full']);
    expect([await limitOf(made.id, 'agents'), await limitOf(made.id, 'members')]).toEqual([1, 3]);
    const { rows: held } = await owner.books.assignments.query({ account });
    expect(held).toMatchObject([{ customer: { id: made.id }, book: { id: book.id }, state: 'running' }]);
    const copies = { ...(await named(made.id, 'agent')), ...(await named(made.id, 'tool')) };
    expect(Object.keys(copies)).toEqual(['Desk of Acme Dental', 'Calendar']);
    const copy = await get(made.id, 'agent', copies['Desk of Acme Dental']!);
    expect(copy.document).toMatchObject({
      prompt: { greeting: 'Hello, this is Acme Dental.', instructions: 'You are {{company}}, and help {{contact}}.' },
    });
    expect(copy.link).toMatchObject({ updateAvailable: false, differences: [] });
    expect((await get(made.id, 'tool', copies['Calendar']!)).document).toMatchObject({
      auth: { apiKey: { set: true, last4: '0123' } },
    });
    expect(await driftOf(account, saved.id)).toEqual({ Acme: 'as_set_up' });
    expect(await sectionsOf(account, saved.id, 'Acme')).toEqual({
      caps: 'as_set_up',
      limits: 'as_set_up',
      priceBook: 'as_set_up',
      products: 'as_set_up',
    });
    // Once more is once; nothing of the secret is to be read anywhere.
    const repeated = await owner.accounts.create.mutate({
      ...wish,
      blueprint: { ...blueprint, variables: { company: 'Acme Dental', token } },
    });
    expect([repeated.created, repeated.account.id]).toEqual([false, made.id]);
    for (const table of ['blueprint_applications', 'jobs', 'job_items', 'journal', 'product_links'])
      expect(await api.database.asOwner(`SELECT FROM ${table} t WHERE t::text LIKE '%${token}%'`)).toEqual([]);
    // The source goes on: what is new there is told, with the values.
    await change(account, 'agent', agent, { prompt: { greeting: 'Good day from {{company}}.' } });
    const [planned] = (await owner.imports.plan.mutate({ account, targets: [made.id], products: [{ product: agent }] }))
      .targets;
    expect(planned?.items.find(({ product }) => product === agent)?.changes).toMatchObject([
      { at: '/prompt/greeting', how: 'updated', source: 'Good day from Acme Dental.' },
      { at: '/prompt/instructions', how: 'updated' },
    ]);
    const { applications } = await owner.blueprints.applied.query({ account: made.id });
    expect(applications).toMatchObject([
      { blueprint: { name: 'Practice' }, version: 1, state: 'set_up', drift: 'as_set_up' },
    ]);
    await checkAll();
  });

  it('sets many up, all of them or each by itself, at any depth below; their products come by a job, and what is there is left as it is', async () => {
    const { account, agent, variables } = await reseller('Many');
    await create(account, 'agent', { name: 'Another' });
    const saved = await save(account, 'Practice', {
      caps: { levels: { 'agents.prompt': 'read' } },
      limits: { agents: { max: 3 }, members: { max: 3, reserve: 2 } },
      products: [{ product: agent }],
      variables,
    });
    const blueprint = { id: saved.id, version: 1, variables: { company: 'Acme' } };
    const accounts = [
      { name: 'North', externalId: 'many-north' },
      { name: 'South', externalId: 'many-south' },
    ];
    const many = (more: object = {}) => owner.accounts.createMany.mutate({ account, accounts, blueprint, ...more });
    expect(await refusalOf(many({ blueprint: { ...blueprint, variables: {} } }))).toMatchObject({
      code: 'VARIABLE_INVALID',
      field: 'variables.company',
    });
    const wide = Array.from({ length: 101 }, (_, n) => ({ name: `Wide ${n}` }));
    expect(await codeOf(many({ accounts: wide }))).toBe('BAD_REQUEST');
    // Room that is kept runs out.
    await setLimit(account, 'members', 3);
    expect(await refusalOf(many())).toMatchObject({ code: 'BATCH_REFUSED', refusals: [{ position: 1 }] });
    expect((await owner.accounts.list.query({ account })).rows).toEqual([]);
    // All that are refused are named, not only the first.
    const more = [...accounts, { name: 'Else', externalId: 'many-else' }, { name: 'Other', externalId: 'many-other' }];
    const refused = await refusalOf(many({ accounts: more }));
    expect(refused).toMatchObject({ refusals: [{ position: 1 }, { position: 2 }, { position: 3 }] });
    const { results } = await many({ mode: 'each' });
    expect(results).toMatchObject([{ created: true }, { code: expect.stringMatching(/RESERVE|PROMISED/) }]);
    await setLimit(account, 'members', 10);
    const twice = await many();
    expect(twice.results).toMatchObject([{ created: false }, { created: true }]);
    const nested = await many({
      accounts: [
        { name: 'Deep', parent: 'ext:many-north' },
        { name: 'Deeper', parent: 0 },
      ],
    });
    const below = 'id' in nested.results[1]! ? nested.results[1].id : '';
    expect(await limitOf(below, 'agents')).toBe(3);
    expect(await levelOf(below, 'agents.prompt')).toBe('read');
    await jobsEnded(api.database);
    expect(Object.keys(await named(below, 'agent'))).toEqual(['Desk of Acme']);
    expect(await driftOf(account, saved.id)).toEqual({
      North: 'as_set_up',
      South: 'as_set_up',
      Deep: 'as_set_up',
      Deeper: 'as_set_up',
    });
    // Of several the products come afterwards, each account's by itself: of one that has no room nothing is lost.
    await setLimit(account, 'agents', 7);
    const three = await many({ accounts: ['East', 'West'].map((name) => ({ name })) });
    expect(three.results).toMatchObject([{ created: true }, { created: true }]);
    const { rows } = await owner.blueprints.drift.query({ account, blueprint: saved.id });
    expect(rows.filter(({ account: { name } }) => ['East', 'West'].includes(name))).toHaveLength(2);
    await jobsEnded(api.database);
    const after = await owner.blueprints.drift.query({ account, blueprint: saved.id });
    const states = Object.fromEntries(after.rows.map(({ account: { name }, state }) => [name, state]));
    expect(new Set([states['East'], states['West']])).toEqual(new Set(['incomplete', 'set_up']));
  });

  it('leaves the account as incomplete where products are refused, and goes on without making anything twice (rules/blueprints 7)', async () => {
    const { account, agent } = await reseller('Short');
    const other = await create(account, 'agent', { name: 'Night desk' });
    const saved = await save(account, 'Two desks', {
      limits: { agents: { max: 1 } },
      products: [{ product: agent }, { product: other }],
    });
    const { account: made } = await owner.accounts.create.mutate({
      account,
      name: 'Half',
      blueprint: { id: saved.id, version: 1 },
    });
    expect([await limitOf(made.id, 'agents'), await named(made.id, 'agent')]).toEqual([1, {}]);
    const read = async () => (await owner.blueprints.applied.query({ account: made.id })).applications[0];
    expect(await read()).toMatchObject({ state: 'incomplete', fault: { code: 'LIMIT_REACHED' } });
    expect(await owner.blueprints.drift.query({ account, blueprint: saved.id })).toMatchObject({
      total: 1,
      incomplete: 1,
      beingSetUp: 0,
    });
    const retry = async () => {
      const { job } = await owner.blueprints.retry.mutate({ account, blueprint: saved.id, targets: [made.id] });
      return (await ended(account, job)).job.state;
    };
    expect(await retry()).toBe('failed');
    expect(await read()).toMatchObject({ state: 'incomplete', fault: { code: 'LIMIT_REACHED' } });
    await setLimit(made.id, 'agents', 2);
    expect(await retry()).toBe('succeeded');
    expect(await read()).toMatchObject({
      state: 'set_up',
      fault: null,
      sections: { limits: 'changed_here', products: 'as_set_up' },
    });
    expect(Object.keys(await named(made.id, 'agent')).toSorted()).toEqual(['Desk of {{company}}', 'Night desk']);
    expect(await codeOf(retry())).toBe('ALREADY_IN_STATE');
    // Several at once: whoever is set up is left alone, the others go on, each by itself.
    const wish = { account, blueprint: { id: saved.id, version: 1 } };
    const second = (await owner.accounts.create.mutate({ ...wish, name: 'Second' })).account.id;
    const third = (await owner.accounts.create.mutate({ ...wish, name: 'Third' })).account.id;
    await setLimit(second, 'agents', 2);
    const targets = [made.id, second, third];
    const { job } = await owner.blueprints.retry.mutate({ account, blueprint: saved.id, targets });
    const { items } = await ended(account, job);
    expect(items.map(({ name, state }) => [name, state])).toEqual([
      ['Second', 'done'],
      ['Third', 'failed'],
    ]);
    const stranger = await make('Stranger', account);
    const unknown = { account, blueprint: saved.id, targets: [stranger] };
    expect(await codeOf(owner.blueprints.retry.mutate(unknown))).toBe('NOT_FOUND');
    const fromAbove = refusalOf(owner.blueprints.retry.mutate({ ...unknown, targets: [account] }));
    expect(await fromAbove).toMatchObject({ code: 'BAD_REQUEST', field: 'targets' });
    await checkAll();
  });

  it('sets more than 50 products up by a job, and the account is being set up meanwhile (rules/blueprints 6)', async () => {
    const account = await make('Much');
    const { products } = await owner.products.create.mutate({
      account,
      kind: 'schedule',
      products: Array.from({ length: 60 }, (_, n) => ({ document: { name: `Hours ${n}` } as never })),
    });
    const saved = await save(account, 'Many', { products: products.map(({ id }) => ({ product: id })) });
    const { account: made } = await owner.accounts.create.mutate({
      account,
      name: 'Later',
      blueprint: { id: saved.id, version: 1 },
    });
    await jobsEnded(api.database);
    expect((await owner.blueprints.applied.query({ account: made.id })).applications).toMatchObject([
      { state: 'set_up', drift: 'as_set_up' },
    ]);
    const asked = heardStatements(api);
    const accounts = Array.from({ length: 6 }, (_, n) => ({ name: `Later ${n}` }));
    await owner.accounts.createMany.mutate({ account, accounts, blueprint: { id: saved.id, version: 1 } });
    await jobsEnded(api.database);
    // The call, their products together, and the end of the job.
    expect(asked.filter((text) => text.includes('begin_tree_change'))).toHaveLength(3);
    expect(Object.values(await driftOf(account, saved.id))).toEqual(Array(7).fill('as_set_up'));
    const [counted] = await api.database.asOwner<{ n: number }>(
      `SELECT count(*)::int AS n FROM products WHERE account_id = '${made.id}'`,
    );
    expect(counted?.n).toBe(60);
  });

  it('takes no blueprint of another tree, of an account below or in a version that there isn’t, and no preset that is gone matters', async () => {
    const { account } = await reseller('Limits of reach');
    const below = await make('Below the limits', account);
    const preset = await owner.presets.save.mutate({ account, name: 'Basic', levels: { agents: 'read' } });
    const own = await save(account, 'Own', { caps: { preset: { id: preset.id } } });
    const its = await save(below, 'Its', { limits: { agents: { max: 1 } } });
    const of = (id: string, version: number) =>
      codeOf(owner.accounts.create.mutate({ account, name: 'Nobody', blueprint: { id, version } }));
    expect(await of(its.id, 1)).toBe('NOT_FOUND');
    expect(await of(own.id, 2)).toBe('NOT_FOUND');
    const { account: main } = await owner.accounts.createMain.mutate({ name: 'Elsewhere' });
    const theirs = await save(main.id, 'Theirs', { limits: { agents: { max: 1 } } });
    expect(await of(theirs.id, 1)).toBe('NOT_FOUND');
    expect(await codeOf(plan(account, its.id, [below]))).toBe('NOT_FOUND');
    await owner.presets.remove.mutate({ account, preset: preset.id });
    const { account: made } = await owner.accounts.create.mutate({
      account,
      name: 'Basic one',
      blueprint: { id: own.id, version: 1 },
    });
    expect(await levelOf(made.id, 'agents')).toBe('read');
    // Somebody below takes what is offered from above.
    const { account: deeper } = await owner.accounts.create.mutate({
      account: below,
      name: 'Deeper',
      blueprint: { id: own.id, version: 1 },
    });
    expect(await driftOf(account, own.id)).toEqual({ 'Basic one': 'as_set_up', Deeper: 'as_set_up' });
    expect(await driftOf(below, own.id)).toEqual({ Deeper: 'as_set_up' });
    const ben = await join(api.url, owner, deeper.id, 'ben@example.com', 'admin');
    expect((await ben.blueprints.applied.query({ account: deeper.id })).applications).toMatchObject([
      { blueprint: null, from: { id: null, name: 'an account above you' } },
    ]);
  });
});

describe('Applying a blueprint to accounts that there are', () => {
  it('shows each account and section before, and does each at once; caps and limits replace, only lower or keep (rules/blueprints 8)', async () => {
    const { account, agent, variables } = await reseller('Applier');
    const names = ['One', 'Two', 'Three'];
    const [one, two, three] = (await Promise.all(names.map((name) => make(name, account)))) as [string, string, string];
    const cap = (of: string, levels: Record<string, string>) =>
      owner.permissions.set.mutate({ account: of, levels, expectedVersion: 0 });
    await cap(two, { tasks: 'none', agents: 'read' });
    await setLimit(two, 'agents', 2);
    await setLimit(two, 'members', 9);
    const saved = await save(account, 'All', {
      caps: { levels: { tasks: 'read', agents: 'full' } },
      limits: { agents: { max: 4 }, members: { max: 5 } },
      products: [{ product: agent }],
      variables,
    });
    const values = { variables: { company: 'Acme' } };
    expect(await codeOf(plan(account, saved.id, [one]))).toBe('VARIABLE_INVALID');
    const shown = await plan(account, saved.id, [one, two], values);
    expect(shown).toMatchObject({ ready: true, version: 1 });
    expect(shown.targets).toMatchObject([
      {
        account: { name: 'One' },
        refusal: null,
        caps: { changes: [{ key: 'tasks', before: 'full', after: 'read' }], kept: [] },
        limits: { changes: [{ key: 'agents', before: { max: null }, after: { max: 4 } }, { key: 'members' }] },
        priceBook: null,
        products: {
          items: [
            { name: 'Calendar', act: 'new' },
            { name: 'Desk of Acme', act: 'new' },
          ],
        },
      },
      {
        caps: {
          changes: [
            { key: 'tasks', after: 'read' },
            { key: 'agents', after: 'full' },
          ],
        },
      },
    ]);
    const lower = await plan(account, saved.id, [two], { ...values, caps: 'lower', limits: 'lower' });
    expect(lower.targets).toMatchObject([
      { caps: { changes: [], kept: ['tasks', 'agents'] }, limits: { changes: [{ key: 'members' }], kept: ['agents'] } },
    ]);
    const local = await plan(account, saved.id, [two], { ...values, caps: 'keepLocal', limits: 'keepLocal' });
    expect(local.targets).toMatchObject([
      { caps: { changes: [], kept: ['tasks', 'agents'] }, limits: { changes: [], kept: ['agents', 'members'] } },
    ]);
    const { job, items } = await run(account, shown);
    expect([job.state, items.length, job.label, job.subject]).toEqual(['succeeded', 2, 'Apply blueprint', 'All v1']);
    expect(await codeOf(owner.blueprints.run.mutate({ account, plan: shown.plan }))).toBe('NOT_FOUND');
    expect([
      await levelOf(two, 'agents'),
      await limitOf(two, 'members'),
      Object.keys(await named(two, 'agent')),
    ]).toEqual(['full', 5, ['Desk of Acme']]);
    // What was planned before is not as it was shown any more.
    const stale = await refusalOf(owner.blueprints.run.mutate({ account, plan: lower.plan }));
    expect(stale).toMatchObject({ code: 'PLAN_STALE', faults: [{ at: `/${two}` }] });
    expect((await apply(account, saved.id, [three], { ...values, caps: 'lower' })).job.state).toBe('succeeded');
    expect(await driftOf(account, saved.id)).toEqual({ One: 'as_set_up', Two: 'as_set_up', Three: 'as_set_up' });
    const other = await save(account, 'Second', { limits: { minutes: { max: 10 } } });
    const taken = await plan(account, other.id, [one]);
    expect([taken.ready, taken.targets[0]?.refusal]).toMatchObject([
      false,
      { code: 'SECTION_TAKEN', message: 'Limits of “One” are set up by “All” already.' },
    ]);
    expect(await codeOf(owner.blueprints.run.mutate({ account, plan: taken.plan }))).toBe('BAD_REQUEST');
    await checkAll();
  });

  it('is planned of many by as many statements as of a few', async () => {
    const { account, agent, variables } = await reseller('Quick');
    const said = { caps: { levels: { tasks: 'read' } }, limits: { agents: { max: 5 } } } as const;
    const saved = await save(account, 'Practice', { ...said, products: [{ product: agent }], variables });
    const targets: string[] = [];
    for (let n = 0; n < 12; n++) targets.push(await make(`Account ${n}`, account));
    const more = { variables: { company: 'Acme' } };
    const asked = heardStatements(api);
    const costOf = async (some: readonly string[]): Promise<number> => {
      const before = asked.length;
      expect((await plan(account, saved.id, some, more)).targets.filter(({ products }) => products)).toHaveLength(
        some.length,
      );
      return asked.length - before;
    };
    await costOf(targets.slice(0, 2));
    const few = await costOf(targets.slice(0, 2));
    expect(await costOf(targets)).toBeLessThan(few + 5);
  });

  it('is done to several at once, and to as many as limits leave room for, in their order, to the others not by half', async () => {
    const { account, agent, variables } = await reseller('Roomy');
    const saved = await save(account, 'Practice', {
      limits: { members: { max: 3 } },
      products: [{ product: agent }],
      variables,
    });
    const targets: string[] = [];
    for (const name of ['One', 'Two', 'Three', 'Four', 'Five']) targets.push(await make(name, account));
    // It has one itself.
    await setLimit(account, 'agents', 3);
    const { job, items } = await apply(account, saved.id, targets, { variables: { company: 'Acme' } });
    expect(job).toMatchObject({ done: 2, failed: 3, skipped: 0 });
    expect(items.map(({ error }) => error?.code)).toEqual([undefined, undefined, ...Array(3).fill('LIMIT_REACHED')]);
    expect(await Promise.all(targets.map((one) => limitOf(one, 'members')))).toEqual([3, 3, null, null, null]);
    expect(await driftOf(account, saved.id)).toEqual({ One: 'as_set_up', Two: 'as_set_up' });
  });

  it('cuts whoever loses a right by it off, in each of the accounts that it is done to, or taken back from, at once', async () => {
    const { account } = await reseller('Cutting');
    const targets: string[] = [];
    for (const name of ['One', 'Two', 'Three']) targets.push(await make(name, account));
    const people = await Promise.all(
      targets.map(async (target, n) => {
        const email = `cut-${n}@example.com`;
        await join(api.url, owner, target, email, 'member');
        return { cookie: await signIn(api.url, email, PASSWORD), origin: api.url };
      }),
    );
    const watch = async () => {
      const watchers = targets.map((target, n) =>
        watcherWith(api.url, people[n]!, 'products.live', { account: target, kind: 'agent' }),
      );
      await Promise.all(watchers.map(({ ready }) => ready));
      return () => Promise.all(watchers.map(({ cut }) => cut));
    };
    const lowers = await save(account, 'Lowers', { caps: { levels: { agents: 'none' } } });
    const cut = await watch();
    await apply(account, lowers.id, targets);
    expect(await cut()).toEqual(Array(3).fill('FORBIDDEN'));
    const raises = await save(account, 'Raises', { caps: { levels: { agents: 'full' } } });
    await owner.blueprints.remove.mutate({ account, blueprint: lowers.id });
    const { job } = await apply(account, raises.id, targets);
    const cutAgain = await watch();
    const taken = await ended(account, (await owner.jobs.undo.mutate({ account, job: job.id })).job);
    expect(taken.job).toMatchObject({ done: 3 });
    expect(await cutAgain()).toEqual(Array(3).fill('FORBIDDEN'));
  });

  it('sets limits of the deepest first, whatever the order in which accounts are named (rules/data 6)', async () => {
    const { account } = await reseller('Deep');
    const saved = await save(account, 'Practice', { limits: { calls: { max: 5 } } });
    const above = await make('Above', account);
    const below = await make('Below', above);
    await apply(account, saved.id, [above, below]);
    const { rows } = await owner.audit.list.query({ account, scope: 'nested' });
    const set = rows.filter(({ action }) => action === 'limit.set').map(({ account: { name } }) => name);
    // The newest entry stands first.
    expect(set).toEqual(['Above', 'Below']);
  });

  it('asks about names that are there, and keeps to what the blueprint says or somebody answers', async () => {
    const { account, agent } = await reseller('Clasher');
    const [one, two] = [await make('One', account), await make('Two', account)];
    for (const of of [one, two]) await create(of, 'agent', { name: 'Desk of {{company}}' });
    const saved = await save(account, 'Open', { products: [{ product: agent }] });
    const shown = await plan(account, saved.id, [one]);
    expect([shown.ready, shown.targets[0]?.products?.items.map(({ act }) => act)]).toEqual([false, ['new', 'clash']]);
    const answered = await plan(account, saved.id, [one], { answers: [{ product: agent, as: 'keep_both' }] });
    expect((await run(account, answered)).job.state).toBe('succeeded');
    expect(Object.keys(await named(one, 'agent')).toSorted()).toEqual([
      'Desk of {{company}}',
      'Desk of {{company}} (2)',
    ]);
    await again(account, 'Said', saved, { products: [{ product: agent, answer: 'use_existing' }] });
    expect((await apply(account, saved.id, [two])).job.state).toBe('succeeded');
    expect(Object.keys(await named(two, 'agent'))).toEqual(['Desk of {{company}}']);
  });

  it('gives a price book from the next period on, only to those that the account sells to, and takes Billing: full', async () => {
    const { account } = await reseller('Seller');
    const one = await make('One', account);
    const deep = await make('Deep', one);
    const { book } = await owner.books.save.mutate({
      account,
      name: 'Retail',
      terms: { currency: 'EUR', monthlyFee: '1', meters: {} },
    });
    const saved = await save(account, 'Sold', { priceBook: { book: book.id } });
    const shown = await plan(account, saved.id, [one, deep]);
    expect(shown.targets.map(({ priceBook }) => priceBook)).toMatchObject([
      { before: null, after: { id: book.id, version: 1 }, leftOut: false },
      { leftOut: true },
    ]);
    const { job } = await run(account, shown);
    expect(job.state).toBe('succeeded');
    const { rows } = await owner.books.assignments.query({ account });
    expect(rows).toMatchObject([{ customer: { id: one }, state: 'coming' }]);
    expect(await driftOf(account, saved.id)).toEqual({ One: 'as_set_up', Deep: 'as_set_up' });
    await owner.books.unassign.mutate({ account, customers: [one], to: rows[0]!.from }).catch(() => undefined);
    expect((await sectionsOf(account, saved.id, 'One'))?.priceBook).toBe('changed_here');
    const cleo = await join(api.url, owner, account, 'cleo@example.com', 'agency_admin');
    expect(await codeOf(cleo.blueprints.plan.mutate({ account, blueprint: saved.id, targets: [one] }))).toBe(
      'FORBIDDEN',
    );
    expect(
      await codeOf(cleo.accounts.create.mutate({ account, name: 'Nobody', blueprint: { id: saved.id, version: 1 } })),
    ).toBe('FORBIDDEN');
  });
});

describe('How accounts stand to their blueprint', () => {
  it('is told section by section, and bringing in line takes what only the blueprint changed (rules/blueprints 9, 10; worked example D1)', async () => {
    const { account, agent, variables } = await reseller('Drifter');
    const ids = new Map<string, string>();
    const said: Said = {
      caps: { levels: { tasks: 'read' } },
      limits: { agents: { max: 5 } },
      products: [{ product: agent }],
      variables,
    };
    const saved = await save(account, 'Drift', said);
    for (const name of ['As', 'Raised', 'Six', 'Agent'])
      ids.set(
        name,
        (
          await owner.accounts.create.mutate({
            account,
            name,
            blueprint: { id: saved.id, version: 1, variables: { company: name } },
          })
        ).account.id,
      );
    const at = (name: string): string => ids.get(name) ?? '';
    await setLimit(at('Raised'), 'agents', 8);
    const copy = (await named(at('Agent'), 'agent'))['Desk of Agent']!;
    await greet(at('Agent'), copy, 'Our own.');
    expect(await driftOf(account, saved.id)).toEqual({
      As: 'as_set_up',
      Raised: 'changed_here',
      Six: 'as_set_up',
      Agent: 'changed_here',
    });
    expect(await sectionsOf(account, saved.id, 'Agent')).toEqual({
      caps: 'as_set_up',
      limits: 'as_set_up',
      priceBook: null,
      products: 'changed_here',
    });
    const second = await again(account, 'Drift', saved, { ...said, limits: { agents: { max: 6 } } });
    await setLimit(at('Six'), 'agents', 6);
    expect(await driftOf(account, saved.id)).toEqual({
      As: 'newer_available',
      Raised: 'both',
      Six: 'same_by_hand',
      Agent: 'both',
    });
    const counts = await owner.blueprints.drift.query({ account, blueprint: saved.id, drift: 'both' });
    expect(counts).toMatchObject({
      total: 4,
      counts: { newer_available: 1, both: 2, same_by_hand: 1 },
      rows: [{ version: 1 }, {}],
    });
    const filter = { blueprint: saved.id, drift: 'both' as const };
    const listed = await owner.accounts.list.query({ account, ...filter });
    expect([listed.total, listed.rows.map(({ name }) => name)]).toEqual([2, ['Agent', 'Raised']]);
    const first = await owner.accounts.search.query({ account, ...filter, limit: 1 });
    const next = await owner.accounts.search.query({ account, ...filter, limit: 1, cursor: first.nextCursor ?? '' });
    expect([first.total, first.matches, next.matches]).toEqual([2, [at('Raised')], [at('Agent')]]);
    const flat = await owner.accounts.search.query({ account, blueprint: saved.id, sort: 'name', direction: 'desc' });
    expect(flat.matches).toEqual([at('Six'), at('Raised'), at('As'), at('Agent')]);
    expect(await codeOf(owner.accounts.list.query({ account, drift: 'both' }))).toBe('BAD_REQUEST');
    const everybody = [...ids.values()];
    const shown = await plan(account, saved.id, everybody, { how: 'line' });
    expect(shown.targets.map(({ limits }) => limits)).toMatchObject([
      { changes: [{ key: 'agents', after: { max: 6 } }], kept: [] },
      { changes: [], kept: ['agents'] },
      { changes: [], kept: [] },
      { changes: [{ key: 'agents' }], kept: [] },
    ]);
    expect((await run(account, shown)).job.state).toBe('succeeded');
    expect([await limitOf(at('As'), 'agents'), await limitOf(at('Raised'), 'agents')]).toEqual([6, 8]);
    expect(await driftOf(account, saved.id)).toEqual({
      As: 'as_set_up',
      Raised: 'changed_here',
      Six: 'as_set_up',
      Agent: 'changed_here',
    });
    // Products: what only the source changed comes, what was changed here stays.
    await change(account, 'agent', agent, { prompt: { greeting: 'Good day from {{company}}.', instructions: 'New.' } });
    await again(account, 'Drift', second, { ...said, limits: { agents: { max: 6 } } });
    expect(await driftOf(account, saved.id)).toEqual({
      As: 'newer_available',
      Raised: 'both',
      Six: 'newer_available',
      Agent: 'both',
    });
    expect((await line(account, saved.id, everybody)).job.state).toBe('succeeded');
    const own = await get(at('Agent'), 'agent', copy);
    expect(own.document).toMatchObject({ prompt: { greeting: 'Our own.', instructions: 'New.' } });
    expect((await get(at('As'), 'agent', (await named(at('As'), 'agent'))['Desk of As']!)).document).toMatchObject({
      prompt: { greeting: 'Good day from As.' },
    });
    expect(await driftOf(account, saved.id)).toEqual({
      As: 'as_set_up',
      Raised: 'changed_here',
      Six: 'as_set_up',
      Agent: 'changed_here',
    });
    await owner.blueprints.remove.mutate({ account, blueprint: saved.id });
    expect((await owner.blueprints.applied.query({ account: at('As') })).applications).toEqual([]);
    await checkAll();
  });

  it('has other values of variables, and places that a version fills anew, as they are said then (rules/blueprints 3, 8, 10)', async () => {
    const { account, agent, variables } = await reseller('Other values');
    const target = await make('Filled', account);
    const products = [{ product: agent }];
    const first = await save(account, 'Practice', { products, variables: variables.map(inName) });
    await apply(account, first.id, [target], { variables: { company: 'Acme' } });
    const says = async () => {
      const { rows } = await owner.products.list.query({ account: target, kind: 'agent' });
      const { document } = await get(target, 'agent', rows[0]!.id);
      const { greeting, style } = document['prompt'] as Doc;
      return [rows.length, document['name'], greeting, style];
    };
    expect(await says()).toEqual([1, 'Desk of Acme', 'Hello, this is {{company}}.', '']);
    // The product is what it was; what stands in it for variables isn't.
    await again(account, 'Practice', first, { products, variables });
    expect(await driftOf(account, first.id)).toEqual({ Filled: 'newer_available' });
    await line(account, first.id, [target]);
    expect(await says()).toEqual([1, 'Desk of Acme', 'Hello, this is Acme.', '']);
    const copy = (await named(target, 'agent'))['Desk of Acme']!;
    const { document } = await get(target, 'agent', copy);
    await change(target, 'agent', copy, { prompt: { ...(document['prompt'] as Doc), style: 'Brief' } });
    await apply(account, first.id, [target], { variables: { company: 'Bright' } });
    expect(await says()).toEqual([1, 'Desk of Bright', 'Hello, this is Bright.', 'Brief']);
    const same = await plan(account, first.id, [target], { variables: { company: 'Bright' } });
    expect(same.targets[0]?.products?.items.map(({ act }) => act)).toEqual(['use_existing', 'use_existing']);
    await checkAll();
  });

  it('is the same by hand where products came by other ways to what a newer version holds (rules/blueprints 9)', async () => {
    const { account, agent, variables } = await reseller('Rolled out');
    const [target, other] = [await make('Updated', account), await make('Not yet', account)];
    const said = { products: [{ product: agent }], variables };
    const first = await save(account, 'Practice', said);
    await apply(account, first.id, [target, other], { variables: { company: 'Acme' } });
    await greet(account, agent, 'Welcome to {{company}}.');
    const wish = { account, targets: [target], products: [{ product: agent }] };
    const { plan: brought } = await owner.imports.plan.mutate(wish);
    await ended(account, (await owner.imports.run.mutate({ account, plan: brought })).job);
    // It is another version than the blueprint holds, which isn't what it was set up as.
    expect(await driftOf(account, first.id)).toEqual({ Updated: 'changed_here', 'Not yet': 'as_set_up' });
    const second = await again(account, 'Practice', first, said);
    expect(await driftOf(account, first.id)).toEqual({ Updated: 'same_by_hand', 'Not yet': 'newer_available' });
    const copy = (await named(target, 'agent'))['Desk of Acme']!;
    await greet(target, copy, 'Mine');
    expect(await driftOf(account, first.id)).toEqual({ Updated: 'both', 'Not yet': 'newer_available' });
    await greet(target, copy, 'Welcome to Acme.');
    await line(account, first.id, [target, other]);
    expect(await driftOf(account, first.id)).toEqual({ Updated: 'as_set_up', 'Not yet': 'as_set_up' });
    // What was written by hand just as the next version says it is no conflict, and nothing is kept or changed.
    await greet(target, copy, 'Good day');
    await greet(account, agent, 'Good day');
    await again(account, 'Practice', second, { products: [{ product: agent }], variables: variables.map(inName) });
    const { targets } = await plan(account, first.id, [target], { how: 'line' });
    expect(targets[0]?.products?.items.flatMap(({ act, changes }) => changes.map(({ how }) => [act, how]))).toEqual([
      ['update', 'both_same'],
    ]);
    await line(account, first.id, [target]);
    expect((await driftOf(account, first.id))['Updated']).toBe('as_set_up');
    await checkAll();
  });

  it('is told of many accounts at once, and in exports, by name to those who may know it (rules/blueprints 4, 9)', async () => {
    const account = await make('Of many');
    const middle = await make('Of some', account);
    const [one, two, three] = [
      await make('Many one', middle),
      await make('Many two', middle),
      await make('Many three', middle),
    ];
    const above = await save(account, 'From above', { limits: { agents: { max: 5 } } });
    const own = await save(middle, 'Of its own', { caps: { levels: { tasks: 'read' } } });
    await apply(account, above.id, [one, two]);
    await apply(middle, own.id, [two]);
    await setLimit(two, 'agents', 7);
    await again(middle, 'Of its own', own, { caps: { levels: { tasks: 'none' } } });
    const [from, its] = [
      { id: above.id, name: 'From above' },
      { id: own.id, name: 'Of its own' },
    ];
    const setUp = { version: 1, state: 'set_up' };
    const expected = (first: typeof from | null) => [
      { account: one, blueprint: first, ...setUp, drift: 'as_set_up' },
      { account: two, blueprint: first, ...setUp, drift: 'changed_here' },
      { account: two, blueprint: its, ...setUp, drift: 'newer_available' },
    ];
    const ask = { account: middle, accounts: [three, two, one, middle] };
    expect((await owner.blueprints.appliedMany.query(ask)).applications).toEqual(expected(from));
    expect((await owner.blueprints.appliedMany.query({ ...ask, account })).applications).toEqual(expected(from));
    const ben = await join(api.url, owner, middle, 'ben@example.com', 'admin');
    expect((await ben.blueprints.appliedMany.query(ask)).applications).toEqual(expected(null));
    expect(await codeOf(ben.blueprints.appliedMany.query({ ...ask, accounts: [one, account] }))).toBe('NOT_FOUND');
    const exported = async (within: string) => {
      const { job } = await owner.accounts.export.mutate({ account: within });
      await jobsEnded(api.database);
      const { content } = await owner.jobs.file.query({ account: within, job });
      const [header, ...lines] = content
        .trim()
        .split('\r\n')
        .map((line) => line.split(','));
      const at = (name: string): number => header!.indexOf(name);
      return Object.fromEntries(
        lines.map((line) => [
          line[at('name')],
          ['blueprint', 'blueprintVersion', 'drift'].map((name) => line[at(name)]),
        ]),
      );
    };
    expect(await exported(account)).toEqual({
      'Of some': ['', '', ''],
      'Many one': ['From above', '1', 'as_set_up'],
      'Many two': ['From above; Of its own', '1; 1', 'changed_here; newer_available'],
      'Many three': ['', '', ''],
    });
    expect((await exported(middle))['Many two']?.[0]).toBe('an account above you; Of its own');
  });

  it('ends where the account leaves, and where it moves away from under whoever set it up', async () => {
    const { account } = await reseller('Left');
    const one = await make('Mover', account);
    const saved = await save(account, 'Stays', { limits: { agents: { max: 5 } } });
    expect((await apply(account, saved.id, [one])).job.state).toBe('succeeded');
    await owner.accounts.move.mutate({ account: one, to: api.root });
    expect(await api.database.asOwner(`SELECT FROM blueprint_applications WHERE account_id = '${one}'`)).toEqual([]);
    expect(await limitOf(one, 'agents')).toBe(5);
  });

  it('is brought about once, whoever of two runs a plan first', async () => {
    const { account } = await reseller('Middle');
    const [one, two] = [await make('One', account), await make('Two', account)];
    const saved = await save(account, 'Middle', { limits: { agents: { max: 5 } } });
    const shown = await plan(account, saved.id, [one, two]);
    const both = await Promise.allSettled([1, 2].map(() => owner.blueprints.run.mutate({ account, plan: shown.plan })));
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await jobsEnded(api.database);
    expect(await driftOf(account, saved.id)).toEqual({ One: 'as_set_up', Two: 'as_set_up' });
  });

  it('fails for an account that is closed, changed or gone in the middle, and for whoever may not any more; the others are done, suspended ones too', async () => {
    const { account } = await reseller('Middle too');
    const saved = await save(account, 'Middle', { limits: { agents: { max: 5 } } });
    const names = ['Fine', 'Suspended', 'Changed', 'Moved', 'Closed'];
    const targets: string[] = [];
    for (const name of names) targets.push(await make(name, account));
    const shown = await plan(account, saved.id, targets);
    const { hall } = api.composed;
    const stopped = await owner.blueprints.run.mutate({ account, plan: shown.plan });
    // The job as it was asked for, done by hand, so that things happen between.
    await jobsEnded(api.database);
    const undo = await ended(account, (await owner.jobs.undo.mutate({ account, job: stopped.job })).job);
    expect(undo.job.state).toBe('succeeded');
    const rows = await api.database.asOwner<{ payload: unknown }>(
      `SELECT payload FROM job_items WHERE job_id = '${stopped.job}' ORDER BY n`,
    );
    await owner.accounts.suspend.mutate({ account: targets[1]!, kind: 'full_stop' });
    await setLimit(targets[2]!, 'agents', 3);
    await owner.accounts.move.mutate({ account: targets[3]!, to: api.root });
    await owner.accounts.close.mutate({ account: targets[4]! });
    const id = (await owner.session.me.query()).user?.id as UserId;
    const root = api.root as AccountId;
    const start = async (n: number, user: UserId) => {
      const by = {
        actor: { kind: 'person', id: user, name: 'Olivia Owner', via: null },
        user,
        key: null,
        requestId: null,
      } as const;
      const ended = async (): Promise<void> => undefined;
      const job = { id: stopped.job, account: account as AccountId, root };
      const part = { hall, job, by, askedAt: '2026-11-29T00:00:00.000Z' as Instant, ended };
      return applyBlueprintJob.start(part, [rows[n]?.payload]).then(
        ([end]) => (end?.state === 'skipped' ? end.result : end?.state === 'failed' ? end.error.code : end?.state),
        (error: unknown) => (error as Refused).refusal.code,
      );
    };
    const nobody = '01a225d6-1b90-7762-b481-7b421c630089' as UserId;
    expect(await start(0, nobody)).toBe('FORBIDDEN');
    const ends = [];
    for (const n of names.keys()) ends.push(await start(n, id));
    expect(ends).toEqual([
      'done',
      'done',
      { reason: 'It was changed by somebody else since.' },
      'NOT_FOUND',
      'ACCOUNT_CLOSED',
    ]);
    expect(await driftOf(account, saved.id)).toEqual({ Fine: 'as_set_up', Suspended: 'as_set_up' });
  });
});

describe('A blueprint that is removed in the middle', () => {
  it('is said to be gone, of accounts that it was to set up, to go on with or to be taken back from', async () => {
    const { account, agent } = await reseller('Removed midway');
    const saved = await save(account, 'Short-lived', { products: [{ product: agent }] });
    const blueprint = { id: saved.id, version: saved.version };
    const accounts = ['One', 'Two'].map((name) => ({ name }));
    await owner.accounts.createMany.mutate({ account, accounts, blueprint });
    await jobsEnded(api.database);
    const { job: applied } = await apply(account, saved.id, [await make('Three', account)]);
    await ended(account, (await owner.jobs.undo.mutate({ account, job: applied.id })).job);
    const user = (await owner.session.me.query()).user?.id as UserId;
    const rows = await api.database.asOwner<{ id: RowId; kind: string; payload: unknown }>(
      `SELECT DISTINCT ON (j.kind) j.id, j.kind, i.payload FROM jobs j JOIN job_items i ON i.job_id = j.id
       WHERE j.account_id = '${account}' ORDER BY j.kind`,
    );
    await owner.blueprints.remove.mutate({ account, blueprint: saved.id });
    const again = async (job: AnyJob): Promise<string> => {
      const found = rows.find(({ kind }) => kind === job.name);
      const by = {
        actor: { kind: 'person', id: user, name: 'Olivia Owner', via: null },
        user,
        key: null,
        requestId: null,
      } as const;
      const part = {
        hall: api.composed.hall,
        job: { id: found!.id, account: account as AccountId, root: api.root as AccountId },
        by,
        askedAt: '2026-11-29T00:00:00.000Z' as Instant,
        ended: () => Promise.resolve(),
      };
      return job.start(part, [found?.payload]).then(
        ([end]) => JSON.stringify(end),
        (error: unknown) => `${(error as Refused).refusal.code}: ${(error as Refused).refusal.message}`,
      );
    };
    const gone = 'NOT_FOUND: The blueprint is gone: somebody has removed it since this was asked for.';
    for (const job of [applyBlueprintJob, finishSetUpJob, undoBlueprintJob]) expect(await again(job)).toBe(gone);
  });
});

describe('Taking a blueprint back', () => {
  it('makes each section what it was where it is as it was set up, and says why not of the rest (rules/blueprints 11)', async () => {
    const { account, agent, variables } = await reseller('Undoer');
    const [one, two] = [await make('One', account), await make('Two', account)];
    for (const of of [one, two]) await setLimit(of, 'agents', 9);
    const said: Said = {
      caps: { levels: { tasks: 'read' } },
      limits: { agents: { max: 5 }, members: { max: 3 } },
      products: [{ product: agent }],
      variables,
    };
    const saved = await save(account, 'Undo', said);
    const { id: applied } = (await apply(account, saved.id, [one, two], { variables: { company: 'Acme' } })).job;
    await setLimit(two, 'members', 4);
    await greet(two, (await named(two, 'agent'))['Desk of Acme']!, 'Our own.');
    const foreseen = await owner.jobs.previewUndo.query({ account, job: applied });
    expect(foreseen.accounts.map(({ left }) => left)).toEqual([null, null]);
    const { job } = await owner.blueprints.undo.mutate({ account, blueprint: saved.id, targets: [one, two] });
    const { items } = await ended(account, job);
    expect(items.map(({ result }) => result)).toMatchObject([
      { undone: ['caps', 'limits', 'products'], kept: [] },
      {
        undone: ['caps'],
        kept: [
          { section: 'products', name: 'Desk of Acme' },
          { section: 'products', name: 'Calendar' },
          { section: 'limits', name: 'members' },
        ],
      },
    ]);
    expect([
      await levelOf(one, 'tasks'),
      await limitOf(one, 'agents'),
      await limitOf(one, 'members'),
      await named(one, 'agent'),
    ]).toEqual(['full', 9, null, {}]);
    expect([await levelOf(two, 'tasks'), await limitOf(two, 'agents'), await limitOf(two, 'members')]).toEqual([
      'full',
      9,
      4,
    ]);
    expect(await driftOf(account, saved.id)).toEqual({ Two: 'changed_here' });
    const once = await ended(account, (await owner.jobs.undo.mutate({ account, job: applied })).job);
    expect(once.items.map(({ state }) => state)).toEqual(['skipped', 'skipped']);
    await checkAll();
  });

  it('is done with many in parts, each as if by itself: what stands in the way of one leaves that one alone as it is', async () => {
    const { account, agent, variables } = await reseller('Parts');
    const saved = await save(account, 'Parts', {
      caps: { levels: { tasks: 'read' } },
      limits: { agents: { max: 5 }, members: { max: 3 } },
      products: [{ product: agent }],
      variables,
    });
    const names = ['One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight'];
    const targets: string[] = [];
    for (const name of names) targets.push(await make(name, account));
    // One of them stands below another one.
    targets.push(await make('Below one', targets[0]));
    const [one, two, three, four, five] = targets as [string, string, string, string, string];
    const { id: applied } = (await apply(account, saved.id, targets, { variables: { company: 'Acme' } })).job;
    await owner.permissions.set.mutate({ account: two, levels: { agents: 'read' }, expectedVersion: 1 });
    await setLimit(three, 'members', 4);
    await create(four, 'agent', {
      name: 'Another',
      tools: { items: [{ id: 'c', tool: (await named(four, 'tool'))['Calendar']! }] },
    });
    await owner.accounts.close.mutate({ account: five });
    const asked = heardStatements(api);
    const { job, items } = await ended(account, (await owner.jobs.undo.mutate({ account, job: applied })).job);
    expect(job).toMatchObject({ done: 8, failed: 1, skipped: 0 });
    const sections = ['caps', 'limits', 'products'];
    const untouched = { undone: sections, kept: [] };
    expect(Object.fromEntries(items.map(({ name, result, error }) => [name, error?.code ?? result]))).toMatchObject({
      One: untouched,
      Two: { undone: ['limits', 'products'], kept: [{ section: 'caps', name: null }] },
      Three: { undone: ['caps', 'products'], kept: [{ section: 'limits', name: 'members' }] },
      Four: { undone: ['caps', 'limits'], kept: [{ section: 'products', name: 'Calendar' }] },
      Five: 'ACCOUNT_CLOSED',
      Six: untouched,
      Eight: untouched,
      'Below one': untouched,
    });
    expect([await levelOf(one, 'tasks'), await limitOf(one, 'agents'), await named(one, 'agent')]).toEqual([
      'full',
      null,
      {},
    ]);
    expect([await levelOf(five, 'tasks'), await limitOf(five, 'agents')]).toEqual(['read', 5]);
    expect(await driftOf(account, saved.id)).toEqual({
      Two: 'as_set_up',
      Three: 'changed_here',
      Four: 'as_set_up',
      Five: 'as_set_up',
    });
    const told = await owner.audit.list.query({ account, scope: 'nested', limit: 200 });
    const undone = told.rows.filter(({ action }) => action === 'blueprint.undone');
    expect(undone.map(({ account: { name } }) => name).toSorted()).toEqual(
      [...names.filter((name) => name !== 'Five'), 'Below one'].toSorted(),
    );
    // Eight accounts are found beside one that stands in the way by halves, and without it by one part.
    const changes = (): number => asked.filter((text) => text.includes('begin_tree_change')).length;
    const before = changes();
    const rest = targets.filter((target) => target !== five).slice(4);
    const anew = (await apply(account, saved.id, rest, { variables: { company: 'Acme' } })).job;
    expect(changes() - before).toBe(3);
    await ended(account, (await owner.jobs.undo.mutate({ account, job: anew.id })).job);
    expect(changes() - before).toBe(6);
    await checkAll();
  });

  it('of bringing in line makes it what it was before that', async () => {
    const { account } = await reseller('Back');
    const one = await make('One', account);
    const saved = await save(account, 'Back', { limits: { agents: { max: 5 } } });
    await apply(account, saved.id, [one]);
    await again(account, 'Back', saved, { limits: { agents: { max: 6 } } });
    const { job } = await line(account, saved.id, [one]);
    expect([await limitOf(one, 'agents'), await driftOf(account, saved.id)]).toEqual([6, { One: 'as_set_up' }]);
    const undoing = await ended(account, (await owner.jobs.undo.mutate({ account, job: job.id })).job);
    expect(undoing.job.state).toBe('succeeded');
    expect([await limitOf(one, 'agents'), await driftOf(account, saved.id)]).toEqual([5, { One: 'newer_available' }]);
  });
});
