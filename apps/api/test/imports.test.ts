import type { ImportPlan, PlannedItem, Product } from '@tenantree/contract';
import type { RowId } from '@tenantree/domain';
import type { ProductKindKey } from '@tenantree/domain/products';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importJob } from '../src/products/imports/import-job.ts';
import { type Client, clientWithToken, codeOf, join, refusalOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { jobsEnded } from './support/jobs.ts';

let api: Deployment;
let owner: Client;
beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
});
afterAll(() => api.close());

type Doc = Record<string, unknown>;
const make = async (name: string, parent = api.root): Promise<string> =>
  (await owner.accounts.create.mutate({ account: parent, name })).account.id;
const create = async (account: string, kind: ProductKindKey, document: Doc): Promise<RowId> =>
  (await owner.products.create.mutate({ account, kind, products: [{ document: document as never }] })).products[0]!.id;
const get = async (account: string, kind: ProductKindKey, product: RowId, client = owner): Promise<Product> =>
  (await client.products.get.query({ account, kind, product })).product;
const save = async (account: string, kind: ProductKindKey, product: RowId, document: Doc): Promise<Product> => {
  const { version: expectedVersion } = await get(account, kind, product);
  return (await owner.products.save.mutate({ account, kind, product, expectedVersion, document: document as never }))
    .product;
};
const named = async (account: string, kind: ProductKindKey): Promise<Record<string, RowId>> =>
  Object.fromEntries((await owner.products.list.query({ account, kind })).rows.map(({ name, id }) => [name, id]));

type Wish = Parameters<Client['imports']['plan']['mutate']>[0];
const plan = (
  account: string,
  targets: readonly string[],
  products: readonly RowId[],
  more: Partial<Wish> = {},
): Promise<ImportPlan> =>
  owner.imports.plan.mutate({
    account,
    targets: [...targets],
    products: products.map((product) => ({ product })),
    ...more,
  });
const run = async (account: string, planned: ImportPlan) => {
  const { job } = await owner.imports.run.mutate({ account, plan: planned.plan });
  await jobsEnded(api.database);
  return { id: job, ...(await owner.jobs.get.query({ account, job })) };
};
const imported = async (account: string, target: string, products: readonly RowId[], more: Partial<Wish> = {}) =>
  run(account, await plan(account, [target], products, more));
const undo = async (account: string, job: RowId) => {
  const { job: undoing } = await owner.jobs.undo.mutate({ account, job });
  await jobsEnded(api.database);
  return owner.jobs.get.query({ account, job: undoing });
};
const acts = (items: readonly PlannedItem[] | undefined) => items?.map(({ name, act }) => `${name} ${act}`);

/** An account with an agent that needs a knowledge base, a tool with an integration and a schedule, and may have a number. */
async function shop(name: string) {
  const account = await make(name);
  const base = await create(account, 'knowledgeBase', { name: 'Handbook' });
  const integration = await create(account, 'integration', { name: 'CRM', credentials: 'secret-of-the-parent' });
  const tool = await create(account, 'tool', {
    name: 'Calendar',
    integration,
    auth: { type: 'bearer', apiKey: 'another-parent-secret' },
  });
  const schedule = await create(account, 'schedule', { name: 'Office hours' });
  const number = await create(account, 'phoneNumber', { name: 'Main line', number: '+4930123456' });
  const agent = await create(account, 'agent', {
    name: 'Front desk',
    prompt: { greeting: 'Hello' },
    knowledge: { bases: [base] },
    tools: { items: [{ id: 'calendar', tool }] },
    callFlow: { hours: schedule, number },
  });
  return { account, base, integration, tool, schedule, number, agent };
}

/** Nothing of an account names anything of another, no secret came along, links' bases name their own account only, counters are right. */
async function checkAll(): Promise<void> {
  const { database } = api;
  expect(
    await database.asOwner(`SELECT l.product_id FROM product_links l JOIN products p ON p.id = l.product_id AND p.account_id = l.account_id
    CROSS JOIN LATERAL jsonb_path_query(l.base_doc, '$.** ? (@.type() == "string")') v(value)
    JOIN products o ON o.id::text = v.value #>> '{}' AND o.account_id <> l.account_id`),
  ).toEqual([]);
  expect(
    await database.asOwner(`SELECT p.id FROM products p CROSS JOIN LATERAL jsonb_path_query(p.doc, '$.** ? (@.type() == "string")') v(value)
    JOIN products o ON o.id::text = v.value #>> '{}' AND o.account_id <> p.account_id
    JOIN product_links l ON l.product_id = p.id AND l.account_id = p.account_id`),
  ).toEqual([]);
  expect(
    await database.asOwner(`SELECT s.product_id FROM product_secrets s JOIN product_links l USING (account_id, product_id)
    WHERE s.ciphertext IN (SELECT ciphertext FROM product_secrets o WHERE o.product_id = l.source_id)`),
  ).toEqual([]);
  expect(
    await database.asOwner(`SELECT a.id, k.kind, r.own, c.n FROM accounts a
    CROSS JOIN (VALUES ('agent', 'agents'), ('knowledgeBase', 'knowledgeBases'), ('phoneNumber', 'phoneNumbers')) k(kind, resource)
    CROSS JOIN LATERAL (SELECT count(*) AS n FROM products p WHERE p.account_id = a.id AND p.kind = k.kind) c
    CROSS JOIN LATERAL (SELECT coalesce(sum(t.own), 0) AS own FROM resource_totals t WHERE t.account_id = a.id AND t.resource = k.resource) r
    WHERE r.own <> c.n`),
  ).toEqual([]);
}

