import {
  type AccountId,
  type CountedMeter,
  type Instant,
  type KeyId,
  limitKind,
  type RowId,
  UNIT,
  type UserId,
} from '@tenantree/domain';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  admitTick,
  beginTreeChange,
  countMember,
  findApiKey,
  foldQuarters,
  insertApiKey,
  insertBlueprintVersion,
  insertEmbedToken,
  insertImport,
  insertImportRows,
  insertInvitation,
  insertJob,
  insertMember,
  insertPreset,
  insertProducts,
  insertRollout,
  insertShownPlan,
  insertView,
  readAccountState,
  readApplications,
  readBilledUsage,
  readChain,
  readLimits,
  readPresetTakers,
  readTotals,
  readTreePlaces,
  storeOriginList,
  type TenantTransaction,
  take,
  updateProduct,
  writeApplication,
  writeBlueprint,
  writeDefaultPreset,
  writeJobFile,
  writeLimit,
  writeLimitDefault,
  writeLinks,
  writeSecrets,
} from '../src/index.ts';

import { TENANT_TABLES } from '../src/tenant-tables.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { count, event, freshId, NOVEMBER_10, PERIOD, plant, plantAll, record, stateOf, ticking } from './tenants.ts';

/** A product that names another one, and was another one before. */
async function plantProducts(trx: TenantTransaction, account: AccountId, treeVersion: number): Promise<void> {
  const of = (kind: 'agent' | 'knowledgeBase', version: number) => {
    const by = { id: null, name: 'Ada' };
    const name = { name: kind, key: kind.toLowerCase() };
    const row = {
      id: freshId() as string as RowId,
      externalId: null,
      version,
      name,
      document: { name: kind },
      refs: [],
    };
    return { row, writing: { account, kind, at: now(), by, treeVersion } };
  };
  const [agent, base] = [of('agent', 1), of('knowledgeBase', 1)];
  await insertProducts(trx, base.writing, [base.row]);
  await insertProducts(trx, agent.writing, [agent.row]);
  const refs = [{ place: '/knowledge/bases/0', id: base.row.id, need: 'required' as const }];
  await updateProduct(trx, agent.writing, { ...agent.row, version: 2, refs });
  const source = { account, product: base.row.id, version: 1, name: 'Base' };
  const link = { account, product: agent.row.id, source, parts: null, base: agent.row.document, ids: new Map() };
  const written = { ...link, needs: [], activates: false, version: 2, filling: null };
  await writeLinks(trx, [{ link: written, before: null }]);
  const plan = { id: freshId() as string as RowId, asked: {}, shown: {}, now: now(), forget: now() };
  const look = { filters: {} };
  await insertView(trx, { account, owner: 'person' }, { id: plan.id, name: 'View', nameKey: 'view', look }, 50);
  await insertShownPlan(trx, 'import_plans', account, plan);
  await insertShownPlan(trx, 'blueprint_plans', account, plan);
  const blueprint = freshId() as string as RowId;
  await writeBlueprint(trx, { account, id: blueprint, name: 'Blueprint', nameKey: 'blueprint' });
  const says = { content: {}, judged: { limits: {} }, hashes: { limits: 'x' } };
  const by = { id: null, name: 'Ada' };
  await insertBlueprintVersion(trx, { account, id: blueprint, version: 1, ...says, by, at: now() });
  await writeApplication(trx, {
    account,
    blueprint: { account, id: blueprint },
    version: 1,
    application: freshId() as string as RowId,
    sections: ['limits'],
    variables: {},
    products: {},
    before: {},
    state: 'set_up',
    fault: null,
    by,
    at: now(),
  });
  const set = [{ place: '/auth/apiKey', ciphertext: Buffer.of(1), last4: '' }];
  await writeSecrets(trx, account, agent.row.id, { set, cleared: [], places: ['/auth/apiKey'] });
}

/** A tree with a subtree that leaves it, and everything in it that an account may have. */
type Ground = {
  readonly root: AccountId;
  readonly parent: AccountId;
  readonly other: AccountId;
  readonly leaving: AccountId;
  readonly leaf: AccountId;
};

let test: TestDatabase;
let owner: pg.Client;
const now = ticking(NOVEMBER_10);
const PERSON = freshId() as string as UserId;

beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
  owner = new pg.Client(test.config);
  await owner.connect();
  await owner.query(
    `INSERT INTO auth.users (id, name, email, shown_email) VALUES ($1, 'Ada', 'ada@example.com', 'ada@example.com')`,
    [PERSON],
  );
  await owner.query(`
    CREATE ROLE ${PLAIN} BYPASSRLS;
    GRANT USAGE ON SCHEMA public, auth TO ${PLAIN};
    GRANT ALL ON ALL TABLES IN SCHEMA public, auth TO ${PLAIN};
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO ${PLAIN}`);
});
afterAll(async () => {
  await owner.query(`DROP OWNED BY ${PLAIN}; DROP ROLE ${PLAIN}`);
  await owner.end();
  await test.drop();
});

/** Who may do all that is needed of who owns the tables, but not switch foreign keys off, as most owners of a PostgreSQL of one's own. */
const PLAIN = `plain_${freshId().replaceAll('-', '_')}`;

async function plantGround(): Promise<Ground> {
  const root = await plant(test.db, null, 'Root', now());
  const parent = await plant(test.db, root, 'Parent', now());
  const other = await plant(test.db, root, 'Other', now());
  const leaving = await plant(test.db, parent, 'Leaving', now());
  const leaf = await plant(test.db, leaving, 'Leaf', now());
  for (const account of [leaving, leaf]) await furnish(account);
  await record(test.db, [event(leaving, `u-${leaving}`, '1', now()), event(leaf, `u-${leaf}`, '2', now())], now());
  await count(test.db, now());
  return { root, parent, other, leaving, leaf };
}

const newKey = async (account: AccountId, madeBy: KeyId | null): Promise<KeyId> => {
  const id = freshId() as string as KeyId;
  const terms = { scopes: '*', expiresAt: null } as const;
  const key = { account, id, owner: PERSON, name: 'Key', prefix: 'tt', tokenHash: Buffer.from(id), now: now() };
  const { rootId } = await stateOf(test.db, account);
  await test.db.withTenant(account, async (trx) => {
    const version = await beginTreeChange(trx, rootId);
    await insertApiKey(trx, { ...key, terms, within: null, madeBy }, version);
  });
  return id;
};

/** A chain in which something was written of accounts before they came here. */
const FORMER = freshId();

