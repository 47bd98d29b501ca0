import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { withConnection } from './connections.ts';
import { type Database, openDatabase } from './database.ts';
import { type Connection, startEmbedded } from './embedded.ts';
import { migrate } from './migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The run's PostgreSQL server: `createTestDatabase(inject('database'))` makes a database on it. */
    database: Connection;
  }
}

const TEMPLATE = 'tenantree_template';

/** One PostgreSQL for a whole test run, with a migrated template database. `connection` is plain data that test workers can be given. */
export async function startTestServer(): Promise<{ connection: Connection; stop(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantree-test-'));
  await chmod(dataDir, 0o755);
  const server = await startEmbedded({ dataDir, durability: 'fast' });
  await query(server.connection, `CREATE DATABASE ${TEMPLATE}`);
  await migrate({ ...server.connection, database: TEMPLATE });
  return {
    connection: server.connection,
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A database of one's own, copied from the template in some 20 ms: open it, and drop it when done. */
export type TestDatabase = { readonly config: pg.PoolConfig; readonly db: Database; drop(): Promise<void> };

/** Makes a fresh database for a test file. `template: 'empty'` gives one without any migration. */
export async function createTestDatabase(
  connection: Connection,
  options: { readonly template?: 'empty' } = {},
): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const template = options.template === 'empty' ? 'template0' : TEMPLATE;
  await query(connection, `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
  const config: pg.PoolConfig = { ...connection, database: name };
  const db = openDatabase(config);
  const drop = async (): Promise<void> => {
    await db.close();
    await query(connection, `DROP DATABASE ${name} WITH (FORCE)`);
  };
  return { config, db, drop };
}

const query = (connection: Connection, text: string): Promise<unknown> =>
  withConnection(connection, (client) => client.query(text));
