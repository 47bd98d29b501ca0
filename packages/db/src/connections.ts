import pg from 'pg';

// A connection that the server cuts fails the query it runs, if any, by itself. The event on top would end the process.
const survive = (): void => {};

/** A pool whose lost connections fail what they were doing and are replaced; nothing else stops. */
export const openPool = (config: pg.PoolConfig): pg.Pool => surviving(new pg.Pool(config));

/** Lets a pool survive the loss of its connections. */
export function surviving(pool: pg.Pool): pg.Pool {
  pool.on('error', survive);
  pool.on('connect', (client) => client.on('error', survive));
  return pool;
}

/** One connection for the time of `work`. */
export async function withConnection<T>(config: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(config);
  client.on('error', survive);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