async function furnish(account: AccountId): Promise<void> {
  await owner.query(
    `INSERT INTO carried_entries (root_id, account_id, id, kind, chain_id, seq) SELECT root_id, id, uuidv7(), 'account.renamed', $2, 1
     FROM accounts WHERE id = $1`,
    [account, FORMER],
  );
  // What accounts have that stand among many siblings, and have many below them.
  await owner.query(
    `WITH a AS (SELECT * FROM accounts WHERE id = $1), p AS (INSERT INTO sorted_parents (root_id, account_id) SELECT root_id, id FROM a),
       m AS (INSERT INTO account_sort_minutes (account_id, parent_id, minutes) SELECT id, parent_id, 0 FROM a)
     INSERT INTO account_sort_counts (account_id, parent_id, members, agents) SELECT id, parent_id, 0, 0 FROM a`,
    [account],
  );
  const key = await newKey(account, null);
  await newKey(account, key);
  const { rootId } = await stateOf(test.db, account);
  await test.db.withTenant(account, async (trx) => {
    const version = await beginTreeChange(trx, rootId);
    await insertMember(trx, account, PERSON, 'owner', now());
    await plantProducts(trx, account, version);
    await take(trx, [{ account, resource: 'agents', n: 1 }], version);
    await countMember(trx, account, PERSON, 'came', version);
    const until = '2027-01-01T00:00:00.000Z' as Instant;
    const invitation = { id: freshId() as string as RowId, email: 'Eve@example.com', emailKey: 'eve@example.com' };
    const invited = {
      account,
      role: 'member',
      tokenHash: Buffer.from(`i-${account}`),
      invitedBy: PERSON,
      madeBy: key,
    } as const;
    await insertInvitation(trx, { ...invitation, ...invited, now: now(), expiresAt: until });
    const grant = { access: 'read', features: [] } as const;
    const token = {
      account,
      id: freshId() as string as RowId,
      key,
      origins: ['https://portal.example'],
      grant,
      userRef: 'u',
    };
    await insertEmbedToken(trx, { ...token, tokenHash: Buffer.from(`t-${account}`), now: now(), expiresAt: until });
    await storeOriginList(trx, account, ['https://portal.example']);
    const preset = {
      account,
      id: freshId() as string as RowId,
      version: 1,
      name: 'Ours',
      levels: { tasks: 'read' },
    } as const;
    await insertPreset(trx, preset, { id: null, name: 'Tenantree' }, now());
    await writeDefaultPreset(trx, account, preset);
    const actor = { kind: 'system', id: null, name: 'Tenantree', via: null } as const;
    const askedBy = { actor, user: null, key: null, requestId: null };
    const job = { account, job: freshId() as string as RowId, kind: 'test', key: null, askedBy, now: now() };
    await insertJob(trx, { ...job, items: [{ target: account, payload: {} }] });
    const file = {
      part: 0,
      filename: 'a.csv',
      type: 'csv',
      content: 'id\r\n',
      hasUsage: false,
      expiresAt: until,
    } as const;
    await writeJobFile(trx, job, file);
    const rollout = {
      id: freshId() as string as RowId,
      kind: 'agent',
      product: freshId() as string as RowId,
      version: 2,
      name: 'Rolled out',
      stopOn: 1,
      askedBy: { id: null, name: 'Tenantree' },
      state: 'running',
      stage: 1,
      createdAt: now(),
      endedAt: null,
    } as const;
    await insertRollout(trx, account, rollout, [{ targets: [account], afterHours: null }]);
    const sent = { account, id: freshId() as string as RowId };
    await insertImport(trx, sent, { filename: 'a.csv', columns: ['name'], now: now(), expiresAt: until, keep: 9 });
    await insertImportRows(trx, sent, [{ line: 2, cells: ['A'], externalId: null, wish: null, refusal: null }]);
    const kind = limitKind('calls');
    const terms = { cap: 100n * UNIT, atLimit: 'block', thresholds: [80] } as const;
    await writeLimitDefault(trx, account, kind, terms);
    const [limit] = (await readLimits(trx, [{ id: account, name: 'Account' }], now())).get('calls') ?? [];
    await writeLimit(trx, kind, [{ ...limit!, ...terms, version: 1 }], 0, now());
  });
  await owner.query(
    `WITH a AS (SELECT * FROM accounts WHERE id = $1),
       d AS (INSERT INTO departures (root_id, account_id, id, departed, name, agency, at, accounts, external_ids)
         SELECT root_id, id, uuidv7(), uuidv7(), 'Gone', 'kept', now(), '{}', '{}' FROM a)
     INSERT INTO billing_transfers (root_id, account_id, id, version, state, recipient, grace_days, agency, completion, started_at, expires_at, ended_at, mail, ahead, reminded, steps)
     SELECT root_id, id, uuidv7(), 2, 'cancelled', 'eve@example.com', 30, 'kept', 'automatic', now(), now(), now(), 'sent', '{}', '{}', '{}' FROM a`,
    [account],
  );
  await admitTick(test.db, {
    root: rootId,
    kind: limitKind('calls'),
    period: '-infinity',
    asks: [{ account, want: UNIT, key: 'lease', leaseSeconds: 600 }],
    back: [],
    places: await readTreePlaces(test.db, { root: rootId, kind: limitKind('calls'), period: '-infinity' }, [account]),
  });
}

const changeRoot = async (account: AccountId, parent: AccountId | null): Promise<number> => {
  const { rows } = await owner.query<{ version: string }>('SELECT change_root($1, $2, $3) AS version', [
    account,
    parent,
    now(),
  ]);
  return Number(rows[0]?.version);
};

/** The same as somebody who may not switch foreign keys off. */
async function changeRootPlainly(account: AccountId, parent: AccountId | null): Promise<number> {
  await owner.query(`SET ROLE ${PLAIN}`);
  try {
    return await changeRoot(account, parent);
  } finally {
    await owner.query('RESET ROLE');
  }
}

