import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, watchTicks } from './ticker-client.ts';
import { append, createLog, startTicker } from './ticker-server.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act();
});
const patiently = { timeout: 15_000, interval: 10 };

describe('where WebSockets are blocked', () => {
  it('subscriptions change to event streams after two attempts, without ever having been offline', async () => {
    const log = createLog();
    append(log, 'a');
    const server = await startTicker({ log, webSockets: 'refused' });
    const tenantree = connect({ url: server.url });
    cleanUp.push(server.kill, tenantree.close);
    const watched = watchTicks(tenantree);
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a']), patiently);
    append(log, 'b');
    await vi.waitFor(() => expect(watched.ids).toEqual(['1', '2']), patiently);
    expect(server.upgrades()).toBe(2);
    expect(tenantree.states).toEqual(['connecting', 'live']);
  });

  it('an event stream carries the token in a header and resumes after a restart without a gap or a duplicate', async () => {
    const log = createLog();
    append(log, 'a');
    const accepts = (token: string): boolean => token === 'good';
    const first = await startTicker({ log, webSockets: 'refused', accepts });
    const tenantree = connect({ url: first.url, getToken: async () => 'good' });
    cleanUp.push(tenantree.close);
    const watched = watchTicks(tenantree);
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a']), patiently);
    await first.kill();
    append(log, 'b', 'c');
    await vi.waitFor(() => expect(tenantree.live.get().kind).toBe('offline'), patiently);
    const second = await startTicker({ log, webSockets: 'refused', accepts, port: first.port });
    cleanUp.push(second.kill);
    await vi.waitFor(() => expect(watched.ids).toEqual(['1', '2', '3']), patiently);
    await vi.waitFor(() => expect(tenantree.live.get().kind).toBe('live'), patiently);
    expect(second.upgrades()).toBe(0);
  });

  it('all subscriptions share one event stream, whenever they begin and end', async () => {
    const log = createLog();
    append(log, 'a');
    const server = await startTicker({ log, webSockets: 'refused' });
    const tenantree = connect({ url: server.url });
    cleanUp.push(server.kill, tenantree.close);
    const first = Array.from({ length: 7 }, () => watchTicks(tenantree));
    await vi.waitFor(() => expect(first.map(({ ticks }) => ticks)).toEqual(first.map(() => ['a'])), patiently);
    expect(server.streams()).toBe(1);
    const late = watchTicks(tenantree, { lastEventId: '1' });
    first[3]?.stop();
    append(log, 'b');
    const all = [...first.filter((_, index) => index !== 3), late];
    await vi.waitFor(() => expect(all.map(({ ids }) => ids.at(-1))).toEqual(all.map(() => '2')), patiently);
    expect(first[0]?.ids).toEqual(['1', '2']);
    expect(late.ids).toEqual(['2']);
    expect(first[3]?.ids).toEqual(['1']);
    await vi.waitFor(() => expect(server.streams()).toBe(1), patiently);
    for (const one of all) one.stop();
    await vi.waitFor(() => expect(server.streams()).toBe(0), patiently);
  });

  it('a token that is no longer good is renewed on an event stream too', async () => {
    const log = createLog();
    append(log, 'a');
    const server = await startTicker({ log, webSockets: 'refused', accepts: (token) => token === 'token-2' });
    let asked = 0;
    const tenantree = connect({ url: server.url, getToken: async () => `token-${(asked += 1)}` });
    cleanUp.push(server.kill, tenantree.close);
    const watched = watchTicks(tenantree);
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a']), patiently);
    expect(asked).toBe(2);
    expect(watched.refusals).toEqual([]);
  });
});

describe('where there are no WebSockets at all', () => {
  beforeEach(() => void vi.stubGlobal('WebSocket', undefined));
  afterEach(() => void vi.unstubAllGlobals());

  it('subscriptions are event streams from the beginning', async () => {
    const log = createLog();
    append(log, 'a');
    const server = await startTicker({ log });
    const tenantree = connect({ url: server.url });
    cleanUp.push(server.kill, tenantree.close);
    const watched = watchTicks(tenantree);
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a']), patiently);
    append(log, 'b');
    await vi.waitFor(() => expect(watched.ids).toEqual(['1', '2']), patiently);
    expect(server.upgrades()).toBe(0);
    expect(tenantree.states).toEqual(['connecting', 'live']);
  });

  it('a client is offline without its server, and live when there is one', async () => {
    const log = createLog();
    append(log, 'a');
    const gone = await startTicker({ log });
    await gone.kill();
    const tenantree = connect({ url: gone.url });
    cleanUp.push(tenantree.close);
    const watched = watchTicks(tenantree);
    const why = { code: 'UNAVAILABLE' };
    await vi.waitFor(() => expect(tenantree.live.get()).toMatchObject({ kind: 'offline', why }), patiently);
    const back = await startTicker({ log, port: gone.port });
    cleanUp.push(back.kill);
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a']), patiently);
    await vi.waitFor(() => expect(tenantree.live.get().kind).toBe('live'), patiently);
  });
});

