import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AccountId } from '@tenantree/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { deploy } from './support/deployment.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

describe('a server that is asked to stop', () => {
  it('sends live clients away, ends event streams, and keeps what it acknowledged', async () => {
    const { composed, owner, key, root, url, database } = await deploy();
    const { secret, client } = await key(root);
    const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc`);
    await once(socket, 'open');
    const heard: unknown[] = [];
    socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString())));
    const farewell = once(socket, 'close');
    const input = encodeURIComponent(JSON.stringify({ account: root }));
    const stream = await fetch(`${url}/trpc/accounts.live?input=${input}`, {
      headers: { authorization: `Bearer ${secret}`, accept: 'text/event-stream' },
    });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    const streamed = stream.text().catch(() => 'cut');
    const occurredAt = new Date().toISOString();
    const record = (call: number): Promise<unknown> => {
      const event = { meter: 'call.minutes', quantity: '1', occurredAt, idempotencyKey: `call ${call}` };
      return client.usage.record.mutate({ account: root, events: [event] });
    };
    await record(0);
    const underWay = Promise.allSettled(Array.from({ length: 40 }, (_, call) => record(call + 1)));
    const startedMs = performance.now();
    await Promise.all([composed.close(), composed.close()]);
    expect(performance.now() - startedMs).toBeLessThan(4_000);
    expect(heard).toContainEqual({ id: null, method: 'reconnect' });
    expect((await farewell)[0]).toBe(1001);
    await streamed;
    const acknowledged = (await underWay).filter(({ status }) => status === 'fulfilled').length + 1;
    const [total] = await database.db.withTenant(root as AccountId, (trx) =>
      trx.selectFrom('usage_totals').select('total').where('account_id', '=', root).execute(),
    );
    expect(Number(total?.total)).toBeGreaterThanOrEqual(acknowledged);
    await expect(owner.session.me.query()).rejects.toThrow();
    await database.drop();
  });
});

describe('the program', () => {
  let dataDir: string;
  let started: ChildProcess[];

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tenantree-main-'));
    await chmod(dataDir, 0o755);
    started = [];
  });
  afterEach(async () => {
    for (const child of started) child.kill('SIGKILL');
    for (const pid of await databasesOf(dataDir)) process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => expect(await databasesOf(dataDir)).toEqual([]));
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Starts main.ts and waits for what it prints last. */
  async function start(
    settings: Record<string, string> = {},
  ): Promise<{ child: ChildProcess; printed: string; url: string }> {
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'error', ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    let printed = '';
    child.stdout?.on('data', (chunk) => (printed += String(chunk)));
    child.stderr?.on('data', (chunk) => (printed += String(chunk)));
    const ended = once(child, 'close').then(() => {
      throw new Error(printed);
    });
    const ready = vi.waitFor(() => expect(printed).toMatch(/^Tenantree is at .+\n(.|\n)*\n\n$/m), {
      timeout: 25_000,
      interval: 50,
    });
    await Promise.race([ready, ended]);
    ended.catch(() => undefined);
    ready.catch(() => undefined);
    return { child, printed, url: /Tenantree is at (\S+)/.exec(printed)?.[1] ?? '' };
  }

  it('prints where it is and the one-time link last, and leaves nothing behind after Ctrl-C', async () => {
    const { child, printed, url } = await start();
    expect(printed).toMatch(
      /^\nTenantree is at http:\/\/localhost:\d+\n.+\nhttp:\/\/localhost:\d+\/setup\/tt_setup_\S+\n\n$/,
    );
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await databasesOf(dataDir)).toHaveLength(1);
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(await databasesOf(dataDir)).toEqual([]);
  });

  it('takes over the database of one that was killed, with all it held', async () => {
    const killed = await start();
    killed.child.kill('SIGKILL');
    await once(killed.child, 'exit');
    expect(await databasesOf(dataDir)).toHaveLength(1);
    const next = await start();
    expect(await databasesOf(dataDir)).toHaveLength(1);
    expect((await fetch(`${next.url}/readyz`)).status).toBe(200);
    next.child.kill('SIGTERM');
    const [code] = await once(next.child, 'exit');
    expect(code).toBe(0);
    expect(await databasesOf(dataDir)).toEqual([]);
  });

  it('stops the database even when it is told twice to hurry', async () => {
    const { child } = await start();
    child.kill('SIGINT');
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(await databasesOf(dataDir)).toEqual([]);
  });

  it('says what is wrong with its settings and ends with 1', async () => {
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env['PATH'], PORT: '99999', MAX_DEPTH: 'deep', DATA_DIR: dataDir },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    started.push(child);
    let said = '';
    child.stderr?.on('data', (chunk) => (said += String(chunk)));
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(said).toMatch(/PORT .*\n.*MAX_DEPTH /);
  });

  it('refuses a data folder that another living server uses', async () => {
    await start();
    await expect(start()).rejects.toThrow(/Another server \(pid \d+\) is using/);
  });
});

/** The postmasters that run on a data folder, as the system sees them. */
async function databasesOf(dataDir: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (command.split('\0').includes(join(dataDir, 'pg'))) found.push(Number(name));
  }
  return found;
}
