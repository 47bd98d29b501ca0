// Importing an agent with all that it needs into many accounts: as one job, beside one account after the other.
import { setTimeout as pass } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuMs } from '../growth/cpu.ts';
import { nowMs } from '../measure.ts';
import { type Server, startServer } from '../provision/server.ts';
import { digits, ratio, type Target, table } from '../report.ts';

const TARGETS = Number(process.env['BENCH_TARGETS'] ?? 1_000);
/** Accounts of one plan. */
const MOST = 500;
/** Accounts that are done one after the other. */
const FEW = Number(process.env['BENCH_FEW'] ?? 60);
/** What the agent needs beside itself. */
const NEEDED = 10;
/** How often they take turns. */
const ROUNDS = 3;
const HERE = fileURLToPath(new URL('../../../', import.meta.url));

type Made = { readonly products: readonly { readonly id: string }[] };

/** What importing into some accounts took. */
type Spent = {
  readonly accounts: number;
  readonly ms: number /** Of the server and its database (ms). */;
  readonly cpu: number;
};
type Measured = { readonly of: string; readonly spent: Spent };

export async function importProducts(): Promise<Target[]> {
  const server = await startServer(HERE);
  try {
    // Once, so that statements are prepared and code is warm.
    await asJob(server, 20);
    await byCalls(server, 5);
    await byDocuments(server, 5);
    const [jobs, calls, documents]: [Spent[], Spent[], Spent[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      jobs.push(await asJob(server, Math.ceil(TARGETS / ROUNDS)));
      calls.push(await byCalls(server, Math.ceil(FEW / ROUNDS)));
      documents.push(await byDocuments(server, Math.ceil(FEW / ROUNDS)));
    }
    const wrong = await mismatches(server);
    print([
      { of: `**ours**: plan and job, ${MOST} accounts a plan`, spent: all(jobs) },
      { of: '`imports.plan`, `imports.run` and its job, one account after the other', spent: all(calls) },
      {
        of: `\`products.create\` of the ${NEEDED + 1} documents, one after the other (no copies: nothing is linked)`,
        spent: all(documents),
      },
    ]);
    return [
      {
        what: 'import: × one account after the other',
        measured: perSecond(all(jobs)) / perSecond(all(calls)),
        atLeast: 15,
      },
      { what: 'accounts whose copies are not all there, or counted wrong', measured: wrong, atMost: 0 },
    ];
  } finally {
    await server.close();
  }
}

/** An account with the agent, and others below it. */
async function world(server: Server, targets: number) {
  const make = async (name: string): Promise<string> =>
    (await server.call<{ account: { id: string } }>('accounts.create', { account: server.account, name })).account.id;
  const account = await make(`World ${Math.random().toString(36).slice(2)}`);
  const below: string[] = [];
  for (let from = 0; from < targets; from += 1_000) {
    const accounts = Array.from({ length: Math.min(1_000, targets - from) }, (_, n) => ({
      name: `Target ${from + n}`,
    }));
    const wish = { account, accounts };
    const { results } = await server.call<{ results: readonly { readonly id: string }[] }>('accounts.createMany', wish);
    below.push(...results.map(({ id }) => id));
  }
  return { account, below };
}

const create = async (server: Server, account: string, kind: string, document: object): Promise<string> => {
  const made = await server.call<Made>('products.create', { account, kind, products: [{ document }] });
  return made.products[0]?.id ?? '';
};

/** Makes the agent with all that it needs: ten products. */
async function plantAgent(server: Server, account: string): Promise<string> {
  const bases: string[] = [];
  for (let n = 1; n <= 4; n += 1) bases.push(await create(server, account, 'knowledgeBase', { name: `Handbook ${n}` }));
  const integration = await create(server, account, 'integration', { name: 'CRM', system: 'Any' });
  const tools: string[] = [];
  for (let n = 1; n <= 4; n += 1) tools.push(await create(server, account, 'tool', { name: `Tool ${n}`, integration }));
  const hours = await create(server, account, 'schedule', { name: 'Office hours' });
  return create(server, account, 'agent', {
    name: 'Front desk',
    prompt: { greeting: 'Hello, how can I help?', style: 'Friendly, and short.' },
    knowledge: { bases },
    tools: { items: tools.map((tool, n) => ({ id: `tool-${n}`, tool })) },
    callFlow: { hours },
  });
}

async function importInto(server: Server, account: string, product: string, targets: readonly string[]): Promise<void> {
  const wish = { account, targets, products: [{ product }] };
  const { plan } = await server.call<{ plan: string }>('imports.plan', wish);
  const { job } = await server.call<{ job: string }>('imports.run', { account, plan });
  for (;;) {
    const { rows } = await server.owner.query<{ state: string; ended: boolean }>(
      'SELECT state, ended_at IS NOT NULL AS ended FROM jobs WHERE account_id = $1 AND id = $2',
      [account, job],
    );
    if (rows[0]?.ended && rows[0].state !== 'succeeded') throw new Error(`the import ended as ${rows[0].state}`);
    if (rows[0]?.ended) return;
    await pass(2);
  }
}

/** CPU that a server and the backends of its database have had (ms), by process: backends come and go. */
async function cpuOf({ pid, owner }: Server): Promise<ReadonlyMap<number, number>> {
  const { rows } = await owner.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  );
  return new Map([pid, ...rows.map((backend) => backend.pid)].map((one) => [one, cpuMs(one)]));
}

