import type { AccountId, AccountsFrame, UsageFrame } from '@tenantree/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { envelopeHead, LiveConnection, Unread } from '../src/live/connection.ts';
import type { JournalSource } from '../src/live/journal-watch.ts';
import { openStage, type Stage } from './live-stage.ts';
import { LiveTree, ROWS, showMinutes } from './live-tree.ts';

let tree: LiveTree;
let account: AccountId;
let stage: Stage;

beforeEach(() => {
  tree = new LiveTree();
  account = tree.add();
});
afterEach(() => stage.close());

const until = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 10_000, interval: 2 });

/** A gate that lets everything pass until it is shut. */
class Gate {
  waiting = 0;
  #shut: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;

  shut(): void {
    this.#shut = Promise.withResolvers<void>();
  }

  open(): void {
    this.#shut?.resolve();
    this.#shut = null;
  }

  async pass(): Promise<void> {
    this.waiting += 1;
    await this.#shut?.promise;
    this.waiting -= 1;
  }
}

/** A tree's journal whose heads are read when they are asked for, and answered when the gate is open. */
const slowHeads = (gate: Gate): JournalSource => ({
  ...tree.source,
  heads: async (roots) => {
    const heads = await tree.source.heads(roots);
    await gate.pass();
    return heads;
  },
});

function watchRows(lastEventId?: string) {
  const frames: AccountsFrame[] = [];
  const errors: string[] = [];
  stage
    .client()
    .trpc.accounts.subscribe(
      { account: tree.root, ...(lastEventId && { lastEventId }) },
      { onData: ({ data }) => frames.push(data), onError: ({ message }) => errors.push(message) },
    );
  const names = () => new Map(frames.flatMap(({ changed }) => changed.map(({ id, name }) => [id, name] as const)));
  return { frames, errors, names, gaps: () => frames.filter(({ gap }) => gap).length };
}

function watchMinutes() {
  const frames: UsageFrame[] = [];
  stage.client().trpc.usage.subscribe({ account: tree.root }, { onData: ({ data }) => frames.push(data) });
  const total = (id: AccountId) => frames.flatMap(({ minutes }) => minutes).findLast(([of]) => of === id)?.[2];
  return { frames, total, gaps: () => frames.filter(({ gap }) => gap).length };
}

describe('An answer that news overtook', () => {
  it('about how far the trees are ends nobody’s stream: it is older, and no other history', async () => {
    const gate = new Gate();
    stage = await openStage(tree, { journal: slowHeads(gate) });
    const viewer = watchRows();
    await until(() => expect(viewer.frames).toHaveLength(1));
    await until(() => expect(gate.waiting).toBe(0));
    gate.shut();
    stage.hub.resync();
    await until(() => expect(gate.waiting).toBe(1));
    stage.hub.happened(tree.rename(account, 'Told meanwhile'));
    await until(() => expect(viewer.names().get(account)).toBe('Told meanwhile'));
    gate.open();
    await until(() => expect(gate.waiting).toBe(0));
    stage.hub.happened(tree.rename(account, 'Told afterwards'));
    await until(() => expect(viewer.names().get(account)).toBe('Told afterwards'));
    expect(viewer.errors).toEqual([]);
    expect(stage.counts.viewings).toBe(1);
  });

  it('about the rows from before somebody came takes nothing from what is told of those behind', async () => {
    const gate = new Gate();
    const source: JournalSource = {
      heads: tree.source.heads,
      after: async (...asked) => {
        await gate.pass();
        return tree.source.after(...asked);
      },
    };
    stage = await openStage(tree, { journal: source });
    gate.shut();
    const viewer = watchRows();
    await until(() => expect(viewer.frames).toHaveLength(1));
    await until(() => expect(gate.waiting).toBe(1));
    const read = tree.reads.length;
    const news = tree.rename(account, 'Behind the head');
    gate.open();
    await until(() => expect(gate.waiting).toBe(0));
    stage.hub.happened(news);
    await until(() => expect(viewer.names().get(account)).toBe('Behind the head'));
    // Of which accounts was told: nobody had to read whatever changed.
    expect(tree.reads.slice(read).map(({ only }) => only)).toEqual([1]);
  });

  it('for a viewer that reads again takes nothing from what is published before it comes', async () => {
    const gate = new Gate();
    stage = await openStage(tree);
    showMinutes(stage.hub, tree.use(account));
    const viewer = watchMinutes();
    await until(() => expect(viewer.total(account)).toBe('1'));
    tree.use(account);
    tree.forgotten = tree.version;
    // More is known to have changed than the notes tell: all read again.
    let reads = 0;
    tree.pause = async () => {
      // The hub's own read passes: before it looks, and before it answers.
      if ((reads += 1) === 3) gate.shut();
      if (reads !== 3) await gate.pass();
    };
    showMinutes(stage.hub, { root: tree.root, version: tree.version, states: [], complete: false });
    await until(() => expect(gate.waiting).toBe(1));
    showMinutes(stage.hub, tree.use(account));
    stage.hub.flush();
    gate.open();
    await until(() => expect(viewer.gaps()).toBe(1));
    await until(() => expect(viewer.total(account)).toBe('3'));
  });

  it('for a viewer whose socket is full loses nothing when everybody begins anew before there is room', async () => {
    stage = await openStage(tree);
    const others = watchRows();
    await until(() => expect(others.frames).toHaveLength(1));
    const since = tree.version;
    stage.hub.happened(tree.rename(account, 'Missed'));
    await until(() => expect(others.names().get(account)).toBe('Missed'));
    // What nobody told of is in what is read, and the notes that lead there are gone.
    tree.rename(tree.root, 'Untold');
    const socket = new SlowSocket();
    tree.pause = async () => {
      socket.waiting = 2 * BOUND;
    };
    socket.watch(since);
    await until(() => expect(socket.waiting).toBeGreaterThan(BOUND));
    tree.forgotten = tree.version;
    await until(() => expect(others.gaps()).toBe(1));
    tree.pause = async () => undefined;
    socket.drain();
    await until(() => expect(socket.frames).not.toEqual([]));
    expect(socket.frames[0]).toMatchObject({ version: tree.version, gap: true });
  });
});

