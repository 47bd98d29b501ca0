import { readFileSync, rmSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { type Database, openDatabase, prepareDatabase, startEmbedded } from '../../packages/db/src/index.ts';

/** A fresh embedded PostgreSQL with our schema and full durability: fsync is on, as in production. */
export type BenchDatabase = {
  /** As the application sees it: its role, row-level security. */
  readonly app: Database;
  /** As the owner sees it, for filling tables and for the peers (which pay for no row-level security). */
  readonly owner: Pool;
  /** How an application opens it: for an earlier build. */
  readonly serving: Awaited<ReturnType<typeof prepareDatabase>>;
  /** How the owner does: for another database beside it. */
  readonly connection: Awaited<ReturnType<typeof startEmbedded>>['connection'];
  drop(): Promise<void>;
};

export async function startDatabase(ownerConnections = 10): Promise<BenchDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantree-bench-'));
  await chmod(dataDir, 0o755);
  const server = await startEmbedded({ dataDir, durability: 'durable' });
  const leave = (): void => stopAtOnce(dataDir);
  process.on('exit', leave);
  const serving = await prepareDatabase({ database: server.connection, owner: null, secret: 'of a benchmark' });
  const app = openDatabase(serving);
  const owner = new Pool({ ...server.connection, max: ownerConnections });
  // connections are cut when the server stops, also those that a failed case still holds
  owner.on('error', () => {});
  owner.on('connect', (client) => client.on('error', () => {}));
  return {
    app,
    owner,
    serving,
    connection: server.connection,
    drop: async () => {
      await server.stop(); // cuts every connection, also one that a failed case still holds
      await Promise.allSettled([app.close(), owner.end()]);
      await rm(dataDir, { recursive: true, force: true });
      process.off('exit', leave);
    },
  };
}

/** Ctrl-C in the middle of a benchmark leaves no database behind. */
function stopAtOnce(dataDir: string): void {
  try {
    process.kill(Number.parseInt(readFileSync(join(dataDir, 'pg', 'postmaster.pid'), 'utf8'), 10), 'SIGQUIT');
  } catch {
    // it has stopped already
  }
  rmSync(dataDir, { recursive: true, force: true });
}

/** SQL that makes a readable UUID of a number, so that trees can be drawn in SQL. */
export const uuidOf = (number: string): string =>
  `('018bcfe5-6800-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;

/** The same in JavaScript. */
export const idOf = (number: number): string => `018bcfe5-6800-7000-8000-${number.toString(16).padStart(12, '0')}`;

/**
 * Fills `accounts` from the table bench_shape (n int, parent int): paths, and the maintained totals as the product keeps them.
 * Every account has 1–5 members and 0–6 agents of its own.
 */
export async function plantTree(owner: Pool): Promise<void> {
  const { rowCount } = await owner.query(
    `SELECT FROM information_schema.columns WHERE table_name = 'resource_totals' AND column_name = 'root_id'`,
  );
  // In builds before this one counters have their tree in their key.
  const [named, told] = rowCount === 0 ? ['', ''] : ['root_id, ', 'a.root_id, '];
  await owner.query(`
    CREATE INDEX ON bench_shape (parent);
    CREATE TABLE bench_paths AS WITH RECURSIVE t AS (
      SELECT n, parent, ARRAY[n] AS path FROM bench_shape WHERE parent IS NULL
      UNION ALL SELECT s.n, s.parent, t.path || s.n FROM bench_shape s JOIN t ON s.parent = t.n
    ) SELECT n, parent, path, 1 + n % 5 AS members, n % 7 AS agents FROM t;
    CREATE TABLE bench_sums AS SELECT x AS n, count(*) - 1 AS below, sum(members) AS members, sum(agents) AS agents
      FROM bench_paths, unnest(path) x GROUP BY x;
    INSERT INTO accounts (id, root_id, parent_id, path_key, name, name_key, billing_mode, payer_id, version, created_at,
        children, subaccounts, own_members, total_members, own_agents, total_agents)
      SELECT ${uuidOf('p.n')}, ${uuidOf('p.path[1]')}, CASE WHEN p.parent IS NOT NULL THEN ${uuidOf('p.parent')} END,
        (SELECT coalesce(string_agg(uuid_send(${uuidOf('x')}), ''::bytea ORDER BY o), '') FROM unnest(p.path[2:]) WITH ORDINALITY u(x, o)),
        'Account ' || p.n, 'account ' || lpad(p.n::text, 8, '0'), CASE WHEN p.parent IS NULL THEN 'direct' ELSE 'parent' END,
        ${uuidOf('p.path[1]')}, 1, '2026-11-01', (SELECT count(*) FROM bench_shape c WHERE c.parent = p.n), s.below,
        p.members, s.members, p.agents, s.agents
      FROM bench_paths p JOIN bench_sums s USING (n) ORDER BY cardinality(p.path), p.n;
    INSERT INTO resource_totals (${named}account_id, resource, own, total)
      SELECT ${told}a.id, r.resource, r.own, r.total FROM accounts a CROSS JOIN LATERAL (
        VALUES ('subaccounts', a.children, a.subaccounts), ('members', a.own_members, a.total_members), ('agents', a.own_agents, a.total_agents)
      ) r(resource, own, total) WHERE r.total > 0;
    INSERT INTO tree_versions SELECT DISTINCT root_id, 1 FROM accounts;`);
}
