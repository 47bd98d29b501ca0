import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import type { UsageFrame } from '@tenantree/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { textFrame } from '../src/live/connection.ts';
import { openStage, type Stage } from './live-stage.ts';
import { LiveTree, showMinutes, versionOf } from './live-tree.ts';

let tree: LiveTree;
let stage: Stage;

beforeEach(async () => {
  tree = new LiveTree();
  stage = await openStage(tree);
});
afterEach(() => stage.close());

const until = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 10_000, interval: 5 });

const subscribe = (id: number | string, path: string, input: object): string =>
  JSON.stringify({ id, jsonrpc: '2.0', method: 'subscription', params: { path, input } });

const watchUsage = (client: ReturnType<Stage['client']>['trpc'], input: object = {}) => {
  const frames: UsageFrame[] = [];
  const ids: string[] = [];
  const subscription = client.usage.subscribe(
    { account: tree.root, ...input },
    {
      onData: ({ id, data }) => {
        ids.push(id);
        frames.push(data);
      },
    },
  );
  return { frames, ids, subscription };
};

describe('frames on a WebSocket', () => {
  it('are the bytes that the stock server sends for the same tracked values', async () => {
    const [a, b] = [tree.add(), tree.add()];
    tree.use(a);
    const fast = await stage.bare();
    const stock = await stage.bare('/stock');
    for (const who of [fast, stock]) {
      who.socket.send(subscribe(1, 'usage', { account: tree.root }));
      who.socket.send(subscribe('näme"', 'accounts', { account: tree.root }));
      await until(() => expect(who.texts).toHaveLength(4));
    }
    for (const change of [() => tree.use(b), () => tree.use(a, b)]) {
      showMinutes(stage.hub, change());
      await until(() => expect(fast.texts.length).toBe(stock.texts.length));
      await until(() => expect(fast.texts.at(-1)).toContain(`.${tree.version}"`));
    }
    stage.hub.happened(tree.rename(b, 'Grün & “quoted”'));
    await until(() => expect(fast.texts).toHaveLength(7));
    await until(() => expect(stock.texts).toHaveLength(7));
    const bySubscription = (texts: string[], id: string) => texts.filter((text) => text.startsWith(`{"id":${id},`));
    for (const id of ['1', '"näme\\""']) {
      expect(bySubscription(fast.texts, id).length).toBeGreaterThan(2);
      expect(bySubscription(fast.texts, id)).toEqual(bySubscription(stock.texts, id));
    }
  });

  it('have the header that ws writes, at every length', async () => {
    const { socket } = await stage.bare();
    for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
      const text = 'ä'.repeat(length >> 1) + 'x'.repeat(length & 1);
      const server = [...stage.sockets][0]!;
      const ours = textFrame(text);
      const stream: unknown = Reflect.get(server, '_socket');
      if (!(stream instanceof Socket)) throw new Error('no stream');
      const got = new Promise<string>((resolve) => socket.once('message', (data: Buffer) => resolve(data.toString())));
      stream.write(ours);
      expect(await got).toBe(text);
    }
  });

  it('hold the state of a whole tick, however many changes led to it', async () => {
    const account = tree.add();
    const { frames } = watchUsage(stage.client().trpc);
    await until(() => expect(frames).toHaveLength(1));
    for (let n = 0; n < 100; n++) showMinutes(stage.hub, tree.use(account));
    await until(() => expect(frames.at(-1)?.version).toBe(tree.version));
    expect(frames.length).toBeLessThanOrEqual(3);
    expect(frames.at(-1)?.minutes).toContainEqual([account, '100', '100']);
    expect(frames.at(-1)?.minutes).toContainEqual([tree.root, '0', '100']);
  });

  it('are the same buffer for everybody who watches the same', async () => {
    const account = tree.add();
    const viewers = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const { socket, texts } = await stage.bare();
        socket.send(subscribe(1, 'usage', { account: tree.root }));
        await until(() => expect(texts).toHaveLength(2));
        return texts;
      }),
    );
    const written = vi.spyOn(Socket.prototype, 'write');
    showMinutes(stage.hub, tree.use(account));
    await until(() => viewers.forEach((texts) => expect(texts).toHaveLength(3)));
    const buffers = written.mock.calls
      .map(([data]) => data)
      .filter((data) => Buffer.isBuffer(data) && data.includes('minutes'));
    written.mockRestore();
    expect(buffers).toHaveLength(5);
    expect(new Set(buffers).size).toBe(1);
  });

  it('of several subscriptions of one socket leave in one write', async () => {
    const account = tree.add();
    const { socket, texts } = await stage.bare();
    socket.send(subscribe(1, 'usage', { account: tree.root }));
    socket.send(subscribe(2, 'usage', { account, only: [account] }));
    await until(() => expect(texts).toHaveLength(4));
    const stream: unknown = Reflect.get([...stage.sockets][0]!, '_socket');
    if (!(stream instanceof Socket)) throw new Error('no stream');
    const cork = vi.spyOn(stream, 'cork');
    const written = vi.spyOn(stream, 'write');
    const uncork = vi.spyOn(stream, 'uncork');
    showMinutes(stage.hub, tree.use(account));
    await until(() => expect(texts).toHaveLength(6));
    const order = [cork, written, uncork].map(({ mock }) => mock.invocationCallOrder);
    expect(order.map((calls) => calls.length)).toEqual([1, 2, 1]);
    expect(order.flat()).toEqual(order.flat().toSorted((a, b) => a - b));
    for (const spy of [cork, written, uncork]) spy.mockRestore();
  });

  it('hold 2 000 rows at most, and the rest follows', async () => {
    const ids = Array.from({ length: 4_500 }, () => tree.add());
    tree.use(...ids);
    const { frames, ids: sent } = watchUsage(stage.client().trpc);
    const rows = () => frames.flatMap(({ minutes }) => minutes);
    await until(() => expect(rows()).toHaveLength(4_501));
    expect(frames.map(({ minutes }) => minutes.length)).toEqual([2_000, 2_000, 501]);
    expect(sent.map(versionOf)).toEqual([0, 0, tree.version]);
    showMinutes(stage.hub, tree.use(...ids));
    await until(() => expect(rows()).toHaveLength(9_002));
    expect(Math.max(...frames.map(({ minutes }) => minutes.length))).toBe(2_000);
    expect(versionOf(sent.at(-1) ?? '')).toBe(tree.version);
    expect(versionOf(sent.at(-2) ?? '')).toBeLessThan(tree.version);
  });

  it('say the new billing period when it begins', async () => {
    const account = tree.add();
    let nowMs = Date.UTC(2026, 10, 30, 23, 59, 59, 900);
    await stage.close();
    stage = await openStage(tree, { clock: { nowMs: () => nowMs } });
    const { frames } = watchUsage(stage.client().trpc);
    await until(() => expect(frames).toHaveLength(1));
    showMinutes(stage.hub, tree.use(account));
    await until(() => expect(frames).toHaveLength(2));
    expect(frames.map(({ period }) => period)).toEqual(Array(2).fill('2026-11-01T00:00:00.000Z'));
    nowMs += 1_000;
    await until(() => expect(frames.at(-1)).toMatchObject({ period: '2026-12-01T00:00:00.000Z', minutes: [] }));
  });
});

