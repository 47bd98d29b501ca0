import { isRecord } from '@tenantree/domain';
import { type Operation, TRPCClientError } from '@trpc/client';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { answersIn, hand, notOurs, responseOf } from './answer.ts';
import type { Line, Message, Subscriptions, Taker } from './line.ts';
import { tell } from './live-state.ts';
import { NO_ANSWER, Unanswered } from './refusal-of.ts';
import type { Session } from './session.ts';

export type SseLineOptions = {
  readonly url: string;
  readonly session: Session;
  readonly fetch: typeof fetch;
};

/** Subscriptions that begin or end within this time are asked for together, in milliseconds. */
const GATHER_MS = 20;

/** A subscription as the server is asked for it. */
type Asked = { readonly op: Operation; lastEventId: string | undefined };

/** How long the server lets a stream be silent, pings included, in milliseconds; null when it doesn't say. */
function silenceLimitOf(text: string): number | null {
  const options: unknown = JSON.parse(text);
  const limit = isRecord(options) ? options['reconnectAfterInactivityMs'] : null;
  return typeof limit === 'number' ? limit : null;
}

const inputOf = ({ op, lastEventId }: Asked): unknown =>
  lastEventId === undefined ? (op.input ?? {}) : { ...(isRecord(op.input) && op.input), lastEventId };

/**
 * Reads the messages of an event stream until it ends or `stop` aborts it.
 *
 * @throws Unanswered when it breaks off, or falls silent
 */
async function readMessages(
  { body }: Response,
  take: (message: Message) => void,
  stop: AbortController,
): Promise<void> {
  const { signal } = stop;
  let limit: number | null = null;
  let silence: ReturnType<typeof setTimeout> | undefined;
  const onEvent = ({ event = 'message', data }: EventSourceMessage): void => {
    if (signal.aborted) return;
    if (event === 'connected') limit = silenceLimitOf(data);
    else if (event === 'message') tell(take, JSON.parse(data));
    clearTimeout(silence);
    if (limit !== null) silence = setTimeout(fallSilent, limit);
  };
  let fallSilent = (): void => undefined;
  const silent = new Promise<never>((_, reject) => {
    fallSilent = () => reject(new Error('The event stream fell silent.'));
  });
  const parser = createParser({ onEvent });
  try {
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    const next = async () => reader && Promise.race([reader.read(), silent]);
    for (let part = await next(); part && !part.done; part = await next()) parser.feed(part.value);
    throw new Error('The event stream was interrupted.');
  } catch (cause) {
    throw new Unanswered(NO_ANSWER, cause);
  } finally {
    clearTimeout(silence);
    stop.abort();
  }
}

/**
 * One event stream for all subscriptions, for networks where WebSockets don't get through. This module is loaded only then.
 *
 * All of them share one: without HTTP/2 a browser has six connections to a server, and with a stream for each subscription one page takes
 * them all, so that no call gets through. When another one begins the stream is asked for anew, each subscription after its last event.
 * Who is refused, or interrupted, is told as over a WebSocket: reconnecting is left to whoever attached.
 */
export const openSseLine = (options: SseLineOptions): Line => new SseLine(options);

class SseLine implements Line {
  readonly ended: Promise<void>;
  readonly #options: SseLineOptions;
  readonly #subscriptions: Subscriptions = { takers: new Map(), unanswered: new Set() };
  readonly #asked = new Map<number, Asked>();
  #over = (): void => undefined;
  #serial: number;
  #stream = new AbortController();
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #attachments = 0;

  constructor(options: SseLineOptions) {
    this.#options = options;
    this.#serial = options.session.serial();
    this.ended = new Promise((resolve) => {
      this.#over = resolve;
    });
  }

  attach(op: Operation, lastEventId: string | undefined, taker: Taker): () => void {
    // An input that can't be written fails its own subscription, not those that travel with it.
    JSON.stringify(op.input);
    const { takers, unanswered } = this.#subscriptions;
    const id = (this.#attachments += 1);
    this.#asked.set(id, { op, lastEventId });
    takers.set(id, taker);
    unanswered.add(id);
    this.#openSoon();
    return () => {
      unanswered.delete(id);
      takers.delete(id);
      if (this.#asked.delete(id)) this.#openSoon();
    };
  }

  serial(): number {
    return this.#serial;
  }

  wake(): void {
    // The stream's own silence tells whether it is dead.
  }

  close(): void {
    clearTimeout(this.#gathering);
    this.#forget();
    this.#stream.abort();
    this.#over();
  }

  #openSoon(): void {
    clearTimeout(this.#gathering);
    this.#gathering = setTimeout(() => void this.#open(), GATHER_MS);
  }

  /** Asks for all that there is now in place of what there was. */
  async #open(): Promise<void> {
    this.#stream.abort();
    const stop = new AbortController();
    this.#stream = stop;
    if (this.#asked.size === 0) return;
    const ids = [...this.#asked.keys()];
    try {
      const response = await this.#request([...this.#asked.values()], stop.signal);
      await readMessages(response, (message) => this.#take(message, ids), stop);
    } catch (error) {
      if (this.#stream !== stop) return;
      for (const taker of this.#forget()) taker.error(TRPCClientError.from(error as Error));
    }
  }

  async #request(calls: readonly Asked[], signal: AbortSignal): Promise<Response> {
    const { url, session, fetch } = this.#options;
    const token = await session.token();
    this.#serial = session.serial();
    const headers = {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      ...(token !== null && { authorization: `Bearer ${token}` }),
    };
    const body = JSON.stringify(Object.fromEntries(calls.map((call, index) => [index, inputOf(call)])));
    const init = { method: 'POST', headers, body, signal, cache: 'no-store' } as const;
    const response = await responseOf(() => fetch(`${url}/${calls.map(({ op }) => op.path).join()}?batch=1`, init));
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
    // Refused before there was a stream, the refusal is the answer.
    const [answer = {}] = await answersIn(response, calls.length);
    throw answer.error ? TRPCClientError.from(answer) : notOurs(response.status);
  }

  /** @param ids of the subscriptions, in the order in which they were asked for */
  #take({ id: place, ...said }: Message, ids: readonly number[]): void {
    const id = place === null ? undefined : ids[place];
    const asked = id === undefined ? undefined : this.#asked.get(id);
    if (id === undefined || !asked) return;
    const { result, error } = said;
    // Who goes on because others began was accepted before.
    if (result?.type === 'started' && !this.#subscriptions.unanswered.has(id)) return;
    if (result && 'id' in result && result.id !== undefined) asked.lastEventId = result.id;
    if (error || result?.type === 'stopped') this.#asked.delete(id);
    hand({ id, ...said }, this.#subscriptions);
  }

  /** @returns who was on it */
  #forget(): readonly Taker[] {
    const { takers, unanswered } = this.#subscriptions;
    const left = [...takers.values()];
    takers.clear();
    unanswered.clear();
    this.#asked.clear();
    return left;
  }
}
