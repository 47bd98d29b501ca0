import { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** A stream as far as one wants to know what still waits in it. */
export type Draining = {
  readonly writableLength: number;
  once(event: 'drain', listener: () => void): unknown;
};

/**
 * What a socket's peer has not read. Whoever writes more than little looks here first, so that a peer that asks and never reads costs no
 * more than its bound and one message.
 */
export class Unread {
  readonly #stream: Draining;
  readonly #mostBytes: number;
  #drained: Promise<void> | null = null;

  /** @param mostBytes bound for what may wait, at least as much as the stream takes before it says that it has enough */
  constructor(stream: Draining, mostBytes: number) {
    this.#stream = stream;
    this.#mostBytes = mostBytes;
  }

  /** How many bytes wait. */
  get bytes(): number {
    return this.#stream.writableLength;
  }

  /** Whether more waits than may. */
  get full(): boolean {
    return this.bytes > this.#mostBytes;
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

/** The stream under the WebSocket. Frames are written to it whole, between those that `ws` writes (also whole, without compression). */
type FrameStream = {
  write(frame: Buffer): boolean;
  cork(): void;
  uncork(): void;
};

const OPEN = 1;

/** What became of a frame: on its way, refused because the reader is slow, or dropped because the socket is closing. */
type Written = 'sent' | 'full' | 'closed';

/** Those connections of a hub that hold several frames of this tick back to send them as one. */
export type HeldBack = LiveConnection[];

/** One WebSocket that viewings are attached to. */
export class LiveConnection {
  /** Attached viewings: with more than one, the frames of a tick leave together. */
  viewings = 0;
  #holdsBack = false;
  readonly #socket: { readonly readyState: number };
  readonly #stream: FrameStream;
  readonly #unread: Unread;
  readonly #heldBack: HeldBack;

  constructor(socket: { readonly readyState: number }, stream: FrameStream, unread: Unread, heldBack: HeldBack) {
    this.#socket = socket;
    this.#stream = stream;
    this.#unread = unread;
    this.#heldBack = heldBack;
  }

  /** Whether more waits in this socket than a slow reader may have waiting. */
  get full(): boolean {
    return this.#unread.full;
  }

  /** Resolves when this reader may be sent more. */
  room(): Promise<void> {
    return this.#unread.room();
  }

  write(frame: Buffer): Written {
    if (this.#socket.readyState !== OPEN) return 'closed';
    if (this.full) return 'full';
    if (this.viewings > 1 && !this.#holdsBack) {
      this.#holdsBack = true;
      this.#stream.cork();
      this.#heldBack.push(this);
    }
    this.#stream.write(frame);
    return 'sent';
  }

  /** Sends a frame for which there is room. */
  send(frame: Buffer): void {
    if (this.#socket.readyState === OPEN) this.#stream.write(frame);
  }

  /** Lets the frames of a tick go. */
  letGo(): void {
    this.#holdsBack = false;
    this.#stream.uncork();
  }
}

/** The stream under a WebSocket. ws gives no public way to it; what it writes there are whole frames, so ours may go between them. */
export function streamUnder(socket: WebSocket): Socket {
  const stream: unknown = Reflect.get(socket, '_socket');
  if (stream instanceof Socket) return stream;
  throw new Error('This WebSocket has no stream of its own.');
}

/**
 * The hub's side of a WebSocket, one for all its viewings. Null when the hub can't know where frames begin on the stream under it
 * (compression): it is then served like event streams.
 */
export const liveSocket = (socket: WebSocket, unread: Unread, heldBack: HeldBack): LiveConnection | null =>
  socket.extensions === '' ? new LiveConnection(socket, streamUnder(socket), unread, heldBack) : null;

/** The id that a client gave its call. */
export type CallId = number | string;

/** What a call's messages begin with, `{"id":…,"jsonrpc":"2.0"`: viewings with the same are sent the same bytes. */
export const envelopeHead = (envelope: object): string => JSON.stringify(envelope).slice(0, -1);

/**
 * What follows the envelope of a subscription's message, exactly as the stock server writes a `tracked` value: the id stands in the
 * frame, beside it and at the end (adapters/ws.ts of @trpc/server 11.22.1; the conformance test compares).
 *
 * @param body the frame behind its version, `"name":…}`
 */
export const resultText = (id: string, version: number, body: string): string =>
  `,"result":{"type":"data","data":{"id":"${id}","data":{"version":${version},${body}},"id":"${id}"}}`;

const FIN_TEXT = 0x81;
const SHORT = 126;
const LONG = 127;

/** One whole text message as a ready WebSocket frame from a server (RFC 6455 5.2: FIN, unmasked). The same bytes serve every socket. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = length < SHORT ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = FIN_TEXT;
  if (head === 2) frame[1] = length;
  else if (head === 4) {
    frame[1] = SHORT;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = LONG;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, head);
  return frame;
}
