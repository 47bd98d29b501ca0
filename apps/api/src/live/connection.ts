import type { Outflow } from './outflow.ts';

/** The WebSocket, as far as the hub needs it. */
export type Socket = { readonly readyState: number };

/** The stream under the WebSocket. Frames are written to it whole, between those that `ws` writes (also whole, without compression). */
export type Wire = {
  write(frame: Buffer): boolean;
  cork(): void;
  uncork(): void;
};

const OPEN = 1;

/** What became of a frame: on its way, refused because the reader is slow, or dropped because the socket is closing. */
export type Written = 'sent' | 'full' | 'closed';

/** What all connections of a hub share: which of them hold several frames of this tick back to send them as one. */
export type Outbox = { readonly corked: LiveConnection[] };

/** One WebSocket that subscriptions are attached to. */
export class LiveConnection {
  /** Attached subscriptions: with more than one, the frames of a tick leave together. */
  subscriptions = 0;
  #corked = false;
  readonly #socket: Socket;
  readonly #wire: Wire;
  readonly #outflow: Outflow;
  readonly #outbox: Outbox;

  constructor(socket: Socket, wire: Wire, outflow: Outflow, outbox: Outbox) {
    this.#socket = socket;
    this.#wire = wire;
    this.#outflow = outflow;
    this.#outbox = outbox;
  }

  /** Whether more waits in this socket than a slow reader may have waiting. */
  get full(): boolean {
    return this.#outflow.full;
  }

  /** Resolves when this reader may be sent more. */
  room(): Promise<void> {
    return this.#outflow.room();
  }

  write(frame: Buffer): Written {
    if (this.#socket.readyState !== OPEN) return 'closed';
    if (this.full) return 'full';
    if (this.subscriptions > 1 && !this.#corked) {
      this.#corked = true;
      this.#wire.cork();
      this.#outbox.corked.push(this);
    }
    this.#wire.write(frame);
    return 'sent';
  }

  /** Sends a frame for which there is room. */
  send(frame: Buffer): void {
    if (this.#socket.readyState === OPEN) this.#wire.write(frame);
  }

  /** Lets the frames of a tick go. */
  uncork(): void {
    this.#corked = false;
    this.#wire.uncork();
  }
}
