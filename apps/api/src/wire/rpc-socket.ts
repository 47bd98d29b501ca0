import { isRecord, type Refusal } from '@tenantree/domain';
import {
  type AnyRouter,
  callTRPCProcedure,
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  type inferRouterContext,
  isTrackedEnvelope,
  TRPCError,
  transformTRPCResponse,
} from '@trpc/server';
import { parseConnectionParamsFromUnknown } from '@trpc/server/http';
import { parseTRPCMessage, type TRPCClientOutgoingMessage, type TRPCResponseMessage } from '@trpc/server/rpc';
import type { RawData, WebSocket } from 'ws';
import { toTRPCError } from '../guard/error-shape.ts';
import { type CallId, envelopeHead, type LiveConnection, streamUnder, Unread } from '../live/connection.ts';
import { LiveStream } from '../live/live-stream.ts';
import { MOST_SUBSCRIPTIONS, TOO_MANY_SUBSCRIPTIONS } from './calls.ts';
import { boundMessages, Intake, type Message } from './intake.ts';
import { BODY_BYTES, RECORDS_USAGE, readMessage, tooLarge } from './read-json.ts';
import { MOST_CALLS } from './trpc-http.ts';

/** What a client says about itself in its first message, when its address announces that it will. */
export type ConnectionParams = Readonly<Record<string, string | undefined>> | null;

/** What a socket is opened with. */
export type Opening<Router extends AnyRouter> = {
  readonly router: Router;
  readonly url: string | undefined;
  /** Makes the context of all calls of the socket, once. */
  readonly createContext: (
    params: ConnectionParams,
  ) => inferRouterContext<Router> | Promise<inferRouterContext<Router>>;
  /** Whether what the client presents is a credential that holds: it may then send more. */
  readonly recognise: (params: ConnectionParams) => Promise<boolean>;
  /** Bytes that may wait for the client to read them. */
  readonly mostWaiting: number;
  readonly onError: (error: TRPCError, path: string | undefined) => void;
  /** The client was cut off because it didn't read. */
  readonly onCutOff: () => void;
};

/** How long a client may be silent, may take to answer a ping, and may leave unread what is too much (ms). */
export type KeepAlive = { readonly pingMs: number; readonly pongWaitMs: number; readonly readWaitMs: number };

/** What an answer repeats of its call; a message that can't be read has no id. */
type Envelope = { readonly id: CallId | null; readonly jsonrpc?: '2.0' };

type Call = {
  readonly id: CallId;
  readonly envelope: Envelope;
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly path: string;
  readonly input: unknown;
};

/** A message of a client, and why it is not even looked at. */
type Asked = { readonly message: TRPCClientOutgoingMessage; readonly refusal: Refusal | null };

type Result = Extract<TRPCResponseMessage, { result: unknown }>['result'];

/** Calls at one time of a client that has not been recognised. */
const MOST_UNRECOGNISED = 8;

const OPEN = 1;
const PING = 'PING';
const PONG = 'PONG';
const UNREAD: Envelope = { id: null };
const NO_STREAM = 'did not return an observable or a AsyncGenerator';
const A_STREAM = 'an async iterable or observable';
const HERE = 'procedure with WebSockets';

/**
 * Answers the calls of one WebSocket: the protocol of the stock adapter (adapters/ws.ts of @trpc/server 11.22.1; a test compares every
 * byte), for the stock client. The stock adapter keeps 20 kB alive for a socket with one subscription: an iterator, a race of promises and
 * abort signals for each, closures and a timer for the socket. Here a live stream that the hub writes itself leaves an entry in a map.
 */