describe('Importing products', () => {
  it('brings what is needed along, in order, with what isn’t copied, and no secrets; what waits for some is off until they are set (rules/products 12)', async () => {
    const { account, agent, number, integration } = await shop('Reseller');
    const [one, two] = [await make('One', account), await make('Two', account)];
    const planned = await plan(account, [one, two], [agent]);
    expect(planned).toMatchObject({ ready: true, steps: 10, limits: [] });
    const [target] = planned.targets;
    expect(acts(target?.items)).toEqual([
      'Handbook new',
      'CRM new',
      'Calendar new',
      'Office hours new',
      'Front desk new',
    ]);
    expect(target?.items.map(({ needsValue }) => needsValue)).toEqual([[], ['/credentials'], ['/auth/apiKey'], [], []]);
    expect(target?.notCopied).toEqual([
      {
        product: number,
        kind: 'phoneNumber',
        name: 'Main line',
        by: agent,
        at: '/callFlow/number',
        why: 'moves_when_chosen',
      },
    ]);
    const { job, items } = await run(account, planned);
    expect([job.state, job.label, items.length]).toEqual(['succeeded', 'Import products', 10]);
    expect(items.slice(0, 2).map(({ about }) => about)).toEqual([['Handbook'], ['CRM']]);
    const copy = await get(one, 'agent', (await named(one, 'agent'))['Front desk']!);
    expect(copy).toMatchObject({ version: 1, document: { prompt: { greeting: 'Hello' }, callFlow: { number: null } } });
    expect(copy.refs.every(({ state }) => state === 'there')).toBe(true);
    expect(copy.link).toEqual({
      state: 'linked',
      updateAvailable: false,
      source: { account: { id: account, name: 'Reseller' }, product: agent, version: 1 },
      version: 1,
      parts: null,
      needs: [],
      differences: [],
    });
    const crm = (await named(one, 'integration'))['CRM']!;
    expect(await get(one, 'integration', crm)).toMatchObject({
      document: { active: false },
      link: { needs: ['/credentials'], differences: [] },
    });
    const set = await save(one, 'integration', crm, { name: 'CRM', active: false, credentials: 'their-own' });
    expect(set).toMatchObject({
      document: { active: true },
      link: { needs: [], differences: [], updateAvailable: false },
    });
    await owner.products.save.mutate({
      account,
      kind: 'integration',
      product: integration,
      expectedVersion: 1,
      document: { name: 'CRM', system: 'New' },
    });
    const { rows } = await owner.products.list.query({ account: one, kind: 'integration' });
    expect(rows.map(({ link }) => link)).toEqual([{ state: 'linked', updateAvailable: true }]);
    const copies = await owner.imports.copies.query({ account, kind: 'agent', product: agent });
    expect(copies.rows.map(({ account: at, version }) => [at.name, version])).toEqual([
      ['One', 1],
      ['Two', 1],
    ]);
    expect(
      (await owner.imports.links.query({ account, target: two, products: [agent, integration] })).links,
    ).toHaveLength(2);
    expect(await codeOf(owner.imports.run.mutate({ account, plan: planned.plan }))).toBe('NOT_FOUND');
    // Again: there is nothing to do but for what is newer.
    const again = await plan(account, [one], [agent, integration]);
    expect(acts(again.targets[0]?.items)).toEqual(expect.arrayContaining(['Front desk use_existing', 'CRM update']));
    expect(again.steps).toBe(1);
    await checkAll();
  });

  it('merges what is new into copies, shows and takes back differences, and keeps what both changed (rules/products 14)', async () => {
    const { account, agent, base } = await shop('Merging');
    const target = await make('Target', account);
    await imported(account, target, [agent]);
    const copy = (await named(target, 'agent'))['Front desk']!;
    await save(target, 'agent', copy, { prompt: { greeting: 'Hello', style: 'Short' }, general: { language: 'de' } });
    await save(account, 'agent', agent, { name: 'Reception', prompt: { greeting: 'Welcome', style: 'Long' } });
    expect((await get(target, 'agent', copy)).link).toMatchObject({
      updateAvailable: true,
      differences: [{ at: '/general/language' }, { at: '/prompt/style' }],
    });
    const planned = await plan(account, [target], [agent]);
    const item = planned.targets[0]?.items.find(({ product }) => product === agent);
    expect(planned.running).toEqual([]);
    expect(item).toMatchObject({ act: 'update', name: 'Reception', into: { id: copy, version: 2 } });
    expect(item?.changes.map(({ at, how }) => `${at} ${how}`)).toEqual([
      '/name updated',
      '/general/language local',
      '/prompt/greeting updated',
      '/prompt/style conflict',
    ]);
    const first = await run(account, planned);
    const merged = await get(target, 'agent', copy);
    expect(merged).toMatchObject({
      version: 3,
      name: 'Reception',
      document: { prompt: { greeting: 'Welcome', style: 'Short' }, general: { language: 'de' } },
    });
    expect(merged.link).toMatchObject({
      updateAvailable: false,
      version: 2,
      differences: [
        { at: '/general/language', base: 'en', local: 'de' },
        { at: '/prompt/style', base: 'Long', local: 'Short' },
      ],
    });
    const asked = { account: target, kind: 'agent', product: copy } as const;
    // What goes on by it is told: a campaign that runs, directly or by way of its agent, and calls of the account.
    const campaign = await create(target, 'campaign', { name: 'Autumn', agent: copy, status: 'running' });
    await create(target, 'campaign', { name: 'Later', agent: copy, status: 'paused' });
    await owner.limits.acquire.mutate({ account: target, kind: 'calls', key: 'call-1', want: '1', leaseSeconds: 60 });
    await save(account, 'knowledgeBase', base, { name: 'Handbook', description: 'More' });
    const { running } = await plan(account, [target], [base]);
    expect(running).toEqual([
      {
        account: { id: target, name: 'Target' },
        calls: 1,
        campaigns: 1,
        sample: [{ id: campaign, name: 'Autumn', uses: [base] }],
      },
    ]);
    await owner.products.delete.mutate({ account: target, kind: 'campaign', products: [campaign] });
    await owner.limits.release.mutate({ account: target, kind: 'calls', key: 'call-1' });
    const { job: undoing } = await undo(account, first.id);
    expect(undoing.state).toBe('succeeded');
    expect(await get(target, 'agent', copy)).toMatchObject({
      version: 4,
      name: 'Front desk',
      document: { prompt: { greeting: 'Hello', style: 'Short' } },
      link: { version: 1, updateAvailable: true },
    });
    // What differs only where the copy says the same is no news.
    await imported(account, target, [agent]);
    const taken = await owner.imports.takeSource.mutate({ ...asked, expectedVersion: 5, at: ['/prompt/style'] });
    expect(taken.product).toMatchObject({
      version: 6,
      document: { prompt: { style: 'Long' }, general: { language: 'de' } },
      link: { differences: [{ at: '/general/language' }] },
    });
    await save(account, 'agent', agent, { general: { language: 'de' } });
    expect((await get(target, 'agent', copy)).link?.updateAvailable).toBe(false);
    // Taking the source's is asked for before it is done, too: at the places that are named, in the target that is.
    await save(target, 'agent', copy, { prompt: { greeting: 'Servus', style: 'Mine' }, general: { language: 'fr' } });
    await save(account, 'agent', agent, { prompt: { greeting: 'Welcome', style: 'Theirs' } });
    const takes = [
      { product: agent, target, at: ['/prompt/style', '/prompt/greeting', '/nowhere'] },
      { product: agent, target: await make('Another', account), at: ['/prompt/greeting'] },
    ];
    const takingBoth = await plan(account, [target], [agent], { takes });
    const changes = takingBoth.targets[0]?.items.find(({ product }) => product === agent)?.changes;
    expect(changes?.map((one) => `${one.at} ${one.how} ${one.taken}`)).toEqual([
      '/general/language conflict false',
      '/prompt/greeting local true',
      '/prompt/style conflict true',
    ]);
    expect((await run(account, takingBoth)).job.state).toBe('succeeded');
    expect(await get(target, 'agent', copy)).toMatchObject({
      document: { prompt: { greeting: 'Welcome', style: 'Theirs' }, general: { language: 'fr' } },
      link: { differences: [{ at: '/general/language' }] },
    });
    const detached = await owner.imports.detach.mutate(asked);
    expect(detached.product.link).toBeUndefined();
    expect(await codeOf(owner.imports.detach.mutate(asked))).toBe('NOT_A_COPY');
    // A part of it only, into one of the same name.
    await save(account, 'agent', agent, { prompt: { greeting: 'Third' }, analytics: { record: true } });
    const wish = {
      products: [{ product: agent, parts: ['prompt'] }],
      answers: [{ kind: 'agent', as: 'replace' }],
    } satisfies Partial<Wish>;
    await imported(account, target, [], wish);
    expect(await get(target, 'agent', copy)).toMatchObject({
      document: { prompt: { greeting: 'Third' }, analytics: { record: false } },
      link: { parts: ['prompt'], updateAvailable: false },
    });
    expect(await codeOf(plan(account, [target], [], { products: [{ product: base, parts: ['prompt'] }] }))).toBe(
      'BAD_REQUEST',
    );
    // A part of it into one that is called otherwise: that keeps its name and all else.
    const other = await make('Other', account);
    const night = await create(other, 'agent', { name: 'Night desk', general: { language: 'fr' } });
    const intoOther = (product: RowId, parts?: string[]) =>
      plan(account, [other], [], {
        products: [{ product: agent, ...(parts && { parts }), into: [{ target: other, product }] }],
      });
    expect(await codeOf(intoOther(night))).toBe('BAD_REQUEST');
    expect(await codeOf(intoOther(copy, ['prompt']))).toBe('NOT_FOUND');
    // Two into one would write over each other.
    const second = await create(account, 'agent', { name: 'Second desk' });
    const both = [agent, second].map((product) => ({
      product,
      parts: ['prompt'],
      into: [{ target: other, product: night }],
    }));
    expect(await codeOf(plan(account, [other], [], { products: both }))).toBe('BAD_REQUEST');
    const partly = await intoOther(night, ['prompt']);
    expect(partly.targets[0]?.items).toMatchObject([{ act: 'replace', into: { id: night }, parts: ['prompt'] }]);
    const into = await run(account, partly);
    expect(await get(other, 'agent', night)).toMatchObject({
      name: 'Night desk',
      document: { prompt: { greeting: 'Third' }, general: { language: 'fr' } },
      link: { parts: ['prompt'], updateAvailable: false, differences: [] },
    });
    await save(account, 'agent', agent, { prompt: { greeting: 'Fourth' } });
    expect((await get(other, 'agent', night)).link).toMatchObject({ updateAvailable: true });
    await undo(account, into.id);
    expect(await get(other, 'agent', night)).toMatchObject({ document: { prompt: { greeting: '' } } });
    expect((await get(other, 'agent', night)).link).toBeUndefined();
    await checkAll();
  });

  it('asks what becomes of names that are taken, and does as it is told; copies go when nobody touched them (rules/products 12, 16)', async () => {
    const { account, schedule, agent } = await shop('Clashing');
    const target = await make('Theirs', account);
    const own = await create(target, 'schedule', { name: 'office HOURS', timeZone: 'Europe/Berlin' });
    const open = await plan(account, [target], [schedule]);
    expect([open.ready, acts(open.targets[0]?.items)]).toEqual([false, ['Office hours clash']]);
    expect(await codeOf(owner.imports.run.mutate({ account, plan: open.plan }))).toBe('BAD_REQUEST');
    const as = (answer: 'keep_both' | 'replace' | 'use_existing' | 'skip') => ({
      answers: [{ product: schedule, as: answer }],
    });
    expect((await plan(account, [target], [agent], as('skip'))).targets[0]?.blocked.map(({ why }) => why)).toEqual([
      'skipped',
      'skipped',
    ]);
    const both = await imported(account, target, [schedule], as('keep_both'));
    expect(Object.keys(await named(target, 'schedule'))).toEqual(['office HOURS', 'Office hours (2)']);
    expect(
      (await get(target, 'schedule', (await named(target, 'schedule'))['Office hours (2)']!)).link?.updateAvailable,
    ).toBe(false);
    expect((await undo(account, both.id)).job.state).toBe('succeeded');
    expect(Object.keys(await named(target, 'schedule'))).toEqual(['office HOURS']);
    const replaced = await imported(account, target, [schedule], as('replace'));
    expect(await get(target, 'schedule', own)).toMatchObject({
      name: 'Office hours',
      version: 2,
      document: { timeZone: 'UTC' },
    });
    await undo(account, replaced.id);
    expect(await get(target, 'schedule', own)).toMatchObject({
      name: 'office HOURS',
      version: 3,
      document: { timeZone: 'Europe/Berlin' },
    });
    expect((await get(target, 'schedule', own)).link).toBeUndefined();
    // The agent names theirs, which is no copy; and goes, but for what somebody changed.
    const used = await imported(account, target, [agent], as('use_existing'));
    const desk = (await named(target, 'agent'))['Front desk']!;
    expect((await get(target, 'agent', desk)).refs).toContainEqual(
      expect.objectContaining({ at: '/callFlow/hours', id: own }),
    );
    await save(target, 'knowledgeBase', (await named(target, 'knowledgeBase'))['Handbook']!, {
      name: 'Handbook',
      description: 'Ours',
    });
    const foreseen = await owner.jobs.previewUndo.query({ account, job: used.id });
    expect(foreseen.accounts.map(({ left }) => left?.message)).toEqual([
      '“Handbook” stays: It was changed by somebody else since.',
    ]);
    const { items } = await undo(account, used.id);
    expect(items.map(({ state, result }) => [state, (result as { reason?: string }).reason])).toEqual([
      ['done', undefined],
      ['done', undefined],
      ['done', undefined],
      ['skipped', '“Handbook”: It was changed by somebody else since.'],
    ]);
    expect(await named(target, 'agent')).toEqual({});
    await checkAll();
  });

  it('moves numbers, and gives them back; one with a compliance profile needs one there (rules/products 15)', async () => {
    const { account, number, agent } = await shop('Moving');
    const target = await make('Numbers', account);
    const moved = await imported(account, target, [number, agent]);
    expect(await named(account, 'phoneNumber')).toEqual({});
    expect((await get(account, 'agent', agent)).refs.find(({ id }) => id === number)?.state).toBe('missing');
    const copy = await get(target, 'agent', (await named(target, 'agent'))['Front desk']!);
    expect(copy.document['callFlow']).toMatchObject({ number });
    expect((await get(target, 'phoneNumber', number)).usedBy.map(({ name }) => name)).toEqual(['Front desk']);
    await checkAll();
    expect((await undo(account, moved.id)).job.state).toBe('succeeded');
    expect(await get(account, 'phoneNumber', number)).toMatchObject({ document: { number: '+4930123456' } });
    expect([await named(target, 'phoneNumber'), await named(target, 'agent')]).toEqual([{}, {}]);
    const profile = await create(account, 'complianceProfile', { name: 'Us', status: 'approved' });
    await save(account, 'phoneNumber', number, { name: 'Main line', number: '+4930123456', compliance: profile });
    expect((await plan(account, [target], [number])).targets[0]?.blocked).toMatchObject([
      { product: number, why: 'compliance' },
    ]);
    const theirs = await create(target, 'complianceProfile', { name: 'Them', status: 'approved' });
    await imported(account, target, [number]);
    expect((await get(target, 'phoneNumber', number)).document).toMatchObject({ compliance: theirs });
    await checkAll();
  });

  it('moves no number while a call is on it, there or back, and says so (rules/products 15, rules/limits 22)', async () => {
    const { account, number, agent } = await shop('In a call');
    const target = await make('Called', account);
    const { acquire, release } = owner.limits;
    const call = { account, kind: 'calls', key: 'call-9', want: '1', leaseSeconds: 60 } as const;
    // What can't be named takes no slot.
    for (const [wish, refusal] of [
      [{ number: agent }, 'NOT_FOUND'],
      [{ account: target, number }, 'NOT_FOUND'],
      [{ kind: 'minutes', number }, 'LIMIT_INVALID'],
    ] as const)
      await expect(acquire.mutate({ ...call, ...wish }), refusal).rejects.toMatchObject({
        data: { refusal: { code: refusal } },
      });
    expect((await owner.limits.get.query({ account })).limits.find(({ kind }) => kind === 'calls')?.own).toBe('0');
    for (let again = 0; again < 2; again += 1)
      expect(await acquire.mutate({ ...call, number })).toEqual({ granted: '1' });
    const line = await create(account, 'phoneNumber', { name: 'Second line', number: '+4930123457' });
    await expect(acquire.mutate({ ...call, number: line })).rejects.toMatchObject({
      data: { refusal: { code: 'IDEMPOTENCY_CONFLICT' } },
    });

    const asked = await plan(account, [target], [number]);
    expect(asked.running).toMatchObject([{ account: { id: account }, calls: 1, campaigns: 0 }]);
    const refused = await run(account, asked);
    expect(refused.items.map(({ about, error }) => [about?.[0], error?.code])).toEqual([
      ['Main line', 'NUMBER_IN_CALL'],
    ]);
    expect(Object.keys(await named(account, 'phoneNumber'))).toEqual(['Main line', 'Second line']);
    await release.mutate({ account, kind: 'calls', key: 'call-9' });
    const moved = await imported(account, target, [number]);
    expect(Object.keys(await named(target, 'phoneNumber'))).toEqual(['Main line']);

    await acquire.mutate({ ...call, account: target, number });
    const { items } = await undo(account, moved.id);
    expect(items.map(({ result }) => result)).toEqual([{ reason: '“Main line”: A call is on it.' }]);
    // A call that nobody ended is over when its lease is.
    await api.database.asOwner(`UPDATE leases SET expires_at = now() - interval '1 minute' WHERE key = 'call-9'`);
    const { items: back } = await undo(account, moved.id);
    expect(back.map(({ state }) => state)).toEqual(['done']);
    expect(Object.keys(await named(account, 'phoneNumber'))).toEqual(['Main line', 'Second line']);
    await checkAll();
  });

  it('moves a number into one account only, and what could do without one that stays comes without it (rules/products 12, 13, 15)', async () => {
    const { account, number, agent } = await shop('One number');
    const [one, other] = [await make('One', account), await make('Another', account)];
    const both = await plan(account, [one, other], [number, agent]);
    for (const { blocked, notCopied } of both.targets) {
      expect(blocked).toMatchObject([{ product: number, why: 'one_account' }]);
      expect(notCopied).toMatchObject([{ product: number, by: agent, why: 'blocked' }]);
    }
    expect((await run(account, both)).job.state).toBe('succeeded');
    expect(Object.values(await named(account, 'phoneNumber'))).toEqual([number]);

    // A step of its own that is refused keeps nothing back that could do without it, be that new or there already.
    await owner.limits.set.mutate({ account: one, limits: [{ kind: 'phoneNumbers', max: 0 }] });
    const line = await create(account, 'phoneNumber', { name: 'Second line', number: '+4930123457' });
    const night = await create(account, 'agent', { name: 'Night desk', callFlow: { number: line } });
    await save(account, 'agent', agent, { callFlow: { number: line }, prompt: { greeting: 'Hi' } });
    const partly = await imported(account, one, [line, agent, night]);
    expect(partly.items.map(({ about, error }) => [about?.[0], error?.code])).toEqual(
      expect.arrayContaining([
        ['Second line', 'LIMIT_REACHED'],
        ['Front desk', undefined],
        ['Night desk', undefined],
      ]),
    );
    const copies = await named(one, 'agent');
    for (const copy of [copies['Front desk']!, copies['Night desk']!])
      expect(await get(one, 'agent', copy)).toMatchObject({
        document: { callFlow: { number: null } },
        link: { differences: [], updateAvailable: false },
      });
    await checkAll();
  });

  it('shows before that a name is taken where nobody is asked about it (rules/products 12)', async () => {
    const { account, number, schedule } = await shop('Names taken');
    const target = await make('Named', account);
    await imported(account, target, [schedule]);
    await create(target, 'schedule', { name: 'opening HOURS' });
    await create(target, 'phoneNumber', { name: 'MAIN line', number: '+4930123458' });
    await save(account, 'schedule', schedule, { name: 'Opening hours' });
    const planned = await plan(account, [target], [number, schedule]);
    const taken = (kind: string, name: string) => ({
      fault: { code: 'NAME_TAKEN', message: `Another ${kind} here is called “${name}”.` },
    });
    expect(planned.targets[0]?.items).toMatchObject([
      { act: 'update', ...taken('schedule', 'Opening hours') },
      { act: 'move', ...taken('phone number', 'Main line') },
    ]);
    const { items } = await run(account, planned);
    expect(items.map(({ error }) => error?.code)).toEqual(['NAME_TAKEN', 'NAME_TAKEN']);
  });

  it('is refused when a plan isn’t what it was, goes as far as limits leave room, and does nothing where it may not (rules/products 12)', async () => {
    const { account, agent, base, schedule, tool } = await shop('Staling');
    const [target, other] = [await make('Slow', account), await make('Gone', account)];
    const planned = await plan(account, [target], [agent]);
    await save(account, 'knowledgeBase', base, { name: 'Handbook', description: 'New' });
    const stale = await refusalOf(owner.imports.run.mutate({ account, plan: planned.plan }));
    expect(stale).toMatchObject({
      code: 'PLAN_STALE',
      faults: [{ at: `/${target}/${base}`, message: '“Handbook” in “Slow” is not as it was shown.' }],
    });
    const twice = await plan(account, [target], [schedule]);
    const runs = await Promise.all(
      [1, 2].map(() =>
        owner.imports.run.mutate({ account, plan: twice.plan }).then(
          () => 'done',
          () => 'refused',
        ),
      ),
    );
    expect(runs.toSorted()).toEqual(['done', 'refused']);
    await jobsEnded(api.database);
    await owner.limits.set.mutate({ account: target, limits: [{ kind: 'agents', max: 0 }] });
    const full = await plan(account, [target], [agent]);
    expect(full.limits).toEqual([
      { kind: 'agents', account: { id: target, name: 'Slow' }, max: 0, before: 0, after: 1 },
    ]);
    expect(full.targets[0]?.items.flatMap(({ name, fits }) => (fits ? [] : [name]))).toEqual(['Front desk']);
    const partly = await run(account, full);
    expect([partly.job.state, partly.items.flatMap(({ error }) => error?.code ?? [])]).toEqual([
      'partly',
      ['LIMIT_REACHED'],
    ]);
    // Whoever stands above is bound by no suspension below.
    const late = await plan(account, [other], [tool]);
    const gone = await plan(account, [target], [base]);
    await owner.accounts.suspend.mutate({ account: other, kind: 'full_stop', reason: 'Test' });
    await owner.products.delete.mutate({ account, kind: 'agent', products: [agent] });
    await owner.products.delete.mutate({ account, kind: 'knowledgeBase', products: [base] });
    const missing = { code: 'NOT_FOUND', faults: [{ at: `/products/${base}` }] };
    expect(await refusalOf(owner.imports.run.mutate({ account, plan: gone.plan }))).toMatchObject(missing);
    expect(await refusalOf(plan(account, [target], [base, tool]))).toMatchObject(missing);
    expect((await run(account, late)).job.state).toBe('succeeded');
    expect(await codeOf(plan(account, [account], [tool]))).toBe('BAD_REQUEST');
    const many = Array.from({ length: 501 }, () => target);
    expect((await refusalOf(plan(account, many, [tool]))).message).toBe(
      'An import goes into 500 accounts at the most.',
    );
    expect(await codeOf(plan(account, [api.root], [tool]))).toBe('NOT_FOUND');
    await checkAll();
  });

  it('tries again what failed, and only that, and is then taken back as a whole (rules/jobs 16)', async () => {
    const { account, agent } = await shop('Retrying');
    const target = await make('Full', account);
    const none = await imported(account, await make('Free', account), [agent]);
    expect(none.job).toMatchObject({ state: 'succeeded', retryable: false });
    expect(await codeOf(owner.jobs.retry.mutate({ account, job: none.id }))).toBe('NOTHING_FAILED');
    await owner.limits.set.mutate({ account: target, limits: [{ kind: 'agents', max: 0 }] });
    const partly = await imported(account, target, [agent]);
    expect(partly.job).toMatchObject({ state: 'partly', done: 4, failed: 1, retryable: true });
    await owner.limits.set.mutate({ account: target, limits: [{ kind: 'agents', max: 1 }] });
    const outsider = await join(api.url, owner, target, 'below@retry.example', 'owner');
    expect(await codeOf(outsider.jobs.retry.mutate({ account, job: partly.id }))).toBe('NOT_FOUND');
    const reader = await join(api.url, owner, account, 'reader@retry.example', 'viewer');
    expect(await codeOf(reader.jobs.retry.mutate({ account, job: partly.id }))).toBe('FORBIDDEN');
    // What they may not do they aren't offered.
    const offered = async (by: typeof reader) => {
      const { job } = await by.jobs.get.query({ account, job: partly.id });
      return [job.stoppable, job.retryable, job.undoable];
    };
    expect([await offered(reader), await offered(owner)]).toEqual([
      [false, false, false],
      [false, true, true],
    ]);
    // Twice at once is once.
    const pressed = await Promise.all([1, 2].map(() => owner.jobs.retry.mutate({ account, job: partly.id })));
    expect(pressed.map(({ job }) => job.id)).toEqual([partly.id, partly.id]);
    await jobsEnded(api.database);
    const whole = await owner.jobs.get.query({ account, job: partly.id });
    expect(whole.job).toMatchObject({
      state: 'succeeded',
      total: 5,
      done: 5,
      failed: 0,
      retryable: false,
      undoable: true,
    });
    expect(whole.items.map(({ attempts, error }) => [attempts, error])).toEqual(whole.items.map(() => [1, null]));
    expect(Object.keys(await named(target, 'agent'))).toEqual(['Front desk']);
    const { rows } = await owner.audit.list.query({ account, limit: 50 });
    expect(rows.filter(({ action }) => action === 'job.retried')).toHaveLength(1);
    expect((await undo(account, partly.id)).job).toMatchObject({ state: 'succeeded', done: 5 });
    for (const kind of ['agent', 'tool', 'knowledgeBase', 'schedule', 'integration'] as const)
      expect(await named(target, kind)).toEqual({});
    await checkAll();
  });

  it('tries single things again that failed, and leaves the others', async () => {
    const { account, agent, base } = await shop('Retrying one');
    const targets = [await make('One', account), await make('Two', account)];
    const room = (kind: 'agents' | 'knowledgeBases', max: number) =>
      Promise.all(targets.map((target) => owner.limits.set.mutate({ account: target, limits: [{ kind, max }] })));
    await room('agents', 0);
    await room('knowledgeBases', 0);
    const { job, items } = await run(account, await plan(account, targets, [agent, base]));
    expect(job).toMatchObject({ state: 'partly', total: 10, failed: 4 });
    const failed = items.filter(({ state }) => state === 'failed');
    const at = (target: string, name: string) =>
      failed.find((one) => one.target === target && one.about?.[0] === name)!.n;
    const again = (...ns: number[]) => owner.jobs.retry.mutate({ account, job: job.id, items: ns });
    const done = items.find(({ state }) => state === 'done')!.n;
    expect(await codeOf(again(done))).toBe('NOTHING_FAILED');
    expect(await codeOf(again())).toBe('BAD_REQUEST');
    await room('agents', 5);
    await room('knowledgeBases', 5);
    await again(at(targets[1]!, 'Handbook'), done);
    await jobsEnded(api.database);
    const after = await owner.jobs.get.query({ account, job: job.id });
    expect(after.job).toMatchObject({ state: 'partly', total: 10, failed: 3, done: 7, retryable: true });
    expect(await named(targets[0]!, 'knowledgeBase')).toEqual({});
    expect(Object.keys(await named(targets[1]!, 'knowledgeBase'))).toEqual(['Handbook']);
    const { rows } = await owner.audit.list.query({ account, limit: 10 });
    expect(rows.find(({ action }) => action === 'job.retried')?.details).toMatchObject({ failed: 1 });
    await checkAll();
  });

  it('tries nothing again that was stopped, or asked for more than 30 days ago', async () => {
    const { account, agent } = await shop('Stopped');
    const target = await make('Closed', account);
    await owner.limits.set.mutate({ account: target, limits: [{ kind: 'agents', max: 0 }] });
    const { id } = await imported(account, target, [agent]);
    const again = () => codeOf(owner.jobs.retry.mutate({ account, job: id }));
    await api.database.asOwner(`UPDATE jobs SET state = 'cancelled' WHERE id = '${id}'`);
    expect(await again()).toBe('NOTHING_FAILED');
    await api.database.asOwner(
      `UPDATE jobs SET state = 'partly', created_at = created_at - interval '31 days' WHERE id = '${id}'`,
    );
    expect(await again()).toBe('NOTHING_FAILED');
  });

  it('tells all that waits for secrets at once, page by page, until they are set', async () => {
    const { account, agent } = await shop('Many values');
    const targets = await Promise.all(['First', 'Second', 'Third'].map((name) => make(name, account)));
    const { id: job } = await run(account, await plan(account, targets, [agent]));
    const first = await owner.imports.waiting.query({ account, job, limit: 4 });
    expect(first.rows.map((row) => [row.account.name, row.name, row.kind, row.needs])).toEqual([
      ['First', 'CRM', 'integration', ['/credentials']],
      ['First', 'Calendar', 'tool', ['/auth/apiKey']],
      ['Second', 'CRM', 'integration', ['/credentials']],
      ['Second', 'Calendar', 'tool', ['/auth/apiKey']],
    ]);
    const next = await owner.imports.waiting.query({ account, job, limit: 4, cursor: first.nextCursor ?? '' });
    expect([next.rows.map((row) => row.account.name), next.nextCursor]).toEqual([['Third', 'Third'], null]);
    // What is set, or gone, waits no more; whoever may not see a kind is not told of it.
    const [one, other] = targets as [string, string, string];
    await save(one, 'integration', first.rows[0]!.product, { name: 'CRM', credentials: 'set' });
    for (const [kind, name] of [
      ['agent', 'Front desk'],
      ['tool', 'Calendar'],
    ] as const)
      await owner.products.delete.mutate({ account: other, kind, products: [(await named(other, kind))[name]!] });
    const left = async (client = owner): Promise<string[]> =>
      (await client.imports.waiting.query({ account, job })).rows.map((row) => `${row.account.name}: ${row.name}`);
    expect(await left()).toEqual(['First: Calendar', 'Second: CRM', 'Third: CRM', 'Third: Calendar']);
    await owner.permissions.set.mutate({
      account,
      levels: { 'developers.integrations': 'none' },
      expectedVersion: 0,
    });
    const admin = await join(api.url, owner, account, 'admin@values.example', 'admin');
    expect(await left(admin)).toEqual(['First: Calendar', 'Third: Calendar']);
    const { job: undoing } = await undo(account, job);
    expect(await left()).toEqual([]);
    expect(await codeOf(owner.imports.waiting.query({ account, job: undoing.id }))).toBe('NOT_FOUND');
  });

  it('is stopped and taken back by whoever may import the kinds, as far as they may; others see no more of it than of these (rules/jobs 10, 13)', async () => {
    const { account, agent, number } = await shop('Whose');
    const target = await make('Theirs', account);
    const { id, items } = await imported(account, target, [agent, number]);
    const at = { account, job: id };
    const viewer = await join(api.url, owner, account, 'viewer@whose.example', 'viewer');
    expect(await codeOf(viewer.jobs.previewUndo.query(at))).toBe('FORBIDDEN');
    expect(await codeOf(viewer.jobs.undo.mutate(at))).toBe('FORBIDDEN');
    // As if it went on still.
    const { asOwner } = api.database;
    await asOwner(`UPDATE jobs SET state = 'running', ended_at = NULL WHERE id = '${id}'`);
    await asOwner(`UPDATE job_items SET state = 'pending' WHERE job_id = '${id}' AND n = ${items.length}`);
    expect(await codeOf(viewer.jobs.cancel.mutate(at))).toBe('FORBIDDEN');
    expect((await owner.jobs.get.query(at)).job.cancelAskedAt).toBeNull();
    await asOwner(`UPDATE job_items SET state = 'done' WHERE job_id = '${id}'`);
    await asOwner(`UPDATE jobs SET state = 'succeeded', ended_at = now() WHERE id = '${id}'`);

    await owner.permissions.set.mutate({
      account,
      levels: { 'telephony.phoneNumbers': 'none' },
      expectedVersion: 0,
    });
    const admin = await join(api.url, owner, account, 'admin@whose.example', 'admin');
    const seen = await admin.jobs.get.query(at);
    expect(seen.items.filter(({ about }) => about?.length === 0)).toMatchObject([{ result: null, state: 'done' }]);
    expect(JSON.stringify(seen)).not.toContain('Main line');
    expect(JSON.stringify(seen)).toContain('Handbook');
    const { csv } = await admin.jobs.export.query(at);
    expect([csv.includes('Handbook'), csv.includes('Main line')]).toEqual([true, false]);
    expect(await codeOf(admin.jobs.undo.mutate(at))).toBe('FORBIDDEN');
    expect((await undo(account, id)).job.state).toBe('succeeded');
  });

  it('of parts is taken back by whoever may write these', async () => {
    const { account, agent } = await shop('Parts');
    const target = await make('Has it', account);
    await imported(account, target, [agent]);
    await save(account, 'agent', agent, { prompt: { greeting: 'Good day' } });
    const scopes = { agents: 'full', 'agents.general': 'full', 'agents.prompt': 'full', account: 'full' } as const;
    const { key } = await owner.keys.create.mutate({ account, name: 'Prompts', scopes });
    const client = clientWithToken(api.url, key);
    const wish = { account, targets: [target], products: [{ product: agent, parts: ['prompt'] }] };
    const { plan: id } = await client.imports.plan.mutate(wish);
    const { job } = await client.imports.run.mutate({ account, plan: id });
    await jobsEnded(api.database);
    const copy = (await named(target, 'agent'))['Front desk']!;
    expect((await get(target, 'agent', copy)).document).toMatchObject({ prompt: { greeting: 'Good day' } });
    const { job: undoing } = await client.jobs.undo.mutate({ account, job });
    await jobsEnded(api.database);
    expect((await owner.jobs.get.query({ account, job: undoing })).job.state).toBe('succeeded');
    expect((await get(target, 'agent', copy)).document).toMatchObject({ prompt: { greeting: 'Hello' } });
  });

  it('does each step by itself: one whose source or target is gone by then fails alone, and none is done twice (rules/products 13)', async () => {
    const { account, agent, base } = await shop('Midway');
    const [target, leaving] = [await make('Stays', account), await make('Leaves', account)];
    const { id } = await run(account, await plan(account, [target, leaving], [agent]));
    const [job] = await api.database.asOwner(
      `SELECT d.root_id, j.asked_by FROM jobs j JOIN account_roots d ON d.id = j.account_id WHERE j.id = '${id}'`,
    );
    const steps = await api.database.asOwner(
      `SELECT target_id, payload FROM job_items WHERE job_id = '${id}' ORDER BY n`,
    );
    const again = async (at: string, kind: ProductKindKey) => {
      const of = {
        hall: api.composed.hall,
        job: { id, account, root: job?.['root_id'] },
        by: job?.['asked_by'],
        askedAt: '2026-11-29T00:00:00.000Z',
        ended: () => Promise.resolve(),
      };
      const step = steps.find(
        ({ target_id: to, payload }) => to === at && (payload as { items: { kind: string }[] }).items[0]?.kind === kind,
      );
      const [end] = await importJob.start(of as never, [step?.['payload']]);
      if (end?.state === 'failed') return end.error.code;
      return end?.state === 'skipped' ? end.result : end?.state;
    };
    const changed = { reason: 'It was changed by somebody else since.' };
    expect([await again(target, 'agent'), await again(target, 'tool')]).toEqual([changed, changed]);
    const copies = async (at: string) =>
      [(await named(at, 'agent'))['Front desk']!, (await named(at, 'knowledgeBase'))['Handbook']!] as const;
    const [desk, handbook] = await copies(target);
    await owner.products.delete.mutate({ account: target, kind: 'agent', products: [desk] });
    await owner.products.delete.mutate({ account: target, kind: 'knowledgeBase', products: [handbook] });
    // It needs the handbook, which came in another step.
    expect(await again(target, 'agent')).toBe('REFERENCE_MISSING');
    await save(account, 'knowledgeBase', base, { name: 'Other', description: 'Later' });
    expect(await again(target, 'knowledgeBase')).toBe('done');
    // As it was shown, whatever it became since.
    expect(Object.keys(await named(target, 'knowledgeBase'))).toEqual(['Handbook']);
    await owner.products.delete.mutate({ account, kind: 'agent', products: [agent] });
    expect(await again(target, 'agent')).toBe('NOT_FOUND');
    await owner.accounts.close.mutate({ account: leaving });
    expect(await again(leaving, 'knowledgeBase')).toBe('ACCOUNT_CLOSED');
    await owner.accounts.move.mutate({ account: target, to: api.root });
    expect(await again(target, 'knowledgeBase')).toBe('NOT_FOUND');
    const [, left] = await copies(target);
    expect((await get(target, 'knowledgeBase', left)).link).toMatchObject({
      state: 'detached',
      source: null,
      updateAvailable: false,
    });
    await checkAll();
  });

  it('is for whoever may write the kinds at the source; people below see where a copy is from only if they reach it (rules/products 12)', async () => {
    const { account, agent, schedule } = await shop('Rights');
    const target = await make('Below', account);
    await owner.permissions.set.mutate({
      account,
      levels: { 'account.schedules': 'read', 'developers.integrations': 'none' },
      expectedVersion: 0,
    });
    const admin = await join(api.url, owner, account, 'admin@rights.example', 'admin');
    const wish = { account, targets: [target], products: [{ product: schedule }] };
    const seen = await admin.imports.plan.mutate(wish);
    expect([seen.ready, seen.targets[0]?.blocked]).toMatchObject([false, [{ product: schedule, why: 'forbidden' }]]);
    const hidden = await admin.imports.plan.mutate({ ...wish, products: [{ product: agent }] });
    expect(hidden.targets[0]?.blocked.map(({ name, why }) => [name, why])).toEqual(
      expect.arrayContaining([
        [null, 'hidden'],
        ['Calendar', 'hidden'],
      ]),
    );
    const viewer = await join(api.url, owner, account, 'viewer@rights.example', 'viewer');
    expect(await codeOf(viewer.imports.plan.mutate(wish))).toBe('NOT_FOUND');
    const all = await plan(account, [target], [agent]);
    expect(all.targets[0]?.items.flatMap(({ name, hidden: row }) => (row ? [`${name} ${row}`] : []))).toEqual([
      'CRM developers.integrations',
    ]);
    await run(account, all);
    const below = await join(api.url, owner, target, 'admin@below.example', 'admin');
    const [copy] = (await below.products.list.query({ account: target, kind: 'agent' })).rows;
    const product = await get(target, 'agent', copy!.id, below);
    expect(product.link).toMatchObject({ state: 'linked', source: null });
    expect(JSON.stringify(product)).not.toContain('Rights');
    await save(account, 'agent', agent, { prompt: { greeting: 'New' } });
    // A source that is gone leaves its copies as they are.
    await owner.products.delete.mutate({ account, kind: 'agent', products: [agent] });
    expect((await get(target, 'agent', copy!.id)).link).toMatchObject({ state: 'source_gone', updateAvailable: false });
    await checkAll();
  });
});
