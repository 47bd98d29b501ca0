#!/usr/bin/env bash
# Setting a list to [] with Stripe's SDK sends nothing: the subscription keeps its tax rates, the call succeeds, and only null or '' clears them.
#
# One would guess: `subscriptions.update(id, { default_tax_rates: [] })` takes the tax rates away, since the parameter is a list, as a list of one
# sets one; or, as forms have no empty list, that the types or the SDK refuse it. In the SDK's calls of version 2, which send JSON, [] arrives.
#
# True (stripe 23.1.0): TypeScript takes it (Emptyable<Array<string>>), and what is encoded as a form leaves empty lists and objects out, at any depth: the
# request has no body, and Stripe leaves what isn't given as it is. null is sent as an empty text, which Stripe documents as "remove". A page that
# sends what is checked works until the last box is unchecked; then the customer goes on being taxed, with no warning and no error.
#
# Source: npm stripe 23.1.0 (queryStringifyRequestData); https://github.com/stripe/stripe-node/issues/337,
# https://docs.stripe.com/api/subscriptions/update#update_subscription-default_tax_rates (an empty text removes them)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund stripe@23.1.0 typescript@5.9.3 @types/node@24.19.2
cat > typed.ts <<'TS'
import Stripe from 'stripe';
export const cleared: Stripe.SubscriptionUpdateParams = { default_tax_rates: [], items: [{ id: 'si_1', tax_rates: [] }], metadata: {} };
TS
node_modules/.bin/tsc --noEmit --strict --skipLibCheck --target es2022 --module nodenext --types node typed.ts
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import Stripe from 'stripe';

const sent = [];
const server = createServer(async (request, response) => {
  const body = await text(request);
  sent.push(request.url.startsWith('/v2') ? body : decodeURIComponent(body));
  response.setHeader('content-type', 'application/json').end('{"id":"sub_1","object":"subscription","default_tax_rates":["txr_1"]}');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const stripe = new Stripe('sk_test_of_this_script', { host: '127.0.0.1', port: server.address().port, protocol: 'http', telemetry: false });
const update = async (params) => {
  await stripe.subscriptions.update('sub_1', params);
  console.log(JSON.stringify(params), 'is sent as', JSON.stringify(sent.at(-1)));
  return sent.at(-1);
};
assert.equal(await update({ default_tax_rates: ['txr_1'] }), 'default_tax_rates[0]=txr_1');
assert.equal(await update({ default_tax_rates: [] }), '');
assert.equal(await update({ metadata: {} }), '');
assert.equal(await update({ items: [{ id: 'si_1', tax_rates: [] }] }), 'items[0][id]=si_1');
assert.equal(await update({ default_tax_rates: null }), 'default_tax_rates=');
await stripe.v2.core.eventDestinations.update('ed_1', { enabled_events: [] });
console.log('version 2 sends', sent.at(-1));
assert.deepEqual(JSON.parse(sent.at(-1)), { enabled_events: [] });
process.exit(0);
JS
node show.mjs
