import { appendFile, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { withConnection } from '../src/connections.ts';
import { openDatabase } from '../src/database.ts';
import { startEmbedded } from '../src/embedded.ts';
import { prepareDatabase } from '../src/login.ts';
import { createTestDatabase, placeCluster, type TestDatabase } from '../src/testing.ts';
import { NOVEMBER_10, plant, ticking } from './tenants.ts';

const SECRET = 'the secret of a deployment';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
});
afterAll(() => test.drop());

/** Serves from a database, and does one thing. */
async function serve(config: pg.PoolConfig = {}): Promise<void> {
  const db = openDatabase(config);
  try {
    await db.ping();
    await plant(db, null, 'Main', ticking(NOVEMBER_10)());
  } finally {
    await db.close();
  }
}

describe('The login that serves', () => {
  it('is made by the server where it may, once, however many start', async () => {
    const given = { database: test.config, owner: null, secret: SECRET };
    const made = await Promise.all([prepareDatabase(given), prepareDatabase(given), prepareDatabase(given)]);
    const [first] = made;
    expect(first?.user).toMatch(/^tenantree_serve_\d+$/);
    expect(made).toEqual([first, first, first]);
    await serve(first);
  });

  it('is one of its own in each database of a PostgreSQL', async () => {
    const other = await createTestDatabase(inject('database'));
    const [here, there] = await Promise.all(
      [test, other].map(({ config }) => prepareDatabase({ database: config, owner: null, secret: SECRET })),
    );
    expect(here?.user).not.toBe(there?.user);
    await other.drop();
  });

  it('is taken as it is, also where nobody owns the tables', async () => {
    const given = { database: test.serving, owner: null, secret: SECRET };
    expect(await prepareDatabase(given)).toBe(test.serving);
    const empty = await createTestDatabase(inject('database'), { template: 'empty' });
    const behind = prepareDatabase({ ...given, database: empty.serving });
    await expect(behind).rejects.toThrow(/not up to date.*DATABASE_OWNER_URL/);
    expect(await prepareDatabase({ ...given, database: empty.serving, owner: empty.config })).toBe(empty.serving);
    await serve(empty.serving);
    await empty.drop();
  });

  it('has to be made by an administrator, who is told how, where the owner may not', async () => {
    const other = await createTestDatabase(inject('database'), { template: 'empty' });
    const { database } = other.config;
    const [owner, login] = [`plain_${database}`, `web_${database}`];
    const config = { ...other.config, user: owner };
    await test.asOwner(`CREATE ROLE ${owner} LOGIN; ALTER DATABASE ${database} OWNER TO ${owner};
      GRANT tenantree_app, tenantree_auth TO ${owner}`);
    const refused: unknown = await prepareDatabase({ database: config, owner: null, secret: SECRET }).catch(
      (error: unknown) => error,
    );
    expect(String(refused)).toMatch(/permission denied .*DATABASE_OWNER_URL/s);
    const commands = String(refused).match(/^ {2}\w.*;$/gm) ?? [];
    expect(commands).toHaveLength(3);
    await test.asOwner(commands.join('\n').replaceAll('tenantree_web', login));
    await serve(await prepareDatabase({ database: { ...config, user: login }, owner: config, secret: SECRET }));
    await other.drop();
    await test.asOwner(`DROP ROLE ${owner}, ${login}`);
  });
});

describe('A connection that may not serve', () => {
  const refusal = async (config: pg.PoolConfig): Promise<string> => {
    const db = openDatabase(config);
    const outcome = await db.ping().then(
      () => 'served',
      (error: Error) => `${error.name}: ${error.message}`,
    );
    await db.close();
    return outcome;
  };

  it('is refused with the reason, whatever it could do that it should not', async () => {
    const login = `high_${test.config.database}`;
    const config = { ...test.config, user: login };
    await test.asOwner(`CREATE ROLE ${login} LOGIN; GRANT tenantree_serve TO ${login} WITH INHERIT TRUE, SET FALSE;
      GRANT tenantree_app, tenantree_auth TO ${login} WITH INHERIT FALSE, SET TRUE`);
    expect(await refusal(config)).toBe('served');
    const cases: readonly [string, string, RegExp][] = [
      [`ALTER ROLE ${login} SUPERUSER`, `ALTER ROLE ${login} NOSUPERUSER`, /high_\w+ may pass row-level security/],
      [`ALTER ROLE ${login} BYPASSRLS`, `ALTER ROLE ${login} NOBYPASSRLS`, /high_\w+ may pass row-level security/],
      [`ALTER ROLE ${login} CREATEROLE`, `ALTER ROLE ${login} NOCREATEROLE`, /or make roles/],
      [
        `GRANT pg_read_all_data TO ${login} WITH INHERIT FALSE, SET FALSE, ADMIN TRUE`,
        `REVOKE pg_read_all_data FROM ${login}`,
        /is a member of pg_read_all_data/,
      ],
      [`CREATE TABLE of_theirs (); ALTER TABLE of_theirs OWNER TO ${login}`, 'DROP TABLE of_theirs', /owns tables/],
      [
        `REVOKE tenantree_app FROM ${login}`,
        `GRANT tenantree_app TO ${login} WITH INHERIT FALSE, SET TRUE`,
        /is no member of tenantree_serve/,
      ],
      [
        `GRANT tenantree_app TO ${login} WITH INHERIT TRUE`,
        `GRANT tenantree_app TO ${login} WITH INHERIT FALSE`,
        /is no member of .*INHERIT FALSE/,
      ],
      [`ALTER ROLE ${login} SET role = 'tenantree_app'`, `ALTER ROLE ${login} RESET role`, /acts as tenantree_app/],
      [
        'ALTER TABLE members DISABLE ROW LEVEL SECURITY',
        'ALTER TABLE members ENABLE ROW LEVEL SECURITY',
        /row-level security is off for public\.members/,
      ],
    ];
    for (const [makeWrong, mend, reason] of cases) {
      await test.asOwner(makeWrong);
      expect(await refusal(config), makeWrong).toMatch(reason);
      await test.asOwner(mend);
      expect(await refusal(config), mend).toBe('served');
    }
    expect(await refusal(test.config)).toMatch(/^DatabaseUnusableError: .*postgres may pass row-level security/);
    await test.asOwner(`DROP OWNED BY ${login}; DROP ROLE ${login}`);
  });
});

describe('The password that the server makes', () => {
  it('is asked for, and follows the secret', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tenantree-login-'));
    await chmod(dataDir, 0o755);
    await placeCluster(inject('cluster'), dataDir);
    const server = await startEmbedded({ dataDir, durability: 'fast' });
    try {
      const rules = join(dataDir, 'pg', 'pg_hba.conf');
      const usual = await readFile(rules, 'utf8');
      await writeFile(rules, 'local all postgres trust\n');
      await appendFile(rules, usual.replaceAll('trust', 'scram-sha-256'));
      await withConnection(server.connection, (client) => client.query('SELECT pg_reload_conf()'));
      const database = server.connection;
      const first = await prepareDatabase({ database, owner: null, secret: SECRET });
      await serve(first);
      const second = await prepareDatabase({ database, owner: null, secret: 'a new secret of the deployment' });
      expect(second.user).toBe(first.user);
      await serve(second);
      await expect(serve(first)).rejects.toThrow(/password authentication failed/);
    } finally {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
