import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { initTRPC, TRPCError, tracked } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { readMessage } from './read-json.ts';
import { RpcSocket } from './rpc-socket.ts';

const t = initTRPC.context<{ token: string | null }>().create({
  isDev: false,
  errorFormatter: ({ shape, path, type, input, ctx }) => ({ ...shape, about: { path, type, input, ctx } }),
});

const MOST_WAITING = 65_536;

const endless = vi.fn();
const admitted = { by: Promise.resolve() };

async function* forEver(signal: AbortSignal | undefined) {
  endless('begun');
  try {
    yield 'first';
    if (!signal?.aborted) await new Promise((resolve) => signal?.addEventListener('abort', resolve));
  } finally {
    endless('ended');
  }
}

/** Calls of `slow` that have begun, each with how it ends. */
const slow: (() => void)[] = [];

const router = t.router({
  slow: t.procedure.query(() => new Promise<void>((end) => slow.push(end))),
  large: t.procedure.input(z.number()).query(({ input }) => 'x'.repeat(input)),
  usage: t.router({ record: t.procedure.input(z.unknown()).mutation(() => 'recorded') }),
  add: t.procedure.input(z.object({ a: z.number(), b: z.number() })).query(({ input }) => input.a + input.b),
  nothing: t.procedure.mutation(() => undefined),
  who: t.procedure.query(({ ctx }) => ctx.token),
  batch: t.procedure.query(({ input, batchIndex }) => ({ input, batchIndex })),
  refuse: t.procedure.mutation(() => {
    throw new TRPCError({ code: 'CONFLICT', message: 'No.' });
  }),
  fail: t.procedure.query(() => {
    throw new Error('Broken.');
  }),
  plain: t.procedure.input(z.unknown()).subscription(async function* ({ input }) {
    yield { input };
    yield tracked('seven', { n: 7 });
    yield undefined;
  }),
  breaks: t.procedure.subscription(async function* () {
    yield 1;
    throw new TRPCError({ code: 'NOT_FOUND', message: 'Gone.' });
  }),
  endless: t.procedure.subscription(async ({ signal }) => {
    await admitted.by;
    return forEver(signal);
  }),
  // What types forbid, a client can still ask for.
  noStream: t.procedure.subscription((() => 'text') as never),
  queriedStream: t.procedure.query(async function* () {
    yield 1;
  }),
});

const http = createServer();
const ours = new WebSocketServer({ noServer: true });
const stock = new WebSocketServer({ noServer: true });
const opened = new Set<RpcSocket<typeof router>>();

