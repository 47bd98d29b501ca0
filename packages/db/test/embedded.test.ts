import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { withConnection } from '../src/connections.ts';
import { type EmbeddedServer, startEmbedded } from '../src/embedded.ts';
import { placeCluster } from '../src/testing.ts';

let dataDir: string;
let server: EmbeddedServer;
const lost = vi.fn<(lastWords: string) => void>();

beforeEach(async () => {
  lost.mockClear();
  dataDir = await mkdtemp(join(tmpdir(), 'tenantree-embedded-'));
  await chmod(dataDir, 0o755);
  await placeCluster(inject('cluster'), dataDir);
  server = await startEmbedded({ dataDir, durability: 'durable', onLost: lost });
});
afterEach(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const query = (text: string): Promise<unknown> =>
  withConnection(server.connection, async (client) => (await client.query(text)).rows);
const postmaster = async (): Promise<number> =>
  Number.parseInt(await readFile(join(dataDir, 'pg', 'postmaster.pid'), 'utf8'), 10);
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('An embedded database that ended by itself', () => {
  it('is started again at the same place, with what it held', async () => {
    await query('CREATE TABLE kept AS SELECT 7 AS n');
    for (let times = 0; times < 2; times++) {
      process.kill(await postmaster(), 'SIGKILL');
      await vi.waitFor(async () => expect(await query('SELECT n FROM kept')).toEqual([{ n: 7 }]), 20_000);
    }
    expect(lost.mock.calls.length).toBeGreaterThanOrEqual(2);
  });

  it('is tried again until its files let it run', async () => {
    await query('CREATE TABLE kept AS SELECT 7 AS n');
    const file = join(dataDir, 'pg', 'pg_hba.conf');
    await chmod(file, 0);
    process.kill(await postmaster(), 'SIGKILL');
    await vi.waitFor(() => expect(lost).toHaveBeenCalledWith(expect.stringContaining('pg_hba.conf')), 20_000);
    await chmod(file, 0o600);
    await vi.waitFor(async () => expect(await query('SELECT n FROM kept')).toEqual([{ n: 7 }]), 20_000);
  });

  it('stays down when it is told to stop meanwhile', async () => {
    const killed = await postmaster();
    process.kill(killed, 'SIGKILL');
    await server.stop();
    const last = await postmaster().catch(() => killed);
    expect([killed, last].filter(isAlive)).toEqual([]);
  });
});

describe('A data folder', () => {
  it('keeps a folder named pg that is no database, whatever is in it', async () => {
    const foreign = join(dataDir, 'else', 'pg');
    await mkdir(foreign, { recursive: true });
    await writeFile(join(foreign, 'thesis.txt'), 'years of work');
    const starting = startEmbedded({ dataDir: join(dataDir, 'else'), durability: 'fast' });
    await expect(starting).rejects.toThrow(/else\/pg/);
    expect(await readFile(join(foreign, 'thesis.txt'), 'utf8')).toBe('years of work');
  });

  it('is free although the numbers of those who had it are somebody else’s now, who is left in peace', async () => {
    const own = join(dataDir, 'own');
    await placeCluster(inject('cluster'), own);
    const stranger = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)']);
    const ended = once(stranger, 'exit');
    await writeFile(join(own, 'server.pid'), `${stranger.pid}\n1\n`);
    await writeFile(join(own, 'pg', 'postmaster.pid'), `${stranger.pid}\n${own}/pg\n`);
    await (await startEmbedded({ dataDir: own, durability: 'fast' })).stop();
    expect(isAlive(stranger.pid ?? 0)).toBe(true);
    stranger.kill('SIGKILL');
    await ended;
  });

  it('gets its database although an earlier start was cut off while it made one', async () => {
    const half = join(dataDir, 'half');
    await mkdir(join(half, 'pg.unfinished', 'base'), { recursive: true });
    const other = await startEmbedded({ dataDir: half, durability: 'fast' });
    await other.stop();
    expect(await readdir(half)).toEqual(['pg']);
  });
});

describe('Temporary folders', () => {
  const left = async (owner: string): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'tenantree-socket-'));
    await writeFile(join(folder, 'owner'), owner);
    return folder;
  };

  it('of servers that were killed are gone after the next start, and those of others stay', async () => {
    const ended = spawn(process.execPath, ['--version']);
    await once(ended, 'exit');
    const [dead, living, unknown] = await Promise.all([left(`${ended.pid}\n1\n`), left(`${process.pid}\n`), left('')]);
    const elsewhere = await mkdtemp(join(tmpdir(), 'tenantree-embedded-'));
    await chmod(elsewhere, 0o755);
    await placeCluster(inject('cluster'), elsewhere);
    const next = await startEmbedded({ dataDir: elsewhere, durability: 'fast' });
    const names = await readdir(tmpdir());
    await next.stop();
    await rm(elsewhere, { recursive: true, force: true });
    const there = [dead, living, unknown, server.connection.host].map((folder) => names.includes(basename(folder)));
    expect(there).toEqual([false, true, true, true]);
    for (const folder of [living, unknown]) await rm(folder, { recursive: true, force: true });
  });
});
