import { createTestDatabase, type TestDatabase } from '@tenantree/db/testing';
import { inject } from 'vitest';
import type { Composed } from '../../src/server/compose.ts';
import { offerSetupLink } from '../../src/setup/claim.ts';
import { type Client, clientOf, clientWith, clientWithToken, PASSWORD, signIn } from './clients.ts';
import { type StartOptions, startApi } from './start-api.ts';
import { openWay, WAYS, type Way } from './way.ts';

/** A server on a database of its own, claimed by a first owner. */
export type Deployment = {
  readonly url: string;
  readonly database: TestDatabase;
  readonly composed: Composed;
  readonly owner: Client;
  readonly email: string;
  /** Headers of the owner's session. */
  readonly headers: Record<string, string>;
  /** The main account. */
  readonly root: string;
  /** Makes an API key of an account, owned by the owner. */
  key(account: string): Promise<{ readonly secret: string; readonly id: string; readonly client: Client }>;
  close(): Promise<void>;
};

/** How deployments reach their databases unless a test says otherwise: TENANTREE_TEST_WAY sends the whole run through a pooler. */
const USUAL = WAYS.find((way) => way === process.env['TENANTREE_TEST_WAY']) ?? 'straight';

/** Starts a deployment, opens its first-run link, and signs its owner in. */
export async function deploy(options: StartOptions = {}, way: Way = USUAL): Promise<Deployment> {
  const database = await createTestDatabase(inject('database'));
  const { config, direct, close } = await openWay(way, database);
  const composed = await startApi(config, { ...options, ...(direct && { direct }) });
  const { url, hall } = composed;
  const token = (await offerSetupLink(hall))?.split('/').at(-1) ?? '';
  const email = 'owner@example.com';
  const claim = { token, name: 'Olivia Owner', email, password: PASSWORD, accountName: 'Main' };
  const { account } = await clientWith(url, {}).setup.claim.mutate(claim);
  const cookie = await signIn(url, email, PASSWORD);
  const owner = clientOf(url, cookie);
  return {
    url,
    database,
    composed,
    owner,
    email,
    headers: { cookie, origin: url },
    root: account,
    key: async (of) => {
      const { key, id } = await owner.keys.create.mutate({ account: of, name: 'Test key' });
      return { secret: key, id, client: clientWithToken(url, key) };
    },
    close: async () => {
      await composed.close();
      await close();
      await database.drop();
    },
  };
}
