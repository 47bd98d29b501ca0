import type { JsonValue, RowId } from '@tenantree/domain';
import { importFromCsv } from './account-import.ts';
import { Check } from './check.ts';
import { Failed } from './failed.ts';
import { idle, jobEnded, until } from './jobs.ts';
import { counted } from './progress.ts';
import { type Region, type RegionRun, regionOf } from './region.ts';
import { refOf, remember } from './reseller.ts';

/** Accounts of one plan, and what is read at one time. */
const PLANNED_TOGETHER = 500;
const READ_TOGETHER = 20;

const BLUEPRINT = 'Front office';
const FRONT = 'Front desk';
const NIGHT = 'Night desk';
const INSTRUCTIONS = ['Find out what it is about, and offer a time.', 'Ask for the name first, then offer two times.'];
const GREETINGS = ['Hello, this is {{brand}}.', 'Good day, this is {{brand}}. Who is calling?'];
const CAPS = { levels: { 'agents.prompt': 'read', billing: 'none' } } as const;
/** People of an account: in the first version, in the second, and where somebody set it otherwise meanwhile. */
const MEMBERS = { first: 25, second: 50, own: 40 } as const;

type SetUp = Readonly<Record<'blueprint' | 'front' | 'night', RowId>>;
type At = RegionRun & { readonly check: Check; readonly region: Region; readonly setUp: SetUp };
type Drift = 'as_set_up' | 'changed_here' | 'newer_available' | 'both' | 'same_by_hand';
const DRIFT: Readonly<Record<Drift, string>> = {
  as_set_up: 'as set up',
  changed_here: 'changed here',
  newer_available: 'newer available',
  both: 'both',
  same_by_hand: 'same by hand',
};

const brandOf = (run: RegionRun, region: Region): string => `${run.reseller.name} ${region.name}`;
const ownGreeting = ({ region }: At): string => `Welcome to ${region.country.name}.`;
const filled = (at: At, text: string): string => text.replaceAll('{{brand}}', brandOf(at, at.region));

/** What is done, in this order; what an earlier start did is not done again. */
const STEPS: readonly (readonly [string, (at: At) => Promise<string>])[] = [
  ['Import of accounts', (at) => importFromCsv(at, at.check)],
  ['Applied', apply],
  ['Changed in one account', changeOne],
  ['Changed at the source', changeSource],
  ['Rolled out', rollOut],
  ['Brought in line', bringInLine],
];

/**
 * Imports the file's accounts, sets a region of them up with a blueprint, changes an agent in one account and at its source, rolls that out in stages
 * and brings the region in line; says after each step how accounts stand to the blueprint, and checks that. A later start goes on after the last
 * step that was done, and compares again.
 */
export async function setRegionUp(run: RegionRun): Promise<'equal' | 'different'> {
  const { trpc, say, persist, reseller } = run;
  const check = new Check();
  const region = regionOf(run.accounts);
  let setUp: SetUp | null = null;
  await step(run, check, 'Set up', async () => {
    await idle(run, reseller.id);
    setUp = await persist(() => makeProducts(run));
    return `2 agents, 2 tools and the blueprint “${BLUEPRINT}”`;
  });
  if (setUp === null) return 'different';
  const at: At = { ...run, check, region, setUp };
  const { metadata } = await persist(() => trpc.accounts.get.query({ account: reseller.id }));
  const before = typeof metadata['demoSteps'] === 'number' ? metadata['demoSteps'] : 0;
  if (before > 0) say(`${counted(before)} of ${counted(STEPS.length)} steps were done before; going on after them`);
  for (const [index, [name, does]] of STEPS.entries()) {
    if (index < before) continue;
    if (!(await step(run, check, name, () => does(at)))) return 'different';
    await remember(trpc, reseller, { demoSteps: index + 1 }, persist);
  }
  if (!(await step(run, check, 'Compared', () => compare(at)))) return 'different';
  say('Equal to the last account: each has what the blueprint and the file come to.');
  return 'equal';
}

/** Does a step, and says what became of it and how long it took. @returns whether all of it is as it has to be */
async function step({ say }: RegionRun, check: Check, name: string, does: () => Promise<string>): Promise<boolean> {
  const begunMs = performance.now();
  const [first = '', ...more] = (await does()).split('\n');
  say(`${name.padEnd(26)}${first} (${((performance.now() - begunMs) / 1_000).toFixed(1)} s)`);
  for (const line of more) say(`  ${line}`);
  for (const one of check.wrong) say(one);
  if (check.wrong.length > 0) say(`NOT EQUAL: ${counted(check.wrong.length)} figures.`);
  return check.wrong.length === 0;
}

