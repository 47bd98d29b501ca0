import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AnyRouter } from '@trpc/server';
import { applyWSSHandler, type Encoder } from '@trpc/server/adapters/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Ground, observing } from './calls.ts';
import type { Connection } from './connection.ts';
import { BODY_BYTES } from './read-json.ts';
import { requestIdOf } from './request-id.ts';
import { isSameOrigin, toHeaders } from './same-origin.ts';
import { senderAddress } from './sender-address.ts';
import { type CreateContext, logUnexpected, TRPC_PATH } from './trpc-http.ts';

/** The WebSockets of a server. */
export type Sockets = {
  /** Asks every client to connect again, elsewhere or to our successor. */
  sendAway(): void;
  /** Closes all sockets; resolves when the last is gone. Who doesn't answer the farewell is cut off. */
  close(): Promise<void>;
};

const PING_MS = 30_000;
const PONG_WAIT_MS = 10_000;
const FAREWELL_MS = 1_000;
/** WebSocket close code: the server is going away. */
const GOING_AWAY = 1001;

/** Procedures over WebSockets, on the same port and path as over HTTP. */
export function trpcOverSockets<Router extends AnyRouter>(
  ground: Ground,
  server: Server,
  router: Router,
  createContext: CreateContext<Router>,
  encoder: Encoder,
): Sockets {
  const { log, metrics } = ground;
  // Frames are small and many: compressing each would cost more time than it saves wire. Too large ones are closed with 1009.
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: BODY_BYTES.usage });
  const connections = new WeakMap<IncomingMessage, Connection>();
  metrics.countSockets(() => wss.clients.size);

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // A peer that vanishes during the handshake is its own affair.
    socket.on('error', () => socket.destroy());
    if (ground.isClosing()) return refuseUpgrade(socket, '503 Service Unavailable');
    if (pathOf(request) !== TRPC_PATH) return refuseUpgrade(socket, '404 Not Found');
    wss.handleUpgrade(request, socket, head, (client) => {
      const connection = connectionOf(ground, request, client);
      connections.set(request, connection);
      const openedMs = performance.now();
      const { requestId, remoteAddress: address } = connection;
      log.info({ requestId, address }, 'socket opened');
      client.once('close', (code) => {
        log.info({ requestId, code, seconds: Math.round((performance.now() - openedMs) / 1_000) }, 'socket closed');
      });
      wss.emit('connection', client, request);
    });
  };
  server.on('upgrade', upgrade);

  const trpc = applyWSSHandler<Router>({
    wss,
    router,
    keepAlive: { enabled: true, pingMs: PING_MS, pongWaitMs: PONG_WAIT_MS },
    experimental_encoder: encoder,
    createContext: ({ req, res, info }) => {
      const connection = connections.get(req) ?? connectionOf(ground, req, res);
      return createContext({ ...connection, connectionParams: textsOf(info.connectionParams) });
    },
    onError: ({ error, path, req }) => logUnexpected(ground, error, path, connections.get(req)?.requestId),
  });

  return {
    sendAway: () => trpc.broadcastReconnectNotification(),
    close: async () => {
      server.off('upgrade', upgrade);
      const clients = [...wss.clients];
      const gone = Promise.all(clients.map((client) => new Promise((done) => client.once('close', done))));
      for (const client of clients) client.close(GOING_AWAY);
      const cut = setTimeout(() => {
        for (const client of clients) client.terminate();
      }, FAREWELL_MS);
      await gone;
      clearTimeout(cut);
      wss.close();
    },
  };
}

function connectionOf(ground: Ground, request: IncomingMessage, socket: WebSocket): Connection {
  const headers = toHeaders(request.headers);
  const { hall, config } = ground;
  const requestId = requestIdOf(headers, hall.newId);
  return {
    headers,
    origin: headers.get('origin'),
    sameOrigin: isSameOrigin({ method: 'GET', headers }, hall.settings.publicUrl),
    remoteAddress: senderAddress(request.socket.remoteAddress, headers.get('x-forwarded-for'), config.trustedProxies),
    socket,
    connectionParams: null,
    requestId,
    observeCall: observing(ground, requestId, 'socket'),
  };
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '').split('?', 1)[0] ?? '';

function textsOf(given: Readonly<Record<string, string | undefined>> | null): Record<string, string> | null {
  if (given === null) return null;
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

const refuseUpgrade = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};
