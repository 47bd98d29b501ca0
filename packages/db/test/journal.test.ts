import { type AccountId, type Instant, instantOf, nameKey, type RowId } from '@tenantree/domain';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { further } from '../../../scripts/further.ts';
import {
  type AuditQuery,
  type AuditRow,
  appendTraces,
  beginTreeChange,
  countTree,
  type Database,
  endChange,
  findFaults,
  insertAccounts,
  type JournalFault,
  journalText,
  readAccountState,
  readAudit,
  readHeads,
  readJournalExtent,
  readNews,
  sentAccounts,
  type TenantTransaction,
} from '../src/index.ts';
import { migrate } from '../src/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { blocksOf, openExplained } from './explained.ts';
import { count, ended, event, freshId, move, NOVEMBER_10, plant, record, ticking, visit } from './tenants.ts';

let test: TestDatabase;
let db: Database;
const now = ticking(NOVEMBER_10);
beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
  ({ db } = test);
});
afterAll(() => test.drop());

const seqsOf = async (root: AccountId): Promise<number[]> =>
  (await test.asOwner<{ seq: number }>('SELECT seq::int FROM journal WHERE root_id = $1 ORDER BY seq', [root])).map(
    ({ seq }) => seq,
  );
const headOf = async (root: AccountId): Promise<number> => (await readHeads(db, [root]))[0]?.seq ?? 0;
const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, n) => first + n);
const faultsOf = (account: AccountId): Promise<JournalFault[]> =>
  db.withTenant(account, async (trx) => {
    const extent = await readJournalExtent(trx);
    return findFaults(trx, { from: extent?.first ?? 1, to: extent?.last ?? 0 });
  });

