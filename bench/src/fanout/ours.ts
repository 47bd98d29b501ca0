import { initTRPC } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { Hub } from '../../../apps/api/src/live/hub.ts';
import { liveSocket } from '../../../apps/api/src/live/live-socket.ts';
import type { UsageChange, Viewer } from '../../../apps/api/src/live/ports.ts';
import { MARKER_ACCOUNT, minutesOfTick } from './frame.ts';
import type { StartServer } from './start-server.ts';

type AccountId = UsageChange['root'];
const ROOT = MARKER_ACCOUNT as AccountId;

const entitlement = { path: [ROOT], changesAtMs: null };
const viewer: Viewer = {
  ...entitlement,
  key: 'bench',
  user: null,
  session: null,
  apiKey: null,
  token: null,
  ask: async () => entitlement,
};

/** The product's hub behind the stock ws adapter; its subscribers are attached as those of `usage.live` are. */
export const startOurs: StartServer = (http, eventsPerFrame) => {
  const hub = new Hub({
    source: {
      usage: async () => ({ version: 0, changes: [] }),
      accounts: async () => ({ version: 0, accounts: [], departures: [] }),
      version: async () => 0,
    },
    clock: { nowMs: () => Date.now() },
    tickMs: 0, // every broadcast of the closed loop is a tick of its own
    maxBufferBytes: 1 << 20,
    serverId: 'bench',
  });
  const t = initTRPC.context<{ socket: WebSocket }>().create();
  const router = t.router({
    usage: t.procedure.subscription(({ ctx, signal }) =>
      hub.watchUsage({ account: ROOT, viewer, since: null }, { connection: liveSocket(hub, ctx.socket), signal }),
    ),
  });
  applyWSSHandler({
    wss: new WebSocketServer({ server: http, perMessageDeflate: false }),
    router,
    createContext: ({ res }) => ({ socket: res }),
    experimental_encoder: hub.encoder,
  });
  return (version) => {
    const changes = minutesOfTick(eventsPerFrame).map(([account, own, total]) => ({
      account: account as AccountId,
      path: [ROOT],
      own: own as UsageChange['changes'][number]['own'],
      total: total as UsageChange['changes'][number]['total'],
    }));
    hub.publishUsage({ root: ROOT, version, changes, complete: true });
    hub.flush();
  };
};
