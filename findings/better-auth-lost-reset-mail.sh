#!/usr/bin/env bash
# better-auth hides from its host, too, that a password reset mail could not be sent.
#
# One would guess: the person who asked is answered alike for known and unknown addresses, and the host, who passed the function
# `sendResetPassword`, hears of its failure: the call rejects on the server, or `onAPIError` is called.
#
# True (better-auth 1.7.6): what the function rejects with is caught inside and told to better-auth's own logger, nowhere else. With
# `logger.disabled`, which services with structured logs set, a mail server that refuses every mail looks like success: the
# answer is `status: true`, `onAPIError.onError` stays silent, and an unused token stays in the database. A host must catch and
# report inside the function itself.
#
# Source: npm better-auth 1.7.6
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund better-auth@1.7.6
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';

const stored = { user: [], session: [], account: [], verification: [] };
const heard = [];
let tried = 0;
const auth = betterAuth({
  secret: 'a secret for this script, long enough',
  baseURL: 'http://localhost:3000',
  database: memoryAdapter(stored),
  logger: { disabled: true },
  onAPIError: { onError: (error) => heard.push(error) },
  emailAndPassword: {
    enabled: true,
    sendResetPassword: async () => {
      tried += 1;
      throw new Error('the mail server refused');
    },
  },
});
const email = 'ada@example.com';
await auth.api.signUpEmail({ body: { email, name: 'Ada', password: 'correct horse battery' } });
const answer = await auth.api.requestPasswordReset({ body: { email, redirectTo: '/reset' } });
await new Promise((done) => setImmediate(done));
console.log('mails tried:', tried, '| answered status:', answer.status, '| host heard:', heard.length, '| tokens kept:', stored.verification.length);
assert.deepEqual([tried, answer.status, heard.length, stored.verification.length], [1, true, 0, 1]);
JS
node show.mjs
