import { AsyncLocalStorage } from 'node:async_hooks';
import { callbackify } from 'node:util';
import type { AccountId, UserId } from '@tenantree/domain';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import { openPool, surviving } from './connections.ts';
import { FairPool } from './fair-pool.ts';
import type { Schema } from './schema.ts';
import { checkServing, type Way } from './serving.ts';
import { beginAs, TransactionDialect } from './transactions.ts';

/** A transaction in which row-level security shows one acting account's subtree and nothing else. */
export type TenantTransaction = Transaction<Schema>;

/** An open connection to the database, with a login that sees no table. */
export type Database = {
  /** Calls of the doors (functions) outside any account. Their schema is named, since nobody says here where names are looked for. */
  readonly app: Kysely<Schema>;
  /** The same for named statements on hot paths; with a pooler between they have no names. */
  readonly pool: pg.Pool;
  /** Sign-in data for better-auth: every statement in a transaction under a role that sees nothing else. */
  readonly auth: Kysely<unknown>;
  /** How to open further connections that keep what they are told (LISTEN). */
  readonly direct: pg.PoolConfig;
  /**
   * Runs `work` in one transaction as the given account. Everything is kept, or nothing.
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
  /** Resolves when the database answers and may be served. @throws DatabaseUnusableError when it may not; whatever the driver says when it doesn't answer */
  ping(): Promise<void>;
  close(): Promise<void>;
};

/** Longest that a call waits for a connection when all are taken, or the database doesn't answer. */
const CONNECTION_MS = 10_000;
/** Quiet time after which the other end of a connection is asked whether it is still there. */
const KEEP_ALIVE_MS = 10_000;

/** Connections for the application, and for sign-in data. */
const CONNECTIONS = { app: 12, auth: 4 } as const;
/** Connections of the application that callers have at one time, all of them and each; the rest is for the server's own work. */
const TURNS = { most: 10, each: 5 } as const;

const SNAPSHOT = 'ISOLATION LEVEL REPEATABLE READ READ ONLY';
const AS_TENANT = beginAs('tenantree_app', 'public');
const AS_TENANT_AT_ONE_MOMENT = beginAs('tenantree_app', 'public', SNAPSHOT);
const AS_SIGN_IN = beginAs('tenantree_auth', 'auth');

/** The statements that begin a transaction as an account: one message, so that it costs one round trip. */
function beginTenant(account: AccountId, user: UserId | undefined, isSnapshot: boolean): string {
  const person = user === undefined ? 'NULL' : pg.escapeLiteral(user);
  const opening = isSnapshot ? AS_TENANT_AT_ONE_MOMENT : AS_TENANT;
  return `${opening}; SELECT act_as(${pg.escapeLiteral(account)}, ${person})`;
}

export type OpenOptions = {
  /** Most connections of each pool; 1 is enough for every call. */
  readonly maxConnections?: number;
  /** The same database past the pooler that `config` leads to; without one there is no pooler between. */
  readonly direct?: pg.PoolConfig | null;
};

/**
 * Opens the pools. Connecting happens on first use; every connection is asked then whether it may serve (`checkServing`), and whoever
 * waits for one that may not is told so (DatabaseUnusableError).
 *
 * @param config with a login that serves and nothing else
 */
export function openDatabase(config: pg.PoolConfig, options: OpenOptions = {}): Database {
  const { maxConnections: most = CONNECTIONS.app, direct = null } = options;
  const way: Way = direct === null ? 'direct' : 'pooled';
  const callers = new AsyncLocalStorage<string | null>();
  const each: pg.PoolConfig = {
    ...config,
    connectionTimeoutMillis: CONNECTION_MS,
    verify: callbackify((client: pg.ClientBase) => checkServing(client, way)),
  };
  const pool = surviving(
    new FairPool({
      ...each,
      max: most,
      way,
      callers,
      turns: { most: Math.min(TURNS.most, most), each: Math.min(TURNS.each, most) },
      waitMs: CONNECTION_MS,
    }),
  );
  const authPool = openPool({ ...each, max: Math.min(CONNECTIONS.auth, most) });
  const app = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const auth = new Kysely<unknown>({ dialect: new TransactionDialect(authPool, AS_SIGN_IN) });
  return {
    app,
    pool,
    auth,
    direct: direct ?? config,
    withTenant: (account, work, { user, snapshot = false } = {}) => {
      const dialect = new TransactionDialect(pool, beginTenant(account, user, snapshot));
      return new Kysely<Schema>({ dialect }).transaction().execute(work);
    },
    onBehalfOf: (caller, work) => callers.run(caller, work),
    ping: async () => {
      const client = await pool.connect();
      try {
        await checkServing(client, way);
      } finally {
        client.release();
      }
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
