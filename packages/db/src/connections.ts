import pg from 'pg';
import { DatabaseClient, type DatabaseConfig, type Hosts, onAnyHost } from './hosts.ts';

type Answer = (error: Error | undefined, client: pg.PoolClient | undefined, release: (error?: unknown) => void) => void;

/** A pool whose connections go to the machine that takes writes, wherever that is by now; lost ones fail what they were doing and are replaced. */
export class Pool extends pg.Pool {
  readonly #hosts: Hosts | undefined;

  constructor(config: DatabaseConfig) {
    super({ ...config, Client: DatabaseClient });
    this.#hosts = config.hosts;
    // What it did has failed by itself; nothing else stops.
    this.on('error', () => undefined);
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(answer: Answer): void;
  override connect(answer?: Answer): Promise<pg.PoolClient> | undefined {
    const connected = this.connected();
    if (!answer) return connected;
    connected.then(
      (client) => answer(undefined, client, (error) => client.release(error as Error)),
      (error: Error) => answer(error, undefined, () => undefined),
    );
    return undefined;
  }

  /** A connection that is free or new. */
  protected connected(): Promise<pg.PoolClient> {
    return onAnyHost(this.#hosts, () => super.connect());
  }
}

/** One connection for the time of `work`. */
export async function withConnection<T>(config: DatabaseConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await onAnyHost(config.hosts, () => new DatabaseClient(config).connect());
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
