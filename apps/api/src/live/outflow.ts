/** A stream as far as one wants to know what still waits in it. */
export type Draining = {
  readonly writableLength: number;
  once(event: 'drain', listener: () => void): unknown;
};

/**
 * What waits in a socket until its peer reads. Whoever writes more than little looks here first, so that a peer that asks and
 * never reads costs no more than its bound and one message.
 */
export class Outflow {
  readonly #stream: Draining;
  readonly #mostBytes: number;
  #drained: Promise<void> | null = null;

  /** @param mostBytes bound for what may wait, at least as much as the stream takes before it says that it has enough */
  constructor(stream: Draining, mostBytes: number) {
    this.#stream = stream;
    this.#mostBytes = mostBytes;
  }

  /** Bytes that the peer has not read. */
  get waiting(): number {
    return this.#stream.writableLength;
  }

  /** Whether more waits than may. */
  get full(): boolean {
    return this.waiting > this.#mostBytes;
  }

  /** Resolves when there is room: at once, or when the peer has read what waits. Never, when the stream ends before. */
  async room(): Promise<void> {
    while (this.full) await (this.#drained ??= this.#drain());
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      this.#stream.once('drain', () => {
        this.#drained = null;
        resolve();
      });
    });
  }
}