/** The reseller's tools and agents, and the first version of its blueprint; what is there already stays as it is. */
async function makeProducts({ trpc, reseller }: RegionRun): Promise<SetUp> {
  const account = reseller.id;
  const make = async (kind: 'tool' | 'agent', documents: readonly ({ name: string } & Record<string, JsonValue>)[]) => {
    const products = documents.map((document) => {
      const externalId = `${reseller.prefix}-${document.name.toLowerCase().replaceAll(' ', '-')}`;
      return { document, externalId };
    });
    return (await trpc.products.create.mutate({ account, kind, products })).products.map(({ id }) => id);
  };
  const [calendar = '', transfer = ''] = await make('tool', [
    { name: 'Calendar', description: 'Looks for free times.' },
    { name: 'Transfer', description: 'Hands a call over to somebody.' },
  ]);
  const promptOf = (greeting: string) => ({ greeting, instructions: INSTRUCTIONS[0]! });
  const [front, night] = await make('agent', [
    { name: FRONT, prompt: promptOf(GREETINGS[0]!), tools: { items: [{ id: 'calendar', tool: calendar }] } },
    {
      name: NIGHT,
      prompt: promptOf('{{brand}} is closed now.'),
      tools: { items: [{ id: 'transfer', tool: transfer }] },
    },
  ]);
  if (front === undefined || night === undefined) throw new Failed('The agents were not made.');
  const { blueprints } = await trpc.blueprints.list.query({ account });
  const found = blueprints.find(({ name, from }) => name === BLUEPRINT && from.id === account);
  const said = contentOf({ front, night }, MEMBERS.first);
  const { id } = found ?? (await trpc.blueprints.save.mutate({ account, name: BLUEPRINT, ...said }));
  return { blueprint: id, front, night };
}

/** What is in a version of the blueprint. */
const contentOf = ({ front, night }: Pick<SetUp, 'front' | 'night'>, members: number) => ({
  caps: CAPS,
  limits: { members: { max: members } },
  products: [{ product: front }, { product: night }],
  variables: [
    {
      key: 'brand',
      label: 'Brand',
      at: [front, night].map((product) => ({ product, place: '/prompt/greeting' })),
    },
  ],
});

/** Plans what a blueprint does to the region, and does it. @returns of how many accounts a limit stayed as it was set there */
async function doWith(at: At, what: string, how: 'apply' | 'line'): Promise<number> {
  const { trpc, persist, reseller, region, setUp } = at;
  const account = reseller.id;
  const refs = region.accounts.map((one) => refOf(reseller.prefix, one));
  let kept = 0;
  for (let from = 0; from < refs.length; from += PLANNED_TOGETHER) {
    const wish = {
      account,
      blueprint: setUp.blueprint,
      targets: refs.slice(from, from + PLANNED_TOGETHER),
      how,
      ...(how === 'apply' && { variables: { brand: brandOf(at, region) } }),
    };
    const { plan, job } = await persist(async () => {
      await idle(at, account);
      const planned = await trpc.blueprints.plan.mutate(wish);
      const refused = planned.targets.find(({ refusal }) => refusal !== null);
      if (refused || !planned.ready)
        throw new Failed(`${what}: ${refused?.refusal?.message ?? 'the plan asks what becomes of something.'}`);
      return { plan: planned, job: (await trpc.blueprints.run.mutate({ account, plan: planned.plan })).job };
    });
    kept += plan.targets.filter(({ limits }) => limits?.kept.includes('members')).length;
    await jobEnded(at, what, { account, job });
  }
  return kept;
}

/** Reads how accounts stand to the blueprint, and checks it: all of the region, and nobody else. */
async function driftIs({ trpc, persist, reseller, region, setUp, check }: At, own: Partial<Record<Drift, number>>) {
  const wish = { account: reseller.id, blueprint: setUp.blueprint, limit: 1 };
  const { counts, total, beingSetUp, incomplete } = await persist(() => trpc.blueprints.drift.query(wish));
  check.same('Accounts that were set up', total, region.accounts.length);
  check.same('Accounts that are not set up as a whole', beingSetUp + incomplete, 0);
  const states = Object.keys(DRIFT) as Drift[];
  for (const state of states) check.same(`Drift: ${DRIFT[state]}`, counts[state], own[state] ?? 0);
  const shown = states.filter((state) => state !== 'same_by_hand' || counts[state] > 0);
  return `drift: ${shown.map((state) => `${DRIFT[state]} ${counted(counts[state])}`).join(' · ')}`;
}

/** All of the region but one account. */
const others = ({ region }: At): number => region.accounts.length - 1;

async function apply(at: At): Promise<string> {
  await doWith(at, 'Applying the blueprint', 'apply');
  const drift = await driftIs(at, { as_set_up: at.region.accounts.length });
  return `version 1 to ${counted(at.region.accounts.length)} accounts of ${at.region.name}\n${drift}`;
}

