// The models that compute subtree sums when they are asked for, each with narrow tables of its own.
import type { Pool } from 'pg';

/** Each gives id, n (descendants with itself), members, agents and minutes of 50 children of $1 in the order of names. */
const page = (subtree: string): string => `
  SELECT ch.id, t.* FROM (SELECT id FROM bench_edge WHERE parent = $1 ORDER BY name, id LIMIT 50) ch
  CROSS JOIN LATERAL (${subtree}) t ORDER BY ch.id`;

const SUMS = 'count(*) AS n, sum(o.members) AS members, sum(o.agents) AS agents, sum(o.minutes) AS minutes';

export const MODELS: Readonly<Record<string, string>> = {
  'recursive CTE on parent_id': page(`
    WITH RECURSIVE r AS (SELECT ch.id UNION ALL SELECT e.id FROM bench_edge e JOIN r ON e.parent = r.id)
    SELECT ${SUMS} FROM r JOIN bench_own o ON o.id = r.id`),
  'closure table': page(
    `SELECT ${SUMS} FROM bench_closure d JOIN bench_own o ON o.id = d.descendant WHERE d.ancestor = ch.id`,
  ),
  'path array, GIN': page(
    `SELECT ${SUMS} FROM bench_path d JOIN bench_own o ON o.id = d.id WHERE d.path @> ARRAY[ch.id]`,
  ),
};

export async function plantModels(owner: Pool): Promise<void> {
  await owner.query(`
    INSERT INTO usage_totals (account_id, meter, period, own, total, own_events, total_events, version)
      SELECT a.id, 'call.seconds', '2026-11-01Z', 60 * (1 + a.own_members), 0, 1, 0, 1 FROM accounts a;
    CREATE TABLE bench_own AS SELECT a.id, a.own_members AS members, a.own_agents AS agents, div(t.own, 60) AS minutes
      FROM accounts a JOIN usage_totals t ON t.account_id = a.id;
    ALTER TABLE bench_own ADD PRIMARY KEY (id);
    CREATE TABLE bench_edge AS SELECT id, parent_id AS parent, name_key AS name FROM accounts;
    ALTER TABLE bench_edge ADD PRIMARY KEY (id);
    CREATE INDEX ON bench_edge (parent, id);
    CREATE INDEX ON bench_edge (parent, name, id);
    CREATE TABLE bench_path AS SELECT id, path_of(root_id, path_key) AS path FROM accounts;
    ALTER TABLE bench_path ADD PRIMARY KEY (id);
    CREATE INDEX ON bench_path USING gin (path) WITH (fastupdate = off);
    CREATE TABLE bench_closure AS SELECT x AS ancestor, id AS descendant FROM accounts, unnest(path_of(root_id, path_key)) x;
    ALTER TABLE bench_closure ADD PRIMARY KEY (ancestor, descendant);
    CREATE INDEX ON bench_closure (descendant, ancestor);
    UPDATE usage_totals t SET total = 60 * s.minutes, total_events = s.n
      FROM (SELECT c.ancestor, count(*) AS n, sum(o.minutes) AS minutes FROM bench_closure c JOIN bench_own o ON o.id = c.descendant GROUP BY 1) s
      WHERE s.ancestor = t.account_id`);
}
