import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { withConnection } from './connections.ts';
import { configFromUrl, type Database, openDatabase } from './database.ts';
import { type Connection, type EmbeddedServer, startEmbedded } from './embedded.ts';
import { makeLogin } from './login.ts';
import { migrate } from './migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The run's PostgreSQL server: `createTestDatabase(inject('database'))` makes a database on it. */
    database: Connection;
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

/** One PostgreSQL for a whole test run, with a migrated template database. `connection` is plain data that test workers can be given. */
export async function startTestServer(): Promise<{ connection: Connection; stop(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantree-test-'));
  await chmod(dataDir, 0o755);
  const server = ownServer() ?? (await startEmbedded({ dataDir, durability: 'fast' }));
  await query(server.connection, `DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`);
  await query(server.connection, `CREATE DATABASE ${TEMPLATE}`);
  const template = { ...server.connection, database: TEMPLATE };
  await migrate(template);
  await makeLogin(template, LOGIN, null);
  return {
    connection: server.connection,
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

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
  const config: pg.PoolConfig = { ...connection, database: name };
  const serving: pg.PoolConfig = { ...config, user: LOGIN };
  const db = openDatabase(serving);
  const drop = async (): Promise<void> => {
    await db.close();
    await query(connection, `DROP DATABASE ${name} WITH (FORCE)`);
  };
  const asOwner = <Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> =>
    withConnection(config, async (client) => {
      const answer: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await client.query<Row>(text, values);
      return (Array.isArray(answer) ? answer.at(-1)! : answer).rows;
    });
  return { config, serving, db, asOwner, drop };
}

const query = (connection: Connection, text: string): Promise<unknown> =>
  withConnection(connection, (client) => client.query(text));
