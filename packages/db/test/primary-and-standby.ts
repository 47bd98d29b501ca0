import { execFile, spawn } from 'node:child_process';
import { appendFile, chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { inject } from 'vitest';
import { startEmbedded } from '../src/embedded.ts';
import { placeCluster } from '../src/testing.ts';

const run = promisify(execFile);

/** A PostgreSQL of two: what is stored on one machine arrives at the other, which takes over when it is told to. */
export type PrimaryAndStandby = {
  /** `DATABASE_URL` of both; the primary is named last. */
  readonly url: string;
  /** From now on nothing more arrives at the standby, as when the network between them fails. */
  part(): Promise<void>;
  /** Ends the primary as a machine does that is switched off in order. */
  stopPrimary(): Promise<void>;
  /** Lets the standby take over. */
  promote(): Promise<void>;
  /** Lets one of them only be read from, or written to again, as whoever looks after it may do; nobody's connection ends by that. */
  setReadOnly(machine: 'first primary' | 'first standby', value: 'on' | 'off'): Promise<void>;
  close(): Promise<void>;
};

const ask = async (host: string, text: string): Promise<pg.QueryResultRow[]> => {
  const client = new pg.Client({ host, port: 5432, user: 'postgres', database: 'postgres' });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
};

/** Copies a running cluster, and has PostgreSQL follow it from there. @returns how to stop it */
async function follow(from: string, cluster: string, socketDir: string): Promise<() => Promise<void>> {
  const backup = new pg.Client({ host: from, port: 5432, user: 'postgres', database: 'postgres' });
  await backup.connect();
  await backup.query(`SELECT pg_backup_start('copy', true)`);
  const copy = join(socketDir, 'pg');
  await run('cp', ['-a', cluster, copy]);
  const { rows } = await backup.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
  await backup.end();
  await rm(join(copy, 'postmaster.pid'));
  await writeFile(join(copy, 'backup_label'), rows[0]?.labelfile ?? '');
  await writeFile(join(copy, 'standby.signal'), '');
  await appendFile(join(copy, 'postgresql.auto.conf'), `primary_conninfo = 'host=${from} port=5432 user=postgres'\n`);
  const { uid, gid } = await stat(cluster);
  await run('chown', ['-R', `${uid}:${gid}`, socketDir]);
  const [program = ''] = (await readFile(join(cluster, 'postmaster.opts'), 'utf8')).split(' ');
  // No fewer connections than the primary, or it would not let anybody read.
  const settings = ['fsync=off', 'listen_addresses=', 'max_connections=200'].flatMap((setting) => ['-c', setting]);
  const child = spawn(program, ['-D', copy, '-k', socketDir, ...settings], {
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(process.getuid?.() === 0 && { uid, gid }),
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (text) => {
      said += String(text);
      if (said.includes('ready to accept read-only connections')) resolve();
    });
    child.once('exit', () => reject(new Error(said)));
  });
  return async () => {
    child.kill('SIGINT');
    await ended;
  };
}

/** Starts both, migrated. */
export async function startPrimaryAndStandby(): Promise<PrimaryAndStandby> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantree-primary-'));
  const socketDir = await mkdtemp(join(tmpdir(), 'tenantree-standby-'));
  for (const folder of [dataDir, socketDir]) await chmod(folder, 0o755);
  await placeCluster(inject('cluster'), dataDir);
  const primary = await startEmbedded({ dataDir, durability: 'fast' });
  const { host } = primary.connection;
  const stopStandby = await follow(host, join(dataDir, 'pg'), socketDir);
  let stopped: Promise<void> | null = null;
  let isParted = false;
  const stopPrimary = (): Promise<void> => (stopped ??= primary.stop());
  /**
   * Waits until all that the primary has committed stands on the standby, too: it may be seconds behind on a busy machine.
   * It commits before it writes (`synchronous_commit=off`), so what is in its memory is written first.
   */
  const caughtUp = async (): Promise<void> => {
    const [stored] = await ask(host, `SELECT pg_logical_emit_message(false, 'caught up', '', true) AS until`);
    const behind = `SELECT pg_last_wal_replay_lsn() < '${String(stored?.['until'])}' AS is_behind`;
    while ((await ask(socketDir, behind))[0]?.['is_behind'] !== false) await pass(20);
  };
  const set = async (at: string, setting: string): Promise<void> => {
    await ask(at, `ALTER SYSTEM SET ${setting}`);
    await ask(at, 'SELECT pg_reload_conf()');
  };
  const machine = (folder: string): string => `${encodeURIComponent(folder)}:5432`;
  return {
    url: `postgres://postgres@${machine(socketDir)},${machine(host)}/postgres`,
    part: async () => {
      await caughtUp();
      isParted = true;
      await set(socketDir, `primary_conninfo = ''`);
      while ((await ask(socketDir, 'SELECT FROM pg_stat_wal_receiver')).length > 0) await pass(20);
    },
    stopPrimary: async () => {
      if (!isParted) await caughtUp();
      await stopPrimary();
    },
    promote: async () => {
      if (stopped === null && !isParted) await caughtUp();
      await ask(socketDir, 'SELECT pg_promote()');
    },
    setReadOnly: async (which, value) => {
      await set(which === 'first standby' ? socketDir : host, `default_transaction_read_only = ${value}`);
    },
    close: async () => {
      await stopStandby();
      await stopPrimary();
      for (const folder of [dataDir, socketDir]) await rm(folder, { recursive: true, force: true });
    },
  };
}
