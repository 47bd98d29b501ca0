#!/usr/bin/env bash
# A server with WebSockets loses ordinary requests of Java: Node hands every request with `Upgrade: h2c` to the listener for upgrades.
#
# One would guess: a request that merely offers to go on in HTTP/2 (RFC 9110 7.8: a server may ignore it) is answered over HTTP/1.1 like
# any other, whether the server has WebSockets or not. java.net.http.HttpClient sends the offer with every first request over plain http
# unless it is told not to; so do `curl --http2` and some gateways.
#
# True (Node 24.21.0): as soon as there is one listener for `upgrade`, that is with every WebSocket server on the same port, requests with
# any Upgrade header go there and never to the request listener, their bodies with them. WebSocket servers refuse or drop what is not
# theirs: the request fails. `shouldUpgradeCallback` (Node 24.9) keeps them apart; before, the listener has to answer such requests itself.
#
# Source: Node's own node:http; npm node 24.21.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';

const offer = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQCAAAAAAIAAAAA' };

async function statusWith(options, hasWebSockets) {
  const server = createServer(options, (_, answer) => answer.end('ordinary'));
  // What a WebSocket server does with what is not for it.
  if (hasWebSockets) server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const asked = request({ port: server.address().port, host: '127.0.0.1', headers: offer }).end();
  const [answer] = await once(asked, 'response');
  answer.resume();
  server.close();
  server.closeAllConnections();
  return answer.statusCode;
}

const isForWebSocket = ({ headers }) => headers.upgrade.toLowerCase() === 'websocket';
const seen = {
  without: await statusWith({}, false),
  with: await statusWith({}, true),
  apart: await statusWith({ shouldUpgradeCallback: isForWebSocket }, true),
};
console.log(process.version, seen);
assert.deepEqual(seen, { without: 200, with: 400, apart: 200 });
JS
node_modules/.bin/node show.mjs
