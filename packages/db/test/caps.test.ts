import {
  type AccountId,
  HIGHEST,
  type Instant,
  PERMISSIONS,
  type RowId,
  restrictedIn,
  UNBOUNDED,
} from '@tenantree/domain';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { insertPreset, readChain, readExplainedChain, writeDefaultPreset } from '../src/index.ts';
import { migrate } from '../src/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { freshId, move, NOVEMBER_10, plant, ticking } from './tenants.ts';

let test: TestDatabase;
let now: () => Instant;
beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
  now = ticking(NOVEMBER_10);
});
afterAll(() => test.drop());

/** Which permissions the caps of an account restrict, and what lists say of them. */
const restrictedOf = async (account: AccountId): Promise<unknown> => {
  const [row] = await test.asOwner<{ levels: object; caps_lowered: number; caps_decided: number }>(
    'SELECT c.levels, a.caps_lowered, a.caps_decided FROM account_caps c JOIN accounts a ON a.id = c.account_id WHERE a.id = $1',
    [account],
  );
  expect(row?.caps_decided).toBe(PERMISSIONS.length);
  const restricted = restrictedIn(row?.levels ?? {});
  expect(row?.caps_lowered).toBe(restricted.length);
  return restricted;
};

/** Makes a preset of an account its default. */
const offer = (account: AccountId, levels: object): Promise<void> =>
  test.db.withTenant(account, async (trx) => {
    const preset = {
      account,
      id: freshId() as string as RowId,
      version: 1,
      name: 'Ours',
      levels: { ...HIGHEST, ...levels },
    };
    await insertPreset(trx, preset, { id: null, name: 'Tenantree' }, now());
    await writeDefaultPreset(trx, account, preset);
  });

describe('Caps', () => {
  it('know of every permission the highest level that the registry has', async () => {
    const [row] = await test.asOwner<{ highest: unknown; count: number }>(
      'SELECT highest_caps() AS highest, count_of_permissions() AS count',
    );
    expect(row).toEqual({ highest: HIGHEST, count: PERMISSIONS.length });
  });

  it('are there for every subaccount, open, and for no main account', async () => {
    const root = await plant(test.db, null, 'Root', now());
    const leaf = await plant(test.db, root, 'Leaf', now());
    const rows = await test.asOwner<{ account_id: string; levels: unknown }>(
      'SELECT account_id, levels FROM account_caps WHERE account_id IN (SELECT id FROM accounts WHERE root_id = $1)',
      [root],
    );
    expect(rows).toEqual([{ account_id: leaf, levels: HIGHEST }]);
    const chain = await readChain(test.db, leaf);
    expect(chain[0]?.caps).toEqual(UNBOUNDED);
  });

  it('leave nothing where the row is missing', async () => {
    const root = await plant(test.db, null, 'Bare', now());
    const leaf = await plant(test.db, root, 'Leaf', now());
    await test.asOwner('DELETE FROM account_caps WHERE account_id = $1', [leaf]);
    expect((await readChain(test.db, leaf)).at(-1)?.caps).toEqual([0, 0]);
  });

  it('are written from above only: row-level security shows an account its own, and keeps it from changing them', async () => {
    const root = await plant(test.db, null, 'Above', now());
    const leaf = await plant(test.db, root, 'Leaf', now());
    const open = (acting: AccountId) =>
      test.db.withTenant(acting, async (trx) => {
        const { numAffectedRows } = await sql`UPDATE account_caps SET levels = '{}' WHERE account_id = ${leaf}`.execute(
          trx,
        );
        return Number(numAffectedRows);
      });
    expect(await open(leaf)).toBe(0);
    expect(await open(root)).toBe(1);
    const stranger = await plant(test.db, null, 'Stranger', now());
    expect(await open(stranger)).toBe(0);
    const seen = await test.db.withTenant(stranger, (trx) => readExplainedChain(trx, null), { snapshot: true });
    expect(seen.chain.map(({ id }) => id)).toEqual([stranger]);
  });

  it('of a new account are those of the default preset of the nearest account above it, as long as that is offered there', async () => {
    const root = await plant(test.db, null, 'Presets', now());
    const [west, east] = [await plant(test.db, root, 'West', now()), await plant(test.db, root, 'East', now())];
    await offer(root, { tasks: 'read' });
    await offer(west, { agents: 'none', tasks: 'none' });
    const inner = await plant(test.db, west, 'Inner', now());
    expect(await restrictedOf(inner)).toEqual(['tasks', 'agents']);
    expect(await restrictedOf(await plant(test.db, east, 'Other', now()))).toEqual(['tasks']);
    // Inner says that what is made below it begins with west's; then it is moved to where that is not offered.
    await test.asOwner(
      `INSERT INTO preset_defaults (account_id, preset_account, preset_id)
       SELECT $1, preset_account, preset_id FROM preset_defaults WHERE account_id = $2`,
      [inner, west],
    );
    expect(await restrictedOf(await plant(test.db, inner, 'First', now()))).toEqual(['tasks', 'agents']);
    await move(test.db, root, inner, east, now());
    expect(await restrictedOf(await plant(test.db, inner, 'Second', now()))).toEqual(['tasks']);
  });

  it('of subaccounts from before there were any are open, and their keys count', async () => {
    const old = await createTestDatabase(inject('database'), { template: 'empty' });
    try {
      await migrate(old.config, { to: '0026-folded-quarters' });
      const [root, leaf] = [freshId(), freshId()];
      await old.asOwner(
        `INSERT INTO accounts (id, root_id, parent_id, path_key, name, name_key, billing_mode, payer_id, version, created_at)
         VALUES ($1, $1, NULL, '', 'Root', 'root', 'direct', $1, 1, now()), ($2, $1, $1, uuid_send($2), 'Leaf', 'leaf', 'parent', $1, 1, now())`,
        [root, leaf],
      );
      // Of its keys one is revoked, one has ended, and one counts from then on.
      await old.asOwner(
        `WITH u AS (INSERT INTO auth.users (id, name, email, shown_email) VALUES (uuidv7(), 'Ada', 'ada@example.com', 'ada@example.com') RETURNING id)
         INSERT INTO api_keys (root_id, account_id, id, user_id, name, prefix, token_hash, created_at, expires_at, revoked_at)
         SELECT $1, $2, uuidv7(), (SELECT u.id FROM u), 'Key', 'tt', k.hash, now(), k.expires_at, k.revoked_at
         FROM (VALUES ('\\x01'::bytea, NULL::timestamptz, now()), ('\\x02', now() - interval '1 day', NULL), ('\\x03', NULL, NULL)) k(hash, expires_at, revoked_at)`,
        [root, leaf],
      );
      await migrate(old.config);
      expect(await old.asOwner('SELECT account_id, levels, marks, version FROM account_caps')).toEqual([
        { account_id: leaf, levels: HIGHEST, marks: [], version: 0 },
      ]);
      const counted = `SELECT account_id, own::int, total::int FROM resource_totals WHERE resource = 'apiKeys' ORDER BY own`;
      expect(await old.asOwner(counted)).toEqual([
        { account_id: root, own: 0, total: 1 },
        { account_id: leaf, own: 1, total: 1 },
      ]);
    } finally {
      await old.drop();
    }
  });
});