/** Foreign keys of the tables of a tree whose row is not there, though they were switched off or not. */
async function dangling(): Promise<string[]> {
  const { rows: keys } = await owner.query<{ from: string; to: string; on: string; given: string }>(`
    SELECT f.conrelid::regclass::text AS "from", f.confrelid::regclass::text AS "to",
      string_agg(format('t.%I = f.%I', b.attname, a.attname), ' AND ') AS "on", string_agg(format('f.%I IS NOT NULL', a.attname), ' AND ') AS given
    FROM pg_constraint f CROSS JOIN unnest(f.conkey, f.confkey) k(mine, theirs)
    JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.mine JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.theirs
    WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace GROUP BY f.oid, f.conrelid, f.confrelid`);
  expect(keys.length).toBeGreaterThan(40);
  const found: string[] = [];
  for (const { from, to, on, given } of keys) {
    const { rowCount } = await owner.query(
      `SELECT FROM ${from} f WHERE ${given} AND NOT EXISTS (SELECT FROM ${to} t WHERE ${on})`,
    );
    if (rowCount !== 0) found.push(`${from} of ${to}: ${rowCount}`);
  }
  return found;
}

/** Of tables that more is written into when accounts come to another tree: what was there before. */
const BEFORE: Readonly<Record<string, string>> = { carried_entries: `AND chain_id = '${FORMER}'` };

/** How many rows of some accounts each table of a tree has, by root. */
async function rootsOf(accounts: readonly AccountId[]): Promise<Record<string, Record<string, number>>> {
  const tables = Object.keys(TENANT_TABLES).filter((name) => TENANT_TABLES[name] === 'tree');
  const found: Record<string, Record<string, number>> = {};
  for (const name of tables) {
    const { rows } = await owner.query<{ root: string; rows: number }>(
      `SELECT root_id AS root, count(*)::int AS rows FROM ${name} WHERE ${name === 'accounts' ? 'id' : 'account_id'} = ANY ($1) ${BEFORE[name] ?? ''} GROUP BY 1`,
      [accounts],
    );
    found[name] = Object.fromEntries(rows.map(({ root, rows: n }) => [root, n]));
  }
  return found;
}

/** How many rows each table has that is kept by account, of some accounts. */
async function keptOf(accounts: readonly AccountId[]): Promise<Record<string, number>> {
  const kept: Record<string, number> = {};
  for (const name of Object.keys(TENANT_TABLES).filter((table) => TENANT_TABLES[table] === 'account')) {
    const { rows } = await owner.query<{ rows: number }>(
      `SELECT count(*)::int AS rows FROM ${name} WHERE account_id = ANY ($1)`,
      [accounts],
    );
    kept[name] = rows[0]?.rows ?? 0;
  }
  return kept;
}

/** What happened, but for where accounts stood and what they had used until they left, which a change of tree writes. */
const facts = async (): Promise<string[]> => {
  const written = ['past_placements', 'usage_segments'];
  const tables = Object.keys(TENANT_TABLES).filter((name) => TENANT_TABLES[name] === 'fact' && !written.includes(name));
  const { rows } = await owner.query<{ row: string }>(
    tables.map((name) => `SELECT t::text AS row FROM ${name} t`).join(' UNION ALL '),
  );
  return rows.map(({ row }) => row).toSorted();
};

const byAccount = (one: { account_id: string }, two: { account_id: string }) =>
  one.account_id < two.account_id ? -1 : 1;

const minutesOf = async (account: AccountId): Promise<string> =>
  (await test.db.withTenant(account, (trx) => readTotals(trx, account, 'call.minutes', PERIOD))).quantity.total;
/** Seconds of the period that an account pays for. */
const paidBy = async (account: AccountId): Promise<number> => {
  const of = { account, seller: null, meter: 'call.seconds' as CountedMeter, period: PERIOD };
  const lines = await test.db.withTenant(account, (trx) => readBilledUsage(trx, of));
  return lines.reduce((sum, { quantity }) => sum + Number(quantity), 0);
};
const chainOf = async (account: AccountId): Promise<AccountId[]> =>
  (await readChain(test.db, account)).map(({ id }) => id);
const versionOf = async (root: AccountId): Promise<number> =>
  Number((await owner.query('SELECT version FROM tree_versions WHERE root_id = $1', [root])).rows[0].version);
const standing = async (account: AccountId) =>
  (
    await owner.query(
      'SELECT children, subaccounts, total_members, total_agents, payer_id FROM accounts WHERE id = $1',
      [account],
    )
  ).rows[0];

/** Memberships that are not where their accounts stand. */
const misplaced = async (): Promise<unknown[]> =>
  (
    await owner.query(
      'SELECT m.account_id FROM members m JOIN accounts a ON a.id = m.account_id WHERE (m.root_id, m.path_key) <> (a.root_id, a.path_key)',
    )
  ).rows;

