import type { AccountId, KeyId, RowId, UserId } from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  beginTreeChange,
  countMember,
  eraseAccount,
  findErasable,
  holdOrigins,
  holdStanding,
  insertApiKey,
  insertEmbedToken,
  insertMember,
  moveSubtree,
  readAccountState,
  readChain,
  readMembershipsOn,
  revokeApiKeys,
  storeOriginList,
  type TenantTransaction,
  take,
  updateStatus,
} from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { close, freshId, move, NOVEMBER_10, plant, stateOf, ticking } from './tenants.ts';

let test: TestDatabase;
let owner: pg.Client;
const now = ticking(NOVEMBER_10);
const PERSON = freshId() as string as UserId;
const KEY = freshId() as string as KeyId;
let root: AccountId;
let acting: AccountId;
let below: AccountId;
let sibling: AccountId;
let underSibling: AccountId;
let elsewhere: AccountId;

beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
  owner = new pg.Client(test.config);
  await owner.connect();
  await owner.query(
    `INSERT INTO auth.users (id, name, email, shown_email) VALUES ($1, 'Ada', 'ada@example.com', 'ada@example.com')`,
    [PERSON],
  );
  root = await plant(test.db, null, 'Root', now());
  acting = await plant(test.db, root, 'Acting', now());
  below = await plant(test.db, acting, 'Below', now());
  sibling = await plant(test.db, root, 'Sibling', now());
  underSibling = await plant(test.db, sibling, 'Under the sibling', now());
  elsewhere = await plant(test.db, null, 'Elsewhere', now());
  for (const account of [root, acting, below, sibling, underSibling, elsewhere]) {
    await test.db.withTenant(account, async (trx) => {
      await insertMember(trx, account, PERSON, 'owner', now());
      const version = await beginTreeChange(trx, account === elsewhere ? elsewhere : root);
      const id = account === sibling ? KEY : (freshId() as string as KeyId);
      await insertApiKey(trx, { ...keyOf(account), account, id }, version);
    });
  }
});
afterAll(async () => {
  await owner.end();
  await test.drop();
});

const keyOf = (account: AccountId) => ({
  owner: PERSON,
  name: 'Key',
  prefix: 'tt_key_x',
  tokenHash: Buffer.from(account),
  now: now(),
  terms: { scopes: '*', expiresAt: null } as const,
  within: null,
  madeBy: null,
});

/** Opens a session for embedded screens, and waits for nobody: whoever holds the account would be waited for until the test is over. */
const openSession = (account: AccountId): Promise<void> =>
  test.db.withTenant(account, async (trx) => {
    await sql`SET LOCAL lock_timeout = 1`.execute(trx);
    await insertEmbedToken(trx, {
      account,
      id: freshId() as string as RowId,
      key: KEY,
      origins: ['https://portal.example'],
      grant: { access: 'read', features: ['usage'] },
      userRef: 'u-1',
      tokenHash: Buffer.from(account),
      now: now(),
      expiresAt: now(),
    });
  });

/** Everything that the functions under test may write, as it is. */
const stored = async (): Promise<string[]> => {
  const tables = ['accounts', 'api_keys', 'members', 'tree_versions', 'journal', 'past_placements'];
  const { rows } = await owner.query<{ row: string }>(
    `SELECT row FROM (${tables.map((name) => `SELECT t::text AS row FROM ${name} t`).join(' UNION ALL ')}) r ORDER BY row`,
  );
  return rows.map(({ row }) => row);
};

const foreign = (): AccountId[] => [root, sibling, underSibling, elsewhere];
const asActing = <T>(work: (trx: TenantTransaction) => Promise<T>): Promise<T> => test.db.withTenant(acting, work);
const ask = async <T>(question: RawBuilder<T>): Promise<T[]> =>
  asActing(async (trx) => (await question.execute(trx)).rows);

