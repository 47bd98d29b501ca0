import type { AccountId, UsageFrame } from '@tenantree/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clockAt, NOVEMBER, openStage, type Stage } from './live-stage.ts';
import { LiveTree, showMinutes } from './live-tree.ts';

const BOUND = 64 * 1_024;

let tree: LiveTree;
let stage: Stage;
let accounts: AccountId[];
const clock = clockAt(NOVEMBER);

beforeEach(async () => {
  tree = new LiveTree();
  accounts = Array.from({ length: 1_500 }, () => tree.add());
  stage = await openStage(tree, { clock, mostWaiting: BOUND, tickMs: 1 });
});
afterEach(() => stage.close());

const until = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 15_000, interval: 5 });

/** Somebody whose socket is not read, and what is waiting for them on the server's side. */
async function stall() {
  const before = new Set(stage.sockets);
  const { socket, texts } = await stage.bare();
  socket.send(
    JSON.stringify({
      id: 1,
      jsonrpc: '2.0',
      method: 'subscription',
      params: { path: 'usage', input: { account: tree.root } },
    }),
  );
  await until(() => expect(texts).toHaveLength(2));
  socket.pause();
  const server = [...stage.sockets].find((one) => !before.has(one));
  if (!server) throw new Error('no socket');
  return { socket, texts, server };
}

/** Commits until the slow reader has been skipped some times. Says the most that waited for it. */
async function flood(server: { readonly bufferedAmount: number }, times = 5): Promise<number> {
  let most = 0;
  const { skipped } = stage.counts;
  while (stage.counts.skipped < skipped + times) {
    showMinutes(stage.hub, tree.use(...accounts));
    await new Promise((resolve) => setTimeout(resolve, 2));
    most = Math.max(most, server.bufferedAmount);
  }
  return most;
}

describe('a reader that does not read', () => {
  it('never has more than its bound and one frame waiting, while others get every tick', async () => {
    const slow = await stall();
    const frames: UsageFrame[] = [];
    stage.client().trpc.usage.subscribe({ account: tree.root }, { onData: ({ data }) => frames.push(data) });
    await until(() => expect(frames).toHaveLength(1));
    const most = await flood(slow.server, 50);
    const frameBytes = JSON.stringify(frames.at(-1)).length + 200;
    expect(most).toBeLessThanOrEqual(BOUND + frameBytes);
    await until(() => expect(frames.at(-1)?.version).toBe(tree.version));
    expect(frames.length).toBeGreaterThan(20);
  });

  it('gets the latest state, and not what led to it, when it reads again', async () => {
    const slow = await stall();
    await flood(slow.server, 50);
    const commits = tree.version;
    slow.socket.resume();
    await until(() => expect(slow.texts.at(-1)).toContain(`.${tree.version}"`));
    expect(slow.texts.length).toBeLessThan(commits);
    const shown = new Map<AccountId, string>();
    for (const text of slow.texts) {
      const frame: { result?: { data?: { data: UsageFrame } } } = JSON.parse(text);
      for (const [account, , total] of frame.result?.data?.data.minutes ?? []) shown.set(account, total);
    }
    const fresh = new Map([...tree.nodes.values()].map(({ id, total }) => [id, String(total)]));
    expect(shown).toEqual(fresh);
    const { length } = slow.texts;
    showMinutes(stage.hub, tree.use(accounts[0]!));
    await until(() => expect(slow.texts).toHaveLength(length + 1));
  });

  it('is cut off when it stays over its bound for ten seconds', async () => {
    const slow = await stall();
    await flood(slow.server);
    stage.checkUp(0);
    stage.checkUp(9_000);
    expect(stage.counts.cutOff).toBe(0);
    stage.checkUp(11_000);
    expect(stage.counts.cutOff).toBe(1);
    await until(() => expect(stage.counts.viewings).toBe(0));
    expect(stage.sockets.size).toBe(0);
    expect(stage.hub.watched).toEqual({ audiences: 0, trees: 0 });
  });
});

describe('a reader that missed more than is remembered for it', () => {
  const MANY = 5_100;

  /** Stalls a reader until nothing is remembered for it, with a tree of more accounts than that. */
  async function miss() {
    accounts = [...accounts, ...Array.from({ length: MANY - accounts.length }, () => tree.add())];
    const slow = await stall();
    const since = tree.version;
    while (stage.counts.skipped === 0) {
      showMinutes(stage.hub, tree.use(...accounts));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    for (let n = 0; n < 4; n++) {
      showMinutes(stage.hub, tree.use(...accounts));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return { ...slow, since };
  }
  const framesOf = (texts: readonly string[]): UsageFrame[] =>
    texts.flatMap((text) => {
      const frame: { result?: { data?: { data: UsageFrame } } } = JSON.parse(text);
      return frame.result?.data ? [frame.result.data.data] : [];
    });

  it('reads what changed since its last frame', async () => {
    const slow = await miss();
    slow.socket.resume();
    await until(() => expect(slow.texts.at(-1)).toContain(`.${tree.version}"`));
    const frames = framesOf(slow.texts);
    const shown = new Map(frames.flatMap(({ minutes }) => minutes.map(([account, , total]) => [account, total])));
    expect(shown).toEqual(new Map([...tree.nodes.values()].map(({ id, total }) => [id, String(total)])));
    expect(tree.reads.at(-1)).toMatchObject({ channel: 'usage', only: null });
    expect(tree.reads.at(-1)?.since).toBeGreaterThan(0);
    expect(frames.some(({ gap }) => gap)).toBe(false);
  });

  it('is told of a gap when that is not known any more, and goes on from there', async () => {
    const slow = await miss();
    tree.forgotten = tree.version;
    showMinutes(stage.hub, tree.use(accounts[0]!));
    slow.socket.resume();
    await until(() => expect(framesOf(slow.texts).some(({ gap }) => gap === true)).toBe(true));
    showMinutes(stage.hub, tree.use(accounts[1]!));
    await until(() => expect(slow.texts.at(-1)).toContain(`.${tree.version}"`));
    expect(framesOf(slow.texts).at(-1)?.minutes).toContainEqual([
      accounts[1],
      String(tree.node(accounts[1]!).own),
      String(tree.node(accounts[1]!).total),
    ]);
  });
});
