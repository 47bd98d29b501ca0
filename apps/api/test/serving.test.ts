import { prepareDatabase } from '@tenantree/db';
import { createTestDatabase, type TestDatabase } from '@tenantree/db/testing';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Composed } from '../src/server/compose.ts';
import { offerSetupLink } from '../src/setup/claim.ts';
import { clientOf, clientWith, PASSWORD, refusalOf, signIn } from './support/clients.ts';
import { preparePrograms } from './support/programs.ts';
import { startApi, TEST_SECRET } from './support/start-api.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(inject('database'));
});
afterAll(() => database.drop());

const addressOf = ({ user, host, port, database: name }: TestDatabase['config']): string =>
  `postgres://${user}@${encodeURIComponent(host ?? '')}:${port}/${name}`;

describe('A server does not start', () => {
  it('as a superuser, and says why', async () => {
    const programs = await preparePrograms();
    const address = addressOf(database.config);
    const program = programs.launch({ DATABASE_URL: address, DATABASE_OWNER_URL: address, SECRET: TEST_SECRET });
    expect(await program.ended, program.printed()).toBe(1);
    expect(program.printed()).toMatch(
      /^\nThis database can’t be served: postgres may pass row-level security, .*“The login that serves”\.\n\n$/,
    );
    await programs.close();
  });
});

describe('A server that runs', () => {
  let server: Composed;
  let login: string;
  let client: ReturnType<typeof clientOf>;
  let account: string;
  beforeAll(async () => {
    const serving = await prepareDatabase({ database: database.config, owner: null, secret: TEST_SECRET });
    login = serving.user ?? '';
    server = await startApi(serving);
    const token = (await offerSetupLink(server.hall))?.split('/').at(-1) ?? '';
    const person = { token, name: 'Ada', email: 'ada@example.com', password: PASSWORD, accountName: 'Main' };
    ({ account } = await clientWith(server.url, {}).setup.claim.mutate(person));
    client = clientOf(server.url, await signIn(server.url, person.email, PASSWORD));
  });
  afterAll(() => server.close());

  const health = async (): Promise<unknown> => {
    const answer = await fetch(`${server.url}/readyz`);
    return [answer.status, await answer.json()];
  };
  const cut = () =>
    database.asOwner(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '${login}'`);

  it.each([
    [
      'its login became a superuser',
      () => [`ALTER ROLE ${login} SUPERUSER`, `ALTER ROLE ${login} NOSUPERUSER`],
      /row-level security/,
    ],
    [
      'row-level security was switched off',
      () => ['ALTER TABLE accounts DISABLE ROW LEVEL SECURITY', 'ALTER TABLE accounts ENABLE ROW LEVEL SECURITY'],
      /row-level security is off for public\.accounts/,
    ],
  ])('answers no call once %s, says so, and goes on when it is mended', async (_, statements, reason) => {
    const [makeWrong, mend] = statements();
    expect((await client.accounts.get.query({ account })).name).toBe('Main');
    await database.asOwner(makeWrong ?? '');
    await cut();
    expect(await refusalOf(client.accounts.get.query({ account }))).toMatchObject({ code: 'UNAVAILABLE' });
    expect(await health()).toEqual([503, { status: 'unavailable', reason: expect.stringMatching(reason) }]);
    await database.asOwner(mend ?? '');
    await cut();
    await vi.waitFor(async () => expect(await health()).toEqual([200, { status: 'ready' }]), 10_000);
    expect((await client.accounts.get.query({ account })).name).toBe('Main');
  });

  it('answers no call of a connection that was in order before row-level security was switched off', async () => {
    await client.accounts.get.query({ account });
    await database.asOwner('ALTER TABLE accounts DISABLE ROW LEVEL SECURITY');
    const refusal = await refusalOf(client.accounts.get.query({ account }));
    await database.asOwner('ALTER TABLE accounts ENABLE ROW LEVEL SECURITY');
    expect(refusal).toMatchObject({ code: 'UNAVAILABLE' });
    expect((await client.accounts.get.query({ account })).name).toBe('Main');
  });
});
