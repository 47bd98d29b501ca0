import type { AccountId } from '@tenantree/domain';
import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { WebSocket } from 'ws';
import type { Scope } from './audience.ts';
import { type LiveConnection, liveSocket, resultText, textFrame, type Unread } from './connection.ts';
import type { LiveChannel } from './live-channel.ts';
import type { Viewer } from './ports.ts';
import type { Batch, Viewing } from './viewing.ts';

/** What somebody wants to watch. The guard has checked that they may; `viewer` is how it is asked again. */
export type Watch = {
  readonly account: AccountId;
  readonly viewer: Viewer;
  /** Version that the viewer has everything up to (`hub.since`). 0: it has nothing, and is sent what there is. Null: it is told what changes from now on. */
  readonly since: number | null;
  /** No others of the subtree than these, and the children of those in `childrenOf`. */
  readonly only?: readonly AccountId[];
  readonly childrenOf?: readonly AccountId[];
  /** By somebody who doesn't see all that is above the account. */
  readonly sight?: 'part';
};

/** Told once when a stream is over, with the error that it was cut with. */
type Over = (error: Error | null) => void;

/**
 * What a live procedure returns. Whoever takes objects, such as an event stream, gets every frame by iterating, never more than the latest
 * state of what it has not fetched yet. To a socket the hub writes all frames itself: nothing of the call stays alive for it but the
 * viewing in its audience (rules/live 2).
 */
export class LiveStream<State, Frame extends object> implements AsyncIterable<TrackedEnvelope<Frame>, void, undefined> {
  readonly #channel: LiveChannel<State, Frame>;
  readonly #find: () => Watch | Promise<Watch>;
  readonly #signal: AbortSignal | undefined;

  /**
   * @param find what to watch; it may have to be looked up first, and refuses as the stream
   * @param signal ends the iteration
   */
  constructor(channel: LiveChannel<State, Frame>, find: () => Watch | Promise<Watch>, signal: AbortSignal | undefined) {
    this.#channel = channel;
    this.#find = find;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): AsyncGenerator<TrackedEnvelope<Frame>, void, undefined> {
    return iterate(this.#channel, this.#find, this.#signal);
  }

  /** A socket as one that the hub writes to, or null when it can't write to that one. */
  connect(socket: WebSocket, unread: Unread): LiveConnection | null {
    return liveSocket(socket, unread, this.#channel.heldBack);
  }

  /**
   * Has the hub write the frames to a socket, the first as soon as there is a state.
   *
   * @param head the envelope of the call's messages
   * @returns how the viewer leaves; `over` is told of that, too
   */
  sendTo(connection: LiveConnection, head: string, over: Over): () => void {
    const sending = new Sending<State, Frame>(this.#channel, connection, head, over);
    void sending.begin(this.#find);
    return () => sending.end();
  }
}

const scopeOf = ({ account, only, childrenOf, sight }: Watch): Scope => ({
  within: account,
  only: only ?? (childrenOf ? [] : null),
  ...(childrenOf && { childrenOf }),
  ...(sight && { sight }),
});

/** @throws TRPCError with the refusal when access ends */
async function* iterate<State, Frame extends object>(
  channel: LiveChannel<State, Frame>,
  find: () => Watch | Promise<Watch>,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<Frame>, void, undefined> {
  let viewing: Viewing<State> | undefined;
  const leave = (): void => viewing?.end();
  signal?.addEventListener('abort', leave, { once: true });
  try {
    const watch = await find();
    const scope = scopeOf(watch);
    if (signal?.aborted) return;
    viewing = channel.join(scope, watch.viewer, watch.since);
    let batch = (await channel.begin(viewing, scope, watch.since)) ?? (await viewing.next());
    channel.start(viewing, scope);
    for (; batch; batch = await viewing.next()) yield tracked(viewing.idOf(batch), channel.frameOf(batch));
  } finally {
    signal?.removeEventListener('abort', leave);
    viewing?.end();
  }
}

/** A stream on its way to a socket: from the call until the first frame is written. After that its viewing is all there is. */
class Sending<State, Frame extends object> {
  readonly #channel: LiveChannel<State, Frame>;
  readonly #connection: LiveConnection;
  readonly #head: string;
  readonly #over: Over;
  #viewing: Viewing<State> | null = null;
  #ended = false;

  constructor(channel: LiveChannel<State, Frame>, connection: LiveConnection, head: string, over: Over) {
    this.#channel = channel;
    this.#connection = connection;
    this.#head = head;
    this.#over = over;
  }

  async begin(find: () => Watch | Promise<Watch>): Promise<void> {
    const channel = this.#channel;
    try {
      const watch = await find();
      const scope = scopeOf(watch);
      // Nothing is read for somebody who doesn't read.
      await this.#connection.room();
      if (this.#ended) return;
      const viewing = channel.join(scope, watch.viewer, watch.since);
      this.#viewing = viewing;
      viewing.onEnd = (error) => this.end(error);
      const batch = await channel.begin(viewing, scope, watch.since, () => this.#connection.room());
      if (batch) this.#sendFirst(viewing, batch);
      channel.start(viewing, scope);
    } catch (error) {
      this.end(error instanceof Error ? error : new Error('A stream could not begin.', { cause: error }));
    }
  }

  end(error: Error | null = null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#viewing?.end();
    this.#over(error);
  }

  #sendFirst(viewing: Viewing<State>, batch: Batch<State>): void {
    if (viewing.phase !== 'starting') return;
    const frame = textFrame(this.#head + resultText(viewing.idOf(batch), batch.id, this.#channel.firstBody(batch)));
    viewing.attach(this.#connection, this.#head);
    this.#connection.send(frame);
    this.#channel.firstSent(frame.length);
  }
}
