import { isRecord } from '@tenantree/domain';
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
import type { LiveConnection } from '../live/connection.ts';
import { LiveStream } from '../live/live-stream.ts';
import { type CallId, envelopeHead } from '../live/wire.ts';
import { readMessage } from './read-message.ts';

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
  readonly onError: (error: TRPCError, path: string | undefined) => void;
};

export type KeepAlive = { readonly pingMs: number; readonly pongWaitMs: number };

/** What an answer repeats of its call; a message that can't be read has no id. */
type Envelope = { readonly id: CallId | null; readonly jsonrpc?: '2.0' };

type Call = {
  readonly id: CallId;
  readonly envelope: Envelope;
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly path: string;
  readonly input: unknown;
};

type Result = Extract<TRPCResponseMessage, { result: unknown }>['result'];

const OPEN = 1;
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
  readonly #router: Router;
  readonly #onError: Opening<Router>['onError'];
  /** Waits for the client to say who it is; null when it has, or won't. */
  #createContext: Opening<Router>['createContext'] | null = null;
  #context: Promise<inferRouterContext<Router>> | null = null;
  /** The same as soon as it is there: errors are formatted with it. */
  #made: inferRouterContext<Router> | undefined;
  /** The socket as the hub knows it, once a live stream needs it. */
  #connection: LiveConnection | null = null;
  /** How subscriptions are stopped, by the ids of their calls. */
  readonly #running = new Map<CallId, () => void>();
  #heardMs = performance.now();
  #pingedMs: number | null = null;

  constructor(client: WebSocket, { router, url, createContext, onError }: Opening<Router>) {
    this.#client = client;
    this.#router = router;
    this.#onError = onError;
    if (announcesParams(url)) this.#createContext = createContext;
    else this.#open(createContext, () => null);
    client.on('message', (data: RawData, isBinary: boolean) => this.#receive(textOf(data, isBinary)));
    client.on('error', (cause) => onError(getTRPCErrorFromUnknown(cause), undefined));
    client.once('close', () => {
      for (const stop of this.#running.values()) stop();
    });
  }

  /** Pings a client that is silent, and cuts it off when it stays silent. Called for all sockets every now and then. */
  checkUp(nowMs: number, { pingMs, pongWaitMs }: KeepAlive): void {
    if (this.#pingedMs !== null) {
      if (nowMs - this.#pingedMs >= pongWaitMs) this.#client.terminate();
    } else if (nowMs - this.#heardMs >= pingMs) {
      this.#pingedMs = nowMs;
      this.#send('PING');
    }
  }

  /** Asks the client to connect again. */
  sendAway(): void {
    this.#send(JSON.stringify({ id: null, method: 'reconnect' }));
  }

  #open(createContext: Opening<Router>['createContext'], params: () => ConnectionParams): void {
    const make = async (): Promise<inferRouterContext<Router>> => (this.#made = await createContext(params()));
    this.#context = make();
    this.#context.catch((cause: unknown) => {
      this.#refuse(UNREAD, cause);
      setImmediate(() => this.#client.close());
    });
  }

  #receive(text: string | null): void {
    this.#heardMs = performance.now();
    this.#pingedMs = null;
    if (text === 'PONG') return;
    if (text === 'PING') return this.#send('PONG');
    if (this.#createContext) {
      this.#open(this.#createContext, () => paramsIn(text));
      this.#createContext = null;
      return;
    }
    let messages: TRPCClientOutgoingMessage[];
    try {
      const read = readMessage(text);
      const { transformer } = this.#router._def._config;
      messages = (Array.isArray(read) ? read : [read]).map((one: unknown) => parseTRPCMessage(one, transformer));
    } catch (cause) {
      return this.#refuse(UNREAD, new TRPCError({ code: 'PARSE_ERROR', cause }));
    }
    for (const [index, message] of messages.entries()) this.#take(message, index);
  }

  #take(message: TRPCClientOutgoingMessage, index: number): void {
    const { id, jsonrpc } = message;
    const envelope = jsonrpc === undefined ? { id } : { id, jsonrpc };
    if (id === null) return this.#refuse(envelope, wrong('PARSE_ERROR', '`id` is required'));
    if (message.method === 'subscription.stop') return this.#running.get(id)?.();
    const { path, input, lastEventId } = message.params;
    const call = { id, envelope, type: message.method, path, input: withLastEvent(input, lastEventId) };
    const leave = new AbortController();
    if (call.type === 'subscription') {
      if (this.#running.has(id)) return this.#refuse(envelope, wrong('BAD_REQUEST', `Duplicate id ${id}`), call);
      // From here on: a client may leave while it is still being asked whether it may come.
      this.#running.set(id, () => leave.abort());
    }
    this.#answer(call, leave.signal, index).catch((cause: unknown) => {
      if (call.type === 'subscription') this.#running.delete(id);
      this.#refuse(envelope, cause, call);
    });
  }

  async #answer(call: Call, signal: AbortSignal, batchIndex: number): Promise<void> {
    const ctx = await this.#context;
    const { path, type, input } = call;
    const getRawInput = async (): Promise<unknown> => input;
    const router = this.#router;
    const result: unknown = await callTRPCProcedure({ router, path, getRawInput, ctx, type, signal, batchIndex });
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
    this.#connection ??= stream.connect(this.#client);
    return this.#connection;
  }

  #respond({ envelope }: Call, result: Result): void {
    this.#sendMessage({ ...envelope, result });
  }

  #refuse(envelope: Envelope, cause: unknown, call?: Call): void {
    const error = getTRPCErrorFromUnknown(cause);
    this.#onError(error, call?.path);
    const { path, type = 'unknown', input } = call ?? {};
    const config = this.#router._def._config;
    const shape = getTRPCErrorShape({ config, error, type, path, input, ctx: this.#made });
    this.#sendMessage({ ...envelope, error: shape });
  }

  #sendMessage(message: TRPCResponseMessage): void {
    this.#send(JSON.stringify(transformTRPCResponse(this.#router._def._config, message)));
  }

  #send(text: string): void {
    if (this.#client.readyState === OPEN) this.#client.send(text);
  }
}

const textOf = (data: RawData, isBinary: boolean): string | null =>
  isBinary || !Buffer.isBuffer(data) ? null : data.toString();

const announcesParams = (url: string | undefined): boolean =>
  new URLSearchParams((url ?? '').split('?', 2)[1]).get('connectionParams') === '1';

function paramsIn(text: string | null): ConnectionParams {
  let message: unknown;
  try {
    message = readMessage(text);
    if (!isRecord(message)) throw new Error('Message was not an object');
  } catch (cause) {
    throw new TRPCError({ code: 'PARSE_ERROR', message: 'Malformed TRPCConnectionParamsMessage', cause });
  }
  return parseConnectionParamsFromUnknown(message['data']);
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
