import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { refusalOf } from '../src/refusal-of.ts';
import { connect, watchTicks } from './ticker-client.ts';
import { append, createLog, startTicker } from './ticker-server.ts';

const cleanUp: (() => unknown)[] = [];
const page = new EventTarget();
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('window', page);
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }));
});
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Somebody who watches a server's ticks and has seen the first. */
async function watching() {
  const log = createLog();
  append(log, 'a');
  const server = await startTicker({ log });
  const tenantree = connect({ url: server.url });
  cleanUp.push(server.kill, tenantree.close);
  const watched = watchTicks(tenantree);
  await vi.waitFor(() => expect(watched.ticks).toEqual(['a']));
  return { log, server, watched };
}

describe('a connection that looks open while nothing comes back', () => {
  it.each([
    ['within five seconds after the network is said to be back', () => void page.dispatchEvent(new Event('online')), 5],
    ['within twenty seconds by itself', () => undefined, 20],
  ])('is replaced %s', async (_, hint, seconds) => {
    const { log, server, watched } = await watching();
    server.freeze();
    hint();
    await vi.advanceTimersByTimeAsync(seconds * 1_000);
    append(log, 'b');
    await vi.waitFor(() => expect(watched.ids).toEqual(['1', '2']));
    expect(server.upgrades()).toBe(2);
  });

  it('is kept when its server answers', async () => {
    const { log, server, watched } = await watching();
    page.dispatchEvent(new Event('online'));
    await vi.waitFor(() => expect(server.pings()).toBe(1));
    append(log, 'b');
    await vi.waitFor(() => expect(watched.ids).toEqual(['1', '2']));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.upgrades()).toBe(1);
  });
});

describe('a server that takes connections and says nothing', () => {
  it('is given up by calls after a minute: nobody waits for ever', async () => {
    const asked: number[] = [];
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      asked.push(ms);
      return AbortSignal.abort(new DOMException('It took too long.', 'TimeoutError'));
    });
    cleanUp.push(() => vi.restoreAllMocks());
    const server = await startTicker({ log: createLog() });
    const tenantree = connect({ url: server.url });
    cleanUp.push(server.kill, tenantree.close);
    const call = tenantree.trpc.whoami.query().catch(refusalOf);
    await vi.advanceTimersByTimeAsync(1);
    expect(await call).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    expect(asked).toEqual([60_000]);
  });

  it('is given up after ten seconds, and the client is offline', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const tenantree = connect({
      url: `http://127.0.0.1:${port}`,
      fetch: async () => Promise.reject(new Error('down')),
    });
    cleanUp.push(() => silent.close(), tenantree.close);
    watchTicks(tenantree);
    await vi.advanceTimersByTimeAsync(21_000);
    expect(tenantree.states).toEqual(['connecting', 'offline']);
  });
});

describe('close()', () => {
  it('leaves no connection behind, not even one that is still being opened', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    cleanUp.push(() => silent.close());
    const address = silent.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const taken = once(silent, 'connection');
    const tenantree = connect({ url: `http://127.0.0.1:${port}` });
    const watched = watchTicks(tenantree);
    const [socket] = (await taken) as [Socket];
    const gone = once(socket, 'close');
    socket.resume();
    tenantree.close();
    await gone;
    expect(watched).toMatchObject({ ended: true, refusals: [] });
  });

  it('is for good: a subscription that comes after it ends at once, and calls still work', async () => {
    const server = await startTicker({ log: createLog() });
    const tenantree = connect({ url: server.url });
    cleanUp.push(server.kill);
    tenantree.close();
    const watched = watchTicks(tenantree);
    expect(watched.ended).toBe(true);
    const answer = tenantree.trpc.whoami.query();
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toEqual({ token: '' });
    expect(server.upgrades()).toBe(0);
  });

  it('is not needed for the last subscription: its connection is kept for ten seconds', async () => {
    const { server, watched } = await watching();
    watched.stop();
    await vi.advanceTimersByTimeAsync(9_000);
    expect(server.sockets()).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    await vi.waitFor(() => expect(server.sockets()).toBe(0), 1_000);
  });
});
