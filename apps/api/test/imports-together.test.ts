import type { RowId } from '@tenantree/domain';
import type { ProductKindKey } from '@tenantree/domain/products';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rounds } from '../../../scripts/rounds.ts';
import type { Client } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { jobsEnded } from './support/jobs.ts';

let api: Deployment;
let owner: Client;
beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
  // Jobs begin when nothing is held: until then they wait for what happens to their accounts meanwhile.
  await api.database.asOwner(`
    CREATE TABLE held (job int);
    CREATE FUNCTION wait_while_held() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
    BEGIN
      WHILE EXISTS (SELECT FROM held) LOOP PERFORM pg_sleep(0.01); END LOOP;
      RETURN NEW;
    END $$;
    CREATE TRIGGER wait_while_held BEFORE UPDATE ON jobs FOR EACH ROW WHEN (OLD.started_at IS NULL AND NEW.started_at IS NOT NULL) EXECUTE FUNCTION wait_while_held()`);
});
afterAll(() => api.close());

type Doc = Record<string, unknown>;
const make = async (name: string, parent: string): Promise<string> =>
  (await owner.accounts.create.mutate({ account: parent, name })).account.id;
const create = async (account: string, kind: ProductKindKey, document: Doc): Promise<RowId> =>
  (await owner.products.create.mutate({ account, kind, products: [{ document: document as never }] })).products[0]!.id;
const firstOf = async (account: string, kind: ProductKindKey): Promise<RowId | undefined> =>
  (await owner.products.list.query({ account, kind, order: 'name' })).rows[0]?.id;

/** What is so of a target before the import is planned, and what happens to it before it is done. */
const TARGETS = {
  empty: {},
  'has copies, one edited': {
    before: async (account: string, source: string, agent: RowId) => {
      const { plan } = await owner.imports.plan.mutate({
        account: source,
        targets: [account],
        products: [{ product: agent }],
      });
      await owner.imports.run.mutate({ account: source, plan });
      await jobsEnded(api.database);
      const asked = { account, kind: 'agent', product: (await firstOf(account, 'agent'))! } as const;
      const { version: expectedVersion } = (await owner.products.get.query(asked)).product;
      await owner.products.save.mutate({ ...asked, expectedVersion, document: { prompt: { style: 'Our own' } } });
    },
  },
  'gets an agent of the same name': {
    meanwhile: (account: string) => create(account, 'agent', { name: 'front DESK' }),
  },
  'gets a base of the same name': {
    meanwhile: (account: string) => create(account, 'knowledgeBase', { name: 'Handbook 2' }),
  },
  'may have no agents': {
    meanwhile: (account: string) => owner.limits.set.mutate({ account, limits: [{ kind: 'agents', max: 0 }] }),
  },
  'may have one base': {
    meanwhile: (account: string) => owner.limits.set.mutate({ account, limits: [{ kind: 'knowledgeBases', max: 1 }] }),
  },
  'is closed': { meanwhile: (account: string) => owner.accounts.close.mutate({ account }) },
  'is suspended': { meanwhile: (account: string) => owner.accounts.suspend.mutate({ account, kind: 'full_stop' }) },
  'moves away': {
    meanwhile: async (account: string) =>
      owner.accounts.move.mutate({ account, to: await make(`Away ${Math.random()}`, api.root) }),
  },
} as const satisfies Record<
  string,
  {
    before?: (account: string, source: string, agent: RowId) => Promise<unknown>;
    meanwhile?: (account: string) => Promise<unknown>;
  }
>;
type TargetIs = keyof typeof TARGETS;

/** What is so of all of them. */
const plot = fc.record({
  targets: fc.array(fc.constantFrom(...(Object.keys(TARGETS) as TargetIs[])), { minLength: 3, maxLength: 6 }),
  /** Agents that there may be at and below the source, once the import is planned; null: any number. */
  agents: fc.option(fc.integer({ min: 2, max: 8 })),
  sourceGone: fc.constantFrom<ProductKindKey | null>(null, null, 'schedule', 'agent'),
  isEdited: fc.boolean(),
  /** A number is chosen, too: it moves into one of them. */
  isMoving: fc.boolean(),
  /** What happens in each target before the import is taken back. */
  since: fc.array(fc.constantFrom<Since>('nothing', 'edits', 'uses', 'renames', 'frees', 'closes'), {
    minLength: 6,
    maxLength: 6,
  }),
});
type Since = 'nothing' | 'edits' | 'uses' | 'renames' | 'frees' | 'closes';
type Plot = typeof plot extends fc.Arbitrary<infer T> ? T : never;