/** An agent of an account. */
async function agentIn({ trpc, persist }: At, account: string, name: string) {
  const wish = { account, kind: 'agent' as const };
  const { rows } = await persist(() => trpc.products.list.query({ ...wish, search: name }));
  const row = rows.find((one) => one.name === name);
  if (!row) throw new Failed(`“${name}” is not there.`);
  return persist(async () => (await trpc.products.get.query({ ...wish, product: row.id })).product);
}

/** Saves what an agent is told, unless it is that already. */
async function tell(at: At, account: string, name: string, told: Readonly<Record<string, string>>): Promise<void> {
  const { id, version, document } = await agentIn(at, account, name);
  const prompt = document['prompt'] as Readonly<Record<string, JsonValue>>;
  if (Object.entries(told).every(([key, text]) => prompt[key] === text)) return;
  const saved = { expectedVersion: version, document: { prompt: { ...prompt, ...told } } };
  await at.persist(() => at.trpc.products.save.mutate({ account, kind: 'agent', product: id, ...saved }));
}

async function changeOne(at: At): Promise<string> {
  const { trpc, persist, reseller, region } = at;
  const account = refOf(reseller.prefix, region.country);
  await tell(at, account, FRONT, { greeting: ownGreeting(at) });
  await persist(() => trpc.limits.set.mutate({ account, limits: [{ kind: 'members', max: MEMBERS.own }] }));
  const drift = await driftIs(at, { as_set_up: others(at), changed_here: 1 });
  return `${region.country.name} greets in its own way, and has ${MEMBERS.own} members at the most\n${drift}`;
}

async function changeSource(at: At): Promise<string> {
  const { trpc, persist, reseller, setUp } = at;
  const account = reseller.id;
  await tell(at, account, FRONT, { greeting: GREETINGS[1]!, instructions: INSTRUCTIONS[1]! });
  await persist(async () => {
    const { blueprint } = await trpc.blueprints.get.query({ account, blueprint: setUp.blueprint });
    if (blueprint.newest > 1) return;
    const said = { name: BLUEPRINT, blueprint: setUp.blueprint, expectedVersion: 1 };
    await trpc.blueprints.save.mutate({ account, ...said, ...contentOf(setUp, MEMBERS.second) });
  });
  const drift = await driftIs(at, { newer_available: others(at), both: 1 });
  return `“${FRONT}” asks who is calling; version 2 of “${BLUEPRINT}” allows ${MEMBERS.second} members\n${drift}`;
}

/** Rolls the changed agent out: the account with a greeting of its own and two others first, then a tenth, then the rest. */
async function rollOut(at: At): Promise<string> {
  const { trpc, persist, show, check, reseller, region, setUp } = at;
  const asked = { account: reseller.id, kind: 'agent' as const };
  const first = [region.country, ...region.accounts.filter((one) => one !== region.country)].slice(0, 3);
  const stages = [{ accounts: first.map((one) => refOf(reseller.prefix, one)) }, { percent: 10 }];
  const { id } = await persist(async () => {
    const { rows } = await trpc.rollouts.list.query({ ...asked, product: setUp.front });
    return rows[0] ?? (await trpc.rollouts.start.mutate({ ...asked, product: setUp.front, stages })).rollout;
  });
  const wish = { ...asked, rollout: id };
  const said: string[] = [];
  const ended = await until(at, async () => {
    const { rollout } = await persist(() => trpc.rollouts.get.query(wish));
    const { state, stages: all } = rollout;
    const done = all.reduce((sum, one) => sum + one.done, 0);
    show(`Rolling out: ${counted(done)} of ${counted(region.accounts.length)}`);
    if (state === 'running') return null;
    for (const { n, accounts, done: its, conflicts, failed } of all.slice(
      said.length,
      rollout.stage - (state === 'waiting' ? 1 : 0),
    )) {
      check.same(`Stage ${n}: accounts that have it`, its, accounts);
      check.same(`Stage ${n}: conflicts`, conflicts, n === 1 ? 1 : 0);
      check.same(`Stage ${n}: failures`, failed, 0);
      said.push(`stage ${n}: ${counted(its)} of ${counted(accounts)} accounts, ${counted(conflicts)} with a conflict`);
    }
    if (state !== 'waiting') return rollout;
    await versionsAre(at, { 2: done, 1: region.accounts.length - done });
    await persist(async () => {
      const { rollout: now } = await trpc.rollouts.get.query(wish);
      if (now.state === 'waiting') await trpc.rollouts.goOn.mutate(wish);
    });
    return null;
  });
  check.same('State of the roll-out', ended.state, 'succeeded');
  const versions = await versionsAre(at, { 2: region.accounts.length });
  const drift = await driftIs(at, { newer_available: others(at), both: 1 });
  return [`“${FRONT}” in ${counted(said.length)} stages; ${versions}`, ...said, drift].join('\n');
}

