// A disk that is full on write, and has room again (docs/operators.md): usage is sent all the while, and at the end everything
// acknowledged is there once. The disk is one of 200 MB in memory. Any user may mount it, because this program starts itself once more
// in namespaces of its own (Linux, where the system lets users make some).
//
//   node_modules/.bin/node scripts/full-disk.ts
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, mkdtemp, rm, rmdir, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const SELF = fileURLToPath(import.meta.url);
const MAIN = fileURLToPath(new URL('../apps/api/src/main.ts', import.meta.url));
const SERVER = 'http://localhost:7399';
const INSIDE = 'inside';
const DISK_MB = 200;
const MEGABYTE = new Uint8Array(1 << 20);
/** What is left when the disk is filled: with nothing, tables can't grow any more; with some, the log of the database can't, which ends it. */
const ROOM_MB = [0, 12, 20, 28];
const FULL_MS = 4_000;
const EVENTS_PER_CALL = 500;
const CLAIM = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery staple', accountName: 'Main' };
const PATIENCE_MS = 60_000;

type Answer<T> = { readonly status: number; readonly cookie: string; readonly data: T | null };
type Acknowledged = { readonly results: readonly { readonly status: string }[] };

/** Asks the server; status 0 when there is no answer. */
async function ask<T>(path: string, input?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
  try {
    const answer = await fetch(SERVER + path, {
      ...(input === undefined ? {} : { method: 'POST', body: JSON.stringify(input) }),
      headers: { 'content-type': 'application/json', origin: SERVER, ...headers },
    });
    const cookie = answer.headers.getSetCookie().map((text) => text.split(';')[0]);
    const body = (await answer.json()) as { result?: { data: T } };
    return { status: answer.status, cookie: cookie.join('; '), data: body.result?.data ?? null };
  } catch {
    return { status: 0, cookie: '', data: null };
  }
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const started = performance.now();
  while (!(await condition())) {
    if (performance.now() - started > PATIENCE_MS) throw new Error(`Waited in vain until ${what}.`);
    await pass(50);
  }
  console.log(`${what} (after ${((performance.now() - started) / 1_000).toFixed(1)} s)`);
}

/** Opens the first-run link that the server printed. @returns the main account and headers with a key of it */
async function claim(printed: string): Promise<{ account: string; headers: Record<string, string> }> {
  const token = /tt_setup_[\w-]+/.exec(printed)?.[0] ?? '';
  const claimed = await ask<{ account: string }>('/trpc/setup.claim', { token, ...CLAIM });
  const account = claimed.data?.account ?? '';
  const { cookie } = await ask('/auth/sign-in/email', { email: CLAIM.email, password: CLAIM.password });
  const made = await ask<{ key: string }>('/trpc/keys.create', { account, name: 'Full disk' }, { cookie });
  return { account, headers: { authorization: `Bearer ${made.data?.key}` } };
}

/** Writes until nothing more fits, and takes some of it back. @returns a file to remove for room */
async function fill(disk: string, roomMb: number): Promise<string> {
  const file = join(disk, 'ballast');
  let written = 0;
  try {
    for (;;) {
      await appendFile(file, MEGABYTE);
      written += 1;
    }
  } catch {
    await truncate(file, (written - roomMb) * MEGABYTE.length);
    return file;
  }
}

async function survive(disk: string, server: ChildProcess, printed: () => string): Promise<void> {
  await until('the server is ready', async () => printed().includes('/setup/tt_setup_'));
  const { account, headers } = await claim(printed());
  const statuses = new Map<number, number>();
  let acknowledged = 0;
  let last = 0;
  const stop = new AbortController();
  const send = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const events = Array.from({ length: EVENTS_PER_CALL }, () => ({
        meter: 'call.minutes',
        quantity: '0.25',
        occurredAt: new Date().toISOString(),
        idempotencyKey: randomUUID(),
      }));
      do {
        const answer = await ask<Acknowledged>('/trpc/usage.record', { account, events }, headers);
        last = answer.status;
        statuses.set(last, (statuses.get(last) ?? 0) + 1);
        acknowledged += answer.data?.results.length ?? 0;
        if (last !== 200) await pass(20);
      } while (last !== 200);
    }
  };
  const sending = send();
  await until('usage is accepted', async () => last === 200);
  for (const roomMb of ROOM_MB) {
    const ballast = await fill(disk, roomMb);
    await until(`with ${roomMb} MB of room, usage is refused`, async () => last === 503);
    await pass(FULL_MS);
    if ((await ask('/healthz')).status !== 200 || server.exitCode !== null) throw new Error('The server is gone.');
    await rm(ballast);
    await until('usage is accepted again', async () => last === 200);
  }
  stop.abort();
  await sending;
  const input = encodeURIComponent(JSON.stringify({ account }));
  const totals = await ask<{ events: { total: number } }>(`/trpc/usage.totals?input=${input}`, undefined, headers);
  console.log(`answers by status: ${JSON.stringify(Object.fromEntries(statuses))}`);
  console.log(`the database ended by itself ${printed().split('the database ended').length - 1} times`);
  console.log(`${acknowledged} events acknowledged, ${totals.data?.events.total} counted`);
  if (totals.data?.events.total !== acknowledged || statuses.size > 2) process.exitCode = 1;
}

async function inside(): Promise<void> {
  const disk = await mkdtemp(join(tmpdir(), 'tenantree-full-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=755`, 'tmpfs', disk]);
  if (mounted.status !== 0) throw new Error(`No disk to fill: ${String(mounted.stderr).trim()}`);
  const env = { ...process.env, PORT: new URL(SERVER).port, DATA_DIR: join(disk, 'data'), LOG_LEVEL: 'error' };
  const server = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  server.stdout.on('data', (chunk) => (printed += String(chunk)));
  try {
    await survive(disk, server, () => printed);
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
    spawnSync('umount', [disk]);
    await rmdir(disk);
  }
}

if (process.argv[2] === INSIDE) await inside();
else {
  const asUser = process.getuid?.() === 0 ? [] : ['--user', '--map-current-user', '--keep-caps'];
  const args = [...asUser, '--mount', process.execPath, SELF, INSIDE];
  const { status, error } = spawnSync('unshare', args, { stdio: 'inherit' });
  if (error) throw error;
  process.exitCode = status ?? 1;
}
