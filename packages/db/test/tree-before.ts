// One tree of N accounts in the tables of the build before. Today's database is a copy of it that was migrated.
import type { Client } from 'pg';

/** Ids of the accounts that operations name. Root, a parent of N / 10, a subtree of 10 000, one of 80, two places to move between, a leaf. */
export const PLACES = { root: 0, flat: 1, moved: 2, small: 3, here: 4, there: 5, leaf: 40_000_007 } as const;

/** A person who made every account of the tree and has a membership in 30 others. */
export const CREATOR = '00000000-0000-7000-8000-00000000c0de';
const NEIGHBOUR = '00000000-0000-7000-8000-00000000beef';

const SHAPE = `
  CREATE FUNCTION id_of(i bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(1764000000000 + i), 12, '0') || '7' || substr(md5(i::text), 1, 3) || '8' || substr(md5(i::text), 4, 15))::uuid $$;
  CREATE TABLE seed (i bigint PRIMARY KEY, parent bigint, depth int, path uuid[], name text);
  INSERT INTO seed VALUES (0, NULL, 0, ARRAY[id_of(0)]);
  INSERT INTO seed SELECT i, 0, 1 FROM generate_series(1, 105) i WHERE i <> 2;
  INSERT INTO seed VALUES (2, 4, 2);
  INSERT INTO seed SELECT i, 6 + i % 100, 2 FROM generate_series(106, 105 + :N / 50) i;
  INSERT INTO seed SELECT 10000000 + i, 1, 2 FROM generate_series(1, :N / 10) i;
  INSERT INTO seed SELECT 20000000 + i, CASE WHEN i <= 100 THEN 2 ELSE 20000001 + i % 100 END, CASE WHEN i <= 100 THEN 3 ELSE 4 END FROM generate_series(1, 9999) i;
  INSERT INTO seed SELECT 30000000 + i, CASE WHEN i <= 8 THEN 3 ELSE 30000001 + i % 8 END, CASE WHEN i <= 8 THEN 2 ELSE 3 END FROM generate_series(1, 80) i;
  INSERT INTO seed SELECT 40000000 + i, 106 + (hashint8(i)::bigint & 2147483647) % (:N / 50), 3 FROM generate_series(1, :N - :N / 50 - :N / 10) i;
  DO $$ BEGIN FOR d IN 1..4 LOOP UPDATE seed s SET path = p.path || id_of(s.i) FROM seed p WHERE p.i = s.parent AND s.depth = d; END LOOP; END $$;
  UPDATE seed SET name = CASE WHEN i % 400000 = 30000005 % 400000 THEN 'Xanthippe ' ELSE '' END
    || (ARRAY['Nordic','Alpine','Urban','Golden','Rapid','Clear','Prime','Vivid','Solid','Lucky'])[1 + (hashint8(i)::bigint & 1048575) % 10]
    || ' ' || (ARRAY['Dental','Legal','Motors','Foods','Garden','Media','Travel','Health','Energy','Studio'])[1 + (hashint8(i * 7)::bigint & 1048575) % 10] || ' ' || i;
  CREATE TABLE sums AS SELECT x AS id, count(*) - 1 AS below FROM seed, unnest(path) x GROUP BY 1;
  CREATE INDEX ON sums (id);`;

const ACCOUNTS = `
  INSERT INTO auth.users (id, name, email, shown_email) VALUES ('${CREATOR}', 'Ada', 'ada@example.com', 'ada@example.com'),
    ('${NEIGHBOUR}', 'Ben', 'ben@example.com', 'ben@example.com');
  INSERT INTO accounts (id, root_id, parent_id, path, depth, name, name_key, billing_mode, payer_id, version, created_at, created_by,
      children, subaccounts, own_members, total_members)
    SELECT id_of(s.i), id_of(0), id_of(s.parent), s.path, s.depth, s.name, lower(s.name), CASE WHEN s.i = 0 THEN 'direct' ELSE 'parent' END,
      id_of(0), 1, '2026-11-01', '${CREATOR}', coalesce(k.n, 0), b.below, 1, b.below + 1
    FROM seed s JOIN sums b ON b.id = id_of(s.i) LEFT JOIN (SELECT parent, count(*)::int n FROM seed GROUP BY 1) k ON k.parent = s.i ORDER BY s.depth, s.i;
  INSERT INTO accounts (id, root_id, path, depth, name, name_key, billing_mode, payer_id, version, created_at, created_by, own_members, total_members)
    SELECT id_of(50000000 + i), id_of(50000000 + i), ARRAY[id_of(50000000 + i)], 0, 'Other ' || i, 'other ' || i, 'direct', id_of(50000000 + i), 1,
      '2026-11-01', '${CREATOR}', 1, 1 FROM generate_series(1, 30) i;
  INSERT INTO members (account_id, user_id, role, created_at) SELECT id, '${CREATOR}', 'owner', '2026-11-01' FROM accounts;
  INSERT INTO members (account_id, user_id, role, created_at) VALUES (id_of(${PLACES.leaf}), '${NEIGHBOUR}', 'member', '2026-11-02');
  UPDATE accounts SET total_members = total_members + 1, own_members = own_members + (id = id_of(${PLACES.leaf}))::int
    WHERE id = ANY (SELECT unnest(path) FROM seed WHERE i = ${PLACES.leaf});
  INSERT INTO tree_versions SELECT id, 1000 FROM accounts WHERE depth = 0;
  INSERT INTO usage_totals (account_id, meter, period, own, total, own_events, total_events, version)
    SELECT id_of(i), 'call.seconds', date_trunc('month', now(), 'UTC'), m, m, 1, 1, 1 + i % 900
    FROM (SELECT i, (hashint8(i)::bigint & 1048575)::numeric / 7 m FROM seed) s;`;

/** Fills an empty, migrated database of the build before. Indexes come after the rows. */
export async function plantTree(client: Client, accounts: number): Promise<void> {
  await client.query(
    `SET session_replication_role = replica; SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'`,
  );
  await client.query(SHAPE.replaceAll(':N', String(accounts)));
  await client.query('ANALYZE seed; ANALYZE sums');
  await client.query(ACCOUNTS);
  await client.query('RESET session_replication_role');
  await client.query('VACUUM ANALYZE');
}

/** What events are spread over: the leaves below the flat parent, so many days before an instant. */
export type Spread = { readonly from: number; readonly to: number; readonly until: string; readonly days: number };

/** Fills usage events, whole seconds each, spread over some days and over the children of the flat parent. @param spread numbers of the events, from 1 */
export async function plantEvents(client: Client, { from, to, until, days }: Spread): Promise<void> {
  await client.query(`SET session_replication_role = replica; SET work_mem = '256MB'`);
  await client.query(
    `INSERT INTO usage_events (account_id, key, meter, quantity, occurred_at, recorded_at)
     SELECT a, 'k' || g, 'call.seconds', 60 + g % 600, at, at FROM (
       SELECT g, id_of(10000000 + 1 + g % $3) AS a, $3::timestamptz - make_interval(days => $4) * (g::float8 / $2) AS at
       FROM generate_series($1::int, $2::int) g, (SELECT count(*)::int FROM seed WHERE parent = 1) n(n)) s`.replace(
      '$3',
      'n.n',
    ),
    [from, to, until, days],
  );
  await client.query('RESET session_replication_role');
}