describe('A subtree that becomes a tree of its own', () => {
  it.each([
    ['at once', changeRoot],
    ['row by row, where its owner may not switch foreign keys off', changeRootPlainly],
  ])('takes along all that is of a tree, %s, leaves facts alone, and comes back the same way', async (_, change) => {
    const { root, parent, other, leaving, leaf } = await plantGround();
    const both = [leaving, leaf];
    const before = await rootsOf(both);
    const kept = await keptOf(both);
    expect(Object.values(kept).every((rows) => rows >= 2)).toBe(true);
    // What is noted for the roll-ups is folded when a subtree leaves.
    await foldQuarters(test.db);
    const recorded = await facts();
    const under = await versionOf(root);

    const version = await change(leaving, null);
    for (const [table, rows] of Object.entries(await rootsOf(both)))
      expect([table, rows]).toEqual([table, { [leaving]: before[table]![root]! }]);
    // A main account has no caps.
    expect(await keptOf(both)).toEqual({ ...kept, account_caps: kept['account_caps']! - 1 });
    expect(Object.values(before).every((rows) => (rows[root] ?? 0) >= 2)).toBe(true);
    expect(await facts()).toEqual(recorded);
    expect(version).toBeGreaterThan(under);
    expect(await versionOf(leaving)).toBe(version);
    expect(await chainOf(leaf)).toEqual([leaving, leaf]);
    expect((await stateOf(test.db, leaf)).path).toEqual([leaving, leaf]);
    expect(await test.db.withTenant(root, (trx) => readAccountState(trx, leaf))).toBeNull();
    expect(await standing(root)).toMatchObject({ children: 2, subaccounts: 2, total_members: 0, total_agents: 0 });
    expect(await standing(leaving)).toEqual({
      children: 1,
      subaccounts: 1,
      total_members: 1,
      total_agents: 2,
      payer_id: leaving,
    });
    expect(await standing(leaf)).toMatchObject({ payer_id: leaving });
    expect([await misplaced(), await dangling()]).toEqual([[], []]);

    const back = await change(leaving, other);
    for (const [table, rows] of Object.entries(await rootsOf(both)))
      expect([table, rows]).toEqual([table, before[table]]);
    expect(await keptOf(both)).toEqual(kept);
    expect(back).toBeGreaterThan(version);
    expect(await chainOf(leaf)).toEqual([root, other, leaving, leaf]);
    expect(await standing(root)).toMatchObject({ children: 2, subaccounts: 4, total_members: 1, total_agents: 2 });
    expect(await standing(parent)).toMatchObject({ children: 0, subaccounts: 0, total_members: 0 });
    expect(await standing(other)).toMatchObject({ children: 1, subaccounts: 2, total_members: 1 });
    expect([await misplaced(), await dangling()]).toEqual([[], []]);
    expect(await facts()).toEqual(recorded);
  });

  it('is compared with no blueprint from above any more, and keeps its own (rules/blueprints 13)', async () => {
    const { root, leaving, leaf } = await plantGround();
    const stood = await test.db.withTenant(root, async (trx) => {
      const [own] = await readApplications(trx, [leaf], null);
      const id = freshId() as string as RowId;
      await writeApplication(trx, { ...own!, blueprint: { account: root, id } });
      return (await readApplications(trx, [leaf], null)).length;
    });
    await changeRoot(leaving, null);
    const left = await test.db.withTenant(leaving, (trx) => readApplications(trx, [leaf], null));
    expect([stood, left.map(({ blueprint }) => blueprint.account)]).toEqual([2, [leaf]]);
  });

  it('takes along its presets, and counts nobody as their taker who stays behind', async () => {
    const { leaving, other, leaf } = await plantGround();
    const [preset] = (await owner.query<{ id: RowId }>('SELECT id FROM presets WHERE account_id = $1', [leaving])).rows;
    const taken = 'UPDATE account_caps SET preset_id = $1, preset_version = 1 WHERE account_id = ANY ($2)';
    await owner.query(taken, [preset!.id, [other, leaf]]);
    await changeRoot(leaving, null);
    const takers = await test.db.withTenant(leaving, (trx) => readPresetTakers(trx, preset!.id));
    expect(takers.map(({ accounts }) => accounts)).toEqual([1]);
    const named = 'SELECT account_id, preset_id, preset_version FROM account_caps WHERE account_id = ANY ($1)';
    expect((await owner.query(named, [[other, leaf]])).rows.toSorted(byAccount)).toEqual(
      [
        { account_id: other, preset_id: null, preset_version: null },
        { account_id: leaf, preset_id: preset!.id, preset_version: 1 },
      ].toSorted(byAccount),
    );
  });

  it('has its usage counted where it stood when it happened', async () => {
    const { root, parent, leaving, leaf } = await plantGround();
    const early = now();
    // Ahead of the clock, counted already: it is placed again, where the account stands by then.
    await record(test.db, [event(leaf, 'ahead', '4', new Date(NOVEMBER_10 + 60_000).toISOString() as Instant)], now());
    await count(test.db, now());
    await changeRoot(leaving, null);
    const later = new Date(NOVEMBER_10 + 120_000).toISOString() as Instant;
    await record(test.db, [event(leaf, 'late', '8', early), event(leaf, 'new', '16', later)], now());
    await count(test.db, now());
    for (const account of [root, parent]) expect(await minutesOf(account)).toBe('11');
    expect(await minutesOf(leaving)).toBe('31');
    // And each pays for what was used while it did.
    expect(await paidBy(root)).toBe(11 * 60);
    expect(await paidBy(leaving)).toBe(20 * 60);
  });

  it('has usage counted first that was waiting', async () => {
    const { root, parent, leaving, leaf } = await plantGround();
    await record(test.db, [event(leaf, `waiting-${leaf}`, '4', now())], now());
    await changeRoot(leaving, null);
    const { rows } = await owner.query('SELECT 1 FROM uncounted_usage WHERE root_id = ANY ($1)', [[root, leaving]]);
    expect(rows).toEqual([]);
    for (const account of [root, parent, leaving]) expect(await minutesOf(account)).toBe('7');
  });

  it('tells those who watch either tree', async () => {
    const { root, parent, leaving } = await plantGround();
    const version = await changeRoot(leaving, null);
    const { rows } = await owner.query(
      'SELECT root_id, version::int, kind, accounts FROM tree_changes WHERE $1 = ANY (accounts) ORDER BY version',
      [leaving],
    );
    expect(rows).toContainEqual({
      root_id: root,
      version: await versionOf(root),
      kind: 'moved',
      accounts: [root, parent, leaving],
    });
    expect(rows).toContainEqual({ root_id: leaving, version, kind: 'moved', accounts: [leaving] });
    const left = await owner.query(
      'SELECT version::int FROM journal WHERE root_id = $1 AND target_id = $2 AND left_key IS NOT NULL',
      [root, leaving],
    );
    expect(left.rows).toEqual([{ version: await versionOf(root) }]);
  });

  it('reads its accounts a few times, and not all of them for each membership', async () => {
    const { root, leaving } = await plantGround();
    const parent = await plant(test.db, root, 'Many', now());
    const many = 300;
    const names = Array.from({ length: many }, (_, n) => `Child ${n}`);
    await plantAll(test.db, leaving, names, now());
    await owner.query(
      `INSERT INTO members (root_id, account_id, user_id, role, created_at)
       SELECT root_id, id, $2, 'viewer', now() FROM accounts WHERE parent_id = $1 ON CONFLICT DO NOTHING`,
      [leaving, PERSON],
    );
    // So that the statistics know every tree but the one that begins.
    await owner.query('ANALYZE');
    await owner.query('BEGIN');
    try {
      await changeRoot(leaving, null);
      await changeRoot(leaving, parent);
      const { rows } = await owner.query<{ read: number }>(
        `SELECT (seq_tup_read + idx_tup_fetch)::int AS read FROM pg_stat_xact_user_tables WHERE relname = 'accounts'`,
      );
      expect(rows[0]?.read).toBeLessThan(many * 150);
    } finally {
      await owner.query('ROLLBACK');
    }
  });

  it('leaves no credential behind that was made across the cut, however far down', async () => {
    const { root, parent, leaving, leaf } = await plantGround();
    const above = await newKey(parent, null);
    const across = await newKey(leaving, above);
    const below = await newKey(leaf, across);
    const own = await newKey(leaving, null);
    const kept = await newKey(leaf, own);
    await changeRoot(leaving, null);
    const ended = async (id: KeyId) => (await findApiKey(test.db, Buffer.from(id), now()))?.revokedAt ?? null;
    expect(await ended(across)).not.toBeNull();
    expect(await ended(below)).not.toBeNull();
    for (const id of [above, own, kept]) expect(await ended(id)).toBeNull();
    // Where each stands it counts, and what ended counts nowhere.
    const counted = await owner.query(
      `SELECT t.account_id, t.own::int, (SELECT count(*)::int FROM api_keys k WHERE k.account_id = t.account_id AND k.revoked_at IS NULL) AS keys,
         t.total::int, (SELECT count(*)::int FROM api_keys k JOIN accounts b ON b.id = k.account_id
           WHERE k.revoked_at IS NULL AND b.root_id = a.root_id AND b.path_key >= a.path_key AND b.path_key < a.path_key || '\\xff'::bytea) AS below
       FROM resource_totals t JOIN accounts a ON a.id = t.account_id WHERE t.resource = 'apiKeys' AND t.account_id = ANY ($1)`,
      [[root, parent, leaving, leaf]],
    );
    expect(counted.rows).toHaveLength(4);
    for (const { own: shown, keys, total, below: all } of counted.rows) expect([shown, total]).toEqual([keys, all]);
    expect((await findApiKey(test.db, Buffer.from(kept), now()))?.path).toEqual([leaving, leaf]);
  });

  it('takes along what somebody is writing, and lets nobody write to where it was, with foreign keys in force again', async () => {
    const { root, leaving, leaf } = await plantGround();
    const write = (client: pg.Client) =>
      client.query(
        `INSERT INTO import_plans (root_id, account_id, id, asked, shown, created_at) VALUES ($1, $2, uuidv7(), '{}', '{}', now())`,
        [root, leaf],
      );
    const waits = (seen: pg.Client) =>
      expect
        .poll(
          async () =>
            (
              await seen.query(
                `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
              )
            ).rowCount,
        )
        .toBe(1);
    const [early, late] = [new pg.Client(test.config), new pg.Client(test.config)];
    await Promise.all([early.connect(), late.connect()]);
    try {
      await early.query('BEGIN');
      await write(early);
      await owner.query('BEGIN');
      const changing = changeRoot(leaving, null);
      await waits(late);
      await early.query('COMMIT');
      await changing;
      const [setting] = (await owner.query('SHOW session_replication_role')).rows;
      expect(setting).toEqual({ session_replication_role: 'origin' });
      const refused = write(late).catch((error: unknown) => error);
      await waits(early);
      await owner.query('COMMIT');
      expect(await refused).toMatchObject({ message: expect.stringMatching(/violates foreign key/) });
      expect((await rootsOf([leaf]))['import_plans']).toEqual({ [leaving]: 2 });
      expect(await dangling()).toEqual([]);
    } finally {
      await owner.query('ROLLBACK');
      await Promise.all([early.end(), late.end()]);
    }
  });

  it('lets nobody who waited for the tree write what is kept by account to what has left it', async () => {
    const { root, leaving, leaf } = await plantGround();
    const preset = { account: leaf, id: freshId() as string as RowId, version: 1, name: 'Late', levels: {} } as const;
    const begun = Promise.withResolvers<number>();
    await owner.query('BEGIN');
    try {
      await changeRoot(leaving, null);
      const late = test.db.withTenant(root, async (trx) => {
        begun.resolve((await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(trx)).rows[0]!.pid);
        await beginTreeChange(trx, root);
        await insertPreset(trx, preset, { id: null, name: 'Tenantree' }, now());
      });
      const refused = late.catch((error: unknown) => error);
      const pid = await begun.promise;
      await expect
        .poll(async () => (await owner.query('SELECT FROM pg_locks WHERE pid = $1 AND NOT granted', [pid])).rowCount)
        .toBe(1);
      await owner.query('COMMIT');
      expect(await refused).toMatchObject({ message: expect.stringMatching(/violates row-level security/) });
    } finally {
      await owner.query('ROLLBACK');
    }
  });

  it('is none that is one already, nor one that is not there, and nobody of the application may ask for it', async () => {
    const { root, leaving, leaf } = await plantGround();
    for (const [account, to] of [
      [root, null],
      [leaving, leaf],
      [leaf, root],
      [freshId(), null],
      [leaving, freshId()],
    ] as const)
      await expect(changeRoot(account, to)).rejects.toThrow(/can not come to another tree/);
    await expect(test.db.pool.query('SELECT change_root($1, NULL, now())', [leaving])).rejects.toThrow(
      /permission denied/,
    );
  });
});
