import { afterEach, describe, expect, it, vi } from 'vitest';
import { refusalOf } from '../src/refusal-of.ts';
import { connect, watchTicks } from './ticker-client.ts';
import { append, createLog, startTicker, type TickerServer } from './ticker-server.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act();
});
const patiently = { timeout: 10_000, interval: 10 };

const serve = async (good: Set<string>): Promise<TickerServer> => {
  const log = createLog();
  append(log, 'a');
  const server = await startTicker({ log, accepts: (token) => good.has(token) });
  cleanUp.push(server.kill);
  return server;
};

describe('a token', () => {
  it('is asked for once, however many calls begin together', async () => {
    const server = await serve(new Set(['token-1']));
    const getToken = vi.fn(async () => 'token-1');
    const { trpc, close } = connect({ url: server.url, getToken });
    cleanUp.push(close);
    const answers = await Promise.all([trpc.whoami.query(), trpc.whoami.query(), trpc.whoami.query()]);
    expect(answers).toEqual([{ token: 'token-1' }, { token: 'token-1' }, { token: 'token-1' }]);
    expect(getToken).toHaveBeenCalledTimes(1);
  });

  it('that the server refuses is renewed once, and the calls are repeated with the new one', async () => {
    const good = new Set(['token-1']);
    const server = await serve(good);
    let asked = 0;
    const onSessionExpired = vi.fn();
    const { trpc, close } = connect({
      url: server.url,
      getToken: async () => `token-${(asked += 1)}`,
      onSessionExpired,
    });
    cleanUp.push(close);
    await trpc.whoami.query();
    good.delete('token-1');
    good.add('token-2');
    expect(await Promise.all([trpc.whoami.query(), trpc.whoami.query()])).toEqual([
      { token: 'token-2' },
      { token: 'token-2' },
    ]);
    expect(asked).toBe(2);
    expect(onSessionExpired).not.toHaveBeenCalled();
  });

  it('refused again after its renewal ends the session once, and a good one later begins it anew', async () => {
    const good = new Set<string>();
    const server = await serve(good);
    let asked = 0;
    const onSessionExpired = vi.fn();
    const { trpc, close } = connect({
      url: server.url,
      getToken: async () => `token-${(asked += 1)}`,
      onSessionExpired,
    });
    cleanUp.push(close);
    const refused = await trpc.whoami.query().catch(refusalOf);
    expect(refused).toMatchObject({ code: 'UNAUTHORIZED', retryable: false, requestId: 'r-1' });
    expect(asked).toBe(2);
    expect(onSessionExpired).toHaveBeenCalledTimes(1);
    good.add('token-3');
    expect(await trpc.whoami.query()).toEqual({ token: 'token-3' });
    good.clear();
    await trpc.whoami.query().catch(refusalOf);
    expect(onSessionExpired).toHaveBeenCalledTimes(2);
  });

  it('stays in use for connections that come back, and is renewed when it is no longer good by then', async () => {
    const log = createLog();
    append(log, 'a');
    const good = new Set(['token-1', 'token-2']);
    const accepts = (token: string): boolean => good.has(token);
    const first = await startTicker({ log, accepts });
    let asked = 0;
    const tenantree = connect({ url: first.url, getToken: async () => `token-${(asked += 1)}` });
    cleanUp.push(tenantree.close);
    const watched = watchTicks(tenantree);
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a']), patiently);
    await first.kill();
    append(log, 'b');
    const second = await startTicker({ log, accepts, port: first.port });
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a', 'b']), patiently);
    expect(second.wsTokens).toEqual(['token-1']);
    await second.kill();
    good.delete('token-1');
    append(log, 'c');
    const third = await startTicker({ log, accepts, port: first.port });
    cleanUp.push(third.kill);
    await vi.waitFor(() => expect(watched.ids).toEqual(['1', '2', '3']), patiently);
    expect(third.wsTokens).toEqual(['token-1', 'token-2']);
  });

  it('refused in the middle of a subscription is renewed and the subscription resumes', async () => {
    const log = createLog();
    append(log, 'a');
    const good = new Set(['token-1', 'token-2']);
    const server = await startTicker({ log, accepts: (token) => good.has(token) });
    let asked = 0;
    const tenantree = connect({ url: server.url, getToken: async () => `token-${(asked += 1)}` });
    cleanUp.push(server.kill, tenantree.close);
    const [one, other] = [watchTicks(tenantree), watchTicks(tenantree)];
    await vi.waitFor(() => expect([one.ids, other.ids]).toEqual([['1'], ['1']]), patiently);
    good.delete('token-1');
    append(log, 'b', 'c');
    await vi.waitFor(
      () =>
        expect([one.ids, other.ids]).toEqual([
          ['1', '2', '3'],
          ['1', '2', '3'],
        ]),
      patiently,
    );
    expect(server.wsTokens).toEqual(['token-1', 'token-2']);
    expect([one.refusals, other.refusals]).toEqual([[], []]);
  });

  it('that stays refused ends the subscription with the refusal', async () => {
    const server = await serve(new Set());
    const onSessionExpired = vi.fn();
    const tenantree = connect({ url: server.url, getToken: async () => 'bad', onSessionExpired });
    cleanUp.push(tenantree.close);
    const watched = watchTicks(tenantree);
    await vi.waitFor(() => expect(watched.refusals).toMatchObject([{ code: 'UNAUTHORIZED' }]), patiently);
    expect(onSessionExpired).toHaveBeenCalledTimes(1);
    expect(server.wsTokens).toEqual(['bad', 'bad']);
  });
});

