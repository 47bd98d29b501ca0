import type { Clock } from '@tenantree/domain';
import { httpBatchLink, type TRPCLink } from '@trpc/client';
import type { AnyRouter } from '@trpc/server';
import type { EventSource } from 'eventsource';
import { createLiveLink } from './live-link.ts';
import { createLiveState, type Live } from './live-state.ts';
import { renewalLink } from './renewal-link.ts';
import { createSession } from './session.ts';
import { openWsLine } from './ws-line.ts';

/** How to reach a Tenantree server and as whom. */
export type TenantreeOptions = {
  /** Where the server is, for example `https://accounts.example.com`. In a page of the server itself: `location.origin`. */
  readonly url: string;
  /**
   * Hands out the bearer token: an API key, or an embed token that the page's own backend got. Called when the first call is
   * made, for every new live connection, and once more when the server refuses the token. Without it, the browser's cookies count.
   */
  readonly getToken?: () => Promise<string>;
  /** Called when the server refuses the credential for good: sign in again, or offer to. */
  readonly onSessionExpired?: () => void;
  readonly fetch?: typeof fetch;
  readonly WebSocket?: typeof WebSocket;
  /** Takes the place of the bundled EventSource; must accept a `fetch` option. */
  readonly EventSource?: typeof EventSource;
  /** Where time comes from; the system's clock by default. */
  readonly clock?: Clock;
  /** Uniform numbers in [0, 1) for the spread of reconnections. */
  readonly random?: () => number;
};

export type Links = {
  readonly links: TRPCLink<AnyRouter>[];
  readonly live: Live;
  readonly close: () => void;
};

const MAX_URL_LENGTH = 4_000;
const MAX_BATCH = 16;
const NO_TOKEN = {};

/** Calls `wake` when the network comes back or the page becomes visible; returns how to stop. Does nothing where there is no page. */
function onComingBack(wake: () => void): () => void {
  if (typeof window === 'undefined' || typeof document === 'undefined') return () => undefined;
  const whenVisible = (): void => {
    if (document.visibilityState === 'visible') wake();
  };
  window.addEventListener('online', wake);
  document.addEventListener('visibilitychange', whenVisible);
  return () => {
    window.removeEventListener('online', wake);
    document.removeEventListener('visibilitychange', whenVisible);
  };
}

/** The links of the client, for any tRPC client that is to talk to a Tenantree server: batched HTTP for calls, one live connection for subscriptions. */
export function createLinks(options: TenantreeOptions): Links {
  const fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  const random = options.random ?? Math.random;
  const url = `${options.url.replace(/\/+$/, '')}/trpc`;
  const session = createSession(options.getToken, () => options.onSessionExpired?.());
  const live = createLiveState(options.clock ?? { nowMs: Date.now });

  const subscriptions = createLiveLink({
    session,
    live,
    random,
    openWs: (history, events) =>
      openWsLine({
        url: url.replace(/^http/, 'ws'),
        session,
        WebSocket: options.WebSocket ?? WebSocket,
        random,
        history,
        events,
      }),
    loadSse: async () => {
      const { openSseLine } = await import('./sse-line.ts');
      const { EventSource } = options;
      return () => openSseLine({ url, session, fetch, ...(EventSource && { EventSource }) });
    },
    reachable: async () => {
      try {
        return (await fetch(`${url}/setup.status`)).ok;
      } catch {
        return false;
      }
    },
  });

  const stopListening = onComingBack(subscriptions.wake);
  const calls = httpBatchLink({
    url,
    fetch: (input, { signal, ...init } = {}) => fetch(input, signal ? { ...init, signal } : init),
    maxURLLength: MAX_URL_LENGTH,
    maxItems: MAX_BATCH,
    headers: async () => {
      const token = await session.token();
      return token === null ? NO_TOKEN : { authorization: `Bearer ${token}` };
    },
  });
  return {
    links: [subscriptions.link, renewalLink(session), calls],
    live: { get: live.get, subscribe: live.subscribe },
    close: () => {
      stopListening();
      subscriptions.close();
    },
  };
}