describe('subscriptions', () => {
  it('leave nothing behind when they end, by stop or by a closed connection', async () => {
    const { trpc, ws } = stage.client();
    const one = watchUsage(trpc);
    const other = watchUsage(trpc, { only: [tree.add()] });
    await until(() => expect([one.frames.length, other.frames.length]).toEqual([1, 1]));
    expect(stage.counts.viewings).toBe(2);
    one.subscription.unsubscribe();
    await until(() => expect(stage.counts.viewings).toBe(1));
    await ws.close();
    await until(() => expect(stage.counts.viewings).toBe(0));
    expect(stage.hub.watched).toEqual({ audiences: 0, trees: 0 });
  });

  it('get the accounts they name and no others', async () => {
    const [a, b] = [tree.add(), tree.add()];
    const { frames } = watchUsage(stage.client().trpc, { only: [a] });
    await until(() => expect(frames).toHaveLength(1));
    showMinutes(stage.hub, tree.use(b));
    showMinutes(stage.hub, tree.use(a));
    await until(() => expect(frames.at(-1)?.version).toBe(tree.version));
    expect(frames.flatMap(({ minutes }) => minutes.map(([id]) => id))).toEqual([a]);
  });

  it('are served like event streams when the socket is one that the hub cannot write to', async () => {
    const account = tree.add();
    const { socket, texts } = await stage.bare();
    socket.send(subscribe(randomBytes(4).readUInt16BE(), 'usage', { account, stock: true }));
    await until(() => expect(texts).toHaveLength(2));
    for (let n = 0; n < 3; n++) showMinutes(stage.hub, tree.use(account));
    await until(() => expect(texts.at(-1)).toContain(`["${account}","3","3"]`));
  });
});