describe('Functions that reach above, as an acting account', () => {
  it('change no tree but its own', async () => {
    const before = await stored();
    await expect(asActing((trx) => beginTreeChange(trx, elsewhere))).rejects.toThrow(/not that of the acting account/);
    expect(await stored()).toEqual(before);
  });

  it('change nothing of an account beside or above it, or in another tree', async () => {
    const before = await stored();
    for (const account of foreign()) {
      const state = await stateOf(test.db, account);
      const closed = { status: 'closed', suspension: null, suspendedAt: null, closedAt: now() } as const;
      const changes: ((trx: TenantTransaction) => Promise<unknown>)[] = [
        (trx) => take(trx, [{ account, resource: 'agents', n: 1 }], 1),
        (trx) => countMember(trx, account, PERSON, 'came', 1),
        (trx) => sql`SELECT count_new_accounts(ARRAY[${below}, ${account}]::uuid[], 1)`.execute(trx),
        (trx) => updateStatus(trx, { ...state, parentId: acting }, closed, 1),
        (trx) => eraseAccount(trx, account, 1),
        (trx) => moveSubtree(trx, account, acting, 1, now()),
        (trx) => moveSubtree(trx, below, account, 1, now()),
      ];
      for (const change of changes) await expect(asActing(change)).rejects.toThrow(/not in the subtree of the acting/);
    }
    expect(await stored()).toEqual(before);
  });

  it('move no account below itself', async () => {
    const before = await stored();
    for (const to of [acting, below])
      await expect(asActing((trx) => moveSubtree(trx, acting, to, 1, now()))).rejects.toThrow(/below itself/);
    expect(await stored()).toEqual(before);
  });

  it('revoke no key, and hold no standing, of an account out of its subtree', async () => {
    const before = await stored();
    for (const account of foreign())
      expect(await asActing((trx) => holdStanding(trx, account, PERSON, null)), account).toBeNull();
    expect(await asActing((trx) => revokeApiKeys(trx, sibling, [KEY], now()))).toEqual([]);
    expect(await stored()).toEqual(before);
    expect(await asActing((trx) => holdStanding(trx, below, PERSON, null))).not.toBeNull();
  });

  it('tell of its subtree and of the way down to it, and of nothing else', async () => {
    const chainOf = async (account: AccountId) =>
      (await asActing((trx) => readChain(trx, account))).map(({ id }) => id);
    expect(await chainOf(below)).toEqual([root, acting, below]);
    expect(await chainOf(acting)).toEqual([root, acting]);
    expect(await chainOf(root)).toEqual([root]);
    for (const account of [sibling, underSibling, elsewhere]) expect(await chainOf(account)).toEqual([]);

    const all = [root, acting, below, sibling, underSibling, elsewhere];
    const told = await asActing((trx) => readMembershipsOn(trx, PERSON, all));
    expect(await asActing((trx) => readMembershipsOn(trx, PERSON, [elsewhere]))).toEqual([]);
    expect(told.map(({ account }) => account).toSorted()).toEqual([root, acting, below].toSorted());
    const places = await ask(sql<{ id: string }>`SELECT id FROM account_places(${all}::uuid[])`);
    expect(places.map(({ id }) => id).toSorted()).toEqual([root, acting, below].toSorted());
  });

  it('find by an external id what it may be told of', async () => {
    const marked = [acting, sibling, elsewhere];
    await owner.query(`UPDATE accounts SET external_id = 'of ' || left(name, 1) WHERE id = ANY ($1)`, [marked]);
    const found = async (externalId: string) =>
      (await ask(sql<{ id: string }>`SELECT * FROM accounts_by_external_id(${externalId}, ${PERSON}, NULL) AS id`)).map(
        ({ id }) => id,
      );
    expect(await found('of A')).toEqual([acting]);
    expect(await found('of S')).toEqual([]);
    expect(await found('of E')).toEqual([]);
    // Of the same tree it is told which of some are taken out of its sight, and nothing else of them.
    const taken = sql<{
      id: string;
    }>`SELECT * FROM external_ids_out_of_sight(ARRAY['of A', 'of S', 'of E', 'of X']) AS id`;
    expect(await ask(taken)).toEqual([{ id: 'of S' }]);
    await owner.query('UPDATE accounts SET external_id = NULL');
  });

  it('name no account to erase of others, and all of them to the job, which acts as none', async () => {
    const gone = await plant(test.db, sibling, 'Gone', now());
    await close(test.db, root, gone, now());
    const ask = sql<{ id: string }>`SELECT id FROM accounts_to_erase('infinity', 'infinity', 100)`;
    expect(await asActing(async (trx) => (await ask.execute(trx)).rows)).toEqual([]);
    expect((await findErasable(test.db, { closed: now(), settled: now() }, 100)).map(({ id }) => id)).toEqual([gone]);
  });
});

