import { AsyncLocalStorage } from 'node:async_hooks';
import { callbackify } from 'node:util';
import type { AccountId, UserId } from '@tenantree/domain';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { Pool } from './connections.ts';
import { FairPool } from './fair-pool.ts';
import { type DatabaseConfig, type Host, Hosts } from './hosts.ts';
import { Line } from './live/line.ts';
import { OneTransaction } from './one-transaction.ts';
import type { Schema } from './schema.ts';
import { checkServing, type Way } from './serving.ts';
import { beginAs, TransactionDialect } from './transactions.ts';
import { DatabaseUnusableError, saying } from './unusable.ts';

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
  /** How to open further connections that keep what they are told. */
  readonly direct: DatabaseConfig;
  /** The connection that listens. */
  readonly line: Line;
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
  /**
   * Does something that changes, and `keep` with it, in one transaction: all that `work` changes as an account waits for `keep` to be
   * written, and is committed with it or not at all. What changes nothing as an account has no transaction (null): `keep` is on its own then.
   */
  inOne<T>(work: () => Promise<T>, keep: (outcome: T, trx: TenantTransaction | null) => Promise<void>): Promise<T>;
  /**
   * Does something that stays, whatever becomes of the call that `inOne` does: for what is waited for by another transaction than the call's,
   * which would wait for a connection while the call holds one; and for what is changed before somebody outside is asked, whose answer a
   * whole tree would wait for.
   */
  apart<T>(work: () => Promise<T>): Promise<T>;
  /** Tells somebody what was just changed: now, or when the transaction is committed that `inOne` keeps open. */
  afterCommit(tell: () => void): void;
  /** Resolves when the database answers and may be served. @throws DatabaseUnusableError when it may not; whatever the driver says when it doesn't answer */
  ping(): Promise<void>;
  close(): Promise<void>;
};

/** Longest that a call waits for a connection when all are taken, or the database doesn't answer. */
const CONNECTION_MS = 10_000;
/** Quiet time after which the other end of a connection is asked whether it is still there. */
const KEEP_ALIVE_MS = 10_000;
const POSTGRESQL_PORT = 5_432;

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

/** What is read in a transaction, without waiting for its end: nothing hangs on that, and it takes a round trip. */
function readIn<T>(
  begin: (inside: (trx: TenantTransaction) => Promise<void>) => Promise<void>,
  work: (trx: TenantTransaction) => Promise<T>,
): Promise<T> {
  const read = Promise.withResolvers<T>();
  begin(async (trx) => read.resolve(await work(trx))).catch(read.reject);
  return read.promise;
}

export type OpenOptions = {
  /** Of all pools and LISTEN together at the most; {@link LEAST_CONNECTIONS} or more. */
  readonly connections?: number;
  /** The same database past the pooler that `config` leads to; without one there is no pooler between. */
  readonly direct?: DatabaseConfig | null;
};

/**
 * Opens the pools. Connecting happens on first use; every connection is asked then whether it may serve (`checkServing`), and whoever
 * waits for one that may not is told so (DatabaseUnusableError).
 *
 * @param config with a login that serves and nothing else
 */
export function openDatabase(
  config: DatabaseConfig,
  { connections = USUAL_CONNECTIONS, direct = null }: OpenOptions = {},
): Database {
  const way: Way = direct === null ? 'direct' : 'pooled';
  const callers = new AsyncLocalStorage<string | null>();
  const units = new AsyncLocalStorage<OneTransaction>();
  const { pool, authPool } = openPools(config, { connections, way, callers });
  const app = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const auth = new Kysely<unknown>({ dialect: new TransactionDialect(authPool, AS_SIGN_IN) });
  return {
    app,
    pool,
    auth,
    direct: direct ?? config,
    line: new Line(direct ?? config),
    withTenant: (account, work, { user, snapshot = false } = {}) => {
      const dialect = new TransactionDialect(pool, beginTenant(account, user, snapshot));
      const begin = <T>(inside: (trx: TenantTransaction) => Promise<T>): Promise<T> =>
        new Kysely<Schema>({ dialect }).transaction().execute(inside);
      const unit = units.getStore();
      if (unit?.takes(snapshot ? 'read' : 'change')) return unit.work(begin, { account, user }, work);
      return snapshot ? readIn(begin, work) : begin(work);
    },
    inOne: async (work, keep) => {
      const unit = new OneTransaction();
      try {
        const outcome = await units.run(unit, work);
        if (unit.isOpen) await unit.commit((trx) => keep(outcome, trx));
        else await keep(outcome, null);
        return outcome;
      } catch (error) {
        await unit.rollBack(error);
        throw error;
      }
    },
    apart: (work) => units.exit(work),
    afterCommit: (tell) => {
      const unit = units.getStore();
      if (unit) unit.tell(tell);
      else tell();
    },
    // The server's own work is no part of a call, whichever call set it going.
    onBehalfOf: (caller, work) => callers.run(caller, caller === null ? () => units.exit(work) : work),
    ping: async () => {
      const client = await pool.connect();
      try {
        await checkServing(client, way);
      } catch (error) {
        // Given up on, the question still waits for its answer, and whoever got the connection next would wait behind it.
        client.release(error as Error);
        throw error;
      }
      client.release();
    },
    close: async () => {
      await Promise.all([app.destroy(), auth.destroy()]);
    },
  };
}

type PoolsParts = {
  readonly connections: number;
  readonly way: Way;
  readonly callers: AsyncLocalStorage<string | null>;
};

/** The pool of the application, at which callers take turns, and that of sign-in data. */
function openPools(
  config: DatabaseConfig,
  { connections, way, callers }: PoolsParts,
): { pool: FairPool; authPool: Pool } {
  const most = divided(connections);
  const each: DatabaseConfig = {
    ...config,
    connectionTimeoutMillis: CONNECTION_MS,
    verify: callbackify((client: pg.ClientBase) => checkServing(client, way)),
  };
  return {
    pool: new FairPool({ ...each, max: most.app, way, callers, turns: turnsAt(most.app), waitMs: CONNECTION_MS }),
    authPool: new Pool({ ...each, max: most.auth }),
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
