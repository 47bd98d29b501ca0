import {
  type AnyRouter,
  callTRPCProcedure,
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  type inferRouterContext,
  isTrackedEnvelope,
  type TRPCError,
  transformTRPCResponse,
} from '@trpc/server';
import type { TRPCResponseMessage } from '@trpc/server/rpc';
import { toTRPCError } from '../guard/error-shape.ts';
import { MOST_SUBSCRIPTIONS, TOO_MANY_SUBSCRIPTIONS } from './calls.ts';

/** Subscriptions that are answered together. */
export type Together<Router extends AnyRouter> = {
  readonly router: Router;
  readonly ctx: inferRouterContext<Router>;
  /** Which, in the order by which the messages name them. */
  readonly calls: readonly { readonly path: string; readonly input: unknown }[];
  readonly onError: (error: TRPCError, path: string) => void;
};

/** A proxy, or whoever waits, hears something this often (ms). */
const PING_MS = 15_000;
/** A stream that was silent for longer is dead; whoever reads it is told so (ms). */
const SILENCE_MS = 45_000;

/**
 * Several subscriptions in one event stream. A browser without HTTP/2 has six connections to a server for all of its pages: with a stream
 * for each subscription one page would take them all, and its calls would wait for ever. Each event is a message as on a WebSocket, whose
 * `id` is the place of its subscription in the request.
 */
export function streamTogether<Router extends AnyRouter>(together: Together<Router>): Response {
  const writing = new Writing();
  const send: Send = (message) =>
    writing.send(`data: ${JSON.stringify(transformTRPCResponse(together.router._def._config, message))}\n\n`);
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      writing.begin(controller);
      const all = together.calls.map((_, id) => follow(together, id, writing.left, send));
      void Promise.all(all).then(() => writing.close());
    },
    pull: () => writing.pulled(),
    cancel: () => writing.leave(),
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' } });
}

type Send = (message: TRPCResponseMessage) => Promise<void>;

/** The writing side of an event stream: no more waits in it than its reader leaves room for. */
class Writing {
  readonly #leaving = new AbortController();
  readonly #encoder = new TextEncoder();
  #room = Promise.withResolvers<void>();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #pings: NodeJS.Timeout | undefined;

  /** Aborts when nobody reads any more. */
  get left(): AbortSignal {
    return this.#leaving.signal;
  }

  begin(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.#write(`event: connected\ndata: ${JSON.stringify({ reconnectAfterInactivityMs: SILENCE_MS })}\n\n`);
    this.#pings = setInterval(() => {
      if (!this.#isFull) this.#write('event: ping\ndata:\n\n');
    }, PING_MS);
  }

  /** Waits until there is room: a subscription that isn't asked for its next value sums up what it has to say. */
  async send(text: string): Promise<void> {
    while (this.#isFull && !this.left.aborted) await this.#room.promise;
    this.#write(text);
  }

  pulled(): void {
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }

  leave(): void {
    clearInterval(this.#pings);
    this.#leaving.abort();
    this.#room.resolve();
  }

  /** Ends the stream, unless its reader has left. */
  close(): void {
    if (this.left.aborted) return;
    this.leave();
    this.#controller?.close();
  }

  get #isFull(): boolean {
    return (this.#controller?.desiredSize ?? 0) <= 0;
  }

  #write(text: string): void {
    if (!this.left.aborted) this.#controller?.enqueue(this.#encoder.encode(text));
  }
}

/** Sends what one subscription yields, and how it ended. Never rejects. */
async function follow<Router extends AnyRouter>(
  { router, ctx, calls, onError }: Together<Router>,
  id: number,
  signal: AbortSignal,
  send: Send,
): Promise<void> {
  const { path = '', input } = calls[id] ?? {};
  const type = 'subscription';
  try {
    // As on a socket: those before it go on.
    if (id >= MOST_SUBSCRIPTIONS) throw toTRPCError(TOO_MANY_SUBSCRIPTIONS);
    const getRawInput = async (): Promise<unknown> => input;
    const values = await callTRPCProcedure({ router, path, getRawInput, ctx, type, signal, batchIndex: id });
    await send({ id, result: { type: 'started' } });
    for await (const value of values as AsyncIterable<unknown>) {
      if (signal.aborted) return;
      if (isTrackedEnvelope(value)) {
        const [event, data] = value;
        await send({ id, result: { type: 'data', id: event, data: { id: event, data } } });
      } else await send({ id, result: { type: 'data', data: value } });
    }
    await send({ id, result: { type: 'stopped' } });
  } catch (cause) {
    if (signal.aborted) return;
    const error = getTRPCErrorFromUnknown(cause);
    onError(error, path);
    await send({ id, error: getTRPCErrorShape({ config: router._def._config, error, type, path, input, ctx }) });
  }
}