async function spend(server: Server, accounts: number, work: () => Promise<void>): Promise<Spent> {
  const before = await cpuOf(server);
  const started = nowMs();
  await work();
  const ms = nowMs() - started;
  const cpu = [...(await cpuOf(server))].reduce((sum, [pid, used]) => sum + used - (before.get(pid) ?? 0), 0);
  return { accounts, ms, cpu };
}

async function asJob(server: Server, many: number): Promise<Spent> {
  const { account, below } = await world(server, many);
  const product = await plantAgent(server, account);
  return spend(server, many, async () => {
    for (let from = 0; from < many; from += MOST)
      await importInto(server, account, product, below.slice(from, from + MOST));
  });
}

async function byCalls(server: Server, many: number): Promise<Spent> {
  const { account, below } = await world(server, many);
  const product = await plantAgent(server, account);
  return spend(server, many, async () => {
    for (const target of below) await importInto(server, account, product, [target]);
  });
}

async function byDocuments(server: Server, many: number): Promise<Spent> {
  const { below } = await world(server, many);
  return spend(server, many, async () => {
    for (const target of below) await plantAgent(server, target);
  });
}

const perSecond = ({ accounts, ms }: Spent): number => (accounts * 1_000) / ms;

/** Of several rounds. */
const all = (rounds: readonly Spent[]): Spent =>
  rounds.reduce((sum, one) => ({ accounts: sum.accounts + one.accounts, ms: sum.ms + one.ms, cpu: sum.cpu + one.cpu }));

/** Accounts with copies that lack some, and accounts whose agents are not those that are counted. */
async function mismatches({ owner }: Server): Promise<number> {
  const { rows } = await owner.query<{ wrong: number }>(
    `SELECT (SELECT count(*) FROM (SELECT account_id FROM product_links GROUP BY 1 HAVING count(*) <> $1) l)::int
       + (SELECT count(*) FROM accounts a WHERE a.own_agents <> (SELECT count(*) FROM products p WHERE p.account_id = a.id AND p.kind = 'agent'))::int AS wrong`,
    [NEEDED + 1],
  );
  return rows[0]?.wrong ?? Number.NaN;
}

function print(measured: readonly Measured[]): void {
  const [ours] = measured;
  const speed = ours ? perSecond(ours.spent) : 0;
  console.log(
    `\nan agent and the ${NEEDED} products that it needs, into ${digits(TARGETS)} accounts; ${FEW} of them where it is one after the other\n`,
  );
  console.log(
    table(
      [
        { title: 'import', align: 'left' },
        { title: 'accounts/s' },
        { title: 'ours ÷ it' },
        { title: 'CPU ms an account' },
      ],
      measured.map(({ of, spent }) => [
        of,
        digits(perSecond(spent)),
        ratio(speed / perSecond(spent)),
        digits(spent.cpu / spent.accounts),
      ]),
    ),
  );
}
