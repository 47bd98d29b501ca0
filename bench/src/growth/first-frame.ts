// How much more memory the server takes when the widget shows a root with very many accounts below it; on Linux.
import { spawn } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { createTenantree } from '../../../packages/client/src/index.ts';
import { CREATOR } from '../../../packages/db/test/tree-before.ts';

const MAIN = fileURLToPath(new URL('../../../apps/api/src/main.ts', import.meta.url));
const KB = 1024;

type Connection = { host: string; port: number; user: string; database: string };

const memoryMb = (pid: number, what: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / KB;

/** A key of the person who made every account of the tree. */
async function keyOf(database: Connection, root: string): Promise<string> {
  const key = `tt_key_${randomBytes(32).toString('base64url')}`;
  const client = new Client(database);
  await client.connect();
  await client.query(
    `INSERT INTO api_keys (root_id, account_id, id, user_id, name, prefix, token_hash, created_at)
     VALUES ($1, $1, uuidv7(), $2, 'Benchmark', $3, $4, now())`,
    [root, CREATOR, key.slice(0, 12), createHash('sha256').update(key).digest()],
  );
  await client.end();
  return key;
}

async function ready(url: string, hasEnded: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600 && !hasEnded(); tries++) {
    const { ok } = await fetch(`${url}/readyz`).catch(() => ({ ok: false }));
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The server didn’t get ready.');
}

/** The page, the first frames of both subscriptions that the widget opens for it, and a resume of each. */
async function show(url: string, key: string, root: string): Promise<void> {
  const { trpc, close } = createTenantree({ url, getToken: async () => key });
  const { rows, resumeId } = await trpc.accounts.list.query({ account: root, limit: 50 });
  const shown = [root, ...rows.map(({ id }) => id)];
  // All that ever changed, which is more than the widget asks for.
  const lastEventId = resumeId.replace(/\d+$/, '0');
  const framed = (subscribe: (onData: () => void, onError: (error: Error) => void) => unknown): Promise<void> =>
    new Promise((resolve, reject) => void subscribe(resolve, reject));
  await Promise.all([
    framed((onData, onError) =>
      trpc.usage.live.subscribe({ account: root, accounts: shown, gone: 'await' }, { onData, onError }),
    ),
    framed((onData, onError) =>
      trpc.accounts.live.subscribe(
        { account: root, accounts: [root], childrenOf: [root], lastEventId },
        { onData, onError },
      ),
    ),
  ]);
  close();
}

/** MB by which a server's memory rises at most above rest while the widget opens at a root. */
export async function firstFrameMemory(database: Connection, root: string): Promise<number> {
  const key = await keyOf(database, root);
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantree-first-frame-'));
  const port = randomInt(20_000, 30_000);
  const url = `http://localhost:${port}`;
  const { host, user, port: databasePort, database: name } = database;
  const child = spawn(process.execPath, [MAIN], {
    env: {
      ...process.env,
      PORT: String(port),
      DATA_DIR: dataDir,
      DATABASE_URL: `postgres://${user}@${encodeURIComponent(host)}:${databasePort}/${name}`,
      SECRET: 'the secret of a server that is measured',
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const { pid = 0 } = child;
  try {
    await ready(url, () => child.exitCode !== null);
    // One call of each kind first: what the code itself takes is no matter of the tree.
    await fetch(`${url}/trpc/session.me`, { headers: { authorization: `Bearer ${key}` } });
    const rest = Math.max(memoryMb(pid, 'VmRSS'), memoryMb(pid, 'VmHWM'));
    await show(url, key, root);
    return Math.max(memoryMb(pid, 'VmHWM') - rest, 0);
  } finally {
    if (child.kill('SIGTERM')) await new Promise((resolve) => child.on('close', resolve));
    await rm(dataDir, { recursive: true, force: true });
  }
}
