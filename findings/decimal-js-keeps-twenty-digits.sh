#!/usr/bin/env bash
# decimal.js, "an arbitrary-precision decimal type", adds two amounts that it holds exactly and loses the end of their sum.
#
# One would guess: precision is a matter of division and roots, as in bignumber.js and big.js by the same author: a sum or a product of decimals that are held to
# the last digit is exact, so that totals of usage with fractions, or amounts in a coin with 18 decimals, may be added up with it.
#
# True (decimal.js 10.6.0): every operation rounds to `precision` significant digits, 20 unless it is set, and so do plus, minus, times and sum. Only the constructor
# doesn't. 123456789012345678.901 + 0.0004 is 123456789012345678.9, a number times one is another number, and x.plus(y).minus(x) is not y. bignumber.js and big.js
# give the exact sums. `Decimal.set({ precision: 1000 })`, before anything is added, mends it, for all who share the module.
#
# Source: npm decimal.js 10.6.0 (its API page: "precision: the maximum number of significant digits of the result of an operation"), bignumber.js 11.1.5, big.js 7.0.1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund decimal.js@10.6.0 bignumber.js@11.1.5 big.js@7.0.1
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import Big from 'big.js';
import BigNumber from 'bignumber.js';
import Decimal from 'decimal.js';

const [TOTAL, MORE] = ['123456789012345678.901', '0.0004'];
const sums = [Decimal, BigNumber, Big].map((Kind) => new Kind(TOTAL).plus(MORE).toFixed());
console.log(`${TOTAL} + ${MORE}:`);
console.log(`  decimal.js ${sums[0]} · bignumber.js ${sums[1]} · big.js ${sums[2]}`);
assert.deepEqual(sums, ['123456789012345678.9', '123456789012345678.9014', '123456789012345678.9014']);

const wei = '1000000000000.0000000001';
console.log(`${wei} in decimal.js: ${new Decimal(wei).toFixed()}, times one: ${new Decimal(wei).times(1).toFixed()}`);
assert.equal(new Decimal(wei).toFixed(), wei);
assert.equal(new Decimal(wei).times(1).toFixed(), '1000000000000');
assert.equal(new BigNumber(wei).times(1).toFixed(), wei);
assert.equal(new Decimal(TOTAL).plus(MORE).minus(TOTAL).eq(MORE), false);

const Exact = Decimal.clone({ precision: 1000 });
assert.equal(new Exact(TOTAL).plus(MORE).toFixed(), '123456789012345678.9014');
JS
node show.mjs
