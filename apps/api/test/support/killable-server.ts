import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, type TestDatabase } from '@tenantree/db/testing';
import { expect, inject, vi } from 'vitest';
import { clientOf, clientWith, PASSWORD, signIn } from './clients.ts';
import { linkedProgram } from './linked-program.ts';

const ROOT = new URL('../../../../', import.meta.url);

/** A program of ours, with all that it has printed. */
export type Program = {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  readonly output: () => string;
};

/** The server as `npm start` runs it, in a process that can be killed and started again, on a database of its own. */
export type KillableServer = {
  readonly url: string;
  readonly database: TestDatabase;
  /** Starts the server; resolves when it is ready. */
  start(): Promise<void>;
  /** Kills it without a word, as `kill -9` does. */
  kill(): Promise<void>;
  /** Stops it in the middle of what it does (SIGSTOP); it knows nothing of that when it is woken. */
  freeze(): void;
  wake(): void;
  /** The process that was started last. */
  pid(): number;
  /** See {@link claim}. */
  claim(): Promise<Claimed>;
  /** Runs another program of the repository, which ends with this. */
  run(file: string, args: readonly string[]): Program;
  close(): Promise<void>;
};

type Claimed = { readonly account: string; readonly key: string };

/** Opens the first-run link that a server printed, and makes a key of the main account. */
export async function claim(url: string, printed: string): Promise<Claimed> {
  const token = /tt_setup_[\w-]+/.exec(printed)?.[0] ?? '';
  const person = { token, name: 'Ada', email: 'ada@example.com', password: PASSWORD, accountName: 'Main' };
  const { account } = await clientWith(url, {}).setup.claim.mutate(person);
  const owner = clientOf(url, await signIn(url, person.email, PASSWORD));
  const { key } = await owner.keys.create.mutate({ account, name: 'Test key' });
  return { account, key };
}

/**
 * Prepares a server process on a port that stays the same.
 *
 * @param beside another one, whose database it shares
 */
export async function prepareKillableServer(beside?: KillableServer): Promise<KillableServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantree-process-'));
  const database = beside?.database ?? (await createTestDatabase(inject('database')));
  const { user, host, port: databasePort, database: name } = database.config;
  const port = randomInt(20_000, 30_000);
  const url = `http://localhost:${port}`;
  const environment = {
    ...process.env,
    PORT: String(port),
    DATA_DIR: dataDir,
    // the host of a test database is the folder of its socket
    DATABASE_URL: `postgres://${user}@${encodeURIComponent(host ?? '')}:${databasePort}/${name}`,
    SECRET: 'the secret of a server that is killed',
    LOG_LEVEL: 'error',
  };
  const programs: Program[] = [];

  const launch = (file: string, args: readonly string[]): Program => {
    const child = spawn(process.execPath, [file, ...args], { env: environment });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    const program = {
      child,
      exit: new Promise<number | null>((resolve) => child.on('close', resolve)),
      output: () => output,
    };
    programs.push(program);
    return program;
  };

  let server: Program | null = null;
  const status = (): Promise<number> =>
    fetch(`${url}/readyz`).then(
      (response) => response.status,
      () => 0,
    );

  return {
    url,
    database,
    run: (file, args) => launch(fileURLToPath(new URL(file, ROOT)), args),
    start: async () => {
      const started = launch(linkedProgram(), []);
      server = started;
      await vi.waitFor(async () => expect(await status(), started.output()).toBe(200), {
        timeout: 30_000,
        interval: 50,
      });
    },
    kill: async () => {
      server?.child.kill('SIGKILL');
      await server?.exit;
    },
    freeze: () => void server?.child.kill('SIGSTOP'),
    wake: () => void server?.child.kill('SIGCONT'),
    pid: () => server?.child.pid ?? 0,
    claim: async () => {
      // It answers before it has printed the line with the link.
      await vi.waitFor(() => expect(server?.output()).toMatch(/tt_setup_\S+\s/));
      return claim(url, server?.output() ?? '');
    },
    close: async () => {
      for (const { child } of programs) child.kill('SIGKILL');
      await Promise.all(programs.map(({ exit }) => exit));
      if (!beside) await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