export class RpcSocket<Router extends AnyRouter> {
  readonly #client: WebSocket;
  readonly #opening: Opening<Router>;
  readonly #unread: Unread;
  readonly #intake: Intake<Asked>;
  /** Whether the client has yet to say who it is, as its address announces. */
  #awaitsParams: boolean;
  #context: Promise<inferRouterContext<Router>> | null = null;
  /** The same as soon as it is there: errors are formatted with it. */
  #made: inferRouterContext<Router> | undefined;
  /** The socket as the hub knows it, once a live stream needs it. */
  #connection: LiveConnection | null = null;
  /** How subscriptions are stopped, by the ids of their calls. */
  readonly #running = new Map<CallId, () => void>();
  #heardMs = performance.now();
  #pingedMs: number | null = null;
  /** Since when more waits for the client than may, and how much it was. */
  #slow: { readonly sinceMs: number; readonly waiting: number } | null = null;
  #awaitsRoom = false;
  #isAsking = false;
  #pace: 'pause' | 'resume' = 'resume';

  constructor(client: WebSocket, opening: Opening<Router>) {
    this.#client = client;
    this.#opening = opening;
    this.#unread = new Unread(streamUnder(client), opening.mostWaiting);
    this.#intake = new Intake<Asked>(
      {
        read: (message) => this.#read(message),
        take: (asked, index) => this.#take(asked, index),
        isFull: () => this.#isFull(),
        onPace: (pace) => {
          this.#pace = pace;
          this.#keepPace();
        },
      },
      MOST_UNRECOGNISED,
    );
    boundMessages(client, BODY_BYTES.unrecognised);
    this.#awaitsParams = announcesParams(opening.url);
    if (!this.#awaitsParams) this.#open(() => null);
    client.on('message', (data: RawData, isBinary: boolean) => this.#receive(bytesOf(data, isBinary)));
    // What a peer does wrong in the protocol closes its socket, with a code that is logged.
    client.on('error', () => undefined);
    client.once('close', () => {
      this.#intake.end();
      for (const stop of this.#running.values()) stop();
    });
  }

  /** Pings a client that is silent, and cuts it off when it stays silent, or doesn't read. Called for all sockets every now and then. */
  checkUp(nowMs: number, { pingMs, pongWaitMs, readWaitMs }: KeepAlive): void {
    this.#checkReader(nowMs, readWaitMs);
    // Whom we don't listen to is not silent.
    if (this.#client.isPaused) return;
    if (this.#pingedMs !== null) {
      if (nowMs - this.#pingedMs >= pongWaitMs) this.#client.terminate();
    } else if (nowMs - this.#heardMs >= pingMs) {
      this.#pingedMs = nowMs;
      this.#send(PING);
    }
  }

  /** Asks the client to connect again. */
  sendAway(): void {
    this.#send(JSON.stringify({ id: null, method: 'reconnect' }));
  }

  #checkReader(nowMs: number, readWaitMs: number): void {
    if (!this.#unread.full) {
      this.#slow = null;
      return;
    }
    const waiting = this.#unread.bytes;
    this.#slow ??= { sinceMs: nowMs, waiting };
    if (nowMs - this.#slow.sinceMs < readWaitMs) return;
    // One large answer on a thin line takes its time.
    const reads = this.#slow.waiting - waiting >= this.#opening.mostWaiting;
    this.#slow = { sinceMs: nowMs, waiting };
    if (reads) return;
    this.#opening.onCutOff();
    this.#client.terminate();
  }

  #open(params: () => ConnectionParams): void {
    const make = async (): Promise<inferRouterContext<Router>> => {
      const said = params();
      void this.#recognise(said);
      return (this.#made = await this.#opening.createContext(said));
    };
    this.#context = make();
    this.#context.catch((cause: unknown) => {
      this.#refuse(UNREAD, cause);
      setImmediate(() => this.#client.close());
    });
  }

  /** Lets a client that is recognised send more. What it sends meanwhile waits in its system, so that a large first call is not refused. */
  async #recognise(params: ConnectionParams): Promise<void> {
    this.#isAsking = true;
    this.#keepPace();
    boundMessages(this.#client, BODY_BYTES.usage);
    const isKnown = await this.#opening.recognise(params).catch(() => false);
    boundMessages(this.#client, isKnown ? BODY_BYTES.usage : BODY_BYTES.unrecognised);
    this.#isAsking = false;
    this.#keepPace();
    if (isKnown && this.#client.readyState === OPEN) this.#intake.allow(MOST_CALLS);
  }

  #keepPace(): void {
    if (this.#isAsking || this.#pace === 'pause') return this.#client.pause();
    this.#heardMs = performance.now();
    this.#client.resume();
  }

  #isFull(): boolean {
    if (!this.#unread.full) return false;
    if (!this.#awaitsRoom) void this.#goOnWithRoom();
    return true;
  }

  async #goOnWithRoom(): Promise<void> {
    this.#awaitsRoom = true;
    await this.#unread.room();
    this.#awaitsRoom = false;
    this.#intake.go();
  }

  #receive(message: Message): void {
    this.#heardMs = performance.now();
    this.#pingedMs = null;
    const word = message?.byteLength === PING.length ? String(message) : null;
    if (word === PONG) return;
    if (word === PING) return this.#pong();
    if (!this.#awaitsParams) return this.#intake.add(message);
    this.#awaitsParams = false;
    this.#open(() => paramsIn(message));
  }

  #pong(): void {
    if (this.#isFull()) this.#intake.go();
    else this.#send(PONG);
  }

  #read(message: Message): Asked[] {
    try {
      const read = readMessage(message);
      const { transformer } = this.#opening.router._def._config;
      const messages = (Array.isArray(read) ? read : [read]).map((one: unknown) => parseTRPCMessage(one, transformer));
      const refusal = excessOf(messages, message?.byteLength ?? 0);
      return messages.map((one) => ({ message: one, refusal }));
    } catch (cause) {
      this.#refuse(UNREAD, new TRPCError({ code: 'PARSE_ERROR', cause }));
      return [];
    }
  }

  async #take({ message, refusal }: Asked, index: number): Promise<void> {
    const { id, jsonrpc } = message;
    const envelope = jsonrpc === undefined ? { id } : { id, jsonrpc };
    if (id === null) return this.#refuse(envelope, wrong('PARSE_ERROR', '`id` is required'));
    if (message.method === 'subscription.stop') return this.#running.get(id)?.();
    const { path, input, lastEventId } = message.params;
    const call = { id, envelope, type: message.method, path, input: withLastEvent(input, lastEventId) };
    if (refusal) return this.#refuse(envelope, toTRPCError(refusal), call);
    const leave = new AbortController();
    if (call.type === 'subscription') {
      if (this.#running.has(id)) return this.#refuse(envelope, wrong('BAD_REQUEST', `Duplicate id ${id}`), call);
      if (this.#running.size === MOST_SUBSCRIPTIONS)
        return this.#refuse(envelope, toTRPCError(TOO_MANY_SUBSCRIPTIONS), call);
      // From here on: a client may leave while it is still being asked whether it may come.
      this.#running.set(id, () => leave.abort());
    }
    try {
      await this.#answer(call, leave.signal, index);
    } catch (cause) {
      if (call.type === 'subscription') this.#running.delete(id);
      if (this.#unread.full) await this.#unread.room();
      this.#refuse(envelope, cause, call);
    }
  }

  async #answer(call: Call, signal: AbortSignal, batchIndex: number): Promise<void> {
    const ctx = await this.#context;
    const { path, type, input } = call;
    const getRawInput = async (): Promise<unknown> => input;
    const { router } = this.#opening;
    const result: unknown = await callTRPCProcedure({ router, path, getRawInput, ctx, type, signal, batchIndex });
    if (this.#unread.full) await this.#unread.room();
    if (type === 'subscription') {
      if (!isAsyncIterable(result)) throw wrong('INTERNAL_SERVER_ERROR', `Subscription ${path} ${NO_STREAM}`);
      return this.#begin(call, result, signal);
    }
    if (isAsyncIterable(result))
      throw wrong('UNSUPPORTED_MEDIA_TYPE', `Cannot return ${A_STREAM} from a ${type} ${HERE}`);
    this.#respond(call, { type: 'data', data: result });
  }

  #begin(call: Call, values: AsyncIterable<unknown>, signal: AbortSignal): void {
    if (signal.aborted) return this.#over(call, null);
    this.#respond(call, { type: 'started' });
    const connection = values instanceof LiveStream ? this.#connectionFor(values) : null;
    if (values instanceof LiveStream && connection) {
      const over = (error: Error | null): void => this.#over(call, error);
      this.#running.set(call.id, values.sendTo(connection, envelopeHead(call.envelope), over));
    } else void this.#iterate(call, values, signal);
  }

  /** Sends what a procedure yields. Streams of ours end when their signal says so; another one is left at its next value. */
  async #iterate(call: Call, values: AsyncIterable<unknown>, signal: AbortSignal): Promise<void> {
    try {
      for await (const value of values) {
        if (signal.aborted) break;
        if (isTrackedEnvelope(value)) {
          const [id, data] = value;
          this.#respond(call, { type: 'data', data: { id, data }, id });
        } else this.#respond(call, { type: 'data', data: value });
        if (this.#unread.full) await this.#unread.room();
      }
      this.#over(call, null);
    } catch (cause) {
      this.#over(call, cause);
    }
  }

  /** A subscription is over: told with the error that ended it, if one did. */
  #over(call: Call, cause: unknown): void {
    if (cause !== null) this.#refuse(call.envelope, cause, call);
    this.#respond(call, { type: 'stopped' });
    this.#running.delete(call.id);
  }

  #connectionFor(stream: LiveStream<unknown, object>): LiveConnection | null {
    this.#connection ??= stream.connect(this.#client, this.#unread);
    return this.#connection;
  }

  #respond({ envelope }: Call, result: Result): void {
    this.#sendMessage({ ...envelope, result });
  }

  #refuse(envelope: Envelope, cause: unknown, call?: Call): void {
    const error = getTRPCErrorFromUnknown(cause);
    this.#opening.onError(error, call?.path);
    const { path, type = 'unknown', input } = call ?? {};
    const config = this.#opening.router._def._config;
    const shape = getTRPCErrorShape({ config, error, type, path, input, ctx: this.#made });
    this.#sendMessage({ ...envelope, error: shape });
  }

  #sendMessage(message: TRPCResponseMessage): void {
    this.#send(JSON.stringify(transformTRPCResponse(this.#opening.router._def._config, message)));
  }

  #send(text: string): void {
    if (this.#client.readyState === OPEN) this.#client.send(text);
  }
}

const bytesOf = (data: RawData, isBinary: boolean): Message => (isBinary || !Buffer.isBuffer(data) ? null : data);

const announcesParams = (url: string | undefined): boolean =>
  new URLSearchParams((url ?? '').split('?', 2)[1]).get('connectionParams') === '1';

function paramsIn(message: Message): ConnectionParams {
  let said: unknown;
  try {
    said = readMessage(message);
    if (!isRecord(said)) throw new Error('Message was not an object');
  } catch (cause) {
    throw new TRPCError({ code: 'PARSE_ERROR', message: 'Malformed TRPCConnectionParamsMessage', cause });
  }
  return parseConnectionParamsFromUnknown(said['data']);
}

/** Why the calls of a message are more than one message may hold. All of them are told, for each waits for its answer. */
function excessOf(messages: readonly TRPCClientOutgoingMessage[], bytes: number): Refusal | null {
  if (messages.length > MOST_CALLS)
    return { code: 'BAD_REQUEST', message: `Send at most ${MOST_CALLS} calls in one message.` };
  if (bytes <= BODY_BYTES.usual) return null;
  const [first, ...more] = messages;
  const isUsage = first?.method === 'mutation' && first.params.path === RECORDS_USAGE && more.length === 0;
  return isUsage ? null : tooLarge(BODY_BYTES.usual);
}

/** Where a stream resumes belongs to its input. */
function withLastEvent(input: unknown, lastEventId: string | undefined): unknown {
  if (lastEventId === undefined) return input;
  if (isRecord(input)) return { ...input, lastEventId };
  return input ?? { lastEventId };
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

const wrong = (code: TRPCError['code'], message: string): TRPCError => new TRPCError({ code, message });