const BOUND = 1_000;

/** A socket of ours whose peer reads when the test says so. */
class SlowSocket {
  waiting = 0;
  readonly frames: AccountsFrame[] = [];
  readonly #drained: (() => void)[] = [];

  drain(): void {
    this.waiting = 0;
    for (const listener of this.#drained.splice(0)) listener();
  }

  watch(since: number): void {
    const entitlement = { path: [tree.root], changesAtMs: null };
    const nobody = { user: null, session: null, apiKey: null, token: null };
    const viewer = { ...entitlement, ...nobody, key: 'she', turn: 'she', ask: async () => entitlement };
    const stream = stage.hub.watch(ROWS, () => ({ account: tree.root, viewer, since }));
    stream.sendTo(this.#connect(), envelopeHead({ id: 1 }), () => undefined);
  }

  #connect(): LiveConnection {
    const bytes = (): number => this.waiting;
    const stream = {
      once: (_: 'drain', listener: () => void) => this.#drained.push(listener),
      get writableLength() {
        return bytes();
      },
    };
    const write = (frame: Buffer): boolean => {
      const { result } = JSON.parse(frame.toString('utf8', frame.indexOf('{')));
      this.frames.push(result.data.data);
      return true;
    };
    const nothing = () => undefined;
    return new LiveConnection(
      { readyState: 1 },
      { write, cork: nothing, uncork: nothing },
      new Unread(stream, BOUND),
      [],
    );
  }
}

describe('A standby that has lost something', () => {
  it('and has come to higher numbers already is seen by its history: viewers are sent what there is, and told so', async () => {
    stage = await openStage(tree);
    showMinutes(stage.hub, tree.use(account));
    const [minutes, rows] = [watchMinutes(), watchRows()];
    await until(() => expect([minutes.total(account), rows.frames.length]).toEqual(['1', 1]));
    // Somebody beside them does not read, and nobody waits for that.
    const slow = new SlowSocket();
    slow.watch(tree.version);
    await until(() => expect(slow.frames).toHaveLength(1));
    slow.waiting = 2 * BOUND;
    const kept = structuredClone([...tree.nodes]);
    const { version } = tree;
    for (let n = 0; n < 3; n += 1) showMinutes(stage.hub, tree.use(account));
    stage.hub.happened(tree.rename(account, 'Lost'));
    await until(() => expect([minutes.total(account), rows.names().get(account)]).toEqual(['4', 'Lost']));

    // What was committed last never came there; as much else did.
    const row = tree.journal.pop();
    for (const [id, node] of kept) tree.nodes.set(id, node);
    tree.version = version;
    tree.epoch = 'e1';
    const anew = [
      tree.use(tree.root),
      tree.use(account),
      tree.rename(tree.root, 'Anew'),
      tree.use(account),
      tree.use(account),
    ];
    expect(tree.journal.length).toBe(row?.seq);
    await until(() => expect([minutes.gaps(), rows.gaps()]).toEqual([1, 1]));
    expect(minutes.total(account)).toBe('4');
    expect(minutes.frames.at(-1)).toMatchObject({ version: tree.version, gap: true });
    expect(minutes.total(tree.root)).toBe('5');

    // And what is told from now on counts, though it had such numbers before.
    for (const change of anew) if ('states' in change) showMinutes(stage.hub, change);
    showMinutes(stage.hub, tree.use(account));
    await until(() => expect([minutes.total(account), minutes.total(tree.root)]).toEqual(['5', '6']));
    stage.hub.happened(tree.rename(account, 'After'));
    await until(() => expect(rows.names().get(account)).toBe('After'));
    expect([minutes.gaps(), rows.gaps(), rows.errors]).toEqual([1, 1, []]);
    slow.drain();
    await until(() => expect(slow.frames.at(-1)).toMatchObject({ gap: true }));
  });
});
