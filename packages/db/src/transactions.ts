import { CompiledQuery, type Driver, PostgresDialect, PostgresDriver } from 'kysely';
import type pg from 'pg';

/** Longest that a transaction may do nothing: a server that freezes in the middle of one gives its locks back to the others. */
const IDLE_TRANSACTION_MS = 5_000;
/** Longest that a statement waits for a lock; a frozen server has lost its own by then. */
const LOCK_MS = 10_000;

/**
 * The statements that begin a transaction under a role, sent as one message. All that the transaction depends on is set here and ends with
 * it: a pooler between drops what is said when a connection is opened, and lends the connection to somebody else afterwards. No table is
 * read from one end to the other: of a small one that looks cheapest, and the plan is kept when it has grown, by foreign keys too. Nothing is
 * compiled to machine code: it takes longer than any statement here, and what the planner takes a large tree for would ask for it.
 *
 * @param schema where unqualified names are looked for, and nowhere else
 */
export const beginAs = (role: 'tenantree_app' | 'tenantree_auth', schema: 'public' | 'auth', mode = ''): string =>
  `BEGIN ${mode}; SET LOCAL ROLE ${role}; SET LOCAL search_path = ${schema}, pg_temp; SET LOCAL lock_timeout = ${LOCK_MS}; ` +
  `SET LOCAL idle_in_transaction_session_timeout = ${IDLE_TRANSACTION_MS}; SET LOCAL enable_seqscan = off; SET LOCAL jit = off`;

/** Kysely over a pool, every connection of which is inside a transaction as long as it is lent, be it for one statement. */
export class TransactionDialect extends PostgresDialect {
  readonly #pool: pg.Pool;
  readonly #opening: string;

  /** @param opening the statements that begin each transaction */
  constructor(pool: pg.Pool, opening: string) {
    super({ pool });
    this.#pool = pool;
    this.#opening = opening;
  }

  override createDriver(): Driver {
    return new TransactionDriver(this.#pool, this.#opening);
  }
}

type Connection = Parameters<PostgresDriver['releaseConnection']>[0];

class TransactionDriver extends PostgresDriver {
  readonly #opening: string;
  readonly #open = new WeakSet<Connection>();

  constructor(pool: pg.Pool, opening: string) {
    super({ pool });
    this.#opening = opening;
  }

  override async acquireConnection(): Promise<Connection> {
    const connection = (await super.acquireConnection()) as Connection;
    this.#open.add(connection);
    try {
      await connection.executeQuery(CompiledQuery.raw(this.#opening));
      return connection;
    } catch (error) {
      await this.rollbackTransaction(connection).catch(() => undefined);
      await super.releaseConnection(connection);
      throw error;
    }
  }

  override async beginTransaction(): Promise<void> {}

  override async commitTransaction(connection: Connection): Promise<void> {
    this.#open.delete(connection);
    await super.commitTransaction(connection);
  }

  override async rollbackTransaction(connection: Connection): Promise<void> {
    this.#open.delete(connection);
    await super.rollbackTransaction(connection);
  }

  override async releaseConnection(connection: Connection): Promise<void> {
    try {
      // Of a statement that failed this keeps nothing, and who sent it knows already.
      if (this.#open.delete(connection)) await connection.executeQuery(CompiledQuery.raw('COMMIT'));
    } finally {
      await super.releaseConnection(connection);
    }
  }
}
