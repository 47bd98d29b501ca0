import { setTimeout as pause } from 'node:timers/promises';
import type { Refusal } from '@tenantree/domain';
import { TRPCError } from '@trpc/server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bell } from '../src/live/bells.ts';
import { type Hub, openHub } from '../src/live/hub.ts';
import { clockAt, NOVEMBER } from './live-stage.ts';
import { LiveTree, MINUTES, ROWS } from './live-tree.ts';

const TICK_MS = 40;
const BELL: Bell = { of: 'jobs', id: 'one' };

let tree: LiveTree;
let refusal: Refusal | null;
/** Whether what servers tell each other is lost on its way. */
let isCutOff: boolean;
let texts: string[];
let here: Hub;
let there: Hub;

beforeEach(() => {
  [tree, refusal, isCutOff, texts] = [new LiveTree(), null, false, []];
  const open = (serverId: string, other: () => Hub): Hub =>
    openHub([MINUTES, ROWS], {
      source: tree,
      version: async () => tree.version,
      journal: tree.source,
      clock: clockAt(NOVEMBER),
      tickMs: TICK_MS,
      serverId,
      news: {
        maxBytes: 8_000,
        publish: (_, text) => {
          texts.push(text);
          if (!isCutOff) queueMicrotask(() => other().receive(text));
        },
      },
    });
  here = open('here', () => there);
  there = open('there', () => here);
});
afterEach(() => {
  here.close();
  there.close();
});

const until = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 10_000, interval: 2 });

/** Looks at a state whenever it is worth it. */
function listen(hub: Hub, state: () => number, bell: Bell = BELL) {
  const leave = new AbortController();
  const entitlement = { path: [tree.root], changesAtMs: null };
  const viewer = {
    ...entitlement,
    key: 'she',
    user: null,
    session: 'she',
    apiKey: null,
    token: null,
    turn: 'she',
    ask: async () => refusal ?? entitlement,
  };
  const seen: number[] = [];
  const ends: unknown[] = [];
  void (async () => {
    for await (const _look of hub.listen(bell, viewer, leave.signal)) seen.push(state());
  })().then(
    () => ends.push('left'),
    (error: unknown) => ends.push(error),
  );
  return { seen, ends, leave: () => leave.abort() };
}

describe('A bell', () => {
  it('has everybody look who listens to it, at once and once a tick at the most, here and at other servers', async () => {
    let done = 0;
    const those = [listen(here, () => done), listen(there, () => done)];
    await until(() => expect(those.map(({ seen }) => seen)).toEqual([[0], [0]]));
    const began = performance.now();
    const times = 400;
    for (; done < times; done += 1) {
      here.ring(BELL);
      here.ring({ ...BELL, id: 'another' });
      if (done % 100 === 0) await pause(1);
    }
    here.ring(BELL);
    await until(() => expect(those.map(({ seen }) => seen.at(-1))).toEqual([times, times]));
    const ticks = (performance.now() - began) / TICK_MS;
    for (const { seen } of those) expect(seen.length).toBeLessThanOrEqual(ticks + 4);
    expect(texts.length).toBeLessThanOrEqual(2 * (ticks + 3));
  });

  it('that was not heard is made up for within three seconds', async () => {
    let done = 0;
    const hers = listen(there, () => done);
    await until(() => expect(hers.seen).toEqual([0]));
    isCutOff = true;
    done = 1;
    here.ring(BELL);
    const began = performance.now();
    await until(() => expect(hers.seen.at(-1)).toBe(1));
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  it('of a tree has nobody look while nothing happens in it, and everybody when something does, whoever tells', async () => {
    let done = 0;
    const resting = { of: 'limits', id: tree.root, restMs: 60_000 };
    const [his, hers] = [listen(here, () => done, resting), listen(there, () => done, resting)];
    // One without rest looks whenever the roll is called.
    const restless = listen(there, () => done);
    // What happened shortly before is told when the tree begins to be followed.
    await until(() => expect(restless.seen.length).toBeGreaterThan(1));
    const looks = () => [his.seen.length, hers.seen.length];
    const before = looks();
    await until(() => expect(restless.seen.length).toBeGreaterThan(3));
    expect(looks()).toEqual(before);
    isCutOff = true;
    done = 1;
    here.happened(tree.revoke({ sessions: ['nobody'] }));
    await until(() => expect([his.seen.at(-1), hers.seen.at(-1)]).toEqual([1, 1]));
    done = 2;
    there.resync();
    await until(() => expect(hers.seen.at(-1)).toBe(2));
  });

  it('is heard no more by whoever left, or may not any more, whether that was told or not', async () => {
    const [gone, cut] = [listen(here, () => 0), listen(there, () => 0)];
    await until(() => expect([gone.seen, cut.seen]).toEqual([[0], [0]]));
    gone.leave();
    await until(() => expect(gone.ends).toEqual(['left']));
    refusal = { code: 'FORBIDDEN', message: 'Not any more.' };
    isCutOff = true;
    here.happened(tree.revoke({ sessions: ['she'] }));
    await until(() => expect(cut.ends).toEqual([expect.any(TRPCError)]));
    expect([here.watched.trees, there.watched.trees]).toEqual([0, 0]);
  });
});