beforeAll(async () => {
  const contextOf = (params: Readonly<Record<string, string | undefined>> | null) => {
    if (params?.['token'] === 'none') throw new TRPCError({ code: 'UNAUTHORIZED' });
    return { token: params?.['token'] ?? null };
  };
  const opening = {
    router,
    createContext: contextOf,
    recognise: async (params: Readonly<Record<string, string | undefined>> | null) => params?.['token'] === 't',
    mostWaiting: MOST_WAITING,
    onError: () => undefined,
    onCutOff: () => undefined,
  };
  ours.on('connection', (client, { url }) => {
    opened.add(new RpcSocket(client, { ...opening, url }));
  });
  applyWSSHandler({
    wss: stock,
    router,
    createContext: ({ info }) => contextOf(info.connectionParams),
    experimental_encoder: {
      encode: JSON.stringify,
      decode: (data) => readMessage(typeof data === 'string' ? Buffer.from(data) : null),
    },
  });
  http.on('upgrade', (request, socket, head) => {
    const wss = request.url?.startsWith('/stock') ? stock : ours;
    wss.handleUpgrade(request, socket, head, (client) => wss.emit('connection', client, request));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
});

afterAll(() => {
  for (const client of [...ours.clients, ...stock.clients]) client.terminate();
  http.close();
});

type Message = string | Buffer;

async function connect(path: string) {
  const socket = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}${path}`);
  const texts: string[] = [];
  socket.on('message', (data: Buffer) => texts.push(data.toString()));
  socket.on('close', () => texts.push('closed'));
  await once(socket, 'open');
  return { socket, texts };
}

/** Goes to the server and back a few times: what it does of itself after a message, without waiting for anything, is done by then. */
async function settled(socket: WebSocket): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    socket.ping();
    await once(socket, 'pong');
  }
}

/** Sends messages, each when the server is done with the one before; what is answered arrives in `texts`. */
async function converse(path: string, messages: readonly Message[]) {
  const connection = await connect(path);
  for (const message of messages) {
    connection.socket.send(message, { binary: typeof message !== 'string' });
    await settled(connection.socket);
  }
  return connection;
}

const call = (id: unknown, method: string, path: string, input?: unknown, more: object = {}): string =>
  JSON.stringify({ id, jsonrpc: '2.0', method, params: { path, input, ...more } });
const stop = (id: number): string => JSON.stringify({ id, jsonrpc: '2.0', method: 'subscription.stop' });

const until = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 10_000, interval: 5 });

describe('a socket answers as the stock server does, byte for byte', () => {
  const add = { a: 1, b: 2 };
  it.each<[string, Message[], query?: string]>([
    ['queries and mutations', [call(1, 'query', 'add', add), call('x"', 'mutation', 'nothing')]],
    ['calls without jsonrpc', ['{"id":1,"method":"query","params":{"path":"who"}}']],
    ['batches', [`[${call(1, 'query', 'batch', 'a')},${call(2, 'query', 'batch', 'b')}]`]],
    ['refusals', [call(1, 'mutation', 'refuse', { some: 'input' })]],
    ['failures', [call(1, 'query', 'fail')]],
    ['inputs that do not fit', [call(1, 'query', 'add', { a: '1' })]],
    ['procedures that are not there', [call(1, 'query', 'nowhere'), call(2, 'subscription', 'nowhere')]],
    ['procedures of another kind', [call(1, 'mutation', 'add', add), call(2, 'query', 'plain')]],
    ['streams that end, with and without ids', [call(1, 'subscription', 'plain', { a: 1 })]],
    ['streams that resume', [call(1, 'subscription', 'plain', { a: 1 }, { lastEventId: '9' })]],
    ['streams that resume without input', [call(1, 'subscription', 'plain', undefined, { lastEventId: '9' })]],
    [
      'streams that resume with an input that is no object',
      [call(1, 'subscription', 'plain', 3, { lastEventId: '9' })],
    ],
    ['streams that break', [call(1, 'subscription', 'breaks')]],
    ['streams that are stopped', [call(1, 'subscription', 'endless'), stop(1), stop(1), stop(2)]],
    ['ids that are taken', [call(1, 'subscription', 'endless'), call(1, 'subscription', 'endless'), stop(1)]],
    ['ids that are free again', [call(1, 'subscription', 'plain'), call(1, 'subscription', 'plain')]],
    ['subscriptions to what is no stream', [call(1, 'subscription', 'noStream')]],
    ['queries of a stream', [call(1, 'query', 'queriedStream')]],
    ['calls without id', [call(null, 'query', 'who')]],
    ['no JSON', ['{', '']],
    ['other JSON', ['3', '"PING"', 'null', '{}', '{"id":1,"method":"query"}', '{"id":1,"method":"other","params":{}}']],
    ['names that JSON may not have', ['{"id":1,"method":"query","params":{"path":"who","input":{"__proto__":1}}}']],
    ['pings', ['PING', 'PONG', call(1, 'query', 'who')]],
    ['bytes', [Buffer.from(call(1, 'query', 'who')), call(2, 'query', 'who')]],
    [
      'who calls',
      ['PING', '{"method":"connectionParams","data":{"token":"t"}}', call(1, 'query', 'who')],
      '?connectionParams=1',
    ],
    ['nobody who calls', ['{"method":"connectionParams","data":null}', call(1, 'query', 'who')], '?connectionParams=1'],
  ])('%s', async (_, messages, query = '') => {
    const both = await Promise.all([converse(`/${query}`, messages), converse(`/stock${query}`, messages)]);
    const [mine, theirs] = both;
    await until(() => {
      expect(mine.texts).toEqual(theirs.texts);
      expect(mine.texts.length).toBeGreaterThan(0);
    });
    await Promise.all(both.map(({ socket }) => settled(socket)));
    expect(mine.texts).toEqual(theirs.texts);
    for (const { socket } of both) socket.terminate();
  });

  it.each([
    ['is not recognised', '{"method":"connectionParams","data":{"token":"none"}}'],
    ['says nothing readable', '{'],
    ['says something else', '[]'],
    ['says it in another form', '{"method":"connectionParams","data":{"token":1}}'],
  ])('who %s is told so, and the socket closed', async (_, message) => {
    const both = ['/', '/stock'].map(async (path) => {
      const { socket, texts } = await connect(`${path}?connectionParams=1`);
      socket.send(message);
      await until(() => expect(texts.at(-1)).toBe('closed'));
      return texts;
    });
    const [mine, theirs] = await Promise.all(both);
    expect(mine).toEqual(theirs);
    expect(mine).toHaveLength(2);
  });
});

describe('a socket', () => {
  it('ends its streams when it closes', async () => {
    endless.mockClear();
    const { socket, texts } = await connect('/');
    socket.send(call(1, 'subscription', 'endless'));
    await until(() => expect(texts).toHaveLength(2));
    socket.close();
    await until(() => expect(endless.mock.calls.flat()).toEqual(['begun', 'ended']));
  });

  it('lets a client leave that has not been let in yet', async () => {
    endless.mockClear();
    const admission = Promise.withResolvers<void>();
    admitted.by = admission.promise;
    const { socket, texts } = await connect('/');
    socket.send(`[${call(1, 'subscription', 'endless')},${stop(1)}]`);
    await settled(socket);
    admission.resolve();
    await until(() => expect(texts).toEqual(['{"id":1,"jsonrpc":"2.0","result":{"type":"stopped"}}']));
    socket.send(call(1, 'subscription', 'endless'));
    await until(() => expect(texts.at(-1)).toContain('first'));
    expect(endless.mock.calls.flat()).toEqual(['begun']);
    socket.terminate();
  });

  it('is pinged when it is silent, and cut off when it stays silent', async () => {
    opened.clear();
    const { texts, socket } = await connect('/');
    const [rpc] = opened;
    const check = (afterMs: number) =>
      rpc?.checkUp(performance.now() + afterMs, { pingMs: 30_000, pongWaitMs: 10_000, readWaitMs: 10_000 });
    check(29_000);
    check(31_000);
    check(32_000);
    await until(() => expect(texts).toEqual(['PING']));
    socket.send('PONG');
    await settled(socket);
    check(29_000);
    check(42_000);
    check(51_000);
    await until(() => expect(texts).toEqual(['PING', 'PING']));
    check(53_000);
    await until(() => expect(texts.at(-1)).toBe('closed'));
  });

  it('tells its client to connect again, in the words of the stock server', async () => {
    opened.clear();
    const { texts, socket } = await connect('/');
    for (const rpc of opened) rpc.sendAway();
    await until(() => expect(texts).toEqual(['{"id":null,"method":"reconnect"}']));
    socket.terminate();
  });
});

type Answer = { id: number | null; result?: { data: unknown }; error?: { message: string } };
const answersIn = (texts: readonly string[]): Answer[] => texts.map((text) => JSON.parse(text) as Answer);
const callsOf = (count: number, path: string, input?: unknown): string =>
  `[${Array.from({ length: count }, (_, id) => call(id, 'query', path, input)).join(',')}]`;

/** A client that has presented a credential which holds. */
async function connectRecognised() {
  const connection = await connect('/?connectionParams=1');
  connection.socket.send('{"method":"connectionParams","data":{"token":"t"}}');
  await settled(connection.socket);
  return connection;
}

describe('a socket takes no more than it can', () => {
  it('refuses every call of a message that holds more than 64', async () => {
    const { socket, texts } = await connectRecognised();
    socket.send(callsOf(65, 'who'));
    await until(() => expect(texts).toHaveLength(65));
    for (const { error } of answersIn(texts)) expect(error?.message).toBe('Send at most 64 calls in one message.');
    socket.send(callsOf(64, 'who'));
    await until(() => expect(texts).toHaveLength(129));
    for (const { result } of answersIn(texts.slice(65))) expect(result).toMatchObject({ data: 't' });
    socket.terminate();
  });

  it.each([
    ['8 calls at one time for somebody who is not recognised', connect, 8],
    ['64 for whoever is', () => connectRecognised(), 64],
  ])('begins %s, and the next when one has ended', async (_, open, most) => {
    slow.length = 0;
    const { socket, texts } = await open('/');
    for (let message = 0; message < 3; message += 1) socket.send(callsOf(40, 'slow'));
    await until(() => expect(slow).toHaveLength(most));
    // Reading pauses: whatever comes waits with its sender.
    let ponged = false;
    socket.once('pong', () => (ponged = true));
    socket.send(callsOf(1, 'who'));
    socket.ping();
    for (const end of slow.splice(0, 3)) end();
    await until(() => expect(texts).toHaveLength(3));
    await until(() => expect(slow).toHaveLength(most));
    expect(ponged).toBe(false);
    await until(() => {
      for (const end of slow.splice(0)) end();
      expect(texts).toHaveLength(121);
    });
    await until(() => expect(ponged).toBe(true));
    socket.terminate();
  });

  it('begins nothing more of somebody who is gone', async () => {
    slow.length = 0;
    const [leaving, staying] = [await connect('/'), await connect('/')];
    leaving.socket.send(callsOf(40, 'slow'));
    await until(() => expect(slow).toHaveLength(8));
    const before = ours.clients.size;
    leaving.socket.terminate();
    await until(() => expect(ours.clients.size).toBe(before - 1));
    for (const end of slow.splice(0)) end();
    staying.socket.send(callsOf(40, 'who'));
    await until(() => expect(staying.texts).toHaveLength(40));
    expect(slow).toEqual([]);
    staying.socket.terminate();
  });

  it('reads 64 KiB of somebody who is not recognised, 1 MiB of whoever is, and 4 MiB of one that records usage', async () => {
    const [small, large] = ['x'.repeat(60_000), 'x'.repeat(100_000)];
    const stranger = await connect('/');
    stranger.socket.send(call(1, 'query', 'batch', small));
    await until(() => expect(answersIn(stranger.texts)[0]?.result).toBeDefined());
    const closed = once(stranger.socket, 'close');
    stranger.socket.send(call(2, 'query', 'batch', large));
    expect((await closed)[0]).toBe(1009);

    const { socket, texts } = await connectRecognised();
    const tooMuch = 'x'.repeat(1_050_000);
    socket.send(call(1, 'query', 'batch', large));
    socket.send(call(2, 'query', 'batch', tooMuch));
    socket.send(call(3, 'mutation', 'usage.record', tooMuch));
    socket.send(`[${call(4, 'mutation', 'usage.record', tooMuch)},${call(5, 'query', 'who')}]`);
    await until(() => expect(texts).toHaveLength(5));
    const answers = new Map(answersIn(texts).map((answer) => [answer.id, answer]));
    for (const id of [1, 3]) expect(answers.get(id)?.result, `${id}`).toBeDefined();
    for (const id of [2, 4, 5])
      expect(answers.get(id)?.error?.message, `${id}`).toBe('Send no more than 1 MiB at once.');
    const cut = once(socket, 'close');
    socket.send(call(6, 'mutation', 'usage.record', 'x'.repeat(4_200_000)));
    expect((await cut)[0]).toBe(1009);
  });

  it('takes a large first call of somebody who is still being recognised, and none of somebody who then is not', async () => {
    const large = call(1, 'mutation', 'usage.record', 'x'.repeat(300_000));
    const { socket, texts } = await connect('/?connectionParams=1');
    socket.send('{"method":"connectionParams","data":{"token":"t"}}');
    socket.send(large);
    await until(() => expect(answersIn(texts)[0]?.result).toMatchObject({ data: 'recorded' }));
    socket.terminate();
    const stranger = await connect('/?connectionParams=1');
    const closed = once(stranger.socket, 'close');
    stranger.socket.send('{"method":"connectionParams","data":{"token":"other"}}');
    stranger.socket.send(large);
    expect((await closed)[0]).toBe(1009);
  });

  it('carries 200 subscriptions, and another one when one is stopped', async () => {
    const { socket, texts } = await connectRecognised();
    for (let id = 1; id <= 201; id += 1) socket.send(call(id, 'subscription', 'endless'));
    await until(() => expect(texts).toHaveLength(401));
    const refused = answersIn(texts).filter(({ error }) => error);
    expect(refused).toMatchObject([{ id: 201, error: { message: expect.stringMatching(/at most 200/) } }]);
    socket.send(stop(1));
    await until(() => expect(texts.at(-1)).toContain('stopped'));
    socket.send(call(202, 'subscription', 'endless'));
    await until(() => expect(texts.at(-1)).toContain('first'));
    socket.terminate();
  });
});

describe('a client that asks and does not read', () => {
  const LARGE = 200_000;

  it('has no more waiting than its bound and one answer, and gets everything when it reads', async () => {
    const { socket, texts } = await connectRecognised();
    const server = [...ours.clients].at(-1);
    socket.pause();
    // more than the system itself keeps for a peer
    for (let message = 0; message < 5; message += 1) socket.send(callsOf(60, 'large', LARGE));
    await until(() => expect(server?.bufferedAmount).toBeGreaterThan(MOST_WAITING));
    expect(server?.isPaused).toBe(true);
    expect(server?.bufferedAmount).toBeLessThanOrEqual(MOST_WAITING + LARGE + 100);
    socket.resume();
    await until(() => expect(texts).toHaveLength(300));
    expect(server?.bufferedAmount).toBe(0);
    socket.terminate();
  });

  it('is cut off after ten seconds, unless it reads as much as its bound in that time', async () => {
    opened.clear();
    const { socket } = await connectRecognised();
    const [rpc] = opened;
    const server = [...ours.clients].at(-1);
    const check = (afterMs: number) =>
      rpc?.checkUp(performance.now() + afterMs, { pingMs: 30_000, pongWaitMs: 10_000, readWaitMs: 10_000 });
    socket.pause();
    for (let message = 0; message < 5; message += 1) socket.send(callsOf(60, 'large', LARGE));
    await until(() => expect(server?.bufferedAmount).toBeGreaterThan(MOST_WAITING));
    check(0);
    check(9_000);
    expect(server?.readyState).toBe(WebSocket.OPEN);
    check(11_000);
    await until(() => expect(server?.readyState).toBe(WebSocket.CLOSED));
    socket.terminate();
  });
});
