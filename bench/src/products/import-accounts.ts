// Importing a file of accounts: beside the same accounts by calls, and beside bare statements.
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pass } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nowMs } from '../measure.ts';
import { type Server, startServer } from '../provision/server.ts';
import { digits, ratio, type Target, table } from '../report.ts';

const ACCOUNTS = Number(process.env['BENCH_ACCOUNTS'] ?? 100_000);
/** Children of each account, as far as there are so many: four levels for 100 000, below one that is the first (five are the most). */
const CHILDREN = 20;
/** Accounts of a call of `accounts.createMany`. */
const MOST = 1_000;
const HERE = fileURLToPath(new URL('../../../', import.meta.url));
const MEBIBYTE = 1_048_576;

/** The n-th account's parent; null: it stands at the top. Parents come first. */
const parentOf = (n: number): number | null => (n < CHILDREN ? null : Math.floor(n / CHILDREN) - 1);
const nameOf = (n: number): string => `Account ${n} of ${n % 7 === 0 ? 'Zürich, Süd' : 'the north'}`;

type Measured = { readonly of: string; readonly perSecond: number };

export async function importAccounts(): Promise<Target[]> {
  const server = await startServer(HERE);
  try {
    const small = Math.min(ACCOUNTS, 2_000);
    // Once, so that statements are prepared and code is warm.
    await byCalls(server, small);
    await byFile(server, small);
    // Half of the calls before the file and half after it: each account costs more the more there are.
    const half = Math.ceil(ACCOUNTS / 2);
    const before = await byCalls(server, half);
    const file = await byFile(server, ACCOUNTS);
    const after = await byCalls(server, half);
    const calls = perSecond(2 * half, before + after);
    const bare = await byBareStatements(server, ACCOUNTS);
    const again = file.again;
    const wrong = await mismatches(server);
    console.log(
      `\`accounts.createMany\` before the file ${digits(perSecond(half, before))} accounts a second, after it ${digits(perSecond(half, after))}\n`,
    );
    print([
      { of: '**ours**: the import itself, all or nothing, of a file that was judged', perSecond: file.run },
      { of: '… with its upload and its dry run', perSecond: file.whole },
      { of: '`accounts.createMany`, 1 000 a call', perSecond: calls },
      { of: 'bare `INSERT … SELECT` by level into `accounts`, nothing counted or told', perSecond: bare },
    ]);
    console.log(
      `\nupload ${digits(file.uploadMs / 1_000)} s, dry run ${digits(file.planMs / 1_000)} s, import ${digits(file.runMs / 1_000)} s; the same file again, all of it there: dry run ${digits(again / 1_000)} s\n` +
        `memory of the server over what it had at rest, at the most: upload ${digits(file.memory.upload)} MiB, dry run ${digits(file.memory.plan)}, import ${digits(file.memory.run)}, the same file again ${digits(file.memory.again)}`,
    );
    const { upload, plan, run, again: same } = file.memory;
    return [
      { what: 'import: × `accounts.createMany`', measured: file.run / calls, atLeast: 1 },
      { what: 'import: share of the bare statements', measured: file.run / bare, atLeast: 0.3 },
      { what: 'import: MiB over the server at rest', measured: Math.max(upload, plan, run, same), atMost: 150 },
      { what: 'accounts that are counted wrong or that the log doesn’t tell of', measured: wrong, atMost: 0 },
    ];
  } finally {
    await server.close();
  }
}

/** An account for one import. */
async function reseller(server: Server): Promise<{ readonly id: string; readonly prefix: string }> {
  const prefix = randomBytes(6).toString('hex');
  const wish = { account: server.account, name: `World ${prefix}`, externalId: prefix };
  const made = await server.call<{ account: { id: string } }>('accounts.create', wish);
  return { id: made.account.id, prefix };
}