/** An account with two agents that name each other and need a tool, an integration, a schedule and two bases; and targets below it. */
async function world({ targets }: Plot) {
  const source = await make(`Source ${Math.random()}`, api.root);
  const bases = [
    await create(source, 'knowledgeBase', { name: 'Handbook 1' }),
    await create(source, 'knowledgeBase', { name: 'Handbook 2' }),
  ];
  const integration = await create(source, 'integration', { name: 'CRM', credentials: 'kept where it is' });
  const tool = await create(source, 'tool', { name: 'Calendar', integration });
  const schedule = await create(source, 'schedule', { name: 'Office hours' });
  const number = await create(source, 'phoneNumber', { name: 'Main line', number: '+4930123456' });
  const billing = await create(source, 'agent', { name: 'Billing', knowledge: { bases: [bases[0]] } });
  const agent = await create(source, 'agent', {
    name: 'Front desk',
    prompt: { greeting: 'Hello' },
    knowledge: { bases },
    tools: { items: [{ id: 'calendar', tool }] },
    callFlow: { hours: schedule, number, transferTo: [billing] },
  });
  const accounts: string[] = [];
  for (const [n, is] of targets.entries()) {
    const account = await make(`Target ${n}`, source);
    accounts.push(account);
    const { before } = TARGETS[is] as { before?: (typeof TARGETS)['has copies, one edited']['before'] };
    await before?.(account, source, agent);
  }
  const save = async (product: RowId, document: Doc): Promise<void> => {
    const { version: expectedVersion } = (await owner.products.get.query({ account: source, kind: 'agent', product }))
      .product;
    await owner.products.save.mutate({
      account: source,
      kind: 'agent',
      product,
      expectedVersion,
      document: document as never,
    });
  };
  return { source, accounts, agent, billing, schedule, number, save };
}

/** Asks for the import, which waits, and lets happen what happens meanwhile. */
async function begin(it: Awaited<ReturnType<typeof world>>, { targets, agents, sourceGone, isEdited, isMoving }: Plot) {
  const { source, accounts, agent, billing, schedule, number, save } = it;
  if (isEdited) await save(agent, { prompt: { greeting: 'Good morning', style: 'Short' } });
  const products = [agent, billing, ...(isMoving ? [number] : [])].map((product) => ({ product }));
  const { plan } = await owner.imports.plan.mutate({ account: source, targets: accounts, products });
  const { job } = await owner.imports.run.mutate({ account: source, plan });
  for (const [n, is] of targets.entries())
    await (TARGETS[is] as { meanwhile?: (account: string) => Promise<unknown> }).meanwhile?.(accounts[n]!);
  if (agents !== null) await owner.limits.set.mutate({ account: source, limits: [{ kind: 'agents', max: agents }] });
  if (sourceGone === 'agent') await owner.products.delete.mutate({ account: source, kind: 'agent', products: [agent] });
  if (sourceGone === 'schedule') {
    await save(agent, { callFlow: { hours: null } }).catch(() => undefined);
    await owner.products.delete.mutate({ account: source, kind: 'schedule', products: [schedule] });
  }
  return job;
}

