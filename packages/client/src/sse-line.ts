import { isRecord } from '@tenantree/domain';
import { TRPCClientError } from '@trpc/client';
import type { AnyRouter } from '@trpc/server';
import { EventSource as EventSourcePonyfill } from 'eventsource';
import { answersIn, notOurs, responseOf } from './answer.ts';
import type { Line, Taker } from './line.ts';
import { NO_ANSWER, Unanswered } from './refusal-of.ts';
import type { Session } from './session.ts';

/** As far as the client needs it: one stream of events. */
type EventStream = {
  addEventListener(
    type: string,
    listener: (event: { readonly data: string; readonly lastEventId: string; readonly message?: string }) => void,
  ): void;
  close(): void;
};

/** An EventSource that takes a `fetch` option, so that the token can travel in a header. The package `eventsource` has one. */
export type EventSourceMaker = new (
  url: string,
  options: { readonly fetch: (url: string | URL, init: FetchInit) => Promise<Response> },
) => EventStream;

export type SseLineOptions = {
  readonly url: string;
  readonly session: Session;
  readonly fetch: typeof fetch;
  readonly EventSource?: EventSourceMaker;
};

/** Longer addresses are refused on the way by some servers and proxies: the input then travels as the body of a POST. */
const MAX_ADDRESS = 4_000;

type FetchInit = Omit<RequestInit, 'headers'> & { readonly headers: Record<string, string> };
type ServerError = Parameters<typeof TRPCClientError.from<AnyRouter>>[0];

/** How long the server lets a stream be silent, pings included, in milliseconds; null when it doesn't say. */
function silenceLimitOf(text: string): number | null {
  const options: unknown = JSON.parse(text);
  const limit = isRecord(options) ? options['reconnectAfterInactivityMs'] : null;
  return typeof limit === 'number' ? limit : null;
}

/** The error that a stream ended with, as the server wrote it (the shape of tRPC's errors). */
const serverError = (text: string): ServerError => ({ error: JSON.parse(text) });

/**
 * Hands what comes in to its taker.
 *
 * @param whyOf what ended the stream, where only the EventSource says that it ended
 * @returns how to stop
 */
function readStream(source: EventStream, taker: Taker, whyOf: (reason: string) => unknown): () => void {
  let silenceLimit: number | null = null;
  let silence: ReturnType<typeof setTimeout> | undefined;
  const interrupted = (reason: string): void => taker.error(TRPCClientError.from(whyOf(reason) as Error));
  const heard = (): void => {
    clearTimeout(silence);
    if (silenceLimit !== null) silence = setTimeout(() => interrupted('The event stream fell silent.'), silenceLimit);
  };
  source.addEventListener('connected', ({ data }) => {
    silenceLimit = silenceLimitOf(data);
    heard();
    taker.next({ result: { type: 'started' } });
  });
  source.addEventListener('ping', heard);
  source.addEventListener('message', (event) => {
    heard();
    const data: unknown = JSON.parse(event.data);
    const id = event.lastEventId;
    taker.next({ result: id === '' ? { type: 'data', data } : { type: 'data', id, data: { id, data } } });
  });
  source.addEventListener('serialized-error', ({ data }) => taker.error(TRPCClientError.from(serverError(data))));
  source.addEventListener('return', () => taker.complete());
  source.addEventListener('error', ({ message }) => interrupted(message ?? 'The event stream was interrupted.'));
  return () => {
    clearTimeout(silence);
    source.close();
  };
}

/**
 * One event stream per subscription, for networks where WebSockets don't get through. This module and the EventSource
 * that it needs are loaded only then.
 *
 * It reads tRPC's event streams itself instead of through `httpSubscriptionLink`: that link can't be loaded apart from
 * tRPC's core and costs every page 3.4 kB. It also leaves reconnecting to whoever attached (an interruption ends the
 * attachment with an error), so that event streams come back with the same back-off, token and ids as WebSockets do.
 */
export function openSseLine(options: SseLineOptions): Line {
  const { session } = options;
  const EventSource: EventSourceMaker = options.EventSource ?? EventSourcePonyfill;
  let close = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    close = resolve;
  });
  let serial = session.serial();

  const request = async (url: string | URL, init: FetchInit): Promise<Response> => {
    const token = await session.token();
    serial = session.serial();
    const headers = token === null ? init.headers : { ...init.headers, authorization: `Bearer ${token}` };
    const address = new URL(url);
    if (address.href.length <= MAX_ADDRESS) return responseOf(() => options.fetch(address, { ...init, headers }));
    const body = address.searchParams.get('input');
    address.search = '';
    const asked = { ...init, headers: { ...headers, 'content-type': 'application/json' }, method: 'POST', body };
    return responseOf(() => options.fetch(address, asked));
  };

  /** Refused before there was a stream, the refusal is the answer. */
  const streamOf = async (url: string | URL, init: FetchInit): Promise<Response> => {
    const response = await request(url, init);
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
    const [answer = {}] = await answersIn(response, 1);
    throw answer.error ? TRPCClientError.from(answer) : notOurs(response.status);
  };

  const attach: Line['attach'] = (op, lastEventId, taker) => {
    const input = lastEventId === undefined ? op.input : { ...(isRecord(op.input) && op.input), lastEventId };
    const url = `${options.url}/${op.path}?input=${encodeURIComponent(JSON.stringify(input ?? {}))}`;
    let failure: unknown;
    const source = new EventSource(url, {
      fetch: (...asked) =>
        streamOf(...asked).catch((error: unknown) => {
          failure = error;
          throw error;
        }),
    });
    return readStream(source, taker, (reason) => failure ?? new Unanswered(NO_ANSWER, new Error(reason)));
  };

  return { attach, ended, serial: () => serial, wake: () => undefined, close };
}
