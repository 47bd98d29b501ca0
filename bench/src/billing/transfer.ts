// What completing a billing transfer costs: a subtree of 10 000 accounts becomes a tree of its own, with all that is in it, beside a move of the
// same subtree in the build before accounts could leave their tree, which had less of it to take along.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import {
  beginTreeChange,
  completeTransfer,
  type Database,
  openDatabase,
  prepareDatabase,
  startEmbedded,
  stopCounting,
} from '../../../packages/db/src/index.ts';
import { plantTree } from '../../../packages/db/test/tree-before.ts';
import { unpackBuild } from '../build-before.ts';
import { loadBuildBefore as loadPlantingBuild } from '../growth/build-before.ts';
import { databaseCpu } from '../growth/cpu.ts';
import { type Ids, idsOf } from '../growth/operations.ts';

/** The last commit before the keys of a tree's tables could change their tree. */
const COMMIT = '4b3f668';
const SIZES = (process.env['BENCH_SIZES'] ?? '10000,100000').split(',').map(Number);
const REPEATS = 1;
/** Connections that leave the application one, so that all it does is done by one process of the database. */
const ONE = 3;

type Transaction = { readonly transactionOf: 'the build before' };
type OpenedBefore = {
  readonly pool: { query<Row>(text: string): Promise<{ rows: Row[] }> };
  withTenant(account: string, work: (trx: Transaction) => Promise<unknown>): Promise<unknown>;
  close(): Promise<void>;
};
/** What is asked of the `db` package of the build before. */
type BuildBefore = {
  prepareDatabase(given: object): Promise<object>;
  openDatabase(serving: object, options: { readonly connections: number }): OpenedBefore;
  beginTreeChange(trx: Transaction, root: string): Promise<unknown>;
  readAccountState(trx: Transaction, account: string): Promise<unknown>;
  subtreeHeight(trx: Transaction, account: unknown): Promise<unknown>;
  moveSubtree(trx: Transaction, account: string, to: string, version: unknown, now: string): Promise<unknown>;
};
type AccountId = Parameters<typeof beginTreeChange>[1];
type Instant = Parameters<typeof completeTransfer>[2]['at'];
type TransferId = Parameters<typeof completeTransfer>[2]['id'];
type Connection = { readonly host: string; readonly port: number; readonly user: string; readonly database: string };

/** CPU in the database (ms) with so many accounts outside the subtree. */
export type Transferred = { readonly outside: number; readonly move: number; readonly complete: number };

