#!/usr/bin/env bash
# A price of one ariary, handed over in the minor units that ISO 4217 gives, is twenty ariary for dinero.js, which can't write it as a decimal either.
#
# One would guess: "minor units" is one thing. ISO 4217 says how many digits a currency has, and whoever keeps amounts as whole minor units with a
# currency's code can hand them from one library to the next.
#
# True (dinero.js 2.0.2, currency-codes 2.2.0 with ISO's table): ISO gives the ariary of Madagascar and the ouguiya of Mauritania two digits, so
# 1.00 is 100. Their coins are fifths, and dinero.js ships them so (base 5, exponent 1): there 100 is twenty ariary, and one is 5. toDecimal(), which
# prints and stores every other amount, throws for them, and from arithmetic alone nothing shows. Of 166 currencies in dinero.js these two are
# the only ones; whoever reads amounts by ISO gives it a currency object of their own.
#
# Source: npm dinero.js 2.0.2 (dinero.js/currencies), currency-codes 2.2.0
# https://www.six-group.com/en/products-services/financial-information/data-standards.html (ISO 4217, list one)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund dinero.js@2.0.2 currency-codes@2.2.0
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import codes from 'currency-codes';
import { dinero, toDecimal, toUnits } from 'dinero.js';
import * as currencies from 'dinero.js/currencies';

const odd = Object.values(currencies).filter(({ base }) => base !== 10);
console.log(`of ${Object.keys(currencies).length} currencies not decimal:`, odd);
assert.deepEqual(odd.map(({ code }) => code).toSorted(), ['MGA', 'MRU']);

for (const currency of [...odd, currencies.EUR, currencies.KWD]) {
  const { code } = currency;
  const { digits } = codes.code(code);
  const one = 10 ** digits;
  const price = dinero({ amount: one, currency });
  const [units, rest] = toUnits(price);
  let decimal;
  try {
    decimal = toDecimal(price);
  } catch (error) {
    decimal = error.message;
  }
  console.log(`1 ${code}, ${digits} digits in ISO 4217, so ${one} minor units: ${units} units and ${rest} for dinero.js; toDecimal: ${decimal}`);
  if (odd.includes(currency)) {
    assert.deepEqual({ digits, units, rest }, { digits: 2, units: 20, rest: 0 });
    assert.match(decimal, /not decimal/);
  } else {
    assert.deepEqual({ units, rest }, { units: 1, rest: 0 });
    assert.equal(decimal, `1.${'0'.repeat(digits)}`);
  }
}
JS
node show.mjs
