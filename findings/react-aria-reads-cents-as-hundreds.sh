#!/usr/bin/env bash
# React Aria reads a price of 12.50 as 1250 in Germany, as 12.5 in France, and in Austria as the one or the other, by whether it is euros.
#
# One would guess: groups are of three digits, so a number with two or one behind the grouping character isn't one of the locale's: refused, as it is where that
# character means nothing, or read as the decimals that whoever types or pastes it means. And one rule holds in all languages.
#
# True (@internationalized/number 3.6.9, which the number fields of react-aria-components 1.22.1 read with): grouping characters are taken out wherever they stand.
# 12.50 is 1250 in German, Spanish, Italian, Dutch, Portuguese of Brazil, Indonesian and Turkish, 0.5 is 5 and 99.99 is 9999; 12,50 is 1250 in English;
# isValidPartialNumber(), which decides what may be typed, says yes to all of them. Where groups have a space (French, Polish, Swedish), the point is
# read as decimal, but said not to be valid. Austria has both: Unicode gives it a space for numbers and a point for amounts. A price list
# that is pasted from a spreadsheet in the other convention is a hundred times as dear. useGrouping: false refuses it.
#
# Source: npm @internationalized/number 3.6.9 (src/NumberParser.ts), Node's Intl as it comes; https://github.com/adobe/react-spectrum/issues/9086
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @internationalized/number@3.6.9
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { NumberParser } from '@internationalized/number';

/** What a text is read as, and whether it may be typed. */
function read(locale, text, options) {
  const parser = new NumberParser(locale, options);
  return { number: parser.parse(text), mayBeTyped: parser.isValidPartialNumber(text) };
}
const euros = { style: 'currency', currency: 'EUR' };
const see = (locale, text, options, expected) => {
  const seen = read(locale, text, options);
  console.log(`${locale} ${text}${options?.style ? ' in euros' : ''}${options?.useGrouping === false ? ' without grouping' : ''}:`, seen);
  assert.deepEqual(seen, expected);
};
for (const locale of ['de-DE', 'es-ES', 'it-IT', 'nl-NL', 'pt-BR', 'id-ID', 'tr-TR']) see(locale, '12.50', euros, { number: 1250, mayBeTyped: true });
see('en-US', '12,50', euros, { number: 1250, mayBeTyped: true });
see('de-DE', '0.5', undefined, { number: 5, mayBeTyped: true });
see('de-DE', '99.99', undefined, { number: 9999, mayBeTyped: true });
for (const locale of ['fr-FR', 'pl-PL', 'sv-SE']) see(locale, '12.50', euros, { number: 12.5, mayBeTyped: false });
see('de-AT', '12.50', undefined, { number: 12.5, mayBeTyped: false });
see('de-AT', '12.50', euros, { number: 1250, mayBeTyped: true });
see('de-DE', '12.50', { ...euros, useGrouping: false }, { number: Number.NaN, mayBeTyped: false });
JS
node show.mjs