describe('a mistake in what the client is given', () => {
  it('ends the subscriptions with what was thrown, and is not taken for a connection that failed', async () => {
    const server = await startTicker({ log: createLog() });
    const tenantree = connect({
      url: server.url,
      WebSocket: function Broken() {
        throw new TypeError('x is not a function');
      } as never,
    });
    cleanUp.push(server.kill, tenantree.close);
    const watched = [watchTicks(tenantree), watchTicks(tenantree)];
    const refused = { code: 'INTERNAL', message: 'x is not a function', retryable: false };
    await vi.waitFor(() => expect(watched.map(({ refusals }) => refusals)).toEqual([[refused], [refused]]), patiently);
  });

  it.each(['served', 'refused'] as const)(
    'such as an input that can’t be written ends its own subscription and no other, with WebSockets %s',
    async (webSockets) => {
      const log = createLog();
      append(log, 'a');
      const server = await startTicker({ log, webSockets });
      const tenantree = connect({ url: server.url });
      cleanUp.push(server.kill, tenantree.close);
      const wrong = watchTicks(tenantree, { cutAfter: 1n as never });
      const right = watchTicks(tenantree);
      await vi.waitFor(() => expect(right.ticks).toEqual(['a']), patiently);
      expect(wrong.refusals).toEqual([
        { code: 'INTERNAL', message: expect.stringContaining('BigInt'), retryable: false },
      ]);
      const late = watchTicks(tenantree, { cutAfter: 1n as never });
      expect(late.refusals).toHaveLength(1);
      append(log, 'b');
      await vi.waitFor(() => expect(right.ticks).toEqual(['a', 'b']), patiently);
    },
  );

  it('such as a listener of the live state that throws, keeps nobody else from the truth', async () => {
    const log = createLog();
    append(log, 'a');
    const first = await startTicker({ log });
    const tenantree = connect({ url: first.url });
    cleanUp.push(tenantree.close);
    const thrown: unknown[] = [];
    const takers = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => thrown.push(error));
    cleanUp.push(() => {
      process.removeAllListeners('uncaughtException');
      for (const taker of takers) process.on('uncaughtException', taker);
    });
    tenantree.live.subscribe(() => {
      throw new Error('A mistake of the page.');
    });
    const after: string[] = [];
    tenantree.live.subscribe(({ kind }) => after.push(kind));
    const watched = watchTicks(tenantree);
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a']), patiently);
    await first.kill();
    append(log, 'b');
    const second = await startTicker({ log, port: first.port });
    cleanUp.push(second.kill);
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a', 'b']), patiently);
    await vi.waitFor(() => expect(after.at(-1)).toBe('live'), patiently);
    expect(thrown).toHaveLength(after.length);
  });
});

describe('where no server answers at all', () => {
  it('one that comes just when it is asked is no sign that WebSockets are blocked', async () => {
    const log = createLog();
    append(log, 'a');
    const gone = await startTicker({ log });
    await gone.kill();
    let asked = 0;
    const came = Promise.withResolvers<Awaited<ReturnType<typeof startTicker>>>();
    // Two attempts have failed when it comes.
    const asks: typeof fetch = async (...request) => {
      asked += 1;
      if (asked === 2) came.resolve(await startTicker({ log, port: gone.port }));
      return fetch(...request);
    };
    const tenantree = connect({ url: gone.url, fetch: asks });
    cleanUp.push(tenantree.close);
    const watched = watchTicks(tenantree);
    const back = await came.promise;
    cleanUp.push(back.kill);
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a']), patiently);
    expect({ sockets: back.sockets(), streams: back.streams() }).toEqual({ sockets: 1, streams: 0 });
  });

  it('a client is offline and waits for the server with its WebSocket', async () => {
    const log = createLog();
    append(log, 'a');
    const gone = await startTicker({ log });
    await gone.kill();
    const tenantree = connect({ url: gone.url });
    cleanUp.push(tenantree.close);
    const watched = watchTicks(tenantree);
    await vi.waitFor(() => expect(tenantree.states).toEqual(['connecting', 'offline']), patiently);
    const back = await startTicker({ log, port: gone.port });
    cleanUp.push(back.kill);
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a']), patiently);
    expect(back.sockets()).toBe(1);
    expect(tenantree.live.get().kind).toBe('live');
  });

  it('a client whose tokens come from that server is offline too, and live as soon as there are tokens again', async () => {
    const log = createLog();
    append(log, 'a');
    const gone = await startTicker({ log });
    await gone.kill();
    let up = false;
    const getToken = async (): Promise<string> => {
      if (!up) throw new Error('The portal gets no token.');
      return 'token';
    };
    const tenantree = connect({ url: gone.url, getToken });
    cleanUp.push(tenantree.close);
    const watched = watchTicks(tenantree);
    await vi.waitFor(() => expect(tenantree.states).toEqual(['connecting', 'offline']), patiently);
    const back = await startTicker({ log, port: gone.port });
    cleanUp.push(back.kill);
    up = true;
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a']), patiently);
    expect(back.sockets()).toBe(1);
    expect(tenantree.live.get().kind).toBe('live');
  });
});
