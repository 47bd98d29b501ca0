import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connect, type TickerClient, watchTicks } from './ticker-client.ts';
import { append, createLog, startTicker, type TickerServer } from './ticker-server.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act();
});

const started = async (...args: Parameters<typeof startTicker>): Promise<TickerServer> => {
  const server = await startTicker(...args);
  cleanUp.push(server.kill);
  return server;
};
const client = (...args: Parameters<typeof connect>): TickerClient => {
  const made = connect(...args);
  cleanUp.push(made.close);
  return made;
};
const patiently = { timeout: 10_000, interval: 10 };

describe('a subscription', () => {
  it('resumes without a gap or a duplicate when the server is killed and started again on its port', async () => {
    const log = createLog();
    append(log, 'a', 'b');
    const first = await started({ log });
    const tenantree = client({ url: first.url });
    const watched = watchTicks(tenantree);
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a', 'b']), patiently);
    expect(tenantree.live.get().kind).toBe('live');

    await first.kill();
    append(log, 'c', 'd');
    await vi.waitFor(() => expect(tenantree.live.get().kind).toBe('offline'), patiently);
    await started({ log, port: first.port });

    await vi.waitFor(() => expect(watched.ticks).toEqual(['a', 'b', 'c', 'd']), patiently);
    append(log, 'e');
    await vi.waitFor(() => expect(watched.ids).toEqual(['1', '2', '3', '4', '5']), patiently);
    expect(tenantree.states).toEqual(['connecting', 'live', 'catching-up', 'offline', 'catching-up', 'live']);
    expect(watched.ended).toBe(false);
  });

  it('starts after the id it is given and is not thrown back to it by a reconnection', async () => {
    const log = createLog();
    append(log, 'a', 'b', 'c');
    const first = await started({ log });
    const watched = watchTicks(client({ url: first.url }), { lastEventId: '2' });
    await vi.waitFor(() => expect(watched.ids).toEqual(['3']), patiently);
    await first.kill();
    append(log, 'd');
    await started({ log, port: first.port });
    await vi.waitFor(() => expect(watched.ids).toEqual(['3', '4']), patiently);
  });

  it('moves to a new connection without going offline when the server announces that it stops', async () => {
    const log = createLog();
    append(log, 'a');
    const server = await started({ log });
    const tenantree = client({ url: server.url });
    const watched = watchTicks(tenantree);
    await vi.waitFor(() => expect(tenantree.live.get().kind).toBe('live'), patiently);
    server.announceStop();
    await vi.waitFor(() => expect(server.upgrades()).toBe(2), patiently);
    append(log, 'b');
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a', 'b']), patiently);
    await vi.waitFor(() => expect(tenantree.live.get().kind).toBe('live'), patiently);
    expect(tenantree.states).not.toContain('offline');
  });

  it('goes on when the server ends its stream, because only the application or a refusal ends a subscription', async () => {
    const log = createLog();
    append(log, 'a', 'b', 'c');
    const server = await started({ log });
    const watched = watchTicks(client({ url: server.url }), { cutAfter: 1 });
    await vi.waitFor(() => expect(watched.ids).toEqual(['1', '2', '3']), patiently);
    expect(server.upgrades()).toBe(1);
  });

  it('of several on one connection each resumes where it was', async () => {
    const log = createLog();
    append(log, 'a', 'b');
    const first = await started({ log });
    const tenantree = client({ url: first.url });
    const early = watchTicks(tenantree);
    await vi.waitFor(() => expect(early.ids).toEqual(['1', '2']), patiently);
    const late = watchTicks(tenantree, { lastEventId: '2' });
    append(log, 'c');
    await vi.waitFor(() => expect([early.ids, late.ids]).toEqual([['1', '2', '3'], ['3']]), patiently);
    await first.kill();
    append(log, 'd');
    const second = await started({ log, port: first.port });
    await vi.waitFor(
      () =>
        expect([early.ids, late.ids]).toEqual([
          ['1', '2', '3', '4'],
          ['3', '4'],
        ]),
      patiently,
    );
    expect(second.sockets()).toBe(1);
  });

  it('that the application ends is ended on the server, and closing the client closes the connection', async () => {
    const log = createLog();
    append(log, 'a');
    const server = await started({ log });
    const tenantree = client({ url: server.url });
    const [one, other] = [watchTicks(tenantree), watchTicks(tenantree)];
    await vi.waitFor(() => expect([one.ticks, other.ticks]).toEqual([['a'], ['a']]), patiently);
    one.stop();
    append(log, 'b');
    await vi.waitFor(() => expect(other.ticks).toEqual(['a', 'b']), patiently);
    expect(one.ticks).toEqual(['a']);
    tenantree.close();
    await vi.waitFor(() => expect(server.sockets()).toBe(0), patiently);
    expect(other.ended).toBe(true);
  });

  it('ends with its signal, and so does a call', async () => {
    const log = createLog();
    append(log, 'a');
    const server = await started({ log });
    const { trpc } = client({ url: server.url });
    const leave = new AbortController();
    const told: string[] = [];
    const { signal } = leave;
    trpc.ticks.subscribe({}, { signal, onData: ({ data }) => told.push(data), onComplete: () => told.push('end') });
    await vi.waitFor(() => expect(told).toEqual(['a']), patiently);
    const call = trpc.whoami.query(undefined, { signal });
    leave.abort(new Error('Left the page.'));
    await expect(call).rejects.toThrow('Left the page.');
    await expect(trpc.whoami.query(undefined, { signal })).rejects.toThrow('Left the page.');
    await vi.waitFor(() => expect(told).toEqual(['a', 'end']), patiently);
    trpc.ticks.subscribe(
      {},
      { signal, onData: ({ data }) => told.push(data), onComplete: () => told.push('end again') },
    );
    append(log, 'b');
    await trpc.whoami.query();
    expect(told).toEqual(['a', 'end', 'end again']);
  });

  it('leaves nothing at a signal that outlives it, and neither does a call', async () => {
    const log = createLog();
    append(log, 'a');
    const server = await started({ log });
    const { trpc } = client({ url: server.url });
    const { signal } = new AbortController();
    const told: string[] = [];
    const subscription = trpc.ticks.subscribe({}, { signal, onData: ({ data }) => told.push(data) });
    await vi.waitFor(() => expect(told).toEqual(['a']), patiently);
    subscription.unsubscribe();
    await trpc.whoami.query(undefined, { signal });
    await trpc.crash.query(undefined, { signal }).catch(() => undefined);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each([
    ['when the network is back', (page: EventTarget) => void page.dispatchEvent(new Event('online'))],
    [
      'when somebody turns to something live',
      (_: EventTarget, tenantree: TickerClient) => watchTicks(tenantree).stop(),
    ],
  ])('tries again at once %s instead of waiting for its turn', async (_, turn) => {
    const log = createLog();
    append(log, 'a');
    const page = new EventTarget();
    vi.stubGlobal('window', page);
    vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }));
    cleanUp.push(() => vi.unstubAllGlobals());
    const first = await started({ log });
    const tenantree = client({ url: first.url, random: () => 0.999 });
    const watched = watchTicks(tenantree);
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a']), patiently);
    await first.kill();
    // two failed attempts: the next one would be up to two seconds away
    await vi.waitFor(() => expect(tenantree.live.get().kind).toBe('offline'), patiently);
    append(log, 'b');
    await started({ log, port: first.port });
    const turned = performance.now();
    await vi.waitFor(() => {
      turn(page, tenantree);
      expect(watched.ticks).toEqual(['a', 'b']);
    }, patiently);
    expect(performance.now() - turned).toBeLessThan(900);
  });
});
