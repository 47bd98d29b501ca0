#!/usr/bin/env bash
# The switch that guards a CSV file against formulas makes text of every negative amount, unless amounts are floats.
#
# One would guess: escapeFormulae of papaparse and escape_formulas of csv-stringify put an apostrophe before what a spreadsheet would run, "=1+1" or "@SUM(A1)"; "-5.00" is
# no formula, and a credit in an export of invoices stays a number.
#
# True (papaparse 5.7.1, csv-stringify 6.9.0): both look at the first character alone, and "-" is among those. The text '-5.00' is written as '-5.00 with an apostrophe, which
# spreadsheets that read it show, and leave out of every sum: charges are added up, credits are not, and nobody is told. A number -5 is left alone by both, so tests with numbers
# don't show it; who keeps amounts as decimal text, so that no float touches them, is the one who meets it.
#
# Source: npm papaparse 5.7.1 (unparse, escapeFormulae), csv-stringify 6.9.0 (escape_formulas)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund papaparse@5.7.1 csv-stringify@6.9.0
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { stringify } from 'csv-stringify/sync';
import Papa from 'papaparse';

const writers = {
  papaparse: (cells) => Papa.parse(Papa.unparse([cells], { escapeFormulae: true })).data[0],
  'csv-stringify': (cells) => Papa.parse(stringify([cells], { escape_formulas: true })).data[0],
};
for (const [name, write] of Object.entries(writers)) {
  const asText = write(['120.50', '-5.00', '=1+1']);
  const asNumbers = write([120.5, -5, '=1+1']);
  const sum = (cells) => cells.map(Number).filter(Number.isFinite).reduce((total, cell) => total + cell, 0);
  console.log(`${name.padEnd(13)} decimal text: ${asText.join(' | ')} (sum ${sum(asText)}) · floats: ${asNumbers.join(' | ')} (sum ${sum(asNumbers)})`);
  assert.deepEqual(asText, ['120.50', "'-5.00", "'=1+1"]);
  assert.deepEqual(asNumbers, ['120.5', '-5', "'=1+1"]);
}
JS
node show.mjs
