import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { WebSocket } from 'ws';
import type { Board } from './board.ts';
import type { Channel, Item } from './channel.ts';
import type { LiveConnection, Outbox } from './connection.ts';
import { liveSocket } from './live-socket.ts';
import type { Outflow } from './outflow.ts';
import type { LiveMetrics, Viewer } from './ports.ts';
import type { Batch, Subscription } from './subscription.ts';
import { textFrame } from './text-frame.ts';
import type { Scope } from './topic.ts';
import { resultText } from './wire.ts';

/** What is watched, by whom, and from which id on. */
export type Request = { readonly scope: Scope; readonly viewer: Viewer; readonly since: number | null };

/** What all streams of a channel share. */
export type Studio<State, Frame> = {
  readonly board: Board<State, Frame>;
  readonly channel: Channel<State, Frame>;
  readonly metrics: LiveMetrics;
  readonly outbox: Outbox;
  /** JSON of first frames that are the same for several viewers, by their items. */
  readonly bodies: WeakMap<readonly Item<State>[], string>;
};

/** Told once when a stream is over, with the error that it was cut with. */
export type Over = (error: Error | null) => void;

/**
 * What a live procedure returns. Whoever takes objects, such as an event stream, gets every frame by iterating, never more than the latest
 * state of what it has not fetched yet. To a socket the hub writes all frames itself: nothing of the call stays alive for it but the
 * subscription in its topic (performance.md 1).
 */
export class LiveStream<State, Frame extends object> implements AsyncIterable<TrackedEnvelope<Frame>, void, undefined> {
  readonly #studio: Studio<State, Frame>;
  readonly #find: () => Promise<Request>;
  readonly #signal: AbortSignal | undefined;

  /**
   * @param find what to watch; it may have to be looked up first, and refuses as the stream
   * @param signal ends the iteration
   */
  constructor(studio: Studio<State, Frame>, find: () => Promise<Request>, signal: AbortSignal | undefined) {
    this.#studio = studio;
    this.#find = find;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): AsyncGenerator<TrackedEnvelope<Frame>, void, undefined> {
    return iterate(this.#studio, this.#find, this.#signal);
  }

  /** A socket as one that the hub writes to, or null when it can't write to that one. */
  connect(socket: WebSocket, outflow: Outflow): LiveConnection | null {
    return liveSocket(socket, outflow, this.#studio.outbox);
  }

  /**
   * Has the hub write the frames to a socket, the first as soon as there is a state.
   *
   * @param head the envelope of the call's messages
   * @returns how the viewer leaves; `over` is told of that, too
   */
  sendTo(connection: LiveConnection, head: string, over: Over): () => void {
    const sending = new Sending<State, Frame>(this.#studio, connection, head, over);
    void sending.begin(this.#find);
    return () => sending.end();
  }
}

/** @throws TRPCError with the refusal when access ends */
async function* iterate<State, Frame extends object>(
  { board, channel, metrics }: Studio<State, Frame>,
  find: () => Promise<Request>,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<Frame>, void, undefined> {
  let member: Subscription<State> | undefined;
  const leave = (): void => member?.end();
  signal?.addEventListener('abort', leave, { once: true });
  try {
    const { scope, viewer, since } = await find();
    if (signal?.aborted) return;
    member = board.join(scope, viewer, since);
    await board.begin(member, scope, since);
    let batch: Batch<State> | null = member.phase === 'ended' ? await member.next() : member.first();
    board.start(member, scope);
    for (; batch; batch = await member.next()) {
      metrics.frames(channel.name, 1, 0);
      yield tracked(String(batch.id), channel.frame(batch.id, batch));
    }
  } finally {
    signal?.removeEventListener('abort', leave);
    member?.end();
  }
}

/** A stream on its way to a socket: from the call until the first frame is written. After that its member in the topic is all there is. */
class Sending<State, Frame> {
  readonly #studio: Studio<State, Frame>;
  readonly #connection: LiveConnection;
  readonly #head: string;
  readonly #over: Over;
  #member: Subscription<State> | null = null;
  #ended = false;

  constructor(studio: Studio<State, Frame>, connection: LiveConnection, head: string, over: Over) {
    this.#studio = studio;
    this.#connection = connection;
    this.#head = head;
    this.#over = over;
  }

  async begin(find: () => Promise<Request>): Promise<void> {
    const { board } = this.#studio;
    try {
      const { scope, viewer, since } = await find();
      // Nothing is read for somebody who doesn't read.
      await this.#connection.room();
      if (this.#ended) return;
      const member = board.join(scope, viewer, since);
      this.#member = member;
      member.onEnd = (error) => this.end(error);
      await board.begin(member, scope, since);
      await this.#connection.room();
      this.#sendFirst(member);
      board.start(member, scope);
    } catch (error) {
      this.end(error instanceof Error ? error : new Error('A stream could not begin.', { cause: error }));
    }
  }

  end(error: Error | null = null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#member?.end();
    this.#over(error);
  }

  #sendFirst(member: Subscription<State>): void {
    if (member.phase !== 'starting') return;
    const { channel, metrics, bodies } = this.#studio;
    const batch = member.first();
    let body = bodies.get(batch.items);
    if (body === undefined) bodies.set(batch.items, (body = channel.body(batch)));
    const frame = textFrame(this.#head + resultText(batch.id, body));
    member.attach(this.#connection, this.#head);
    this.#connection.send(frame);
    metrics.frames(channel.name, 1, frame.length);
  }
}
