import type { AccountsFrame, UsageFrame } from '@tenantree/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openStage, type Stage } from './live-stage.ts';
import { LiveTree, MINUTES, showMinutes } from './live-tree.ts';

let tree: LiveTree;
let stage: Stage;
beforeEach(async () => {
  tree = new LiveTree();
  stage = await openStage(tree);
});
afterEach(() => stage.close());

const until = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 10_000, interval: 5 });

describe('server-sent events', () => {
  it('carry the same frames as sockets do, and leave nothing behind', async () => {
    const account = tree.add();
    tree.use(account);
    const overSocket: UsageFrame[] = [];
    const overEvents: UsageFrame[] = [];
    stage.client().trpc.usage.subscribe({ account: tree.root }, { onData: ({ data }) => overSocket.push(data) });
    const stream = stage
      .sseClient()
      .usage.subscribe({ account: tree.root }, { onData: ({ data }) => overEvents.push(data) });
    await until(() => expect([overSocket.length, overEvents.length]).toEqual([1, 1]));
    for (let n = 0; n < 3; n++) {
      showMinutes(stage.hub, tree.use(account));
      await until(() => expect(overEvents.at(-1)?.version).toBe(tree.version));
      await until(() => expect(overSocket.at(-1)?.version).toBe(tree.version));
    }
    expect(overEvents).toEqual(overSocket);
    expect(stage.counts.viewings).toBe(2);
    stream.unsubscribe();
    await until(() => expect(stage.counts.viewings).toBe(1));
  });

  it('resume after the last id', async () => {
    const [a, b] = [tree.add(), tree.add()];
    tree.use(a);
    const since = tree.version;
    tree.use(b);
    const frames: UsageFrame[] = [];
    const input = { account: tree.root, lastEventId: tree.resumeId(since) };
    const stream = stage.sseClient().usage.subscribe(input, { onData: ({ data }) => frames.push(data) });
    await until(() => expect(frames).toHaveLength(1));
    expect(frames[0]?.version).toBe(tree.version);
    expect(new Map(frames[0]?.minutes.map(([id, , total]) => [id, total]))).toEqual(
      new Map([
        [b, '1'],
        [tree.root, '2'],
      ]),
    );
    stream.unsubscribe();
  });

  it('begin at once and empty for accounts that are watched from now on', async () => {
    const account = tree.add();
    const frames: AccountsFrame[] = [];
    const stream = stage
      .sseClient()
      .accounts.subscribe({ account: tree.root }, { onData: ({ data }) => frames.push(data) });
    await until(() => expect(frames).toEqual([{ version: tree.version, changed: [], gone: [] }]));
    stage.hub.happened(tree.rename(account, 'Another'));
    await until(() => expect(frames.at(-1)?.changed).toMatchObject([{ id: account, name: 'Another', minutes: null }]));
    stream.unsubscribe();
  });
});

describe('a caller in this server', () => {
  it('that fetches slowly gets the latest state of everything it missed in one frame', async () => {
    const account = tree.add();
    const entitlement = { path: [tree.root], changesAtMs: null };
    const viewer = {
      ...entitlement,
      key: 'it',
      user: null,
      session: null,
      apiKey: null,
      token: null,
      turn: 'it',
      ask: async () => entitlement,
    };
    const leave = new AbortController();
    const watch = { account: tree.root, viewer, since: 0 };
    const frames = stage.hub.watch(MINUTES, () => watch, leave.signal)[Symbol.asyncIterator]();
    const first = await frames.next();
    expect(first.value?.slice(0, 2)).toMatchObject([`e0.${tree.root}.2`, { minutes: [] }]);
    for (let n = 0; n < 200; n++) showMinutes(stage.hub, tree.use(account));
    stage.hub.flush();
    const { value } = await frames.next();
    expect(value?.slice(0, 2)).toMatchObject([`e0.${tree.root}.202`, { version: 202 }]);
    expect(value?.[1].minutes).toContainEqual([account, '200', '200']);
    const end = frames.next();
    leave.abort();
    expect(await end).toEqual({ done: true, value: undefined });
    expect(stage.hub.watched).toEqual({ audiences: 0, trees: 0 });
  });
});
