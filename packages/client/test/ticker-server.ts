import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { initTRPC, TRPCError, tracked } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import { streamTogether } from '../../../apps/api/src/wire/event-stream.ts';

const PING = Buffer.from('PING');

type Context = { token: string };

/** What outlives the server's death: every tick so far. Ids are their places in the list, from 1. */
export type Log = { readonly ticks: string[]; readonly changed: EventTarget };

export const createLog = (): Log => ({ ticks: [], changed: new EventTarget() });

export const append = (log: Log, ...ticks: readonly string[]): void => {
  log.ticks.push(...ticks);
  log.changed.dispatchEvent(new Event('change'));
};

type TickerInput = { lastEventId?: string; cutAfter?: number };

const t = initTRPC.context<Context>().create({
  sse: { ping: { enabled: true, intervalMs: 1_000 }, client: { reconnectAfterInactivityMs: 5_000 } },
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    data: { ...shape.data, refusal: error.cause instanceof Denied ? error.cause.refusal : undefined, requestId: 'r-1' },
  }),
});

/** Carries a refusal as the API's own errors do. */
class Denied extends Error {
  readonly refusal: { code: string; message: string; field?: string; retryable: boolean };
  constructor(refusal: Denied['refusal']) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

const nextChange = (log: Log, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    log.changed.addEventListener('change', () => resolve(), { once: true, ...(signal && { signal }) });
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });

const routerOf = (log: Log, accepts: (token: string) => boolean) => {
  const refuseStrangers = (token: string): void => {
    if (!accepts(token))
      throw new TRPCError({
        code: 'UNAUTHORIZED',
        cause: new Denied({ code: 'UNAUTHORIZED', message: 'No.', retryable: false }),
      });
  };
  return t.router({
    setup: t.router({ status: t.procedure.query(() => ({ claimed: true })) }),
    whoami: t.procedure.query(({ ctx }) => {
      refuseStrangers(ctx.token);
      return { token: ctx.token };
    }),
    rename: t.procedure
      .input((value: unknown) => value as { name: string })
      .mutation(({ input }) => {
        throw new TRPCError({
          code: 'CONFLICT',
          cause: new Denied({
            code: 'NAME_TAKEN',
            message: `There is a ${input.name} already.`,
            field: 'name',
            retryable: false,
          }),
        });
      }),
    crash: t.procedure.query(() => {
      throw new Error('secret detail');
    }),
    ticks: t.procedure
      .input((value: unknown) => value as TickerInput)
      .subscription(async function* ({ ctx, input, signal }) {
        refuseStrangers(ctx.token);
        let seen = Number(input.lastEventId ?? 0);
        let sent = 0;
        for (;;) {
          while (seen < log.ticks.length) {
            const tick = log.ticks[seen] ?? '';
            seen += 1;
            yield tracked(String(seen), tick);
            refuseStrangers(ctx.token);
            sent += 1;
            if (sent === input.cutAfter) return;
          }
          await nextChange(log, signal);
          if (signal?.aborted) return;
        }
      }),
  });
};

export type TickerRouter = ReturnType<typeof routerOf>;

export type TickerServer = {
  readonly url: string;
  readonly port: number;
  /** Tokens of the WebSocket connections so far. */
  readonly wsTokens: string[];
  readonly upgrades: () => number;
  readonly sockets: () => number;
  /** Event streams that are open. */
  readonly streams: () => number;
  /** Times that a client asked whether the server is still there. */
  readonly pings: () => number;
  /** Asks live clients to reconnect, as a server does that is about to stop. */
  readonly announceStop: () => void;
  /** Reads no more of what present connections send, like a network that went away without a word. */
  readonly freeze: () => void;
  /** Cuts everything at once, like a killed process. */
  readonly kill: () => Promise<void>;
};

export type TickerOptions = {
  readonly log: Log;
  readonly port?: number;
  readonly webSockets?: 'served' | 'refused';
  readonly accepts?: (token: string) => boolean;
};

const bearerOf = (req: IncomingMessage): string => (req.headers.authorization ?? '').replace(/^Bearer /, '');

/** Event streams as our server has them: one for all subscriptions of a request. */
async function stream(router: TickerRouter, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const inputs = (await json(req)) as Readonly<Record<number, unknown>>;
  const paths = new URL(req.url ?? '', 'http://server').pathname.split('/').at(-1)?.split(',') ?? [];
  const calls = paths.map((path, index) => ({ path, input: inputs[index] }));
  const { body } = streamTogether({ router, ctx: { token: bearerOf(req) }, calls, onError: () => undefined });
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const readable = Readable.fromWeb(body as never);
  res.once('close', () => readable.destroy());
  readable.on('error', () => undefined).pipe(res);
}

/** A real tRPC server on one port, HTTP and WebSocket, that streams the log and can be killed and started again. */
export async function startTicker(options: TickerOptions): Promise<TickerServer> {
  const router = routerOf(options.log, options.accepts ?? (() => true));
  const wsTokens: string[] = [];
  let upgrades = 0;
  let pings = 0;
  const open = new Set<Socket>();
  const handle = createHTTPHandler({
    allowMethodOverride: true,
    router,
    basePath: '/trpc/',
    createContext: ({ req }) => ({ token: bearerOf(req) }),
  });
  const streams = new Set<IncomingMessage>();
  const server = createServer((req, res) => {
    if (!req.headers.accept?.includes('text/event-stream')) return handle(req, res);
    streams.add(req);
    res.once('close', () => streams.delete(req));
    void stream(router, req, res);
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  const wss = new WebSocketServer({ noServer: true });
  wss.on('connection', (client) =>
    client.on('message', (data) => {
      if (Buffer.isBuffer(data) && data.equals(PING)) pings += 1;
    }),
  );
  const handler = applyWSSHandler({
    wss,
    router,
    createContext: ({ info }) => {
      const token = info.connectionParams?.['token'] ?? '';
      wsTokens.push(token);
      return { token };
    },
  });
  server.on('upgrade', (req, socket, head) => {
    upgrades += 1;
    if (options.webSockets === 'refused') socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    else wss.handleUpgrade(req, socket, head, (client) => wss.emit('connection', client, req));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    wsTokens,
    upgrades: () => upgrades,
    sockets: () => wss.clients.size,
    streams: () => streams.size,
    pings: () => pings,
    announceStop: handler.broadcastReconnectNotification,
    freeze: () => {
      for (const socket of open) socket.pause();
    },
    kill: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
