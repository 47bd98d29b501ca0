#!/usr/bin/env bash
# The CloudEvents SDK for JavaScript does not encode header values in binary mode, and does not decode them.
#
# One would guess: the official SDK writes an attribute such as `subject` the way the CloudEvents HTTP binding 1.0.2, section
# 3.1.3.2, asks for (everything but printable ASCII percent-encoded as UTF-8), so that what one party sends any other can read;
# and reads such a header back into the text that it was.
#
# True (cloudevents 10.0.0, Node 20 and newer): `HTTP.binary` puts the text into the header as it is. A subject with an en dash
# can't even be sent: WHATWG fetch refuses the header. And a subject that another SDK encoded arrives as `Z%C3%BCrich`. So an
# ingestion endpoint that percent-decodes, as the binding says, and one that doesn't, each serve only some senders; and a plain
# name with a literal percent sign means different things to both.
#
# Source: npm cloudevents 10.0.0; https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund cloudevents@10.0.0
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { CloudEvent, HTTP } from 'cloudevents';

const subject = 'Zürich – Büro';
const event = new CloudEvent({ id: '1', source: '/phones', type: 'call', subject, data: { minutes: '1.5' } });
const sent = HTTP.binary(event);
console.log('sent as      ', JSON.stringify(sent.headers['ce-subject']));
assert.equal(sent.headers['ce-subject'], subject, 'the SDK encodes now');

assert.throws(() => new Headers(sent.headers), TypeError);
console.log('fetch says    TypeError: it does not take this header');

const encoded = { ...sent.headers, 'ce-subject': 'Z%C3%BCrich' };
const read = HTTP.toEvent({ headers: encoded, body: sent.body });
console.log('read as      ', JSON.stringify(read.subject));
assert.equal(read.subject, 'Z%C3%BCrich', 'the SDK decodes now');
JS
node show.mjs
