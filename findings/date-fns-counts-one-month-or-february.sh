#!/usr/bin/env bash
# From the last day of a month date-fns counts one month, or any number that ends in February, in full, and every other number as one too few.
#
# One would guess: a month from 31 March is either over on 30 April or it isn't, and whichever it is, so it goes on: with one month to 30 April it is three to 30 June, as
# addMonths() has it, which goes to those very days; a contract of twelve months that was written down as two dates is read back as twelve.
#
# True (date-fns 4.4.0): 31 March to 30 April is 1, to 30 June 2, to 30 September 5; 31 August to 28 February is 6, and 29 January to 28 February 1, though the day isn't
# reached there either. Both exceptions were put in one by one: a difference of one month to a last day, and a later date in the end of February. So differenceInMonths(addMonths(day, n), day)
# is n - 1 for every 31st whose n-th month has 30 days, unless n is 1; intervalToDuration() says "2 months, 30 days", and neither exception holds the other way
# round. Luxon and Day.js read back what they added, always; Temporal, where a day was cut off, never, and says "P2M30D". A price by the month differs by
# a whole one between two services that have the same two dates.
#
# Source: npm date-fns 4.4.0 (differenceInMonths.js), luxon 3.7.2, dayjs 1.11.23, temporal-polyfill 1.0.8
# https://github.com/date-fns/date-fns/issues/1887, https://github.com/date-fns/date-fns/pull/2185, https://github.com/date-fns/date-fns/issues/3436
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund date-fns@4.4.0 luxon@3.7.2 dayjs@1.11.23 temporal-polyfill@1.0.8
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { addMonths, differenceInMonths, intervalToDuration } from 'date-fns';
import dayjs from 'dayjs';
import { DateTime } from 'luxon';
import { Temporal } from 'temporal-polyfill';

const dateOf = (text) => new Date(`${text}T00:00:00Z`);
const luxon = (text) => DateTime.fromISO(text, { zone: 'utc' });
const months = {
  'date-fns': (from, to) => differenceInMonths(dateOf(to), dateOf(from)),
  luxon: (from, to) => Math.floor(luxon(to).diff(luxon(from), 'months').months),
  'Day.js': (from, to) => dayjs(to).diff(from, 'month'),
  Temporal: (from, to) => Temporal.PlainDate.from(from).until(to, { largestUnit: 'months' }).months,
};
const SPANS = [
  ['2026-03-31', '2026-04-30'], ['2026-03-31', '2026-06-30'], ['2026-03-31', '2026-09-30'], ['2026-08-31', '2027-02-28'], ['2026-01-29', '2026-02-28'],
];
const seen = SPANS.map(([from, to]) => Object.values(months).map((count) => count(from, to)));
console.table(Object.fromEntries(SPANS.map(([from, to], n) => [`${from} to ${to}`, Object.fromEntries(Object.keys(months).map((name, k) => [name, seen[n][k]]))])));
assert.deepEqual(seen, [[1, 1, 1, 0], [2, 3, 3, 2], [5, 6, 6, 5], [6, 6, 6, 5], [1, 1, 1, 0]]);
assert.deepEqual(intervalToDuration({ start: dateOf('2026-03-31'), end: dateOf('2026-06-30') }), { months: 2, days: 30 });
assert.equal(Temporal.PlainDate.from('2026-03-31').until('2026-06-30', { largestUnit: 'months' }).toString(), 'P2M30D');
assert.deepEqual([differenceInMonths(dateOf('2026-03-31'), dateOf('2026-04-30')), differenceInMonths(dateOf('2026-08-31'), dateOf('2027-02-28'))].map(Math.abs), [0, 5]);

const added = Array.from({ length: 365 * 12 }, (_, i) => {
  const [from, n] = [new Date(Date.UTC(2026, 0, 1 + Math.floor(i / 12))), (i % 12) + 1];
  const [start, end] = [from, addMonths(from, n)].map((day) => day.toISOString().slice(0, 10));
  return { start, end, n };
});
const lost = added.filter(({ start, end, n }) => months['date-fns'](start, end) !== n);
console.log(`1 to 12 months from each day of 2026, added and read back: ${lost.length} are one too few with date-fns, such as ${lost[0].n} from ${lost[0].start}`);
const daysIn = (date) => Number(addMonths(dateOf(`${date.slice(0, 7)}-01`), 1) - dateOf(`${date.slice(0, 7)}-01`)) / 86_400_000;
assert.deepEqual(lost, added.filter(({ start, end, n }) => start.endsWith('-31') && daysIn(end) === 30 && n > 1));
assert.equal(lost.every(({ start, end, n }) => months['date-fns'](start, end) === n - 1), true);
assert.equal(added.every(({ start, end, n }) => months.luxon(start, end) === n && months['Day.js'](start, end) === n), true);
assert.equal(added.every(({ start, end, n }) => months.Temporal(start, end) === (start.slice(8) === end.slice(8) ? n : n - 1)), true);
JS
TZ=UTC node show.mjs