/** Who runs which version of the agent that is rolled out. */
async function versionsAre({ trpc, persist, check, reseller, setUp }: At, own: Readonly<Record<number, number>>) {
  const wish = { account: reseller.id, kind: 'agent' as const, product: setUp.front, limit: 1 };
  const { versions } = await persist(() => trpc.imports.copies.query(wish));
  const text = (all: readonly { version: number; accounts: number }[]): string =>
    all.map(({ version, accounts }) => `version ${version} in ${counted(accounts)}`).join(', ');
  const wanted = Object.entries(own).map(([version, accounts]) => ({ version: Number(version), accounts }));
  const mine = text(wanted.filter(({ accounts }) => accounts > 0).toSorted((a, b) => b.version - a.version));
  check.same(`Copies of “${FRONT}”`, text(versions), mine);
  return text(versions);
}

async function bringInLine(at: At): Promise<string> {
  const kept = await doWith(at, 'Bringing in line', 'line');
  at.check.same('Limits that stay as they were set in an account', kept, 1);
  const drift = await driftIs(at, { as_set_up: others(at), changed_here: 1 });
  return `${counted(at.region.accounts.length)} accounts; in ${counted(kept)} what was changed there stays\n${drift}`;
}

/** Reads every account of the region, and compares it with what it has to have. */
async function compare(at: At): Promise<string> {
  const { trpc, persist, show, check, reseller, region, setUp } = at;
  const front = await copiesOf(at, setUp.front);
  const night = await copiesOf(at, setUp.night);
  for (const [name, copies] of [[FRONT, front] as const, [NIGHT, night] as const]) {
    check.same(`Accounts with “${name}”`, copies.length, region.accounts.length);
    const said = copies.map(({ account }) => account.name).toSorted();
    const own = region.accounts.map((account) => account.name).toSorted();
    const other = own.findIndex((one, index) => one !== said[index]);
    if (other >= 0) check.same(`Where “${name}” is, by name`, said[other] ?? 'nowhere', own[other]!);
  }
  check.same('Copies that differ from their source', front.filter(({ differences }) => differences > 0).length, 1);
  const country = await persist(() => trpc.accounts.get.query({ account: refOf(reseller.prefix, region.country) }));
  const look = async ({ account, product }: (typeof front)[number]): Promise<void> => {
    const wish = { account: account.id, kind: 'agent' as const, product };
    const { document } = (await persist(() => trpc.products.get.query(wish))).product;
    const { limits } = await persist(() => trpc.limits.get.query({ account: account.id }));
    const { greeting, instructions } = document['prompt'] as Readonly<Record<string, string>>;
    const isOwn = account.id === country.id;
    check.same(`Greeting in ${account.name}`, greeting ?? '', isOwn ? ownGreeting(at) : filled(at, GREETINGS[1]!));
    check.same(`Instructions in ${account.name}`, instructions ?? '', INSTRUCTIONS[1]!);
    const members = limits.find(({ kind }) => kind === 'members')?.max;
    check.same(`Members in ${account.name}`, String(members), String(isOwn ? MEMBERS.own : MEMBERS.second));
  };
  for (let from = 0; from < front.length; from += READ_TOGETHER) {
    await Promise.all(front.slice(from, from + READ_TOGETHER).map(look));
    show(`Comparing: ${counted(from)} of ${counted(front.length)}`);
  }
  const changed = { account: reseller.id, blueprint: setUp.blueprint, drift: 'changed_here' as const, limit: 1 };
  const { rows } = await persist(() => trpc.blueprints.drift.query(changed));
  check.same('The account that was changed', rows[0]?.account.id ?? 'none', country.id);
  const drift = await driftIs(at, { as_set_up: others(at), changed_here: 1 });
  return `greeting, instructions and limit of ${counted(front.length)} accounts, read one by one\n${drift}`;
}

/** All copies of an agent. */
async function copiesOf({ trpc, persist, reseller }: At, product: RowId) {
  const read = (cursor?: string) =>
    persist(() =>
      trpc.imports.copies.query({
        account: reseller.id,
        kind: 'agent',
        product,
        limit: 500,
        ...(cursor !== undefined && { cursor }),
      }),
    );
  const pages = [await read()];
  for (let cursor = pages[0]!.nextCursor; cursor !== null; cursor = pages.at(-1)!.nextCursor)
    pages.push(await read(cursor));
  return pages.flatMap(({ rows }) => rows);
}