/** @returns how long it takes (ms) */
async function byCalls(server: Server, accounts: number): Promise<number> {
  const { id, prefix } = await reseller(server);
  const started = nowMs();
  for (let from = 0; from < accounts; from += MOST) {
    const part = Array.from({ length: Math.min(MOST, accounts - from) }, (_, n) => {
      const parent = parentOf(from + n);
      return {
        name: nameOf(from + n),
        parent: parent === null ? `ext:${prefix}` : `ext:${prefix}-${parent}`,
        externalId: `${prefix}-${from + n}`,
      };
    });
    await server.call('accounts.createMany', { account: id, accounts: part });
  }
  return nowMs() - started;
}

async function byFile(server: Server, accounts: number) {
  const { id, prefix } = await reseller(server);
  const rows = Array.from({ length: accounts }, (_, n) => {
    const parent = parentOf(n);
    return `${prefix}-${n},${parent === null ? '' : `${prefix}-${parent}`},"${nameOf(n)}"`;
  });
  // In no order, and the same in each run.
  const shuffled = rows.map((row, n) => ({ row, at: (n * 7_919) % 104_729 })).sort((a, b) => a.at - b.at);
  const file = `externalId,parentExternalId,name\n${shuffled.map(({ row }) => row).join('\n')}\n`;
  const upload = await measured(server, () =>
    server.send<{ import: string }>(`/v1/account-imports?account=${id}&filename=accounts.csv`, 'text/csv', file),
  );
  const asked = { account: id, import: upload.answer.import };
  const plan = await measured(server, () => server.call('accountImports.plan', asked));
  const run = await measured(server, async () => {
    const { job } = await server.call<{ job: string }>('accountImports.run', asked);
    await ended(server, id, job);
  });
  const again = await measured(server, () => server.call('accountImports.plan', asked));
  return {
    run: perSecond(accounts, run.ms),
    whole: perSecond(accounts, upload.ms + plan.ms + run.ms),
    uploadMs: upload.ms,
    planMs: plan.ms,
    runMs: run.ms,
    again: again.ms,
    memory: { upload: upload.mebibytes, plan: plan.mebibytes, run: run.mebibytes, again: again.mebibytes },
  };
}

async function ended({ owner }: Server, account: string, job: string): Promise<void> {
  for (;;) {
    const { rows } = await owner.query<{ state: string; ended_at: Date | null }>(
      'SELECT state, ended_at FROM jobs WHERE account_id = $1 AND id = $2',
      [account, job],
    );
    const [row] = rows;
    if (row?.ended_at && row.state !== 'succeeded') throw new Error(`the import ended as ${row.state}`);
    if (row?.ended_at) return;
    await pass(50);
  }
}

/** How long something takes, and how much more memory the server had meanwhile than before, at the most. */
async function measured<T>({ pid }: Server, work: () => Promise<T>) {
  const before = memoryOf(pid, 'VmRSS');
  if (before !== null) writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const started = nowMs();
  const answer = await work();
  const ms = nowMs() - started;
  const peak = memoryOf(pid, 'VmHWM');
  return { answer, ms, mebibytes: before === null || peak === null ? Number.NaN : (peak - before) / MEBIBYTE };
}