/** All that became of a world, with what things are called in place of their ids. */
async function outcome(it: Awaited<ReturnType<typeof world>>, job: RowId): Promise<unknown> {
  const { database } = api;
  const accounts = [it.source, ...it.accounts];
  const list = accounts.map((id) => `'${id}'`).join(', ');
  const products = await database.asOwner<{ id: string; called: string }>(`
    SELECT p.id, a.name || ' ' || p.kind || ' ' || p.name AS called FROM (
      SELECT account_id, id, kind, name FROM products UNION ALL SELECT account_id, product_id, kind, name FROM product_versions WHERE deleted) p
    JOIN accounts a ON a.id = p.account_id WHERE a.id IN (${list})`);
  const called = new Map<string, string>(products.map(({ id, called: name }) => [id, name]));
  called.set(it.source, 'The source');
  for (const [n, id] of it.accounts.entries()) called.set(id, `Target ${n}`);
  const rows = async (text: string): Promise<unknown> =>
    JSON.parse(
      JSON.stringify(await database.asOwner(text))
        .replaceAll(
          /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g,
          (id) => called.get(id) ?? 'something',
        )
        .replaceAll(/Source 0\.\d+/g, 'The source'),
    );
  return {
    items: await rows(`SELECT n, target_id, state, result, error FROM job_items WHERE job_id = '${job}' ORDER BY n`),
    job: await rows(`SELECT state, total, done, skipped, failed FROM jobs WHERE id = '${job}'`),
    products: await rows(`SELECT p.account_id, p.kind, p.name, p.name_key, p.version, p.doc,
      (SELECT json_agg(json_build_array(r.place, r.to_id, r.required) ORDER BY r.place) FROM product_refs r WHERE r.account_id = p.account_id AND r.from_id = p.id) AS refs,
      (SELECT json_agg(json_build_array(v.version, v.name, v.doc, v.deleted) ORDER BY v.version) FROM product_versions v WHERE v.account_id = p.account_id AND v.product_id = p.id) AS versions,
      (SELECT json_build_array(l.source_account, l.source_id, l.source_version, l.source_name, l.parts, l.base_doc, (SELECT array_agg(e.key || e.value ORDER BY 1) FROM jsonb_each_text(l.ids) e),
        l.needs, l.activates, l.version, l.before IS NULL) FROM product_links l WHERE l.account_id = p.account_id AND l.product_id = p.id) AS link
      FROM products p JOIN accounts a ON a.id = p.account_id WHERE a.id IN (${list}) ORDER BY a.name, p.kind, p.name`),
    totals:
      await rows(`SELECT a.name, t.resource, t.own, t.total, t.held, t.fired FROM resource_totals t JOIN accounts a ON a.id = t.account_id
      WHERE a.id IN (${list}) ORDER BY a.name, t.resource, t.period`),
    log: await rows(`SELECT account_id, kind, target_name, details, actor_name FROM journal
      WHERE account_id IN (${list}) AND kind IN ('product.imported', 'product.moved', 'product.importUndone') ORDER BY seq`),
  };
}

/** What happens in a target after the import. */
async function happen(account: string, since: Since): Promise<void> {
  if (since === 'nothing') return;
  if (since === 'closes') return void (await owner.accounts.close.mutate({ account }));
  const rows = async (kind: ProductKindKey) => (await owner.products.list.query({ account, kind, order: 'name' })).rows;
  const [desk] = (await rows('agent')).filter(({ name }) => name === 'Front desk');
  const [base] = await rows('knowledgeBase');
  const save = async (kind: ProductKindKey, product: RowId, document: Doc): Promise<void> => {
    const at = { account, kind, product };
    const { version: expectedVersion } = (await owner.products.get.query(at)).product;
    await owner.products.save.mutate({ ...at, expectedVersion, document: document as never });
  };
  if (since === 'edits' && desk) await save('agent', desk.id, { prompt: { greeting: 'Ours' } });
  if (since === 'uses' && base) await create(account, 'agent', { name: 'Our own', knowledge: { bases: [base.id] } });
  if (since === 'renames' && base) await save('knowledgeBase', base.id, { name: 'Our handbook' });
  if (since === 'frees' && desk) await save('agent', desk.id, { knowledge: { bases: [] }, callFlow: {} });
}

/** Takes an import back, which waits until `begin` lets it. Null: it did nothing. */
async function takeBack(source: string, job: RowId): Promise<RowId | null> {
  return owner.jobs.undo.mutate({ account: source, job }).then(
    ({ job: undoing }) => undoing,
    () => null,
  );
}

/** Asks for two jobs while nothing begins; the second one does what it does one after the other. */
async function held(ask: readonly (() => Promise<RowId | null>)[]): Promise<(RowId | null)[]> {
  await api.database.asOwner('INSERT INTO held VALUES (1)');
  const jobs: (RowId | null)[] = [];
  try {
    for (const one of ask) jobs.push(await one());
    // What was tried before is done by itself.
    await api.database.asOwner('UPDATE job_items SET attempts = 1 WHERE job_id = $1', [jobs[1]]);
  } finally {
    await api.database.asOwner('DELETE FROM held');
  }
  await jobsEnded(api.database, 60_000);
  return jobs;
}

