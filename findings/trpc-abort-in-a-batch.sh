#!/usr/bin/env bash
# Whether aborting a call of tRPC does anything hangs on what else the page asked for in the same moment: beside another call it neither stops
# nor rejects, and a mutation given up before it was sent is done.
#
# One would guess: `query(input, { signal })` rejects when the signal aborts, as fetch does, whatever becomes of the HTTP request that it shares
# with others; and with a signal that is already aborted nothing is sent.
#
# True (@trpc/client 11.22.1, and 11.25.2, the newest): a batch is aborted when all of its calls are, and a call knows of no signal but
# that of its batch. Alone, a call rejects at once. Beside one that nobody gave up, or that has no signal, it goes to the server, is done there, and
# resolves as if nothing had been said: httpBatchLink and httpBatchStreamLink alike, and also when its signal was aborted before. So code that says "not
# done" after abort(), or draws no answer that comes after it, works in tests, where calls are alone, and not on a full page. httpLink
# rejects in all of these cases; with batches a link before them has to.
#
# Source: npm @trpc/client and @trpc/server 11.22.1 (client/dist/httpBatchLink-*.mjs, allAbortSignals); https://github.com/trpc/trpc/issues/6582
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @trpc/client@11.22.1 @trpc/server@11.22.1 typescript@5.9.3
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { createServer } from 'node:http';

const t = initTRPC.create();
/** The names that are kept, and what lets the calls under way end. */
let [kept, answer] = [[], () => undefined];
let started = () => undefined;
const router = t.router({
  rename: t.procedure.input(String).mutation(async ({ input }) => {
    const answered = new Promise((done) => (answer = done));
    started();
    await answered;
    kept.push(input);
    return input;
  }),
  list: t.procedure.input(String).mutation(({ input }) => input),
});
const server = createServer(createHTTPHandler({ router })).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}`;

/** What becomes of a call: as its caller sees it, and on the server. */
async function aborted(link, { beside, before }) {
  kept = [];
  const client = createTRPCClient({ links: [link({ url })] });
  const abort = new AbortController();
  if (before) abort.abort();
  const running = new Promise((done) => (started = done));
  const call = client.rename.mutate('Asia', { signal: abort.signal }).then(
    () => 'resolves',
    () => 'rejects',
  );
  const other = beside ? client.list.mutate('accounts') : null;
  await Promise.race([running, call]);
  abort.abort();
  // Time enough for a rejection, and for the server to hear of it.
  await new Promise((done) => setTimeout(done, 300));
  answer();
  const seen = await call;
  await other;
  return `${seen}, ${kept.length === 0 ? 'not done' : 'done'}`;
}
const seen = {};
for (const [name, link] of Object.entries({ httpLink, httpBatchLink, httpBatchStreamLink })) {
  seen[name] = {
    'aborted before, alone': await aborted(link, { beside: false, before: true }),
    'aborted before, beside another': await aborted(link, { beside: true, before: true }),
    'aborted under way, alone': (await aborted(link, { beside: false, before: false })).split(',')[0],
    'aborted under way, beside another': await aborted(link, { beside: true, before: false }),
  };
}
console.log(seen);
assert.deepEqual(Object.values(seen.httpLink).map((told) => told.split(',')[0]), Array(4).fill('rejects'));
for (const name of ['httpBatchLink', 'httpBatchStreamLink'])
  assert.deepEqual(Object.values(seen[name]), ['rejects, not done', 'resolves, done', 'rejects', 'resolves, done']);
process.exit(0);
JS
node show.mjs
