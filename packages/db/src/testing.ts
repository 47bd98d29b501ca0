import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';
import { Pool } from './connections.ts';
import { configFromUrl, type Database, openDatabase } from './database.ts';
import { type Connection, type EmbeddedServer, startEmbedded } from './embedded.ts';
import { makeLogin } from './login.ts';
import { migrate } from './migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The run's PostgreSQL server: `createTestDatabase(inject('database'))` makes a database on it. */
    database: Connection;
    /** Files of a migrated database of one's own: `placeCluster(inject('cluster'), dataDir)`. */
    cluster: string;
  }
}

const TEMPLATE = 'tenantree_template';
/** What serves in tests, in all their databases. */
const LOGIN = 'tenantree_test';

/**
 * A PostgreSQL of one's own to run the tests on: the address of a superuser's, where logins of this machine are asked for no password
 * (docs/scale.md). What the tests make there is dropped, but for the template and roles.
 */
function ownServer(): EmbeddedServer | null {
  const url = process.env['TENANTREE_TEST_DATABASE'];
  if (!url) return null;
  const { host = 'localhost', port = 5432, user = 'postgres', database = 'postgres' } = configFromUrl(url);
  return { connection: { host, port, user, database }, stop: async () => undefined };
}

/** What a test run has: plain data that test workers can be given. */
export type TestServer = {
  readonly connection: Connection;
  readonly cluster: string;
  stop(): Promise<void>;
};

/** One PostgreSQL for a whole test run, with a migrated template database, and the files of a migrated cluster for tests that start their own. */
export async function startTestServer(): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantree-test-'));
  await chmod(dataDir, 0o755);
  const cluster = join(dataDir, 'migrated');
  const made = await startEmbedded({ dataDir, durability: 'fast' });
  await migrate(made.connection);
  await made.stop();
  await copy(join(dataDir, 'pg'), cluster);
  const own = ownServer();
  const server = own ?? (await startEmbedded({ dataDir, durability: 'fast' }));
  await query(server.connection, `DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`);
  await query(server.connection, `CREATE DATABASE ${TEMPLATE} TEMPLATE ${own ? 'template1' : 'postgres'}`);
  const template = { ...server.connection, database: TEMPLATE };
  await migrate(template);
  await makeLogin(template, LOGIN, null);
  return {
    connection: server.connection,
    cluster,
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Puts an embedded database into a data folder that has none yet: what starts there finds it migrated, as a later start does. */
export async function placeCluster(cluster: string, dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  await copy(cluster, join(dataDir, 'pg'));
}

/** Copies a folder with its owners, who may be others than we. */
const copy = (from: string, to: string): Promise<unknown> => promisify(execFile)('cp', ['-a', from, to]);

/** A database of one's own, copied from the template in some 20 ms: open it, and drop it when done. */
export type TestDatabase = {
  /** As the role that owns everything, and may do everything. */
  readonly config: pg.PoolConfig;
  /** As a server of ours. */
  readonly serving: pg.PoolConfig;
  readonly db: Database;
  /** Runs statements as the owner; the rows of the last one. */
  asOwner<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
};

/** Makes a fresh database for a test file. `template: 'empty'` gives one without any migration. */
export async function createTestDatabase(
  connection: Connection,
  options: { readonly template?: 'empty' } = {},
): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const template = options.template === 'empty' ? 'template0' : TEMPLATE;
  await query(connection, `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
  const drop = (): Promise<unknown> => query(connection, `DROP DATABASE ${name} WITH (FORCE)`);
  return openTestDatabase({ ...connection, database: name }, drop);
}

/**
 * Makes a fresh database on a server of its own, for tests that count what a statement reads: what is dead in one database can't be forgotten
 * while anybody writes in any other of the same server, and every statement passes over it again.
 */
export async function createLoneDatabase(cluster: string): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantree-test-'));
  await chmod(dataDir, 0o755);
  await placeCluster(cluster, dataDir);
  const server = await startEmbedded({ dataDir, durability: 'fast' });
  await makeLogin(server.connection, LOGIN, null);
  return openTestDatabase(server.connection, async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
}

/** Most statements at a time that a test runs as the owner: one waits for locks while another looks on. */
const OWNER_CONNECTIONS = 4;

function openTestDatabase(config: Connection, remove: () => Promise<unknown>): TestDatabase {
  const serving: pg.PoolConfig = { ...config, user: LOGIN };
  const db = openDatabase(serving);
  // Kept: a session of one's own for each statement costs sixty times the statement.
  const owner = new Pool({ ...config, max: OWNER_CONNECTIONS });
  const drop = async (): Promise<void> => {
    await Promise.all([db.close(), owner.end()]);
    await remove();
  };
  const asOwner = async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> => {
    const client = await owner.connect();
    let failed = true;
    try {
      const answer: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await client.query<Row>(text, values);
      failed = false;
      return (Array.isArray(answer) ? answer.at(-1)! : answer).rows;
    } finally {
      // What failed may have left a transaction open.
      client.release(failed);
    }
  };
  return { config, serving, db, asOwner, drop };
}

const pools = new Map<string, Pool>();

/** Runs a statement as the superuser, on a connection that is kept as long as the program runs: making databases takes twice as long with new ones. */
function query({ host, port, user, database }: Connection, text: string): Promise<unknown> {
  const address = JSON.stringify([host, port, user, database]);
  const pool =
    pools.get(address) ?? new Pool({ host, port, user, database, idleTimeoutMillis: 0, allowExitOnIdle: true });
  pools.set(address, pool);
  return pool.query(text);
}
