import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from '@tenantree/db/testing';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { clientOf, clientWith, clientWithToken, PASSWORD, signIn } from '../../../apps/api/test/support/clients.ts';

const root = new URL('../../../', import.meta.url);
const port = randomInt(20_000, 30_000);
const url = `http://localhost:${port}`;

/** A program of ours, with all that it has printed. */
type Program = { readonly child: ChildProcess; readonly exit: Promise<number | null>; readonly output: () => string };
const programs: Program[] = [];

function run(file: string, args: readonly string[], env: Record<string, string>): Program {
  const child = spawn(process.execPath, [new URL(file, root).pathname, ...args], { env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const program = {
    child,
    exit: new Promise<number | null>((resolve) => child.on('close', resolve)),
    output: () => output,
  };
  programs.push(program);
  return program;
}

let dataDir = '';
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let key = '';

async function startServer(): Promise<Program> {
  const { user, host, port: databasePort, database: name } = database.config;
  const server = run('apps/api/src/main.ts', [], {
    PORT: String(port),
    DATA_DIR: dataDir,
    // the host of a test database is the folder of its socket
    DATABASE_URL: `postgres://${user}@${encodeURIComponent(host ?? '')}:${databasePort}/${name}`,
    SECRET: 'the secret of a server that is killed',
    LOG_LEVEL: 'error',
  });
  const status = (): Promise<number> =>
    fetch(`${url}/readyz`).then(
      (response) => response.status,
      () => 0,
    );
  await vi.waitFor(async () => expect(await status(), server.output()).toBe(200), { timeout: 30_000, interval: 50 });
  return server;
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tenantree-demo-'));
  database = await createTestDatabase(inject('database'));
});
afterAll(async () => {
  for (const { child } of programs) child.kill('SIGKILL');
  await Promise.all(programs.map(({ exit }) => exit));
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

describe('the whole month', () => {
  it('is counted exactly once although the server is killed and the demo is interrupted in the middle', async () => {
    const server = await startServer();
    const token = /tt_setup_[\w-]+/.exec(server.output())?.[0] ?? '';
    const claim = { token, name: 'Ada', email: 'ada@example.com', password: PASSWORD, accountName: 'Main' };
    const { account } = await clientWith(url, {}).setup.claim.mutate(claim);
    const owner = clientOf(url, await signIn(url, claim.email, PASSWORD));
    key = (await owner.keys.create.mutate({ account, name: 'Demo' })).key;
    const counted = async (): Promise<number> =>
      (
        await clientWithToken(url, key)
          .usage.totals.query({ account })
          .catch(() => null)
      )?.events.total ?? 0;
    const passing = (calls: number) =>
      vi.waitFor(async () => expect(await counted()).toBeGreaterThan(calls), { timeout: 100_000, interval: 20 });
    const demo = (speed: string): Program =>
      run('examples/demo/main.ts', ['--url', url, '--key', key, '--speed', speed], {});

    const first = demo('400000');
    await passing(5_000);
    server.child.kill('SIGKILL');
    await server.exit;
    await startServer();
    await passing(12_000);
    first.child.kill('SIGINT');
    expect(await first.exit, first.output()).toBe(0);
    expect(first.output()).toContain('Stopped.');

    const second = demo('max');
    expect(await second.exit, second.output()).toBe(0);
    expect(second.output()).toContain('Equal to the last digit');
    expect(second.output()).toContain('Minutes at the reseller   96,963.15');
    expect(await counted()).toBe(42_078);
  });
});
