import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from '@tenantree/db/testing';
import { inject } from 'vitest';
import { BUILDS } from '../../src/server/create-server.ts';
import { offerSetupLink } from '../../src/setup/claim.ts';
import { type StartOptions, startApi } from './start-api.ts';

/** A server of all pages that nobody owns yet, on a database of its own; it can be stopped and started again on the same port. */
export type Served = {
  readonly url: string;
  readonly setupLink: string;
  /** Mails that were sent, oldest first. */
  mails(): Promise<string[]>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops the server and drops its database. */
  close(): Promise<void>;
};

/** @param options such as a clock whose time is set, or settings; its data folder is its own */
export async function serve({ config, ...given }: Pick<StartOptions, 'clock' | 'config'> = {}): Promise<Served> {
  const options = { ...given, folders: BUILDS };
  const database = await createTestDatabase(inject('database'));
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantree-served-'));
  let server = await startApi(database.serving, { ...options, config: { ...config, dataDir } });
  const { url, port } = server;
  return {
    url,
    setupLink: (await offerSetupLink(server.hall)) ?? '',
    mails: async () => {
      const folder = join(dataDir, 'outbox');
      const files: string[] = await readdir(folder).catch(() => []);
      return Promise.all(files.toSorted().map((file) => readFile(join(folder, file), 'utf8')));
    },
    stop: () => server.close(),
    start: async () => {
      server = await startApi(database.serving, { ...options, config: { ...config, port, dataDir } });
    },
    close: async () => {
      await server.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
