import type { AsyncLocalStorage } from 'node:async_hooks';
import { FairQueue } from '@tenantree/domain';
import type pg from 'pg';
import { Pool } from './connections.ts';
import type { DatabaseConfig } from './hosts.ts';
import type { Way } from './serving.ts';

export type FairPoolConfig = DatabaseConfig & {
  /** Through a pooler statements lose their names: the next connection to PostgreSQL doesn't know what the one before has prepared. */
  readonly way: Way;
  /** For whom something is done; nobody's work takes no turns. */
  readonly callers: AsyncLocalStorage<string | null>;
  /** Connections at one time of all callers, and of one. */
  readonly turns: { readonly most: number; readonly each: number };
  /** Longest that somebody waits for their turn (ms). */
  readonly waitMs: number;
};

const unnamed = (query: pg.Pool['query']): pg.Pool['query'] => {
  const ask = query as (...given: unknown[]) => unknown;
  return ((first: unknown, ...rest: unknown[]) =>
    ask(
      typeof first === 'object' && first !== null && 'name' in first ? { ...first, name: undefined } : first,
      ...rest,
    )) as pg.Pool['query'];
};

/**
 * A pool at whose connections callers take turns: whoever asks for much waits for itself, and others find a connection. Every
 * statement and transaction takes a turn of its own, so whatever a call does in the database is shared fairly.
 */
export class FairPool extends Pool {
  readonly #callers: FairPoolConfig['callers'];
  readonly #queue: FairQueue;
  readonly #waitMs: number;

  constructor({ callers, turns, waitMs, way, ...config }: FairPoolConfig) {
    super(config);
    this.#callers = callers;
    this.#queue = new FairQueue(turns.most, turns.each);
    this.#waitMs = waitMs;
    if (way === 'pooled') this.query = unnamed(this.query.bind(this));
  }

  protected override connected(): Promise<pg.PoolClient> {
    const caller = this.#callers.getStore() ?? null;
    return caller === null ? super.connected() : this.#connectInTurn(caller);
  }

  #connectInTurn(caller: string): Promise<pg.PoolClient> {
    return new Promise((resolve, reject) => {
      let isLate = false;
      const late = setTimeout(() => {
        isLate = true;
        // In the words of pg's own pool: to whoever waits it is the same.
        reject(new Error('timeout exceeded when trying to connect'));
      }, this.#waitMs);
      void this.#queue.run(caller, async () => {
        clearTimeout(late);
        if (!isLate) await this.#lend(resolve, reject);
      });
    });
  }

  /** Hands a connection out; resolves when it is back. */
  async #lend(resolve: (client: pg.PoolClient) => void, reject: (error: unknown) => void): Promise<void> {
    let client: pg.PoolClient;
    try {
      client = await super.connected();
    } catch (error) {
      reject(error);
      return;
    }
    const release = client.release.bind(client);
    await new Promise<void>((back) => {
      client.release = (error) => {
        release(error);
        back();
      };
      resolve(client);
    });
  }
}
