import { once } from 'node:events';
import { createServer } from 'node:http';
import { isIPv6 } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { AccountId, Clock, Refusal } from '@tenantree/domain';
import { createTRPCClient, createWSClient, httpSubscriptionLink, wsLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { EventSource } from 'eventsource';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { type Hub, type HubOptions, openHub } from '../src/live/hub.ts';
import type { Viewer } from '../src/live/ports.ts';
import { RpcSocket } from '../src/wire/rpc-socket.ts';
import { type LiveTree, MINUTES, ROWS } from './live-tree.ts';

export const clockAt = (startMs: number): Clock & { addMs: number } => {
  const began = performance.now();
  return {
    addMs: 0,
    nowMs() {
      return startMs + this.addMs + (performance.now() - began);
    },
  };
};

export const NOVEMBER = Date.UTC(2026, 10, 10);

/** Who a test's subscription says it is: what the hub asks of them, and for whom changes of access count. */
export type Right = {
  refusal: Refusal | null;
  asked: number;
  changesAtMs: number | null;
  /** Where the watched account stands, if it is not where it was. */
  path?: readonly AccountId[];
};
type Rights = Map<string, Right>;

const inputs = z.strictObject({
  account: z.string(),
  only: z.array(z.string()).optional(),
  childrenOf: z.array(z.string()).optional(),
  who: z.string().optional(),
  /** A plain generator of the same values: every one is sent as the stock server sends it. */
  stock: z.boolean().optional(),
  lastEventId: z.string().optional(),
});

function createRouter(tree: LiveTree, hub: Hub, rights: Rights) {
  const t = initTRPC.create({ sse: { ping: { enabled: true, intervalMs: 1_000 } } });
  const viewerOf = (account: AccountId, who: string): Viewer => {
    const right = rights.get(who);
    const entitlement = { path: tree.node(account).path, changesAtMs: right?.changesAtMs ?? null };
    return {
      ...entitlement,
      key: `${who} ${account}`,
      user: null,
      session: who,
      apiKey: null,
      token: null,
      turn: who,
      ask: async () => {
        if (!right) return entitlement;
        right.asked += 1;
        return right.refusal ?? { ...entitlement, ...(right.path && { path: right.path }) };
      },
    };
  };
  const asked = async (input: z.infer<typeof inputs>) => {
    const account = input.account as AccountId;
    return {
      account,
      viewer: viewerOf(account, input.who ?? 'anybody'),
      since: await hub.since(tree.root, input.lastEventId),
      ...(input.only && { only: input.only as AccountId[] }),
      ...(input.childrenOf && { childrenOf: input.childrenOf as AccountId[] }),
    };
  };
  return t.router({
    usage: t.procedure.input(inputs).subscription(({ input, signal }) => {
      const find = async () => {
        const watch = await asked(input);
        return { ...watch, since: watch.since ?? 0 };
      };
      const stream = hub.watch(MINUTES, find, signal);
      return input.stock ? plain(stream) : stream;
    }),
    accounts: t.procedure.input(inputs).subscription(({ input, signal }) => {
      const stream = hub.watch(ROWS, () => asked(input), signal);
      return input.stock ? plain(stream) : stream;
    }),
  });
}

async function* plain<T>(stream: AsyncIterable<T, void, undefined>): AsyncGenerator<T, void, undefined> {
  yield* stream;
}

export type StageRouter = ReturnType<typeof createRouter>;

type StageOptions = Partial<HubOptions<LiveTree>> & { readonly mostWaiting?: number };

/** A server with the hub and nothing else, on a free port, and what stock clients need to reach it. */
export async function openStage(tree: LiveTree, { mostWaiting = 1 << 20, ...options }: StageOptions = {}) {
  const rights: Rights = new Map();
  const errors: unknown[] = [];
  const counts = { viewings: 0, frames: 0, skipped: 0, cutOff: 0, revoked: 0 };
  const hub = openHub([MINUTES, ROWS], {
    source: tree,
    version: () => tree.readVersion(),
    journal: tree.source,
    clock: clockAt(NOVEMBER),
    tickMs: 5,
    serverId: 'stage',
    onError: (error) => errors.push(error),
    metrics: {
      viewings: (_, change) => (counts.viewings += change),
      frames: (_, count) => (counts.frames += count),
      skipped: () => (counts.skipped += 1),
      revoked: () => (counts.revoked += 1),
    },
    ...options,
  });
  const router = createRouter(tree, hub, rights);
  const respond = (req: Request): Promise<Response> => fetchRequestHandler({ endpoint: '/trpc', req, router });
  const listener = getRequestListener(respond);
  const http = createServer((request, response) => void listener(request, response));
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  http.on('upgrade', (request, socket, head) => {
    const server = request.url?.startsWith('/stock') ? stock : wss;
    server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request));
  });
  // The stock adapter itself, which takes the hub's streams as any others.
  const stock = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  applyWSSHandler({ wss: stock, router });
  const opening = {
    router,
    createContext: () => ({}),
    recognise: async () => true,
    mostWaiting,
    onError: () => undefined,
    onCutOff: () => (counts.cutOff += 1),
  };
  const ours = new Set<RpcSocket<StageRouter>>();
  wss.on('connection', (client, { url }) => {
    const rpc = new RpcSocket(client, { ...opening, url });
    ours.add(rpc);
    client.once('close', () => ours.delete(rpc));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  if (address === null || typeof address === 'string' || isIPv6(address.address)) throw new Error('no port');
  const host = `127.0.0.1:${address.port}`;
  const opened: { close(): unknown }[] = [];
  return {
    hub,
    rights,
    errors,
    counts,
    sockets: wss.clients,
    /** Looks all sockets over, so long from now. */
    checkUp(afterMs: number) {
      const keepAlive = { pingMs: 30_000, pongWaitMs: 10_000, readWaitMs: 10_000 };
      for (const rpc of ours) rpc.checkUp(performance.now() + afterMs, keepAlive);
    },
    /** A stock client over one WebSocket. */
    client() {
      const ws = createWSClient({ url: `ws://${host}/trpc`, WebSocket: WebSocket as never, retryDelayMs: () => 20 });
      opened.push(ws);
      return { trpc: createTRPCClient<StageRouter>({ links: [wsLink({ client: ws })] }), ws };
    },
    /** A stock client over server-sent events. */
    sseClient() {
      const link = httpSubscriptionLink({ url: `http://${host}/trpc`, EventSource });
      return createTRPCClient<StageRouter>({ links: [link] });
    },
    /** A bare socket that collects texts, to our server or to the stock one. */
    async bare(path: '/trpc' | '/stock' = '/trpc') {
      const socket = new WebSocket(`ws://${host}${path}`);
      const texts: string[] = [];
      socket.on('message', (data: Buffer) => texts.push(data.toString()));
      await once(socket, 'open');
      opened.push(socket);
      return { socket, texts };
    },
    async close() {
      for (const one of opened) one.close();
      for (const socket of [...wss.clients, ...stock.clients]) socket.terminate();
      hub.close();
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}

export type Stage = Awaited<ReturnType<typeof openStage>>;
