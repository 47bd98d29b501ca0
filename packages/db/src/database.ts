import { AsyncLocalStorage } from 'node:async_hooks';
import type { AccountId, UserId } from '@tenantree/domain';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import type pg from 'pg';
import { openPool, surviving } from './connections.ts';
import { FairPool } from './fair-pool.ts';
import type { Schema } from './schema.ts';

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
  readonly config: pg.PoolConfig;
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

const asRole = (config: pg.PoolConfig, role: string, settings = ''): pg.PoolConfig => ({
  ...config,
  connectionTimeoutMillis: CONNECTION_MS,
  idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
  lock_timeout: LOCK_MS,
  // Set at connection start, so that RESET ROLE comes back to it too.
  options: `-c role=${role} ${settings}`.trim(),
});

/** Connections for the application, and for sign-in data. */
const CONNECTIONS = { app: 12, auth: 4 } as const;
/** Connections of the application that callers have at one time, all of them and each; the rest is for the server's own work. */
const TURNS = { most: 10, each: 5 } as const;

/** Opens the pools. Connecting happens on first use. @param options.maxConnections of each pool at the most; 1 is enough for every call */
export function openDatabase(config: pg.PoolConfig, options: { readonly maxConnections?: number } = {}): Database {
  const { maxConnections: most = CONNECTIONS.app } = options;
  const callers = new AsyncLocalStorage<string | null>();
  const pool = surviving(
    new FairPool({
      ...asRole(config, 'tenantree_app'),
      max: most,
      callers,
      turns: { most: Math.min(TURNS.most, most), each: Math.min(TURNS.each, most) },
      waitMs: CONNECTION_MS,
    }),
  );
  const authPool = openPool({
    ...asRole(config, 'tenantree_auth', '-c search_path=auth'),
    max: Math.min(CONNECTIONS.auth, most),
  });
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

/** Reads a `postgres://` address into connection fields. A server that vanishes without a word is noticed, connected or not. */
export const configFromUrl = (url: string): pg.PoolConfig => ({
  connectionString: url,
  connectionTimeoutMillis: CONNECTION_MS,
  keepAlive: true,
  keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
});
