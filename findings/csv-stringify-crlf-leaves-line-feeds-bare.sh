#!/usr/bin/env bash
# csv-stringify writes a cell of two lines without quotes when its lines end with CRLF, and most readers then see one row more.
#
# One would guess: a cell that holds a line feed is quoted, as RFC 4180 has it ("fields containing line breaks, double quotes, and commas should be
# enclosed in double-quotes"), and all the more in a file whose lines end as the RFC says. What people type into a field of several lines has
# line feeds alone: that is what a browser's textarea gives.
#
# True (csv-stringify 6.9.0, the newest): it looks for the record delimiter that it was given, and for nothing else. With "\n", which is its default,
# such a cell is quoted; with record_delimiter: 'windows' it is not. fast-csv's reader and csv-parse with all three line ends take the
# second line for a row of its own, with too few cells; papaparse and csv-parse, which guess one line end for the whole file, don't show that anything
# is wrong. papaparse and fast-csv quote it when they write. quoted_match: /[\r\n]/ mends it.
#
# Source: npm csv-stringify 6.9.0 (lib/api/index.js), csv-parse 7.0.3, papaparse 5.7.1, @fast-csv/parse and @fast-csv/format 5.0.8; RFC 4180, 2.6
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund csv-stringify@6.9.0 csv-parse@7.0.3 papaparse@5.7.1 @fast-csv/parse@5.0.8 @fast-csv/format@5.0.8
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { writeToString } from '@fast-csv/format';
import { parseString } from '@fast-csv/parse';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import Papa from 'papaparse';

const ROWS = [['id', 'note'], ['1', 'calls back\nafter noon'], ['2', 'none']];
const TORN = [['id', 'note'], ['1', 'calls back'], ['after noon'], ['2', 'none']];
const QUOTED = 'id,note\r\n1,"calls back\nafter noon"\r\n2,none';

const file = stringify(ROWS, { record_delimiter: 'windows' });
console.log('csv-stringify, CRLF:', JSON.stringify(file));
console.log('csv-stringify, LF:  ', JSON.stringify(stringify(ROWS)));
assert.equal(file, `${QUOTED.replaceAll('"', '')}\r\n`);
assert.equal(stringify(ROWS), `${QUOTED.replaceAll('\r', '')}\n`);
assert.equal(stringify(ROWS, { record_delimiter: 'windows', quoted_match: /[\r\n]/ }), `${QUOTED}\r\n`);

const read = [];
await new Promise((resolve, reject) => parseString(file).on('data', (row) => read.push(row)).on('error', reject).on('end', resolve));
console.log('fast-csv reads:     ', JSON.stringify(read));
assert.deepEqual(read, TORN);
assert.deepEqual(parse(file, { record_delimiter: ['\r\n', '\n', '\r'], relax_column_count: true }), TORN);
assert.deepEqual(parse(file), ROWS);
assert.deepEqual(Papa.parse(file, { skipEmptyLines: true }).data, ROWS);
assert.equal(Papa.unparse(ROWS), QUOTED);
assert.equal(await writeToString(ROWS, { rowDelimiter: '\r\n' }), QUOTED);
JS
node show.mjs
