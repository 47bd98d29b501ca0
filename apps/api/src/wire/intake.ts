import { isRecord } from '@tenantree/domain';
import type { WebSocket } from 'ws';

/** Calls that are begun, and messages that are read, in one turn of the event loop: then it is the turn of other sockets. */
const A_TURN = 16;
/** A message is as much as another one for every so many bytes. */
const BYTES_MORE = 8_192;

/** A text that a socket received; null stands for one that is no text. */
export type Message = Uint8Array | null;

/** What an intake takes for. */
export type Desk<Call> = {
  /** The calls in a message; none when it can't be read, of which the peer has been told. */
  readonly read: (message: Message) => readonly Call[];
  /** Begins a call. Resolves when it is answered; never rejects. */
  readonly take: (call: Call, index: number) => Promise<void>;
  /** Whether the peer leaves unread what it asked for. */
  readonly isFull: () => boolean;
  /** Whether more may come: reading from the peer pauses or goes on. */
  readonly onPace: (pace: 'pause' | 'resume') => void;
};

/**
 * What one socket has sent and has not been answered: so many calls are under way at one time, the rest waits where it is, and
 * reading pauses, so that a peer that sends much waits for itself (rules/server 10).
 */
export class Intake<Call> {
  readonly #desk: Desk<Call>;
  #most: number;
  readonly #messages: Message[] = [];
  /** Of the message that is being taken, with their places in it. */
  #calls: (readonly [number, Call])[] = [];
  #underWay = 0;
  #left = A_TURN;
  #pace: 'pause' | 'resume' = 'resume';

  /** @param most calls at one time */
  constructor(desk: Desk<Call>, most: number) {
    this.#desk = desk;
    this.#most = most;
  }

  /** Calls at one time, from now on. */
  allow(most: number): void {
    this.#most = most;
    this.go();
  }

  add(message: Message): void {
    this.#messages.push(message);
    this.go();
  }

  /** The peer is gone: what has not begun is for nobody. */
  end(): void {
    this.#most = 0;
    this.#messages.length = 0;
    this.#calls = [];
  }

  /** Begins what may begin. Called whenever something has changed: there is room again, or a call has ended. */
  go(): void {
    while (this.#mayTake && this.#left > 0 && this.#hasMore) this.#takeOne();
    this.#keepPace(this.#mayTake && !this.#hasMore ? 'resume' : 'pause');
  }

  get #mayTake(): boolean {
    return this.#underWay < this.#most && !this.#desk.isFull();
  }

  get #hasMore(): boolean {
    return this.#calls.length > 0 || this.#messages.length > 0;
  }

  #takeOne(): void {
    if (this.#left === A_TURN) {
      setImmediate(() => {
        this.#left = A_TURN;
        this.go();
      });
    }
    const next = this.#calls.shift();
    if (next) {
      const [index, call] = next;
      this.#left -= 1;
      void this.#answer(call, index);
      return;
    }
    const message = this.#messages.shift() ?? null;
    this.#left -= 1 + Math.floor((message?.byteLength ?? 0) / BYTES_MORE);
    this.#calls = this.#desk.read(message).map((call, index) => [index, call]);
  }

  async #answer(call: Call, index: number): Promise<void> {
    this.#underWay += 1;
    await this.#desk.take(call, index);
    this.#underWay -= 1;
    this.go();
  }

  #keepPace(pace: 'pause' | 'resume'): void {
    if (pace === this.#pace) return;
    this.#pace = pace;
    this.#desk.onPace(pace);
  }
}

/** WebSocket close code: the message is too large. */
const TOO_LARGE = 1009;

/**
 * Bounds the messages of one socket; larger ones close it with 1009 before they are read. ws takes its bound once, for all sockets of a
 * server, and has no public way to change it (8.23.0, pinned; a test tells when that ends): here it grows when the caller is recognised.
 */
export function boundMessages(client: WebSocket, mostBytes: number): void {
  const receiver: unknown = Reflect.get(client, '_receiver');
  if (!isRecord(receiver) || typeof receiver['_maxPayload'] !== 'number')
    throw new Error('ws keeps its bound elsewhere.');
  Reflect.set(receiver, '_maxPayload', mostBytes);
  // One that has begun under the bound of before.
  if (Number(receiver['_totalPayloadLength']) > mostBytes) client.close(TOO_LARGE);
}