describe('a token that is refused while there is no other', () => {
  /** A server that takes the first token only until it is told otherwise, and a portal that then has no other. */
  const stage = async () => {
    const log = createLog();
    append(log, 'a');
    const good = new Set(['token-1', 'token-2']);
    const server = await startTicker({ log, accepts: (token) => good.has(token) });
    const portal = { up: true, asked: 0 };
    const onSessionExpired = vi.fn();
    const tenantree = connect({
      url: server.url,
      onSessionExpired,
      getToken: async () => {
        portal.asked += 1;
        if (!portal.up) throw new Error('The portal answered 500.');
        return portal.asked === 1 ? 'token-1' : 'token-2';
      },
    });
    cleanUp.push(server.kill, tenantree.close);
    return { log, good, portal, tenantree, onSessionExpired };
  };

  it('fails the call by saying that getToken failed, and ends the session at the second time', async () => {
    const { good, portal, tenantree, onSessionExpired } = await stage();
    await tenantree.trpc.whoami.query();
    good.delete('token-1');
    portal.up = false;
    const failed = { code: 'NO_TOKEN', message: expect.stringContaining('The portal answered 500.') };
    expect(await tenantree.trpc.whoami.query().catch(refusalOf)).toMatchObject(failed);
    expect(onSessionExpired).not.toHaveBeenCalled();
    expect(await tenantree.trpc.whoami.query().catch(refusalOf)).toMatchObject(failed);
    expect(onSessionExpired).toHaveBeenCalledTimes(1);
    portal.up = true;
    expect(await tenantree.trpc.whoami.query()).toEqual({ token: 'token-2' });
  });

  it('ends no subscription: it says why it is offline, and goes on as soon as there is a token', async () => {
    const { log, good, portal, tenantree } = await stage();
    const watched = watchTicks(tenantree);
    await vi.waitFor(() => expect(watched.ticks).toEqual(['a']), patiently);
    good.delete('token-1');
    portal.up = false;
    append(log, 'b');
    const why = { code: 'NO_TOKEN', message: expect.stringContaining('The portal answered 500.') };
    await vi.waitFor(() => expect(tenantree.live.get()).toMatchObject({ kind: 'offline', why }), patiently);
    portal.up = true;
    append(log, 'c');
    await vi.waitFor(() => expect(watched.ticks.at(-1)).toBe('c'), patiently);
    await vi.waitFor(() => expect(tenantree.live.get()).toMatchObject({ kind: 'live', why: null }), patiently);
    expect(watched.refusals).toEqual([]);
  });
});

describe('without getToken', () => {
  it('an unauthorised call ends the session at once and is not repeated', async () => {
    const server = await serve(new Set(['token-1']));
    const onSessionExpired = vi.fn();
    const { trpc, close } = connect({ url: server.url, onSessionExpired });
    cleanUp.push(close);
    expect(await trpc.whoami.query().catch(refusalOf)).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(onSessionExpired).toHaveBeenCalledTimes(1);
  });
});
