import pg from 'pg';
import { saying } from './unusable.ts';

/** How to reach the database: the fields of a `pg` connection, and the machines on which it may be. */
export type DatabaseConfig = pg.PoolConfig & {
  /** Without, the one machine that the fields name. */
  readonly hosts?: Hosts;
};

/** A machine of a database. */
export type Host = { readonly host: string; readonly port: number };

/** Longest that one of several machines may take to accept a connection, before the next one is asked (ms). */
const ACCEPT_MS = 3_000;
/** What PostgreSQL says to whoever writes where that isn't possible. */
const READ_ONLY = '25006';

/**
 * The machines of one database, of which one at a time takes writes: a primary and its standbys. All connections of a program share what
 * is known about where it is now.
 */
export class Hosts {
  readonly #all: readonly [Host, ...Host[]];
  readonly #open = new Set<DatabaseClient>();
  #current: Host;

  constructor(all: readonly [Host, ...Host[]]) {
    this.#all = all;
    this.#current = all[0];
  }

  get count(): number {
    return this.#all.length;
  }

  /** Where the next connection goes. */
  get current(): Host {
    return this.#current;
  }

  /** Lets new connections go to the machine after this one, unless they go elsewhere by now. */
  leave(host: Host): void {
    if (host !== this.#current) return;
    const next = (this.#all.indexOf(host) + 1) % this.#all.length;
    this.#current = this.#all[next] ?? host;
  }

  /** Ends what is connected to a machine that only lets read now, as if it had gone: whoever reads or listens there gets to know nothing new. */
  abandon(host: Host): void {
    this.leave(host);
    for (const client of this.#open) if (client.at === host) client.cut();
  }

  /** Remembers a connection until it ends. */
  note(client: DatabaseClient): void {
    this.#open.add(client);
    client.once('end', () => this.#open.delete(client));
  }
}

/** Does something that connects; when the machine that it went to is not the one, again at the next, until every machine was asked. */
export async function onAnyHost<T>(hosts: Hosts | undefined, connect: () => Promise<T>): Promise<T> {
  const refusals: NotPrimaryError[] = [];
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      if (!(error instanceof NotPrimaryError) || hosts === undefined) throw error;
      refusals.push(error);
      if (refusals.length < hosts.count) continue;
      const reasons = refusals.map(({ message }) => message).join('; ');
      throw new NotPrimaryError(
        refusals.flatMap(({ errors }) => errors),
        reasons,
      );
    }
  }
}

/**
 * A machine of several, or each of them, is not the one that takes writes now, for whatever reason: one that is away, a standby, or one so
 * far behind that it doesn't know the login yet. `errors`: what each said.
 */
export class NotPrimaryError extends AggregateError {
  override readonly name = 'NotPrimaryError';
  /** PostgreSQL's for whoever can't connect. */
  readonly code = '08001';
}

// A connection that the server cuts fails the query it runs, if any, by itself. The event on top would end the process.
const survive = (): void => {};

/**
 * A connection to the machine that takes writes. Where there are several, each one that accepts is asked whether it does. A connection that
 * was told otherwise later ends when its transaction is over.
 */
export class DatabaseClient extends pg.Client {
  /** Which of several machines it is connected to. */
  readonly at: Host | undefined;
  readonly #hosts: Hosts | undefined;
  #isSpent = false;

  constructor(config: DatabaseConfig = {}) {
    const { hosts } = config;
    const at = hosts?.current;
    // Of a pool the password is hidden from spreading.
    super({ ...config, password: config.password, ...(at && { ...at, connectionTimeoutMillis: ACCEPT_MS }) });
    this.at = at;
    this.#hosts = hosts;
    this.on('error', survive);
    this.connection.on('errorMessage', ({ code }: { readonly code?: string }) => {
      if (code === READ_ONLY) this.#isSpent = true;
    });
    this.connection.on('readyForQuery', ({ status }: { readonly status: string }) => {
      if (this.#isSpent && status === 'I') void this.#end();
    });
  }

  /** Ends the connection at once, as if the server had. */
  cut(): void {
    this.connection.stream.destroy();
  }

  override connect(): Promise<pg.Client>;
  override connect(answer: (error: Error | null, client: pg.Client) => void): void;
  override connect(answer?: (error: Error | null, client: pg.Client) => void): Promise<pg.Client> | undefined {
    const connected = this.#connectToPrimary();
    if (!answer) return connected;
    connected.then(
      () => answer(null, this),
      (error: Error) => answer(error, this),
    );
    return undefined;
  }

  async #connectToPrimary(): Promise<pg.Client> {
    try {
      await super.connect();
      if (this.at && (await this.#isReadOnly())) throw new Error('takes no writes: it is a standby, or read-only');
    } catch (error) {
      this.cut();
      if (!this.at) throw error;
      this.#hosts?.leave(this.at);
      throw new NotPrimaryError([error], `${this.at.host}:${this.at.port} ${saying(error)}`);
    }
    this.#hosts?.note(this);
    return this;
  }

  /** Also in recovery, as a standby always is. */
  async #isReadOnly(): Promise<boolean> {
    const { rows } = await this.query<{ transaction_read_only: string }>('SHOW transaction_read_only');
    return rows[0]?.transaction_read_only === 'on';
  }

  /** Whether only this transaction was to read, or the machine takes no writes any more, is the machine's to say. */
  async #end(): Promise<void> {
    this.#isSpent = false;
    const isLost = this.at !== undefined && (await this.#isReadOnly().catch(() => true));
    if (isLost && this.at) this.#hosts?.abandon(this.at);
    this.cut();
  }
}
