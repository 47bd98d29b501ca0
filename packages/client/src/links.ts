import type { Clock } from '@tenantree/domain';
import type { TRPCLink } from '@trpc/client';
import type { AnyRouter } from '@trpc/server';
import type { EventSource } from 'eventsource';
import { createCallLink } from './call-link.ts';
import { createLiveLink } from './live-link.ts';
import { createLiveState, type Live } from './live-state.ts';
import { createSession } from './session.ts';
import { openWsLine } from './ws-line.ts';

/** How to reach a Tenantree server and as whom. */
export type TenantreeOptions = {
  /** Where the server is, for example `https://accounts.example.com`. In a page of the server itself: `location.origin`. */
  readonly url: string;
  /**
   * Hands out the bearer token: an API key, or an embed token that the page's own backend got. Called when the first call is
   * made, and once more when the server refuses the token. Without it, the browser's cookies count.
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

/** A server that hasn't said how it is by then is not reachable. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Calls `wake` when the network comes back or the page becomes visible, until `signal` aborts. Does nothing where there is no page. */
function onComingBack(wake: () => void, signal: AbortSignal): void {
  if (typeof window === 'undefined' || typeof document === 'undefined') return;
  window.addEventListener('online', wake, { signal });
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && wake(), { signal });
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
    openWs: () => openWsLine({ url: url.replace(/^http/, 'ws'), session, WebSocket: options.WebSocket ?? WebSocket }),
    loadSse: async () => {
      const { openSseLine } = await import('./sse-line.ts');
      const { EventSource } = options;
      return async () => openSseLine({ url, session, fetch, ...(EventSource && { EventSource }) });
    },
    reachable: async () => {
      try {
        await session.token();
        return (await fetch(`${url}/setup.status`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })).ok;
      } catch {
        return false;
      }
    },
  });

  const closed = new AbortController();
  onComingBack(subscriptions.wake, closed.signal);
  return {
    links: [subscriptions.link, createCallLink({ url, session, fetch })],
    live: { get: live.get, subscribe: live.subscribe },
    close: () => {
      closed.abort();
      subscriptions.close();
    },
  };
}
