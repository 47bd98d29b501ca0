import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getRequestListener } from '@hono/node-server';
import type { AnyRouter } from '@trpc/server';
import { Hono } from 'hono';
import { ACCOUNT_IMPORTS_PATH } from '../accounts/imports/upload-route.ts';
import type { Auth } from '../auth/auth.ts';
import { refuseWith } from '../hall/refused.ts';
import type { UsageBacklog } from '../usage/usage-counter.ts';
import type { App, Ground } from '../wire/calls.ts';
import { anyOrigin } from '../wire/headers.ts';
import { answerThrown, requestFrame } from '../wire/request-frame.ts';
import { knownHosts } from '../wire/sender.ts';
import { type CreateContext, TRPC_PATH, trpcOverHttp } from '../wire/trpc-http.ts';
import { trpcOverSockets } from '../wire/trpc-sockets.ts';
import { answerUnread, TIMED_OUT } from '../wire/unread.ts';
import { authRoutes } from './auth-routes.ts';
import { type Config, ConfigError } from './config.ts';
import { healthRoutes } from './health-routes.ts';
import type { Metrics } from './metrics.ts';
import { pageRoutes } from './pages.ts';
import { type Folders, publish } from './published.ts';

export type ServerParts<Router extends AnyRouter> = Omit<Ground, 'isClosing' | 'streams'> & {
  readonly config: Pick<Config, 'host' | 'port' | 'dataDir' | 'metricsToken'>;
  readonly metrics: Metrics;
  /** How far counting usage is behind. @throws when the database doesn't answer */
  readonly usageBacklog: () => Promise<UsageBacklog>;
  readonly router: Router;
  readonly createContext: CreateContext<Router>;
  readonly auth: Auth;
  /** Adds routes under /v1. */
  readonly mount?: (app: App) => void;
  /** Called on the way down, when no new work comes in: resolves when everything accepted is stored. */
  readonly drain?: () => Promise<void>;
  readonly folders?: Folders;
  /** Longest that a request may take to arrive, if not half a minute (ms). */
  readonly requestMs?: number;
};

/** A server of one port, for everything. */
export type ApiServer = {
  /** Begins to listen. @throws ConfigError when nobody may listen there, or somebody else does */
  listen(): Promise<{ readonly port: number; readonly url: string }>;
  /** Lets running requests end, sends live clients away, and stops. Twice is once. */
  close(): Promise<void>;
};

const builtAt = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

/** Where turbo puts what it builds. */
export const BUILDS: Folders = {
  app: builtAt('apps/web/dist'),
  widget: builtAt('packages/widget/dist'),
  packages: [builtAt('packages/client/packed'), builtAt('packages/widget/packed')],
};

/** Longest that a request may take to arrive, body included (ms). */
const REQUEST_MS = 30_000;
/** Longest that requests under way may take when the server stops (ms). */
const PATIENCE_MS = 5_000;

/** Longest that a file of accounts may take to arrive (ms). */
const UPLOAD_MS = 600_000;

/** Cuts off who doesn't send what a request said would come, as Node does it with one time for all. */
function boundArrival(incoming: IncomingMessage, requestMs: number): void {
  const isUpload = incoming.url?.startsWith(ACCOUNT_IMPORTS_PATH) ?? false;
  if (isUpload || incoming.method === 'GET') return;
  const cut = setTimeout(() => incoming.socket.end(TIMED_OUT), requestMs);
  incoming.once('end', () => clearTimeout(cut)).once('close', () => clearTimeout(cut));
}

/** @returns lets go of connections on which nothing is asked. Node takes those for busy on which nothing ever was: browsers open some ahead. */
function idleConnections(server: Server): () => void {
  const open = new Set<Socket>();
  server.on('connection', (connection) => {
    open.add(connection);
    connection.once('close', () => open.delete(connection));
  });
  return () => {
    server.closeIdleConnections();
    for (const connection of open) if (connection.bytesRead === 0) connection.destroy();
  };
}

const isForWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === 'websocket';

/** Puts the server together; nothing listens yet. */
export function createServer<Router extends AnyRouter>(parts: ServerParts<Router>): ApiServer {
  const { config, router, createContext } = parts;
  let closing: Promise<void> | null = null;
  const ground: Ground = { ...parts, isClosing: () => closing !== null, streams: new Set() };

  const app: App = new Hono();
  app.use(requestFrame(ground));
  app.use(knownHosts(ground));
  app.onError(answerThrown(ground));
  app.notFound(() => refuseWith('NOT_FOUND', 'There is nothing here.'));
  healthRoutes(app, { ...parts, isClosing: ground.isClosing });
  authRoutes(app, parts.auth, ground);
  app.use(`${TRPC_PATH}/*`, anyOrigin);
  app.use('/v1/*', anyOrigin);
  app.on(['GET', 'POST'], `${TRPC_PATH}/*`, trpcOverHttp(ground, router, createContext));
  parts.mount?.(app);
  const { folders = BUILDS, log, requestMs = REQUEST_MS } = parts;
  const published = publish(folders, join(config.dataDir, 'builds'), (error) =>
    log.warn({ err: error }, 'builds can’t be kept'),
  );
  pageRoutes(app, parts.auth, parts.hall, folders, published);

  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const limits = { requestTimeout: UPLOAD_MS, headersTimeout: requestMs, connectionsCheckingInterval: requestMs / 30 };
  // Some clients offer to go on in HTTP/2 (`h2c`) with every first request: what nobody takes up is a request like any other.
  const upgrades = { shouldUpgradeCallback: isForWebSocket };
  // The listener answers its own failures; nobody waits for it.
  const server = createHttpServer({ ...limits, ...upgrades }, (incoming, outgoing) => {
    boundArrival(incoming, requestMs);
    void answer(incoming, outgoing);
  });
  answerUnread(server, parts.hall);
  const sockets = trpcOverSockets(ground, server, router, createContext);
  const letGo = idleConnections(server);

  const stop = async (): Promise<void> => {
    const stopped = server.listening ? closed(server) : Promise.resolve();
    sockets.sendAway();
    letGo();
    const cut = setTimeout(() => server.closeAllConnections(), PATIENCE_MS);
    for (const stream of ground.streams) stream.destroy();
    await parts.drain?.();
    await sockets.close();
    await stopped;
    await published.settled;
    clearTimeout(cut);
  };

  return {
    listen: () => listening(server, config),
    close: () => {
      closing ??= stop();
      return closing;
    },
  };
}

const closed = (server: Server): Promise<void> => new Promise((done) => server.close(() => done()));

/** Which setting keeps the server from listening, and why. */
function whyNotThere({ port, host }: Pick<Config, 'host' | 'port'>, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `PORT ${port} is in use by another program`;
    case 'EACCES':
      return `PORT ${port} is not for this user; ports below 1024 usually are root's`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST ${host} is no address of this machine`;
    default:
      return `HOST ${host} and PORT ${port}: ${error.message}`;
  }
}

/** How the host one listens on is named in an address: all addresses of the machine are reached as localhost. */
const urlHost = (host: string): string => {
  if (host === '0.0.0.0' || host === '::' || host === '127.0.0.1' || host === '::1') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
};

/** @throws ConfigError when the address can't be had */
async function listening(
  server: Server,
  config: Pick<Config, 'host' | 'port'>,
): Promise<{ readonly port: number; readonly url: string }> {
  await new Promise<void>((ready, fail) => {
    const refused = (error: NodeJS.ErrnoException): void => fail(new ConfigError([whyNotThere(config, error)]));
    server.once('error', refused);
    server.listen(config.port, config.host, () => {
      server.off('error', refused);
      ready();
    });
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://${urlHost(config.host)}:${port}` };
}