/** @returns null where the history doesn't hold the builds before (a shallow clone) */
export async function measureTransfer(): Promise<Transferred[] | null> {
  const planting = await loadPlantingBuild();
  const folder = unpackBuild(COMMIT, ['packages/domain', 'packages/db']);
  if (planting === null || folder === null) return null;
  const build = (await import(pathToFileURL(join(folder, 'packages', 'db', 'src', 'index.ts')).href)) as BuildBefore;
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantree-transfer-'));
  await chmod(dataDir, 0o755);
  const server = await startEmbedded({ dataDir, durability: 'fast' });
  try {
    await asOwner(server.connection, async (client) => {
      for (const setting of [
        'jit = off',
        'max_parallel_workers_per_gather = 0',
        "autovacuum_naptime = '1d'",
        "max_wal_size = '4GB'",
      ])
        await client.query(`ALTER SYSTEM SET ${setting}`);
      await client.query('SELECT pg_reload_conf()');
    });
    const measured: Transferred[] = [];
    for (const size of SIZES) {
      const old = { ...server.connection, database: `before_${size}` };
      const now = { ...server.connection, database: `now_${size}` };
      await asOwner(server.connection, (client) => client.query(`CREATE DATABASE ${old.database}`));
      await planting.migrate(old);
      await asOwner(old, (client) => plantTree(client, size));
      await asOwner(old, (client) => client.query(STRANGERS));
      const before = await build.prepareDatabase({ database: old, owner: null, secret: 'of a benchmark' });
      await asOwner(old, (client) => furnish(client, FURNITURE_BEFORE));
      await asOwner(server.connection, (client) =>
        client.query(`CREATE DATABASE ${now.database} TEMPLATE ${old.database} STRATEGY file_copy`),
      );
      const serving = await prepareDatabase({ database: now, owner: null, secret: 'of a benchmark' });
      await asOwner(now, (client) => furnish(client, FURNITURE));
      measured.push(
        await compare(
          build.openDatabase(before, { connections: ONE }),
          build,
          openDatabase(serving, { connections: ONE }),
          now,
        ),
      );
      await asOwner(server.connection, (client) => client.query(`DROP DATABASE ${old.database} WITH (FORCE)`));
      await asOwner(server.connection, (client) => client.query(`DROP DATABASE ${now.database} WITH (FORCE)`));
    }
    return measured;
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function asOwner<T>(config: Connection, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(config);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function furnish(client: Client, rows: string): Promise<void> {
  await client.query(rows);
  await client.query('VACUUM ANALYZE');
}

async function compare(
  before: OpenedBefore,
  build: BuildBefore,
  app: Database,
  owner: Connection,
): Promise<Transferred> {
  const client = new Client(owner);
  await client.connect();
  try {
    const ids = await idsOf(client);
    let at: 'here' | 'there' = 'here';
    let transfer: TransferId | null = null;
    const move = (): Promise<unknown> =>
      before.withTenant(ids.root, async (trx) => {
        at = at === 'here' ? 'there' : 'here';
        const version = await build.beginTreeChange(trx, ids.root);
        await build.subtreeHeight(trx, await build.readAccountState(trx, ids.moved));
        await build.moveSubtree(trx, ids.moved, ids[at], version, new Date().toISOString());
      });
    const cost = { move: 0, complete: 0 };
    const used = await databaseCpu(
      {
        move: { pool: before.pool, work: move },
        // Brought back by another connection, while that of the application is idle for longer than one is kept.
        complete: {
          pool: app.pool,
          before: async () => void (transfer = await bringBack(client, ids)),
          work: () => complete(app, ids, transfer),
        },
      },
      REPEATS,
    );
    for (const name of ['move', 'complete'] as const) cost[name] = used.get(name) ?? Number.NaN;
    const { rows } = await client.query<{ n: number }>(
      `SELECT count(*)::int - 10000 AS n FROM accounts WHERE root_id = $1`,
      [ids.root],
    );
    return { outside: rows[0]?.n ?? 0, ...cost };
  } finally {
    await client.end();
    await before.close();
    await app.close();
  }
}

/** Takes back what a transfer of the subtree made, if one did. @returns the next one */
async function bringBack(client: Client, ids: Ids): Promise<TransferId | null> {
  await client.query('SELECT change_root(id, $2, now()) FROM accounts WHERE id = $1 AND parent_id IS NULL', [
    ids.moved,
    ids.here,
  ]);
  await client.query('DELETE FROM subscriptions WHERE account_id = $1', [ids.moved]);
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO billing_transfers (root_id, account_id, id, version, state, recipient, grace_days, agency, completion, started_at, expires_at, ended_at, mail, ahead, reminded, steps, details)
     VALUES ($1, $2, uuidv7(), 1, 'completed', 'eve@example.com', 30, 'kept', 'automatic', now(), now(), now(), 'sent', '{}', '{}',
       jsonb_build_object('owner', $3::text, 'plan', '{"id": "bench", "version": 1}'::jsonb), '{"country": "DE"}') RETURNING id`,
    [ids.root, ids.moved, STRANGER],
  );
  return (rows[0]?.id ?? null) as TransferId | null;
}

async function complete(app: Database, ids: Ids, id: TransferId | null): Promise<void> {
  if (id === null) throw new Error('there is no transfer to complete');
  await app.withTenant(ids.root as AccountId, async (trx) => {
    await stopCounting(trx, ids.root as AccountId);
    const version = await beginTreeChange(trx, ids.root as AccountId);
    const at = new Date().toISOString() as Instant;
    const transfer = { id, at, agency: [], until: at, settled: { blank: 0, takenBack: 0 } };
    const by = { actor: { kind: 'system', id: null, name: 'Tenantree', via: null }, requestId: null } as const;
    await completeTransfer(trx, ids.moved as AccountId, transfer, by, version);
  });
}

/** Owns everything in the subtree, and nothing above it: who does is another one. */
const STRANGER = '00000000-0000-7000-8000-0000000f00d5';
const SUBTREE = `(SELECT a.id FROM accounts a, accounts t WHERE t.id = id_of(2) AND a.root_id = t.root_id AND a.path_key >= t.path_key AND a.path_key < t.path_key || '\xff'::bytea)`;

/** In the database of the build that plants. */
const STRANGERS = `
  INSERT INTO auth.users (id, name, email, shown_email) VALUES ('${STRANGER}', 'Eve', 'eve@example.com', 'eve@example.com');
  UPDATE members SET user_id = '${STRANGER}' WHERE account_id IN (SELECT id_of(i) FROM seed WHERE id_of(2) = ANY (path))`;

/** What accounts had in the build before. */
const FURNITURE_BEFORE = `
  CREATE TEMP TABLE s AS SELECT x.id, a.root_id FROM ${SUBTREE} x JOIN accounts a USING (id);
  INSERT INTO agents (root_id, account_id, id, name, created_at) SELECT root_id, id, uuidv7(), 'Agent', now() FROM s;
  INSERT INTO api_keys (root_id, account_id, id, user_id, name, prefix, token_hash, created_at)
    SELECT root_id, id, uuidv7(), '${STRANGER}', 'Key', 'tt', sha256(id::text::bytea), now() FROM s;
  INSERT INTO invitations (root_id, account_id, id, email, shown_email, role, token_hash, invited_by, created_at, expires_at)
    SELECT root_id, id, uuidv7(), 'bob@example.com', 'bob@example.com', 'member', sha256(id::text::bytea), '${STRANGER}', now(), '2099-01-01' FROM s;
  INSERT INTO embed_tokens (root_id, account_id, id, key_id, origin, access, features, user_ref, token_hash, created_at, expires_at)
    SELECT s.root_id, s.id, uuidv7(), k.id, 'https://portal.example', 'read', '{}', 'u', sha256(s.id::text::bytea), now(), '2099-01-01' FROM s JOIN api_keys k ON k.account_id = s.id`;

/** What they have today. */
const FURNITURE = `
  CREATE TEMP TABLE s AS SELECT x.id, a.root_id, a.parent_id FROM ${SUBTREE} x JOIN accounts a USING (id);
  INSERT INTO embed_origins (account_id, origins) SELECT id, '{https://portal.example}' FROM s ON CONFLICT DO NOTHING;
  INSERT INTO presets (account_id, id, version, name, levels, saved_by, saved_at) SELECT id, id, 1, 'Ours', '{"tasks": "read"}', '{}', now() FROM s;
  INSERT INTO preset_defaults (account_id, preset_account, preset_id) SELECT id, id, id FROM s;
  INSERT INTO account_caps (account_id, levels) SELECT id, '{"tasks": "read"}' FROM s ON CONFLICT DO NOTHING;
  INSERT INTO limits (root_id, account_id, kind, metered, cap, thresholds) SELECT root_id, id, 'calls', false, 100, '{80}' FROM s;
  INSERT INTO limit_defaults (account_id, kind, metered, cap, at_limit, thresholds) SELECT id, 'calls', false, 100, 'block', '{80}' FROM s;
  INSERT INTO leases (root_id, account_id, key, kind, period, n, expires_at) SELECT root_id, id, 'lease', 'calls', '-infinity', 1, '2099-01-01' FROM s;
  INSERT INTO sorted_parents (root_id, account_id) SELECT root_id, id FROM s ON CONFLICT DO NOTHING;
  INSERT INTO account_sort_minutes (account_id, parent_id, minutes) SELECT id, parent_id, 0 FROM s ON CONFLICT DO NOTHING;
  INSERT INTO account_sort_counts (account_id, parent_id, members, agents) SELECT id, parent_id, 0, 0 FROM s ON CONFLICT DO NOTHING;
  INSERT INTO jobs (account_id, id, kind, asked_by, total, created_at) SELECT id, id, 'bench', '{}', 1, now() FROM s;
  INSERT INTO job_items (account_id, job_id, n, payload) SELECT id, id, 1, '{}' FROM s;
  INSERT INTO job_files (account_id, job_id, part, filename, content, has_usage, expires_at) SELECT id, id, 0, 'a.csv', 'id', false, '2099-01-01' FROM s;
  INSERT INTO carried_entries (root_id, account_id, id, kind, chain_id, seq) SELECT root_id, id, uuidv7(), 'account.renamed', uuidv7(), 1 FROM s;
  INSERT INTO departures (root_id, account_id, id, departed, name, agency, at, accounts, external_ids) SELECT root_id, id, uuidv7(), uuidv7(), 'Gone', 'kept', now(), '{}', '{}' FROM s;
  INSERT INTO billing_transfers (root_id, account_id, id, version, state, recipient, grace_days, agency, completion, started_at, expires_at, ended_at, mail, ahead, reminded, steps)
    SELECT root_id, id, uuidv7(), 2, 'cancelled', 'eve@example.com', 30, 'kept', 'automatic', now(), now(), now(), 'sent', '{}', '{}', '{}' FROM s`;
