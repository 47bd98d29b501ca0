#!/usr/bin/env bash
# A page that only makes HTTP calls with the stock tRPC client ships its WebSocket connection, too.
#
# One would guess: `createTRPCClient` with `httpBatchLink` alone, bundled with tree-shaking, has nothing of `wsLink` in it; the server's half of
# tRPC says `"sideEffects": false`, and the client's half is as modular.
#
# True (@trpc/client 11.22.1, rolldown 1.2.19): the client's package says nothing of side effects, and its class of a WebSocket connection gets
# its static counter by a call of a helper when the module is loaded, which no bundler may leave out. The class, with what keeps such a
# connection alive, stays in every bundle: about a seventh of the smallest client, gzip. Bundlers have to be told that loading that one file does nothing.
#
# Source: npm @trpc/client 11.22.1 (package.json, dist/wsLink-*.mjs), @trpc/server 11.22.1 (package.json), rolldown 1.2.19
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm pkg set type=module >/dev/null
npm install --silent --no-audit --no-fund @trpc/client@11.22.1 @trpc/server@11.22.1 typescript@5.9.3 rolldown@1.2.19
cat > page.js <<'JS'
import { createTRPCClient, httpBatchLink } from '@trpc/client';
globalThis.client = createTRPCClient({ links: [httpBatchLink({ url: '/trpc' })] });
JS
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const says = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')).sideEffects;
async function build(treeshake) {
  const bundle = await rolldown({ input: 'page.js', treeshake });
  const { output } = await bundle.generate({ minify: true });
  const { code } = output[0];
  return { hasSocket: code.includes('keepAlive'), bytes: gzipSync(code, { level: 9 }).length };
}
const stock = await build(true);
const told = await build({ moduleSideEffects: [{ test: /client.dist.wsLink/, sideEffects: false }] });
console.log('sideEffects said by server:', says('@trpc/server'), '| by client:', says('@trpc/client'));
console.log('stock:', stock, '| told that the file does nothing:', told);
assert.deepEqual([says('@trpc/server'), says('@trpc/client')], [false, undefined]);
assert.equal(stock.hasSocket, true);
assert.equal(told.hasSocket, false);
assert.ok(stock.bytes - told.bytes > 500, `${stock.bytes} and ${told.bytes} bytes`);
JS
node show.mjs
