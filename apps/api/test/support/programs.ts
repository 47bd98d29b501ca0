import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeCluster } from '@tenantree/db/testing';
import { expect, inject, vi } from 'vitest';
import { linkedProgram } from './linked-program.ts';

/** The server's program in a process of its own. */
export type Program = {
  readonly child: ChildProcess;
  /** Exit code, when it has ended and everything it printed is read. */
  readonly ended: Promise<number | null>;
  readonly printed: () => string;
  /** Where it says it is. */
  readonly url: string;
};

/** Programs on one data folder of their own, with the embedded database. Unless it is to be empty, that is there and migrated. */
export type Programs = {
  readonly dataDir: string;
  /** Starts one. `url` is empty as long as it hasn't said where it is. */
  launch(settings?: Record<string, string>): Program;
  /** Starts one and waits for what it prints last. @throws what it printed, when it ended */
  start(settings?: Record<string, string>): Promise<Program>;
  close(): Promise<void>;
};

export async function preparePrograms(folder: 'migrated' | 'empty' = 'migrated'): Promise<Programs> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantree-main-'));
  await chmod(dataDir, 0o755);
  if (folder === 'migrated') await placeCluster(inject('cluster'), dataDir);
  const started: Program[] = [];

  const launch = (settings: Record<string, string> = {}): Program => {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const child = spawn(process.execPath, [linkedProgram()], {
      env: { PATH, NODE_COMPILE_CACHE, PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'error', ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
    const program: Program = {
      child,
      ended: once(child, 'close').then(([code]) => code as number | null),
      printed: () => text,
      get url() {
        return /Tenantree is at (\S+)/.exec(text)?.[1] ?? '';
      },
    };
    started.push(program);
    return program;
  };

  return {
    dataDir,
    launch,
    start: async (settings) => {
      const program = launch(settings);
      let over = false;
      void program.ended.then(() => (over = true));
      await vi.waitUntil(() => over || /^Tenantree is at .+\n(.+\n)*\n/m.test(program.printed()), {
        timeout: 60_000,
        interval: 50,
      });
      if (over) throw new Error(program.printed());
      return program;
    },
    close: async () => {
      for (const { child } of started) child.kill('SIGKILL');
      await Promise.all(started.map(({ ended }) => ended));
      for (const pid of await databasesOf(dataDir)) process.kill(pid, 'SIGKILL');
      await vi.waitFor(async () => expect(await databasesOf(dataDir)).toEqual([]));
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The postmasters that run on a data folder, as the system sees them: without what one of them has forked, which is called like it at first. */
export async function databasesOf(dataDir: string): Promise<number[]> {
  const found = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (!command.split('\0').includes(join(dataDir, 'pg'))) continue;
    const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
    found.set(Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]));
  }
  return [...found].flatMap(([pid, parent]) => (found.has(parent) ? [] : [pid]));
}