describe('An import into many accounts', () => {
  it('comes to the same whether its items are done, and taken back, together or one after the other, whatever stands in the way of some (rules/products 13, 16)', async () => {
    await fc.assert(
      fc.asyncProperty(plot, async (said) => {
        const [together, alone] = [await world(said), await world(said)];
        const jobs = await held([() => begin(together, said), () => begin(alone, said)]);
        expect(await outcome(together, jobs[0]!)).toEqual(await outcome(alone, jobs[1]!));
        for (const [n, since] of said.since.slice(0, said.targets.length).entries())
          for (const { accounts } of [together, alone]) await happen(accounts[n]!, since).catch(() => undefined);
        const undoing = await held([() => takeBack(together.source, jobs[0]!), () => takeBack(alone.source, jobs[1]!)]);
        expect(undoing.map((job) => job === null)).toEqual([undoing[0] === null, undoing[0] === null]);
        if (undoing[0] !== null)
          expect(await outcome(together, undoing[0]!)).toEqual(await outcome(alone, undoing[1]!));
        expect(await owner.audit.verify.query({ account: api.root })).toMatchObject({ faults: [] });
      }),
      { numRuns: rounds(EXAMPLES.length + 1, 8), endOnFailure: true, examples: EXAMPLES },
    );
  }, 240_000);

  it('keeps secrets that are given with it until it is done or stopped, sealed, and no longer (rules/products 13)', async () => {
    const { asOwner } = api.database;
    const { source, accounts, agent } = await world({ ...EXAMPLES[0]![0], targets: ['empty', 'empty'] });
    const integration = (await firstOf(source, 'integration'))!;
    const secrets = [{ product: integration, at: '/credentials', value: 'credentials of theirs 1234' }];
    const ask = async (targets: string[], given = secrets): Promise<RowId> => {
      const { plan } = await owner.imports.plan.mutate({ account: source, targets, products: [{ product: agent }] });
      return (await owner.imports.run.mutate({ account: source, plan, secrets: given })).job;
    };
    const nowhere = await ask(accounts, [{ product: agent, at: '/prompt/greeting', value: 'Hello' }]).catch(String);
    expect(nowhere).toMatch('Nothing waits for a secret at “/prompt/greeting”.');
    const keptFor = async (job: RowId) =>
      (await asOwner(`SELECT FROM job_items WHERE job_id = '${job}' AND secrets IS NOT NULL`)).length;
    const isClear = async () => {
      for (const table of ['jobs', 'job_items', 'import_plans', 'product_secrets', 'product_links', 'journal'])
        expect(await asOwner(`SELECT FROM ${table} x WHERE x::text LIKE '%credentials of theirs%'`)).toEqual([]);
    };
    const crmIn = async (account: string) => {
      const product = (await firstOf(account, 'integration'))!;
      return (await owner.products.get.query({ account, kind: 'integration', product })).product;
    };
    const [job] = await held([
      async () => {
        const asked = await ask(accounts);
        expect(await keptFor(asked)).toBe(2);
        await isClear();
        await create(accounts[1]!, 'integration', { name: 'CRM' });
        return asked;
      },
    ]);
    const { items } = await owner.jobs.get.query({ account: source, job: job!, state: 'failed' });
    expect(items.map(({ target, about }) => [target, about])).toContainEqual([accounts[1], ['CRM']]);
    const whole = {
      document: { active: true, credentials: { set: true, last4: '1234' } },
      link: { needs: [], differences: [] },
    };
    expect(await crmIn(accounts[0]!)).toMatchObject(whole);
    expect(await keptFor(job!)).toBe(1);
    const theirs = (await firstOf(accounts[1]!, 'integration'))!;
    await owner.products.delete.mutate({ account: accounts[1]!, kind: 'integration', products: [theirs] });
    await owner.jobs.retry.mutate({ account: source, job: job! });
    await jobsEnded(api.database);
    expect(await crmIn(accounts[1]!)).toMatchObject(whole);
    expect(await keptFor(job!)).toBe(0);
    expect((await owner.imports.waiting.query({ account: source, job: job! })).rows).toEqual([]);
    // Stopped before anything of it begins.
    await asOwner(`CREATE FUNCTION stop_at_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.cancel_asked_at := now(); RETURN NEW; END $$;
      CREATE TRIGGER stop_at_once BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION stop_at_once()`);
    const stopped = await ask([await make('Stopped', source)]);
    await asOwner('DROP TRIGGER stop_at_once ON jobs');
    await jobsEnded(api.database);
    expect((await owner.jobs.get.query({ account: source, job: stopped })).job.state).toBe('cancelled');
    expect(await keptFor(stopped)).toBe(0);
    await isClear();
    const [undone] = await held([() => takeBack(source, job!)]);
    expect((await owner.jobs.get.query({ account: source, job: undone! })).job.state).toBe('succeeded');
    expect(await asOwner(`SELECT FROM product_secrets WHERE account_id IN ('${accounts.join(`', '`)}')`)).toEqual([]);
  });
});

