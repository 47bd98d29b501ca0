import { isRecord } from '@tenantree/domain';
import { TRPCClientError } from '@trpc/client';
import type { AnyRouter } from '@trpc/server';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { answersIn, notOurs, responseOf } from './answer.ts';
import type { Line, Taker } from './line.ts';
import { tell } from './live-state.ts';
import { NO_ANSWER, Unanswered } from './refusal-of.ts';
import type { Session } from './session.ts';

export type SseLineOptions = {
  readonly url: string;
  readonly session: Session;
  readonly fetch: typeof fetch;
};

/** Longer addresses are refused on the way by some servers and proxies: the input then travels as the body of a POST. */
const MAX_ADDRESS = 4_000;

type Listener = (event: EventSourceMessage) => void;
type ServerError = Parameters<typeof TRPCClientError.from<AnyRouter>>[0];

/** How long the server lets a stream be silent, pings included, in milliseconds; null when it doesn't say. */
function silenceLimitOf(text: string): number | null {
  const options: unknown = JSON.parse(text);
  const limit = isRecord(options) ? options['reconnectAfterInactivityMs'] : null;
  return typeof limit === 'number' ? limit : null;
}

/** The error that a stream ended with, as the server wrote it (the shape of tRPC's errors). */
const serverError = (text: string): ServerError => ({ error: JSON.parse(text) });

/** What the events of a stream say, for its taker. @returns the listener of each kind of event; any other says nothing */
function listenersOf(taker: Taker, silent: (limit: number | null) => void): Readonly<Record<string, Listener>> {
  return {
    connected: ({ data }) => {
      silent(silenceLimitOf(data));
      taker.next({ result: { type: 'started' } });
    },
    message: ({ data: text, id }) => {
      const data: unknown = JSON.parse(text);
      taker.next({ result: id === undefined ? { type: 'data', data } : { type: 'data', id, data: { id, data } } });
    },
    'serialized-error': ({ data }) => taker.error(TRPCClientError.from(serverError(data))),
    return: () => taker.complete(),
  };
}

/**
 * Hands what comes in to its taker.
 *
 * @param open asks for the stream, until it is stopped
 * @returns how to stop
 */
function readStream(open: (signal: AbortSignal) => Promise<Response>, taker: Taker): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  let silenceLimit: number | null = null;
  let silence: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    clearTimeout(silence);
    stop.abort();
  };
  const fail = (why: unknown): void => {
    if (signal.aborted) return;
    end();
    taker.error(TRPCClientError.from(why as Error));
  };
  const interrupted = (cause: unknown): void => fail(new Unanswered(NO_ANSWER, cause));
  const heard = (): void => {
    clearTimeout(silence);
    if (silenceLimit !== null)
      silence = setTimeout(interrupted, silenceLimit, new Error('The event stream fell silent.'));
  };
  const listeners = listenersOf(taker, (limit) => {
    silenceLimit = limit;
  });
  const parser = createParser({
    onEvent: (event) => {
      if (signal.aborted) return;
      tell(listeners[event.event ?? 'message'] ?? (() => undefined), event);
      if (!signal.aborted) heard();
    },
  });
  const read = async ({ body }: Response): Promise<void> => {
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) parser.feed(part.value);
    throw new Error('The event stream was interrupted.');
  };
  open(signal).then((response) => read(response).catch(interrupted), fail);
  return end;
}

/**
 * One event stream per subscription, for networks where WebSockets don't get through. This module is loaded only then.
 *
 * It reads tRPC's event streams itself instead of through `httpSubscriptionLink`: that link can't be loaded apart from
 * tRPC's core and costs every page 3.4 kB. It also leaves reconnecting to whoever attached (an interruption ends the
 * attachment with an error), so that event streams come back with the same back-off, token and ids as WebSockets do.
 */
export function openSseLine(options: SseLineOptions): Line {
  const { session } = options;
  let close = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    close = resolve;
  });
  let serial = session.serial();

  const request = async (address: URL, signal: AbortSignal): Promise<Response> => {
    const token = await session.token();
    serial = session.serial();
    const headers = { accept: 'text/event-stream', ...(token !== null && { authorization: `Bearer ${token}` }) };
    const init = { headers, signal, cache: 'no-store' } as const;
    if (address.href.length <= MAX_ADDRESS) return responseOf(() => options.fetch(address, init));
    const body = address.searchParams.get('input');
    address.search = '';
    const asked = { ...init, headers: { ...headers, 'content-type': 'application/json' }, method: 'POST', body };
    return responseOf(() => options.fetch(address, asked));
  };

  /** Refused before there was a stream, the refusal is the answer. */
  const streamOf = async (address: URL, signal: AbortSignal): Promise<Response> => {
    const response = await request(address, signal);
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
    const [answer = {}] = await answersIn(response, 1);
    throw answer.error ? TRPCClientError.from(answer) : notOurs(response.status);
  };

  const attach: Line['attach'] = (op, lastEventId, taker) => {
    const input = lastEventId === undefined ? op.input : { ...(isRecord(op.input) && op.input), lastEventId };
    const url = `${options.url}/${op.path}?input=${encodeURIComponent(JSON.stringify(input ?? {}))}`;
    return readStream((signal) => streamOf(new URL(url), signal), taker);
  };

  return { attach, ended, serial: () => serial, wake: () => undefined, close };
}
