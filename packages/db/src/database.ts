import { AsyncLocalStorage } from 'node:async_hooks';
import type { AccountId, UserId } from '@tenantree/domain';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import type pg from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { Pool } from './connections.ts';
import { FairPool } from './fair-pool.ts';
import { type DatabaseConfig, type Host, Hosts } from './hosts.ts';
import type { Schema } from './schema.ts';
import { DatabaseUnusableError, saying } from './unusable.ts';

/** A transaction in which row-level security shows one acting account's subtree and nothing else. */
export type TenantTransaction = Transaction<Schema>;

/** An open connection to the database, bound to the application's role. */
export type Database = {
  /** Queries outside any account: row-level security shows no tenant's row here; only the doors (functions) answer. */
  readonly app: Kysely<Schema>;
  /** For named raw statements on hot paths. Same role as `app`. */
  readonly pool: pg.Pool;
  /** Sign-in data for better-auth, under a role that sees nothing else. */
  readonly auth: Kysely<unknown>;
  /** How to open further connections (LISTEN). */
  readonly config: DatabaseConfig;
  /**
   * Runs `work` in one transaction as the given account. Everything is kept, or nothing.
   *
   * Where the account stands is read when the transaction begins. Whoever only reads takes a snapshot, so that what is read stands there
   * too, whoever moves the account meanwhile; changes of a tree read it again when their turn has come (`beginTreeChange`).
   *
   * @param options `snapshot`: only reads, and every statement sees the same moment
   */
  withTenant<T>(
    account: AccountId,
    work: (trx: TenantTransaction) => Promise<T>,
    options?: { readonly user?: UserId; readonly snapshot?: boolean },
  ): Promise<T>;
  /**
   * Does something for a caller, who takes turns with the others at the connections, so that whoever asks for much waits for itself.
   *
   * @param caller the same text for everything of one caller; null: the server's own work, which takes no turns
   */
  onBehalfOf<T>(caller: string | null, work: () => Promise<T>): Promise<T>;
  /** Resolves when the database answers. @throws whatever the driver says when it doesn't */
  ping(): Promise<void>;
  close(): Promise<void>;
};

/** Longest that a transaction may do nothing: a server that freezes in the middle of one gives its locks back to the others. */
const IDLE_TRANSACTION_MS = 5_000;
/** Longest that a statement waits for a lock; a frozen server has lost its own by then. */
const LOCK_MS = 10_000;
/** Longest that a call waits for a connection when all are taken, or the database doesn't answer. */
const CONNECTION_MS = 10_000;
/** Quiet time after which the other end of a connection is asked whether it is still there. */
const KEEP_ALIVE_MS = 10_000;
const POSTGRESQL_PORT = 5_432;

const asRole = (config: DatabaseConfig, role: string, settings = ''): DatabaseConfig => ({
  ...config,
  connectionTimeoutMillis: CONNECTION_MS,
  idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
  lock_timeout: LOCK_MS,
  // Set at connection start, so that RESET ROLE comes back to it too.
  options: `-c role=${role} ${settings}`.trim(),
});

/** Connections that a server holds at the most, where nobody says how many. Five servers fit PostgreSQL's usual 100. */
export const USUAL_CONNECTIONS = 17;
/** Fewest connections that are enough for every call: one for each of the pools, and one that listens. */
export const LEAST_CONNECTIONS = 3;

/** How a server's connections are divided: one listens, a quarter is for sign-in data, the rest for the application. */
function divided(connections: number): { readonly app: number; readonly auth: number } {
  const auth = Math.max(1, Math.round((connections - 1) / 4));
  return { app: connections - 1 - auth, auth };
}

/** Connections of the application that callers have at one time, all of them and each; the rest is for the server's own work. */
function turnsAt(app: number): { readonly most: number; readonly each: number } {
  const most = app - Math.round(app / 6);
  return { most, each: Math.ceil(most / 2) };
}

/**
 * Opens the pools. Connecting happens on first use.
 *
 * @param options.connections of all pools and LISTEN together at the most; {@link LEAST_CONNECTIONS} or more
 */
export function openDatabase(config: DatabaseConfig, options: { readonly connections?: number } = {}): Database {
  const most = divided(options.connections ?? USUAL_CONNECTIONS);
  const callers = new AsyncLocalStorage<string | null>();
  const pool = new FairPool({
    ...asRole(config, 'tenantree_app'),
    max: most.app,
    callers,
    turns: turnsAt(most.app),
    waitMs: CONNECTION_MS,
  });
  const authPool = new Pool({ ...asRole(config, 'tenantree_auth', '-c search_path=auth'), max: most.auth });
  const app = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const auth = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: authPool }) });
  return {
    app,
    pool,
    auth,
    config,
    withTenant: (account, work, { user, snapshot } = {}) => {
      const transaction = snapshot
        ? app.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
        : app.transaction();
      return transaction.execute(async (trx) => {
        await sql`SELECT bind_tenant(${account}, ${user ?? null})`.execute(trx);
        return work(trx);
      });
    },
    onBehalfOf: (caller, work) => callers.run(caller, work),
    ping: async () => {
      await pool.query('SELECT 1');
    },
    close: async () => {
      await Promise.all([app.destroy(), auth.destroy()]);
    },
  };
}

/** Scheme and login, the machines, and the rest of an address. */
const ADDRESS = /^([^:]+:\/\/(?:[^@/?#]*@)?)([^/?#]*)(.*)$/s;

/**
 * Reads a `postgres://` address into connection fields; of several machines (`a:5432,b:5433`) one takes writes at a time. A server that
 * vanishes without a word is noticed, connected or not.
 *
 * @throws DatabaseUnusableError when it is no address
 */
export function configFromUrl(url: string): DatabaseConfig {
  const [, login = '', machines = '', rest = ''] = ADDRESS.exec(url) ?? [];
  const read = (machine: string): pg.ClientConfig => {
    try {
      return parseIntoClientConfig(`${login}${machine}${rest}`);
    } catch (error) {
      throw new DatabaseUnusableError(`DATABASE_URL is no address of a database: ${saying(error)}`);
    }
  };
  const [first = {}, ...others] = machines.split(',').map(read);
  const hostOf = ({ host = '', port = POSTGRESQL_PORT }: pg.ClientConfig): Host => ({ host, port });
  return {
    ...first,
    connectionTimeoutMillis: CONNECTION_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    ...(others.length > 0 && { hosts: new Hosts([hostOf(first), ...others.map(hostOf)]) }),
  };
}
