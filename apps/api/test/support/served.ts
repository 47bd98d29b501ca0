import { createTestDatabase } from '@tenantree/db/testing';
import { inject } from 'vitest';
import { offerSetupLink } from '../../src/setup/claim.ts';
import { startApi } from './start-api.ts';

/** A server that nobody owns yet, on a database of its own; it can be stopped and started again on the same port. */
export type Served = {
  readonly url: string;
  readonly setupLink: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops the server and drops its database. */
  close(): Promise<void>;
};

export async function serve(): Promise<Served> {
  const database = await createTestDatabase(inject('database'));
  let server = await startApi(database.config);
  const { url, port } = server;
  return {
    url,
    setupLink: (await offerSetupLink(server.hall)) ?? '',
    stop: () => server.close(),
    start: async () => {
      server = await startApi(database.config, { config: { port } });
    },
    close: async () => {
      await server.close();
      await database.drop();
    },
  };
}