describe('A stage of a roll-out', () => {
  const rollout = fc.record({
    since: fc.array(fc.constantFrom<Since | 'clashes'>('nothing', 'edits', 'clashes', 'closes', 'frees'), {
      minLength: 3,
      maxLength: 6,
    }),
    stopOn: fc.integer({ min: 1, max: 3 }),
  });
  type Rollout = typeof rollout extends fc.Arbitrary<infer T> ? T : never;

  /** Copies of an agent in accounts, of which it then needs something else, which may be called like something there. */
  async function copied({ since }: Rollout): Promise<Awaited<ReturnType<typeof world>>> {
    const it = await world({ ...PLAIN, targets: since.map(() => 'empty' as const) });
    const { plan } = await owner.imports.plan.mutate({
      account: it.source,
      targets: it.accounts,
      products: [{ product: it.agent }],
    });
    await owner.imports.run.mutate({ account: it.source, plan });
    await jobsEnded(api.database, 60_000);
    const other = await create(it.source, 'knowledgeBase', { name: 'Handbook 3' });
    await it.save(it.agent, { prompt: { greeting: 'Good morning' }, knowledge: { bases: [other] } });
    for (const [n, what] of since.entries()) {
      const account = it.accounts[n]!;
      if (what === 'clashes') await create(account, 'knowledgeBase', { name: 'handbook 3' });
      else await happen(account, what);
    }
    return it;
  }

  const start = async (
    { source: account, accounts, agent: product }: Awaited<ReturnType<typeof copied>>,
    stopOn: number,
  ) => {
    await owner.rollouts.start.mutate({
      account,
      kind: 'agent',
      product,
      stopOn,
      stages: [{ accounts: accounts.length }],
    });
    const [job] = await api.database.asOwner<{ id: RowId }>(
      `SELECT id FROM jobs WHERE account_id = '${account}' AND kind = 'rollouts.stage'`,
    );
    return job!.id;
  };

  it('comes to the same whether its accounts are done together or one after the other, and stops where it is to (rules/products 17)', async () => {
    await fc.assert(
      fc.asyncProperty(rollout, async (said) => {
        const [together, alone] = [await copied(said), await copied(said)];
        const jobs = await held([() => start(together, said.stopOn), () => start(alone, said.stopOn)]);
        expect(await outcome(together, jobs[0]!)).toEqual(await outcome(alone, jobs[1]!));
        const undoing = await held([() => takeBack(together.source, jobs[0]!), () => takeBack(alone.source, jobs[1]!)]);
        if (undoing[0]) expect(await outcome(together, undoing[0])).toEqual(await outcome(alone, undoing[1]!));
      }),
      {
        numRuns: rounds(1, 6),
        endOnFailure: true,
        examples: [
          [{ since: ['nothing', 'edits', 'clashes', 'frees', 'closes', 'nothing'], stopOn: 2 }],
          [{ since: ['nothing', 'clashes', 'nothing', 'edits'], stopOn: 1 }],
        ],
      },
    );
  }, 240_000);
});

const PLAIN: Plot = { targets: [], agents: null, sourceGone: null, isEdited: false, isMoving: false, since: [] };

/** Everything that may stand in the way, once at least. */
const SINCE: Since[] = ['edits', 'nothing', 'uses', 'frees', 'renames', 'closes'];
const EXAMPLES: [Plot][] = [
  [
    {
      targets: Object.keys(TARGETS) as TargetIs[],
      agents: 9,
      sourceGone: null,
      isEdited: true,
      isMoving: false,
      since: SINCE,
    },
  ],
  [
    {
      targets: ['empty', 'has copies, one edited', 'empty'],
      agents: null,
      sourceGone: 'schedule',
      isEdited: true,
      isMoving: true,
      since: ['nothing', 'nothing', 'renames', 'nothing', 'nothing', 'nothing'],
    },
  ],
];