/** Bytes, as Linux tells them; null elsewhere. */
function memoryOf(pid: number, what: 'VmRSS' | 'VmHWM'): number | null {
  try {
    const [, kibibytes = ''] =
      new RegExp(`${what}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes) * 1_024;
  } catch {
    return null;
  }
}

const INSERT = `INSERT INTO accounts (id, root_id, parent_id, path_key, name, name_key, external_id, metadata, billing_mode, payer_id, version, created_at)
  SELECT b.id, b.root_id, b.parent_id, b.path_key, b.name, b.name_key, b.external_id, '{}', 'parent', b.root_id, 1, now()
  FROM bench_rows b WHERE b.level = $1`;

/** A tree of its own, whose ids and places are known and stored before the clock runs. */
async function byBareStatements({ owner }: Server, accounts: number): Promise<number> {
  const root = idLikeOurs();
  await owner.query(
    `INSERT INTO accounts (id, root_id, path_key, name, name_key, billing_mode, payer_id, version, created_at)
     VALUES ($1, $1, '', 'Root', 'root', 'direct', $1, 1, now())`,
    [root],
  );
  await owner.query(
    `CREATE TABLE bench_rows (id uuid, root_id uuid, parent_id uuid, path_key bytea, name text, name_key text, external_id text, level int)`,
  );
  const placed: { readonly id: string; readonly key: string; readonly level: number }[] = [];
  for (let from = 0; from < accounts; from += MOST) {
    const part = Array.from({ length: Math.min(MOST, accounts - from) }, (_, at) => {
      const n = from + at;
      const above = parentOf(n) === null ? null : placed[parentOf(n) ?? 0];
      const id = idLikeOurs();
      const row = { id, key: (above?.key ?? '') + id.replaceAll('-', ''), level: (above?.level ?? 0) + 1 };
      placed.push(row);
      return { ...row, parent: above?.id ?? root, n };
    });
    await owner.query(
      `INSERT INTO bench_rows SELECT u.id, $1::uuid, u.parent, u.key, u.name, lower(u.name), $1::uuid || '-' || u.n, u.level
       FROM unnest($2::uuid[], $3::uuid[], $4::bytea[], $5::text[], $6::int[], $7::int[]) u(id, parent, key, name, n, level)`,
      [
        root,
        part.map(({ id }) => id),
        part.map(({ parent }) => parent),
        part.map(({ key }) => Buffer.from(key, 'hex')),
        part.map(({ n }) => nameOf(n)),
        part.map(({ n }) => n),
        part.map(({ level }) => level),
      ],
    );
  }
  await owner.query('ANALYZE bench_rows');
  const levels = placed.at(-1)?.level ?? 0;
  const started = nowMs();
  for (let level = 1; level <= levels; level += 1) await owner.query(INSERT, [level]);
  const ms = nowMs() - started;
  await owner.query('DROP TABLE bench_rows');
  return perSecond(accounts, ms);
}

/** In the order of time, as indexes like it. */
const idLikeOurs = (): string => {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
};

const perSecond = (accounts: number, ms: number): number => (accounts * 1_000) / ms;

/** Accounts of the server's tree whose numbers aren't those that are counted from scratch, and those that the log doesn't tell of. */
async function mismatches({ owner, account }: Server): Promise<number> {
  const { rows } = await owner.query<{ wrong: number; untold: number }>(
    `WITH below AS (
       SELECT encode(substr(a.path_key, level * 16 - 15, 16), 'hex')::uuid AS id, count(*) AS n FROM accounts a
       CROSS JOIN LATERAL generate_series(1, octet_length(a.path_key) / 16 - 1) level WHERE a.root_id = $1 GROUP BY 1)
     SELECT count(*) FILTER (WHERE a.parent_id IS NOT NULL AND a.subaccounts <> coalesce(b.n, 0))::int AS wrong,
       (count(*) - 1 - (SELECT count(*) FROM journal j WHERE j.root_id = $1 AND j.kind = 'account.created'))::int AS untold
     FROM accounts a LEFT JOIN below b ON b.id = a.id WHERE a.root_id = $1`,
    [account],
  );
  return (rows[0]?.wrong ?? Number.NaN) + Math.abs(rows[0]?.untold ?? Number.NaN);
}

function print(measured: readonly Measured[]): void {
  const [ours] = measured;
  console.log(`${digits(ACCOUNTS)} accounts, ${CHILDREN} below each, the rows of the file in no order\n`);
  console.log(
    table(
      [{ title: 'import', align: 'left' }, { title: 'accounts/s' }, { title: 'ours ÷ it' }],
      measured.map(({ of, perSecond: speed }) => [of, digits(speed), ratio((ours?.perSecond ?? 0) / speed)]),
    ),
  );
}
