import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { initTRPC, TRPCError, tracked } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { readMessage } from './read-message.ts';
import { RpcSocket } from './rpc-socket.ts';

const t = initTRPC.context<{ token: string | null }>().create({
  isDev: false,
  errorFormatter: ({ shape, path, type, input, ctx }) => ({ ...shape, about: { path, type, input, ctx } }),
});

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

const router = t.router({
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
  ours.on('connection', (client, { url }) => {
    opened.add(new RpcSocket(client, { router, url, createContext: contextOf, onError: () => undefined }));
  });
  applyWSSHandler({
    wss: stock,
    router,
    createContext: ({ info }) => contextOf(info.connectionParams),
    experimental_encoder: {
      encode: JSON.stringify,
      decode: (data) => readMessage(typeof data === 'string' ? data : null),
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

const until = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 5_000, interval: 5 });

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
      rpc?.checkUp(performance.now() + afterMs, { pingMs: 30_000, pongWaitMs: 10_000 });
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
