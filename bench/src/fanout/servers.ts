// The servers that are compared. Each gets an HTTP server to live on and returns how to send one tick to everybody.
import { EventEmitter, on } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { initTRPC, tracked } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { Server as SocketIoServer } from 'socket.io';
import { type WebSocket, WebSocketServer } from 'ws';
import { usageFrame, webSocketFrame } from './frame.ts';
import { startOurs } from './ours.ts';
import type { StartServer } from './start-server.ts';

function everyClient(http: HttpServer): Set<WebSocket> {
  const clients = new Set<WebSocket>();
  const wss = new WebSocketServer({ server: http, perMessageDeflate: false });
  wss.on('connection', (client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
  });
  return clients;
}

/** The raw limit of Node: one frame, built once, written to every socket past all layers of ws. */
const rawPreframed: StartServer = (http, eventsPerFrame) => {
  const clients = everyClient(http);
  return (version) => {
    const frame = webSocketFrame(JSON.stringify(usageFrame(version, eventsPerFrame)));
    for (const client of clients) {
      // ws names its TCP socket _socket; there is no public way to it
      if (client.readyState === client.OPEN)
        (client as unknown as { _socket: NodeJS.WritableStream })._socket.write(frame);
    }
  };
};

/** ws as documented: serialise once, `send` to every client. */
const wsSend: StartServer = (http, eventsPerFrame) => {
  const clients = everyClient(http);
  return (version) => {
    const text = JSON.stringify(usageFrame(version, eventsPerFrame));
    for (const client of clients) if (client.readyState === client.OPEN) client.send(text);
  };
};

/** tRPC as documented: an async generator on a shared event emitter, tracked, behind the stock ws adapter. */
const trpcDocumented: StartServer = (http, eventsPerFrame) => {
  const t = initTRPC.create();
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  const router = t.router({
    usage: t.procedure.subscription(async function* ({ signal }) {
      for await (const [frame] of on(emitter, 'usage', signal === undefined ? {} : { signal })) {
        yield tracked(String(frame.version), frame);
      }
    }),
  });
  applyWSSHandler({ wss: new WebSocketServer({ server: http, perMessageDeflate: false }), router });
  return (version) => emitter.emit('usage', usageFrame(version, eventsPerFrame));
};

/** socket.io as documented: a room, WebSocket transport only. */
const socketIo: StartServer = (http, eventsPerFrame) => {
  const io = new SocketIoServer(http, { pingInterval: 600_000, pingTimeout: 600_000, perMessageDeflate: false });
  io.on('connection', (socket) => void socket.join('account'));
  return (version) => io.to('account').emit('usage', usageFrame(version, eventsPerFrame));
};

export const SERVERS: Readonly<Record<string, StartServer>> = {
  'raw ws': rawPreframed,
  'ws send': wsSend,
  'trpc documented': trpcDocumented,
  'socket.io': socketIo,
  ours: startOurs,
};
