#!/usr/bin/env bash
# Two libraries for cron expressions run a nightly job at different instants on the day on which clocks go forward.
#
# One would guess: a time that isn't there on that day, 02:30 in Berlin, is either left out or moved in the one way that cron has for it, and libraries that both know time
# zones and both name cron's rules agree on the instant. A close of the month that one service schedules and another one announces falls on one instant.
#
# True (cron-parser 5.10.6, croner 11.0.1): cron-parser keeps the distance from midnight and says 03:30, croner takes the first instant after the gap and says 03:00:
# half an hour apart, once a year. Vixie cron does as the latter does ("run soon after the change"); Java, Temporal ("compatible") and the former keep the distance.
# On the day on which clocks go back both run once, at the first of the two 02:30.
#
# Source: npm cron-parser 5.10.6, croner 11.0.1 (time zone data of the Node that runs this)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund cron-parser@5.10.6 croner@11.0.1
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { CronExpressionParser } from 'cron-parser';
import { Cron } from 'croner';

const [NIGHTLY, ZONE] = ['30 2 * * *', 'Europe/Berlin'];
const nextOf = {
  'cron-parser': (from) => CronExpressionParser.parse(NIGHTLY, { currentDate: from, tz: ZONE }).next().toDate(),
  croner: (from) => new Cron(NIGHTLY, { timezone: ZONE, paused: true }).nextRun(from),
};
const runs = (from) =>
  Object.entries(nextOf).map(([name, next]) => {
    const run = next(new Date(from));
    console.log(`${name.padEnd(12)} ${run.toISOString()} = ${run.toLocaleString('en-GB', { timeZone: ZONE })}`);
    return run.toISOString();
  });
console.log('clocks go forward:');
assert.deepEqual(runs('2026-03-28T12:00:00Z'), ['2026-03-29T01:30:00.000Z', '2026-03-29T01:00:00.000Z']);
console.log('clocks go back:');
assert.deepEqual(runs('2026-10-24T12:00:00Z'), ['2026-10-25T00:30:00.000Z', '2026-10-25T00:30:00.000Z']);
console.log('any other day:');
assert.deepEqual(runs('2026-06-01T12:00:00Z'), ['2026-06-02T00:30:00.000Z', '2026-06-02T00:30:00.000Z']);
JS
node show.mjs
