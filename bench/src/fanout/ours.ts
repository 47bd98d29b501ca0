import { initTRPC } from '@trpc/server';
import { WebSocketServer } from 'ws';
import type { Placed } from '../../../apps/api/src/live/channel.ts';
import { openHub } from '../../../apps/api/src/live/hub.ts';
import type { Viewer } from '../../../apps/api/src/live/ports.ts';
import { type Minutes, USAGE } from '../../../apps/api/src/usage/usage-channel.ts';
import { RpcSocket } from '../../../apps/api/src/wire/rpc-socket.ts';
import { MARKER_ACCOUNT, minutesOfTick } from './frame.ts';
import type { StartServer } from './start-server.ts';

type AccountId = Minutes[0];
const ROOT = MARKER_ACCOUNT as AccountId;

const entitlement = { path: [ROOT], changesAtMs: null };
const viewer: Viewer = {
  ...entitlement,
  key: 'bench',
  user: null,
  session: null,
  apiKey: null,
  token: null,
  turn: 'bench',
  ask: async () => entitlement,
};

/** What a table shows when it opens. */
const ROWS = 50;
/** The version of what subscribers see first; broadcasts come after it. */
const FIRST = 1;

/**
 * The product's hub and its sockets; its subscribers are attached as those of `usage.live` are, and see a table's rows first. That is not
 * for show: a receiver takes its first small packets for full ones, and answers every second of more than 268 bytes at once, on this
 * machine in the server's time.
 */
export const startOurs: StartServer = (http, eventsPerFrame) => {
  const placed = statesOf(ROWS).map((state) => ({ ...state, version: FIRST }));
  const channel = {
    ...USAGE,
    read: async () => ({ version: FIRST, from: 0, gap: false, placed, gone: [], moved: [] }),
  };
  const hub = openHub([channel], {
    source: null,
    version: async () => FIRST,
    // Ids are as long as the product's.
    journal: { heads: async () => [{ epoch: '01234567', root: ROOT, seq: 0, version: FIRST }], after: async () => [] },
    clock: { nowMs: () => Date.now() },
    tickMs: 0, // every broadcast of the closed loop is a tick of its own
    serverId: 'bench',
  });
  const t = initTRPC.create();
  const router = t.router({
    usage: t.procedure.subscription(({ signal }) =>
      hub.watch(channel, () => ({ account: ROOT, viewer, since: 0 }), signal),
    ),
  });
  const wss = new WebSocketServer({ server: http, perMessageDeflate: false });
  const nothing = () => undefined;
  const recognise = async (): Promise<boolean> => true;
  const opening = {
    router,
    createContext: () => ({}),
    recognise,
    mostWaiting: 1 << 20,
    onError: nothing,
    onCutOff: nothing,
  };
  wss.on('connection', (client, { url }) => new RpcSocket(client, { ...opening, url }));
  return (version) => {
    hub.show(channel, { root: ROOT, version: FIRST + version, states: statesOf(eventsPerFrame), complete: true });
    hub.flush();
  };
};

const statesOf = (accounts: number): Placed<Minutes>[] =>
  minutesOfTick(accounts).map(([account, own, total]) => ({
    account: account as AccountId,
    path: [ROOT],
    state: [account as Minutes[0], own as Minutes[1], total as Minutes[2]],
  }));
