import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AnyRouter } from '@trpc/server';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Connection } from '../context/connection.ts';
import { type CallLog, createCallLog } from './call-log.ts';
import type { Ground } from './calls.ts';
import { BODY_BYTES } from './read-json.ts';
import { type ConnectionParams, type KeepAlive, RpcSocket } from './rpc-socket.ts';
import { isKnownHost, isSameOrigin, requestIdOf, senderAddress, toHeaders } from './sender.ts';
import { type CreateContext, logUnexpected, TRPC_PATH } from './trpc-http.ts';

/** The WebSockets of a server. */
export type Sockets = {
  /** Asks every client to connect again, elsewhere or to our successor. */
  sendAway(): void;
  /** Closes all sockets; resolves when the last is gone. Who doesn't answer the farewell is cut off. */
  close(): Promise<void>;
};

const KEEP_ALIVE: KeepAlive = { pingMs: 30_000, pongWaitMs: 10_000, readWaitMs: 10_000 };
/** So often all sockets are looked over: one timer for all, however many there are. */
const CHECK_UP_MS = 1_000;
const FAREWELL_MS = 1_000;
/** WebSocket close code: the server is going away. */
const GOING_AWAY = 1001;

/** Procedures over WebSockets, on the same port and path as over HTTP. */
export function trpcOverSockets<Router extends AnyRouter>(
  ground: Ground,
  server: Server,
  router: Router,
  createContext: CreateContext<Router>,
): Sockets {
  const { log, metrics } = ground;
  // Frames are small and many: compressing each would cost more time than it saves wire.
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: BODY_BYTES.unrecognised });
  const sockets = new Set<RpcSocket<Router>>();
  const logCall = createCallLog(log);
  metrics.countSockets(() => wss.clients.size);

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // A peer that vanishes during the handshake is its own affair.
    socket.on('error', () => socket.destroy());
    if (ground.isClosing()) return refuseUpgrade(socket, '503 Service Unavailable');
    if (pathOf(request) !== TRPC_PATH) return refuseUpgrade(socket, '404 Not Found');
    if (!isKnownHost(request.headers.host ?? null, ground.config.publicUrl)) {
      return refuseUpgrade(socket, '421 Misdirected Request');
    }
    wss.handleUpgrade(request, socket, head, (client) => {
      const connection = connectionOf(ground, request, logCall);
      const openedMs = performance.now();
      const { requestId, remoteAddress: address } = connection;
      log.info({ requestId, address }, 'socket opened');
      const rpc = new RpcSocket(client, {
        router,
        url: request.url,
        createContext: (params) => createContext({ ...connection, connectionParams: textsOf(params) }),
        recognise: (params) => ground.recognises({ ...connection, connectionParams: textsOf(params) }),
        mostWaiting: ground.config.liveMaxBufferBytes,
        onCutOff: () => metrics.cutOff(),
        onError: (error, path) => logUnexpected(ground, error, path, requestId),
      });
      sockets.add(rpc);
      client.once('close', (code) => {
        sockets.delete(rpc);
        log.info({ requestId, code, seconds: Math.round((performance.now() - openedMs) / 1_000) }, 'socket closed');
      });
    });
  };
  server.on('upgrade', upgrade);
  const checkUps = setInterval(() => {
    const nowMs = performance.now();
    for (const socket of sockets) socket.checkUp(nowMs, KEEP_ALIVE);
  }, CHECK_UP_MS).unref();

  return {
    sendAway: () => {
      for (const socket of sockets) socket.sendAway();
    },
    close: async () => {
      server.off('upgrade', upgrade);
      await bidFarewell([...wss.clients]);
      clearInterval(checkUps);
      wss.close();
    },
  };
}

/** Closes sockets; who doesn't answer is cut off. */
async function bidFarewell(clients: readonly WebSocket[]): Promise<void> {
  const gone = Promise.all(clients.map((client) => new Promise((done) => client.once('close', done))));
  for (const client of clients) client.close(GOING_AWAY);
  const cut = setTimeout(() => {
    for (const client of clients) client.terminate();
  }, FAREWELL_MS);
  await gone;
  clearTimeout(cut);
}

function connectionOf(ground: Ground, request: IncomingMessage, logCall: CallLog): Connection {
  const headers = toHeaders(request.headers);
  const { hall, config, metrics } = ground;
  const requestId = requestIdOf(headers, hall.newId);
  return {
    headers,
    origin: headers.get('origin'),
    sameOrigin: isSameOrigin({ method: 'GET', headers }, hall.settings.publicUrl),
    remoteAddress: senderAddress(request.socket.remoteAddress, headers.get('x-forwarded-for'), config.trustedProxies),
    connectionParams: null,
    requestId,
    observeCall: (call) => {
      metrics.call(call);
      logCall(requestId, call);
    },
  };
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '').split('?', 1)[0] ?? '';

function textsOf(given: ConnectionParams): Record<string, string> | null {
  if (given === null) return null;
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

const refuseUpgrade = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};
