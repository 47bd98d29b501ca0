#!/usr/bin/env bash
# dinero.js writes half a percent a month on 999 dollars, seven months long, as "1034.004.9386754379…e+22".
#
# One would guess: version 2 of dinero.js computes with whole numbers and a scale, so products are exact; where a number would grow beyond what
# JavaScript keeps exactly, it says so, as it does of an amount that isn't whole, or rounds.
#
# True (dinero.js 2.0.2): every factor of three digits adds three to the scale and is multiplied out, without a look at 2^53. The fourth month's last digits
# are false, with no error. From the sixth on the amount is beyond 10^21, which JavaScript writes with an exponent; toDecimal() cuts that text where
# the point should be, and from the seventh hands out texts with two points, which Number() reads as NaN and parseFloat() as 1034.004 instead
# of 1034.49. trimScale() mends nothing, since there are no zeros to trim. What has to be done is to bring the scale down after each
# step (transformScale with a rounding), or to compute with its bigints (dinero.js/bigint), which are right to the last digit.
#
# Source: npm dinero.js 2.0.2 (multiply, toDecimal)
# https://github.com/dinerojs/dinero.js/issues/84 (version 1 was asked to refuse such amounts)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund dinero.js@2.0.2
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { dinero, halfEven, multiply, toDecimal, toSnapshot, transformScale, trimScale } from 'dinero.js';
import * as big from 'dinero.js/bigint';
import { USD } from 'dinero.js/currencies';
import { USD as BIG_USD } from 'dinero.js/bigint/currencies';

let plain = dinero({ amount: 99_900, currency: USD });
let rounded = plain;
let exact = big.dinero({ amount: 99_900n, currency: BIG_USD });
const right = [];
const written = [];
for (let month = 1; month <= 7; month += 1) {
  plain = multiply(plain, { amount: 1_005, scale: 3 });
  rounded = transformScale(multiply(rounded, { amount: 1_005, scale: 3 }), 6, halfEven);
  exact = big.multiply(exact, { amount: 1_005n, scale: 3n });
  written.push(toDecimal(plain));
  right.push(toDecimal(plain) === big.toDecimal(exact));
  console.log(`month ${month}: ${toDecimal(plain)} | rounded each month ${toDecimal(rounded)} | bigints ${big.toDecimal(exact)}`);
}
assert.deepEqual(right, [true, true, true, false, false, false, false]);
assert.ok(Number.isSafeInteger(toSnapshot(dinero({ amount: 99_900, currency: USD })).amount) && toSnapshot(plain).amount > Number.MAX_SAFE_INTEGER);
// The last digits hang on how the engine computes powers of ten.
assert.match(written.at(-1), /^1034\.004\.9386754379\d+e\+22$/);
assert.equal(toDecimal(trimScale(plain)), written.at(-1));
assert.deepEqual([Number(written.at(-1)), Number.parseFloat(written.at(-1))], [Number.NaN, 1034.004]);
assert.equal(Number(toDecimal(rounded)).toFixed(2), Number(big.toDecimal(exact)).toFixed(2));
JS
node show.mjs