/** Resolves when somebody waits for a lock that another one holds. */
const oneWaits = (): Promise<void> =>
  expect
    .poll(
      async () =>
        (
          await owner.query(
            `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
          )
        ).rowCount,
    )
    .toBe(1);

describe('An acting account that is moved', () => {
  it('is seen by whoever waited for the tree to change it', async () => {
    const [from, to] = [await plant(test.db, root, 'From', now()), await plant(test.db, root, 'To', now())];
    const moved = await plant(test.db, from, 'Moved', now());
    const movedAway = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const moving = test.db.withTenant(root, async (trx) => {
      await moveSubtree(trx, moved, to, await beginTreeChange(trx, root), now());
      asked.resolve();
      await movedAway.promise;
    });
    await asked.promise;
    const changing = test.db.withTenant(moved, async (trx) => {
      await beginTreeChange(trx, root);
      return readAccountState(trx, moved);
    });
    await oneWaits();
    movedAway.resolve();
    await moving;
    expect((await changing)?.path).toEqual([root, to, moved]);
  });

  it('has sessions opened in it, and in all that goes along, while it moves', async () => {
    const [from, to] = [await plant(test.db, root, 'Left', now()), await plant(test.db, root, 'Entered', now())];
    const moved = await plant(test.db, from, 'Mover', now());
    const along = await plant(test.db, moved, 'Goes along', now());
    await test.db.withTenant(root, async (trx) => {
      await moveSubtree(trx, moved, to, await beginTreeChange(trx, root), now());
      for (const account of [moved, along]) await openSession(account);
    });
    expect((await stateOf(test.db, along)).path).toEqual([root, to, moved, along]);
  });

  it('is read as of one moment by whoever takes a snapshot', async () => {
    const [from, to] = [await plant(test.db, root, 'Here', now()), await plant(test.db, root, 'There', now())];
    const moved = await plant(test.db, from, 'Wanderer', now());
    const paths = await test.db.withTenant(
      moved,
      async (trx) => {
        const first = await readAccountState(trx, moved);
        await move(test.db, root, moved, to, now());
        return [first?.path, (await readAccountState(trx, moved))?.path];
      },
      { snapshot: true },
    );
    expect(paths).toEqual([
      [root, from, moved],
      [root, from, moved],
    ]);
  });
});

describe('A place in a tree', () => {
  it('is no other account’s, whoever writes it', async () => {
    const places = await test.asOwner<{ id: AccountId; key: Buffer; parent: AccountId | null }>(
      'SELECT id, path_key AS key, parent_id AS parent FROM accounts WHERE root_id = $1 ORDER BY path_key',
      [root],
    );
    expect(places.length).toBeGreaterThan(4);
    for (const [n, { id }] of places.entries()) {
      const { id: taken, key, parent } = places.at(n - 1)!;
      await expect(
        test.asOwner('UPDATE accounts SET path_key = $2, parent_id = $3 WHERE id = $1', [id, key, parent]),
        `${id} at the place of ${taken}`,
      ).rejects.toThrow(/accounts_place_ends_in_id/);
    }
  });
});

describe('A list of origins that is being set', () => {
  it('is waited for by whoever opens a session by it', async () => {
    const [stored, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const setting = test.db.withTenant(sibling, async (trx) => {
      await storeOriginList(trx, sibling, ['https://portal.example']);
      stored.resolve();
      await released.promise;
    });
    await stored.promise;
    const opening = test.db.withTenant(underSibling, (trx) => holdOrigins(trx));
    await oneWaits();
    released.resolve();
    await setting;
    expect(await opening).toEqual(['https://portal.example']);
    expect(await test.db.withTenant(acting, (trx) => holdOrigins(trx))).toBeNull();
  });
});

describe('Without an acting account', () => {
  it('nothing of a tree is changed, whatever was set before on the connection', async () => {
    await asActing((trx) => readAccountState(trx, below));
    const before = await stored();
    for (const call of [
      `begin_tree_change('${root}')`,
      `take(ARRAY['${below}']::uuid[], ARRAY['agents'], ARRAY[1]::bigint[], 1)`,
      `count_member('${below}', '${PERSON}', 1, 1)`,
      `graft_totals('${below}', 1, 1)`,
      `count_new_accounts(ARRAY['${below}']::uuid[], 1)`,
      `move_subtree('${below}', '${root}', 1, now())`,
      `erase_account('${below}', 1)`,
    ]) {
      await expect(test.db.pool.query(`SELECT public.${call}`), call).rejects.toThrow(/permission denied for function/);
      const asNobody = test.db.pool.query(`BEGIN; SET LOCAL ROLE tenantree_app; SELECT public.${call}`);
      await expect(asNobody, call).rejects.toThrow(/of the acting account/);
    }
    expect(await stored()).toEqual(before);
  });
});
