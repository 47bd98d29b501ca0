#!/usr/bin/env bash
# A paused WebSocket of `ws` goes on delivering messages: hundreds of small ones.
#
# One would guess: after `socket.pause()`, with `socket.isPaused` true, no `message` event comes until `resume()`. That is how a server
# would bound the calls that one peer has under way.
#
# True (ws 8.23.0): pause() stops the network socket, not the parser behind it. Whatever one read brought, up to 64 KiB, is still
# parsed and delivered, all of it in that turn of the event loop or the next ones: of 300 messages that arrive together, 299 come after the
# pause. Who bounds work per peer needs a queue of their own behind `message`, bounded by that much.
#
# Source: npm ws 8.23.0 (lib/websocket.js, pause; lib/receiver.js)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund ws@8.23.0
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocketServer } from 'ws';

const MESSAGES = 300;
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
await once(server, 'listening');
const counted = new Promise((done) => {
  server.on('connection', (socket) => {
    let before = 0;
    let after = 0;
    socket.on('message', () => {
      if (socket.isPaused) after += 1;
      else before += 1;
      socket.pause();
      if (before + after === MESSAGES) done({ before, after });
    });
    setTimeout(() => done({ before, after }), 2_000).unref();
  });
});
// A peer that writes its messages together: masked text frames of one letter, with the mask 0.
const peer = connect(server.address().port, '127.0.0.1');
peer.write(
  'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
    `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`,
);
await once(peer, 'data');
peer.write(Buffer.concat(Array.from({ length: MESSAGES }, () => Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x61]))));
const { before, after } = await counted;
console.log(`of ${MESSAGES} messages ${before} came before the pause and ${after} after it`);
assert.equal(before, 1);
assert.ok(after > 100);
process.exit(0);
JS
node show.mjs
