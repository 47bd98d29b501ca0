import { sql, type Transaction } from 'kysely';
import type { Schema } from './schema.ts';

type TenantTransaction = Transaction<Schema>;

/** How a transaction is begun: it is committed when what runs in it resolves, and rolled back when that rejects. */
type Begin = <T>(work: (trx: TenantTransaction) => Promise<T>) => Promise<T>;

/** A place in which somebody acts. */
type Acting = { readonly account: string; readonly user: string | undefined };

/** The last that is done in a transaction. */
type Last = (trx: TenantTransaction) => Promise<void>;

/**
 * All that one call changes, in one transaction: it begins with the first change and stays open when that is done, until the call knows its
 * answer. What the call reads and changes later happens in it, too; what is to be told of the change waits for its commit.
 */
export class OneTransaction {
  #trx: TenantTransaction | null = null;
  #isOver = false;
  #ended: Promise<void> = Promise.resolve();
  readonly #answered = Promise.withResolvers<Last>();
  readonly #told: (() => void)[] = [];

  constructor() {
    // Nobody waits for it when nothing was changed.
    this.#answered.promise.catch(() => undefined);
  }

  get isOpen(): boolean {
    return this.#trx !== null;
  }

  /** Whether something is to be done in it: a change, or whatever follows one. What the call set going and is done later is not its own. */
  takes(kind: 'change' | 'read'): boolean {
    return !this.#isOver && (this.isOpen || kind === 'change');
  }

  /** Works in it; the first one begins it. */
  async work<T>(begin: Begin, { account, user }: Acting, work: (trx: TenantTransaction) => Promise<T>): Promise<T> {
    if (this.#trx) {
      await sql`SELECT act_as(${account}, ${user ?? null})`.execute(this.#trx);
      return work(this.#trx);
    }
    const worked = Promise.withResolvers<T>();
    this.#ended = begin(async (trx) => {
      const outcome = await work(trx);
      this.#trx = trx;
      worked.resolve(outcome);
      const last = await this.#answered.promise;
      await last(trx);
    });
    this.#ended.catch((error: unknown) => worked.reject(error));
    return worked.promise;
  }

  /** Tells something of the change, when it is committed. */
  tell(telling: () => void): void {
    if (this.isOpen && !this.#isOver) this.#told.push(telling);
    else telling();
  }

  /** Ends it well. @param last what is written last */
  async commit(last: Last): Promise<void> {
    this.#isOver = true;
    this.#answered.resolve(last);
    await this.#ended;
    for (const telling of this.#told) telling();
  }

  /** Ends it as if nothing had been done. */
  async rollBack(reason: unknown): Promise<void> {
    this.#isOver = true;
    this.#answered.reject(reason);
    await this.#ended.catch(() => undefined);
  }
}