describe('The journal of a tree', () => {
  it('has no hole from its first row to its head, whoever writes at once and whatever is undone', async () => {
    const roots = [await plant(db, null, 'One', now()), await plant(db, null, 'Two', now())];
    const [one, two] = roots as [AccountId, AccountId];
    const isUndone = (n: number): boolean => n % 3 === 0;
    const change = async (root: AccountId, n: number): Promise<void> => {
      const changing = db.withTenant(root, async (trx) => {
        const version = await beginTreeChange(trx, root);
        await ended(trx, root, version, root, { shows: [root] });
        if (isUndone(n)) throw new Error('undone');
      });
      await changing.catch((error: Error) => expect(error.message).toBe('undone'));
    };
    const traces = async (n: number): Promise<void> => {
      await appendTraces(
        db,
        n % 2 ? [visit(one, now()), visit(two, now())] : [visit(two, now()), visit(one, now()), visit(two, now())],
      );
    };
    const use = async (n: number): Promise<void> => {
      await record(db, [event(one, `n-${n}`, '1', now())], now());
      await count(db, now());
    };
    const cut = async (): Promise<void> => {
      // A connection that is lost in the middle of its change takes nothing along.
      const changing = db.withTenant(one, async (trx) => {
        await ended(trx, one, await beginTreeChange(trx, one), one, { shows: [one] });
        await test.asOwner(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%end_change%' AND state = 'idle in transaction'`);
      });
      await expect(changing).rejects.toThrow();
    };
    const work = upTo(24).flatMap((n) => [change(one, n), change(two, n), traces(n), use(n)]);
    await Promise.allSettled([...work, cut()]);
    await change(one, 1);
    for (const root of roots) {
      const head = await headOf(root);
      expect(head).toBeGreaterThan(40);
      expect(await seqsOf(root)).toEqual(upTo(head));
      expect(await faultsOf(root)).toEqual([]);
    }
  });

  it('has a row for each version that is no count of usage, in the order of versions', async () => {
    const root = await plant(db, null, 'Ordered', now());
    const child = await plant(db, root, 'Child', now());
    await record(db, [event(child, 'one', '1', now())], now());
    await count(db, now());
    await plant(db, root, 'Another', now());
    const news = await readNews(db, root, 0, 10);
    expect(news.map(({ seq, version }) => [seq, version])).toEqual([
      [1, 1],
      [2, 2],
      [3, 4],
    ]);
    expect(news.at(1)?.shows).toEqual([root, child]);
    expect(await readNews(db, root, 2, 10)).toEqual(news.slice(2));
    expect(await readHeads(db, [root, freshId()])).toMatchObject([
      { root, seq: 3, version: 4 },
      { seq: 0, version: 0 },
    ]);
  });

  it('has nothing of what usage is recorded and counted', async () => {
    const root = await plant(db, null, 'Used', now());
    await record(db, [event(root, 'used', '1', now())], now());
    expect(await countTree(db, root, { meter: 'call.seconds', now: now(), wait: true })).toMatchObject({ version: 2 });
    expect(await headOf(root)).toBe(1);
  });

  it('takes traces of several trees at once, and leaves out what is about nobody', async () => {
    const [one, two] = [await plant(db, null, 'Left', now()), await plant(db, null, 'Right', now())];
    const child = await plant(db, one, 'Child', now());
    const outcomes = await appendTraces(db, [
      visit(child, now()),
      visit(freshId(), now()),
      visit(two, now()),
      visit(one, now()),
    ]);
    expect(outcomes).toEqual(['written', 'gone', 'written', 'written']);
    expect([await headOf(one), await headOf(two)]).toEqual([4, 2]);
    const log = (account: AccountId) =>
      db.withTenant(account, (trx) =>
        readAudit(trx, { root: one, account, scope: 'own', actions: null, actor: null, before: null, limit: 9 }),
      );
    expect((await log(child)).map(({ action }) => action)).toEqual(['account.entered', 'account.created']);
  });
});

describe('Whoever changes the journal behind its back', () => {
  let root: AccountId;
  let rows: { seq: number; id: string }[];
  beforeEach(async () => {
    root = await plant(db, null, 'Kept', now());
    for (const name of ['A', 'B', 'C', 'D', 'E', 'F', 'G']) await plant(db, root, name, now());
    rows = await test.asOwner('SELECT seq::int, id FROM journal WHERE root_id = $1 ORDER BY seq', [root]);
  });

  const RESEAL = 'UPDATE journal j SET hash = sha256(j.prev || journal_content(j))';
  const DOWN =
    'UPDATE journal SET seq = -seq WHERE seq > 4 AND $; UPDATE journal SET seq = -seq - 1 WHERE seq < 0 AND $';
  const UP = 'UPDATE journal SET seq = -seq WHERE seq > 4 AND $; UPDATE journal SET seq = 1 - seq WHERE seq < 0 AND $';
  const COPY = `INSERT INTO journal
    SELECT (jsonb_populate_record(j, jsonb_build_object('seq', j.seq + 1, 'id', uuidv7(), 'prev', j.hash))).* FROM journal j`;

  it.each([
    ['changes a row', `UPDATE journal SET details = '{"account": "X"}' WHERE seq = 4 AND $`, [['changed', 4]]],
    ['changes who did it', `UPDATE journal SET actor_name = 'Eve' WHERE seq = 1 AND $`, [['changed', 1]]],
    ['changes when it was', `UPDATE journal SET at = at + interval '1 s' WHERE seq = 8 AND $`, [['changed', 8]]],
    [
      'changes a row and seals it anew',
      `UPDATE journal SET details = '{}' WHERE seq = 4 AND $; ${RESEAL} WHERE seq = 4 AND $`,
      [['changed', 4]],
    ],
    [
      'changes the last row and seals it anew',
      `UPDATE journal SET kind = 'x' WHERE seq = 8 AND $; ${RESEAL} WHERE seq = 8 AND $`,
      [['changed', 8]],
    ],
    ['takes a row away', 'DELETE FROM journal WHERE seq = 4 AND $', [['missing', 4]]],
    ['takes the first row away', 'DELETE FROM journal WHERE seq = 1 AND $', [['missing', 1]]],
    ['takes the last row away', 'DELETE FROM journal WHERE seq = 8 AND $', [['missing', 8]]],
    ['takes a row away and closes the hole', `DELETE FROM journal WHERE seq = 4 AND $; ${DOWN}`, [['missing', 4]]],
    [
      'takes a row away, closes the hole and sets the head back',
      `DELETE FROM journal WHERE seq = 4 AND $; ${DOWN}; UPDATE journal_heads SET seq = seq - 1 WHERE $`,
      [['missing', 4]],
    ],
    [
      'swaps two rows',
      'UPDATE journal SET seq = -3 WHERE seq = 3 AND $; UPDATE journal SET seq = 3 WHERE seq = 6 AND $; UPDATE journal SET seq = 6 WHERE seq = -3 AND $',
      [
        ['changed', 3],
        ['changed', 6],
      ],
    ],
    [
      'swaps two that stand beside each other',
      'UPDATE journal SET seq = -3 WHERE seq = 3 AND $; UPDATE journal SET seq = 3 WHERE seq = 4 AND $; UPDATE journal SET seq = 4 WHERE seq = -3 AND $',
      [
        ['changed', 3],
        ['changed', 4],
      ],
    ],
    ['adds a row at the end', `${COPY} WHERE seq = 8 AND $; ${RESEAL} WHERE seq = 9 AND $`, [['added', 9]]],
    ['adds a row in between', `${UP}; ${COPY} WHERE seq = 4 AND $; ${RESEAL} WHERE seq = 5 AND $`, [['added', 5]]],
    [
      'adds a row in between and sets the head forward',
      `${UP}; ${COPY} WHERE seq = 4 AND $; ${RESEAL} WHERE seq = 5 AND $; UPDATE journal_heads SET seq = seq + 1 WHERE $`,
      [['added', 5]],
    ],
  ])('is found out when it %s', async (_, tamper, found) => {
    expect(await faultsOf(root)).toEqual([]);
    await test.asOwner(tamper.replaceAll('$', `root_id = '${root}'`));
    const faults = await faultsOf(root);
    expect(faults.map(({ fault, seq }) => [fault, seq])).toEqual(found);
    for (const { fault, seq, id } of faults) {
      if (fault === 'changed') expect(rows.map((row) => row.id)).toContain(id);
      if (fault === 'missing') expect(id).toBeNull();
      if (fault === 'added') expect([seq, rows.some((row) => row.id === id)]).toEqual([seq, false]);
    }
  });

  it('is found out page by page as well', async () => {
    await test.asOwner(`DELETE FROM journal WHERE seq IN (3, 5) AND root_id = '${root}'`);
    const faults: unknown[] = [];
    for (const from of [1, 3, 5, 7])
      faults.push(...(await db.withTenant(root, (trx) => findFaults(trx, { from, to: from + 1 }))));
    expect(faults).toMatchObject([
      { fault: 'missing', seq: 3 },
      { fault: 'missing', seq: 5 },
    ]);
  });

  it('is told to whoever sees the account which row it is, and to others when it was', async () => {
    const [east, west] = [await plant(db, root, 'East', now()), await plant(db, root, 'West', now())];
    const [row] = await test.asOwner<{ seq: number; id: string; at: Date }>(
      `UPDATE journal SET actor_name = 'Eve' WHERE account_id = $1 RETURNING seq::int, id, at`,
      [east],
    );
    const at = row?.at.toISOString();
    expect(await faultsOf(east)).toEqual([{ fault: 'changed', seq: row?.seq, id: row?.id, at }]);
    expect(await faultsOf(root)).toEqual(await faultsOf(east));
    expect(await faultsOf(west)).toEqual([{ fault: 'changed', seq: null, id: null, at }]);
  });
});

/** Creates many accounts by one change, each with its row. */
async function plantMany(parent: AccountId, many: number, name: string): Promise<void> {
  await db.withTenant(parent, async (trx) => {
    const above = (await readAccountState(trx, parent))!;
    const version = await beginTreeChange(trx, above.rootId);
    const accounts = Array.from({ length: many }, (_, n) => {
      const id = freshId();
      const called = `${n} ${name}`;
      return {
        id,
        path: [...above.path, id],
        payerId: above.id,
        name: { name: called, key: nameKey(called) },
        externalId: null,
        metadata: {},
      };
    });
    await insertAccounts(trx, sentAccounts(accounts), { creator: null, now: now() }, version);
    const by = {
      action: 'account.created',
      actor: { kind: 'system', id: null, name: 'Test', via: null },
      requestId: null,
      left: null,
    } as const;
    const rows = accounts.map(({ id, name: { name: account } }) => ({
      ...by,
      details: { account },
      account: id,
      target: { id, name: account },
      id: freshId() as string as RowId,
      at: instantOf(NOVEMBER_10),
    }));
    await endChange(trx, above.rootId, version, journalText(rows, null), { shows: [parent] });
  });
}

describe('A subtree that becomes a tree of its own', () => {
  const detach = async (account: AccountId, parent: AccountId | null = null): Promise<number> => {
    const [row] = await test.asOwner<{ version: number }>('SELECT change_root($1, $2, $3)::int AS version', [
      account,
      parent,
      now(),
    ]);
    return row?.version ?? 0;
  };
  const logOf = (root: AccountId, account: AccountId, scope: 'own' | 'nested' = 'own') =>
    db.withTenant(account, async (trx) => {
      const asked = { root, account, scope, actions: null, actor: null, before: null, limit: 50 } as const;
      return (await readAudit(trx, asked)).map(({ account: { name }, action }) => `${name}: ${action}`);
    });

  it('goes on above the numbers of the tree it came from, and from its hash', async () => {
    const root = await plant(db, null, 'Old', now());
    const leaving = await plant(db, root, 'Leaving', now());
    const leaf = await plant(db, leaving, 'Leaf', now());
    const [before] = await readHeads(db, [root]);
    const version = await detach(leaving);
    const [old, fresh] = await readHeads(db, [root, leaving]);
    expect(old).toMatchObject({ root, seq: (before?.seq ?? 0) + 1, version: (before?.version ?? 0) + 1 });
    expect(fresh).toMatchObject({ epoch: old?.epoch, root: leaving, seq: (old?.seq ?? 0) + 1, version });
    expect(version).toBeGreaterThan(old?.version ?? 0);
    const [link] = await test.asOwner(
      `SELECT (SELECT prev FROM journal WHERE root_id = $2) = (SELECT hash FROM journal_heads WHERE root_id = $1) AS linked`,
      [root, leaving],
    );
    expect(link).toEqual({ linked: true });
    await plant(db, leaving, 'Younger', now());
    for (const one of [root, leaving, leaf]) expect(await faultsOf(one)).toEqual([]);
    const [last] = await readNews(db, root, old!.seq - 1, 1);
    expect(last).toMatchObject({ rights: { subtree: leaving }, moved: true, shows: [root, leaving] });
  });

  it('takes its log along, of which the former tree keeps only that it left', async () => {
    const root = await plant(db, null, 'Old', now());
    const leaving = await plant(db, root, 'Leaving', now());
    const leaf = await plant(db, leaving, 'Leaf', now());
    await detach(leaving);
    expect(await logOf(root, root, 'nested')).toEqual(['Old: transfer.departed', 'Old: account.created']);
    expect(await logOf(leaving, leaving, 'nested')).toEqual([
      'Leaving: transfer.arrived',
      'Leaf: account.created',
      'Leaving: account.created',
    ]);
    expect(await logOf(leaving, leaf)).toEqual(['Leaf: account.created']);
  });

  it('comes back, and leaves again, with chains that hold', async () => {
    const root = await plant(db, null, 'Old', now());
    const leaving = await plant(db, root, 'Leaving', now());
    await detach(leaving);
    await plant(db, leaving, 'Alone', now());
    await detach(leaving, root);
    await move(db, root, leaving, await plant(db, root, 'Harbour', now()), now());
    await detach(leaving);
    for (const one of [root, leaving]) {
      expect(await faultsOf(one)).toEqual([]);
      const seqs = await seqsOf(one);
      expect(seqs).toEqual(upTo(await headOf(one), seqs[0]));
    }
    expect(await logOf(leaving, leaving)).toEqual([
      'Leaving: transfer.arrived',
      'Leaving: account.moved',
      'Leaving: transfer.arrived',
      // As a tree it let itself go.
      'Leaving: transfer.departed',
      'Leaving: transfer.arrived',
      'Leaving: account.created',
    ]);
  });

  it('has a log of all its accounts that is read a page at a time, however many there are and whatever tree they stood in', async () => {
    const old = await plant(db, null, 'Old', now());
    const leaving = await plant(db, old, 'Leaving', now());
    await plantMany(leaving, 1_200, 'in the old tree');
    await plant(db, old, 'Stays', now());
    await detach(leaving);
    const harbour = await plant(db, null, 'Harbour', now());
    await plant(db, leaving, 'Alone', now());
    await detach(leaving, harbour);
    await plant(db, leaving, 'In the harbour', now());

    const pages = async (
      asks: Partial<AuditQuery>,
      account = leaving,
      root = harbour,
      most = 3_000,
    ): Promise<AuditRow[]> => {
      const found: AuditRow[] = [];
      for (let before: RowId | null = null; found.length < most; before = found.at(-1)!.id) {
        const page = {
          root,
          account,
          scope: 'nested',
          actions: null,
          actor: null,
          limit: 100,
          ...asks,
          before,
        } as const;
        const rows = await db.withTenant(account, (trx) => readAudit(trx, page));
        found.push(...rows);
        if (rows.length < 100) break;
      }
      return found;
    };
    const all = await pages({});
    const said = all.map(({ account, action }) => `${account.name}: ${action}`);
    expect(said.slice(0, 5)).toEqual([
      'In the harbour: account.created',
      'Leaving: transfer.arrived',
      'Leaving: transfer.departed',
      'Alone: account.created',
      'Leaving: transfer.arrived',
    ]);
    expect(said.slice(5)).toHaveLength(1_201);
    expect(said.at(-1)).toBe('Leaving: account.created');
    expect(all.map(({ id }) => id)).toEqual(
      all
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(await pages({ actions: ['transfer.departed', 'transfer.arrived'] })).toHaveLength(3);
    expect(await pages({ actor: freshId() as string as RowId })).toEqual([]);
    // Who reaches all of the harbour reads the same and its own; the tree that it left has nothing of it.
    expect(await pages({}, harbour)).toHaveLength(all.length + 1);
    expect((await pages({}, old, old)).map(({ account: { name }, action }) => `${name}: ${action}`)).toEqual([
      'Old: transfer.departed',
      'Stays: account.created',
      'Old: account.created',
    ]);

    // Back where it was all written nothing is told twice.
    await detach(leaving, old);
    expect(await pages({}, leaving, old)).toHaveLength(all.length + 1);
  });

  it('has a log that costs as much to read as is shown of it', async () => {
    const carried = async (accounts: number): Promise<AccountId> => {
      const old = await plant(db, null, 'Old', now());
      const leaving = await plant(db, old, 'Leaving', now());
      await plantMany(leaving, accounts, 'in the old tree');
      await plantMany(old, 1_000, 'of others');
      await detach(leaving);
      return leaving;
    };
    const few = await carried(600);
    // What the planner knows is older than the other tree, which it takes for one without any entry.
    await test.asOwner('ANALYZE');
    const many = await carried(3_000);
    const explained = await openExplained(test);
    const cost = async (root: AccountId): Promise<number> => {
      const page = {
        root,
        account: root,
        scope: 'nested',
        actions: null,
        actor: null,
        before: null,
        limit: 50,
      } as const;
      const ran = await explained.ranFor(() =>
        explained.db.withTenant(root, async (trx) => expect(await readAudit(trx, page)).toHaveLength(50)),
      );
      const reading = ran.filter(({ text }) => text.includes('carried_entries'));
      expect(reading).toHaveLength(1);
      return blocksOf(reading[0]!);
    };
    const costOfFew = await cost(few);
    expect(costOfFew).toBeLessThan(1_500);
    expect(await cost(many)).toBeLessThan(costOfFew * 1.3);
    await explained.close();
  });

  it('is told of to who watched it as having left, whatever stood in its place', async () => {
    const root = await plant(db, null, 'Old', now());
    const parent = await plant(db, root, 'Parent', now());
    const leaving = await plant(db, parent, 'Leaving', now());
    const since = (await readHeads(db, [root]))[0]!.version;
    await detach(leaving);
    const departures = (account: AccountId, after: number) =>
      db.withTenant(account, async (trx) => (await readDeparted(trx, after)).map(({ account_id }) => account_id));
    expect(await departures(parent, since)).toEqual([leaving]);
    expect(await departures(root, since + 1)).toEqual([]);
    const other = await plant(db, root, 'Other', now());
    expect(await departures(other, since)).toEqual([]);
  });
});

const readDeparted = async (trx: TenantTransaction, after: number): Promise<readonly { account_id: AccountId }[]> =>
  (await sql<{ account_id: AccountId }>`SELECT * FROM departures_since(${after})`.execute(trx)).rows;

/** Entries of a log of before: more than the 50 000 after which it is said how far it is. */
const ENTRIES = 60_000;

further(
  'The log of a release before becomes the beginning of the journal, in its words and its order, with data in it',
  async () => {
    const other = await createTestDatabase(inject('database'), { template: 'empty' });
    try {
      await migrate(other.config, { to: '0020-young-tables' });
      const [root, child, gone] = [freshId(), freshId(), freshId()];
      const key = Buffer.from(child.replaceAll('-', ''), 'hex').toString('hex');
      await other.asOwner(`
        INSERT INTO accounts (id, root_id, parent_id, path_key, name, name_key, billing_mode, payer_id, version, created_at)
          VALUES ('${root}', '${root}', NULL, '', 'Root', 'root', 'direct', '${root}', 1, now()),
            ('${child}', '${root}', '${root}', '\\x${key}', 'Child', 'child', 'parent', '${root}', 1, now());
        INSERT INTO tree_versions VALUES ('${root}', 7);
        INSERT INTO audit_log (root_id, account_id, id, at, action, actor_kind, actor_name, target_id, target_name, details, request_id)
          SELECT '${root}', CASE WHEN n % 2 = 0 THEN '${root}'::uuid ELSE '${child}'::uuid END, ('018f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
            '2026-11-01Z'::timestamptz + make_interval(mins => n), 'account.renamed', 'person', 'Olivia', '${child}', 'Child',
            jsonb_build_object('before', 'Child ' || n, 'after', 'Child'), 'r' || n
          FROM generate_series(1, ${ENTRIES}) n;
        INSERT INTO audit_log (root_id, account_id, id, at, action, actor_kind, actor_name) VALUES ('${gone}', '${gone}', '${gone}', now(), 'account.erased', 'system', 'T')`);
      const said = await other.asOwner<{ row: string }>(
        `SELECT concat_ws('|', root_id, account_id, id, at, action, actor_kind, actor_name, target_id, target_name, details, request_id) AS row
         FROM audit_log ORDER BY root_id, id`,
      );
      const steps: string[] = [];
      await migrate(other.config, { onProgress: ({ step }) => steps.push(step) });
      const says = await other.asOwner<{ row: string }>(
        `SELECT concat_ws('|', root_id, account_id, id, at, kind, actor_kind, actor_name, target_id, target_name, details, request_id) AS row
         FROM journal ORDER BY root_id, seq`,
      );
      expect(says).toEqual(said);
      const told = steps.filter((step) => step.includes(`of ${ENTRIES + 1}`) && step.includes('entries of the log: '));
      expect(told.length).toBeGreaterThan(0);
      const faults = await other.db.withTenant(root, async (trx) => findFaults(trx, { from: 1, to: ENTRIES }));
      expect(faults).toEqual([]);
      const heads = await readHeads(other.db, [root, gone]);
      expect(heads.map(({ seq, version }) => [seq, version])).toEqual([
        [ENTRIES, 7],
        [1, 0],
      ]);
      const next = await plant(other.db, root, 'Next', '2026-11-28T12:00:00.000Z' as Instant);
      expect((await readNews(other.db, root, ENTRIES, 5)).map(({ shows }) => shows)).toEqual([[root, next]]);
    } finally {
      await other.drop();
    }
  },
);
