import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';
import { withConnection } from './connections.ts';
import { type DatabaseConfig, NotPrimaryError } from './hosts.ts';
import { isMigrated, type MigrationProgress, migrate } from './migrate.ts';
import { checkServing } from './serving.ts';
import { DatabaseUnusableError, isForbidden, saying, unreachable } from './unusable.ts';

/** The SQL that makes a login which may serve and nothing else. @param password as PostgreSQL keeps it; null: none is asked for */
const loginSql = (name: string, password: string | null): string => {
  const login = pg.escapeIdentifier(name);
  const secret = password === null ? '' : `ALTER ROLE ${login} PASSWORD ${pg.escapeLiteral(password)};`;
  return `
    DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${pg.escapeLiteral(name)}) THEN CREATE ROLE ${login} LOGIN NOINHERIT; END IF;
    END $$;
    ${secret}
    GRANT tenantree_serve TO ${login} WITH INHERIT TRUE, SET FALSE;
    GRANT tenantree_app, tenantree_auth TO ${login} WITH INHERIT FALSE, SET TRUE;`;
};

/** Makes a login that may serve, or mends it. @param owner whoever may create roles, of a migrated database */
export const makeLogin = (owner: DatabaseConfig, name: string, password: string | null): Promise<unknown> =>
  withConnection(owner, (client) =>
    // Starting servers come one after the other: two that change a role at once fail.
    client.query(
      `BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('tenantree.login', 0)); ${loginSql(name, password)} COMMIT`,
    ),
  );

/** What PostgreSQL keeps of a password (SCRAM-SHA-256): the password itself would stand in its log. */
function keptOf(password: string): string {
  const rounds = 4_096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, rounds, 32, 'sha256');
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${rounds}:${salt.toString('base64')}$${stored}:${hmac('Server Key').toString('base64')}`;
}

/** Whether a login is there and may serve. @throws DatabaseUnusableError when nobody answers */
const mayServe = (config: DatabaseConfig): Promise<boolean> =>
  withConnection(config, async (client) => {
    await checkServing(client, 'pooled');
    return true;
  }).catch((error: unknown) => {
    // Of several machines each may have refused the login, so that nobody knows which of them is the one.
    const said: unknown[] = error instanceof NotPrimaryError ? error.errors : [error];
    if (said.some((each) => each instanceof DatabaseUnusableError || each instanceof pg.DatabaseError)) return false;
    throw unreachable(error);
  });

/**
 * The login of this database that the server makes for itself: its name has the database's number, so that several databases of one
 * PostgreSQL have one each, and its password comes from the deployment's secret.
 */
async function ownLogin(owner: DatabaseConfig, secret: string): Promise<DatabaseConfig> {
  const text = `SELECT 'tenantree_serve_' || oid AS name, current_user AS role FROM pg_database WHERE datname = current_database()`;
  const found = await withConnection(owner, (client) => client.query<{ name: string; role: string }>(text));
  const { name, role } = found.rows[0]!;
  const password = createHmac('sha256', secret).update('tenantree.serving').digest('base64url');
  const serving = { ...owner, user: name, password };
  if (await mayServe(serving)) return serving;
  await makeLogin(owner, name, keptOf(password)).catch((error: unknown) => {
    if (!isForbidden(error)) throw error;
    throw new DatabaseUnusableError(
      `${saying(error)}. The role ${role} of DATABASE_URL can’t make the login that serves. An administrator makes one:
  CREATE ROLE tenantree_web LOGIN NOINHERIT PASSWORD '…';
  GRANT tenantree_serve TO tenantree_web WITH INHERIT TRUE, SET FALSE;
  GRANT tenantree_app, tenantree_auth TO tenantree_web WITH INHERIT FALSE, SET TRUE;
Then set DATABASE_URL to the address with that login, and DATABASE_OWNER_URL to the present one.`,
    );
  });
  return serving;
}

/** How a server is told to reach its database. */
export type GivenDatabase = {
  /** With a login that serves; or, without `owner`, with the role that owns the tables. */
  readonly database: DatabaseConfig;
  /** With the role that owns the tables; null: `database` does, or they are up to date. */
  readonly owner: DatabaseConfig | null;
  /** The same in all servers of a deployment. */
  readonly secret: string;
  readonly onProgress?: (progress: MigrationProgress) => void;
};

/**
 * Brings a database up to date and makes the login that serves, as far as that is left to us.
 *
 * @returns how to serve from it
 * @throws DatabaseUnusableError when that can't be, with what whoever runs the server can do about it
 */
export async function prepareDatabase(given: GivenDatabase): Promise<DatabaseConfig> {
  const { database, owner, secret, ...progress } = given;
  if (owner !== null) {
    await migrate(owner, progress);
    return database;
  }
  if (!(await mayServe(database))) {
    await migrate(database, progress);
    return ownLogin(database, secret);
  }
  if (!(await isMigrated(database)))
    throw new DatabaseUnusableError(
      'The database is not up to date, and the login of DATABASE_URL only serves: set DATABASE_OWNER_URL to an address with the role that owns the tables.',
    );
  return database;
}
