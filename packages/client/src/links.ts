import type { Clock } from '@tenantree/domain';
import { TRPCClientError, type TRPCLink } from '@trpc/client';
import type { AnyRouter } from '@trpc/server';
import { answersIn, responseOf } from './answer.ts';
import { createCallLink } from './call-link.ts';
import { fetched } from './fetched.ts';
import { withoutSlash } from './handshake.ts';
import { createLiveLink } from './live-link.ts';
import { createLiveState, type Live } from './live-state.ts';
import { NO_ANSWER, Unanswered } from './refusal-of.ts';
import { createSession } from './session.ts';

/** How to reach a Tenantree server and as whom. */
export type TenantreeOptions = {
  /** Where the server is, in full, for example `https://accounts.example.com`. In a page of the server itself: `location.origin`. */
  readonly url: string;
  /**
   * Hands out the bearer token: an API key, or an embed token that the page's own backend got. Called when the first call is
   * made, and once more when the server refuses the token. Without it, the browser's cookies count.
   */
  readonly getToken?: () => Promise<string>;
  /** Called when the server refuses the credential for good: sign in again, or offer to. */
  readonly onSessionExpired?: () => void;
  readonly fetch?: typeof fetch;
  /** Takes the place of the runtime's WebSocket. Where there is none, as in Node 20, subscriptions are event streams from the beginning. */
  readonly WebSocket?: typeof WebSocket;
  /**
   * How often a call is repeated whose refusal says that this may help, with the same content and longer waits in between; 2 by default.
   * A mutation keeps its idempotency key: it has one effect.
   */
  readonly retries?: number;
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
  if (typeof document === 'undefined') return;
  window.addEventListener('online', wake, { signal });
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && wake(), { signal });
}

/** @throws TypeError when `url` is no address of a server */
function addressOf(url: string): string {
  if (!URL.canParse(url) || !/^https?:/i.test(url))
    throw new TypeError(`“${url}” is no server’s address. Name it in full, for example https://accounts.example.com.`);
  return `${withoutSlash(url)}/trpc`;
}

/** Repetitions of a call, where nothing else is said. */
const USUAL_RETRIES = 2;

/** What a line is made of: loaded when there is something live, which is after what one looks at. @throws Unanswered when it can't be had now */
const late = <Module extends object>(load: () => Promise<Module>, name: keyof Module & string): Promise<Module> =>
  fetched(load, name).catch((cause: unknown) => {
    throw new Unanswered(NO_ANSWER, cause);
  });

/**
 * The links of the client, for any tRPC client: batched HTTP for calls, one live connection for subscriptions.
 *
 * @throws TypeError when `url` is no address of a server
 */
export function createLinks(options: TenantreeOptions): Links {
  const fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  const random = options.random ?? Math.random;
  const retries = options.retries ?? USUAL_RETRIES;
  const url = addressOf(options.url);
  const session = createSession(options.getToken, () => options.onSessionExpired?.());
  const clock = options.clock ?? { nowMs: Date.now };
  const live = createLiveState(clock);
  const ended = new AbortController();
  const closed = ended.signal;
  const WebSocket = options.WebSocket ?? globalThis.WebSocket;

  const subscriptions = createLiveLink({
    session,
    live,
    random,
    openWs:
      typeof WebSocket === 'undefined'
        ? null
        : async () => {
            const { openWsLine } = await late(() => import('./ws-line.ts'), 'openWsLine');
            return openWsLine({ url: url.replace(/^http/i, 'ws'), session, WebSocket, closed });
          },
    loadSse: async () => {
      const { openSseLine } = await late(() => import('./sse-line.ts'), 'openSseLine');
      return async () => openSseLine({ url, session, fetch });
    },
    reach: async () => {
      await session.token();
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      const response = await responseOf(() => fetch(`${url}/setup.status`, { signal }));
      const [answer] = await answersIn(response, 1);
      if (answer?.error) throw TRPCClientError.from(answer);
    },
  });

  onComingBack(subscriptions.wake, closed);
  return {
    links: [subscriptions.link, createCallLink({ url, session, clock, fetch, random, closed, retries })],
    live: { get: live.get, subscribe: live.subscribe },
    close: () => {
      ended.abort();
      subscriptions.close();
    },
  };
}
