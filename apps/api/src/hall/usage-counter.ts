import type { TreeChange, TreesToCount, UncountedTree } from '@tenantree/db';
import { type AccountId, type Clock, type CountedMeter, msOf } from '@tenantree/domain';

/** Counts usage that was recorded, soon after it was, and tells live viewers. */
export type UsageCounter = {
  /** Usage was recorded and is committed. */
  wake(): void;
  /** Resolves when all that was recorded before the call is counted, or could not be. */
  settle(): Promise<void>;
  /** How far counting is behind. @throws what reading it fails with */
  backlog(): Promise<UsageBacklog>;
  /** Counts what is recorded by now, and begins no further count. */
  close(): Promise<void>;
};

/** What waits to be counted. Totals are exact all the same; live viewers don't see it yet. */
export type UsageBacklog = {
  /** For how long the oldest uncounted usage has been recorded; 0 when there is none. */
  readonly lagMs: number;
  /** Trees whose count failed here, and that are tried again by themselves. */
  readonly treesSetAside: number;
};

/** A tree whose count failed so many times in a row, at last with this error. */
export type SetAside = {
  readonly root: AccountId;
  readonly failures: number;
  readonly againInMs: number;
  readonly error: unknown;
};

type Options = {
  /** Everything is counted by these. */
  readonly meters: readonly CountedMeter[];
  readonly clock: Clock;
  readonly count: (meter: CountedMeter, trees: TreesToCount) => Promise<readonly TreeChange[]>;
  /** The trees that have something to count. */
  readonly waiting: () => Promise<readonly UncountedTree[]>;
  /** Called after each commit with the new totals, in the order of the commits. */
  readonly onCounted: (trees: readonly TreeChange[]) => void;
  /** Called now and then between counts, to make the room free that counted usage took. */
  readonly tidy: () => Promise<void>;
  readonly onSetAside: (tree: SetAside) => void;
  /** A tree that was set aside is counted again. */
  readonly onTakenBack: (root: AccountId) => void;
  readonly onError: (error: unknown) => void;
};

/** Live viewers get one frame in such a time (product.md 5.2): counting more often would show them nothing. */
const TICK_MS = 50;
/** Another server may have died between recording and counting. */
const LOOK_EVERY_MS = 1_000;
const COUNTS_PER_TIDY = 100;
/** A tree that was set aside is tried again after the first of these, then after twice as long each time, up to the second. */
const [AGAIN_FIRST_MS, AGAIN_AT_MOST_MS] = [1_000, 60_000];

/**
 * Counts at once when usage comes in after a quiet time, then once a tick as long as more comes. A count that takes longer than a tick is
 * followed by a rest, as much longer: then more events share the writing of one account. Longer rests would leave more to readers, who
 * add up what is uncounted. Nobody waits for a count: totals are exact for every reader, counted or not
 * (docs/decisions/0004-usage-is-counted-after-it-is-recorded.md).
 *
 * All trees are counted together. When that fails each is counted alone, and one that fails alone is set aside, so that it holds up no other.
 */
export function createUsageCounter(options: Options): UsageCounter {
  const { meters, clock, count, waiting, onCounted, tidy, onSetAside, onTakenBack, onError } = options;
  let wanted = false;
  let counts = 0;
  let counting: Promise<void> | null = null;
  let settling: Promise<void> | null = null;
  let pause: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  const aside = new Map<AccountId, { readonly failures: number; readonly dueMs: number }>();

  /** @returns how many trees had something to count */
  const countTrees = async (trees: TreesToCount): Promise<number> => {
    let counted = 0;
    for (const meter of meters) {
      const changes = await count(meter, trees);
      if (changes.length > 0) onCounted(changes);
      counted += changes.length;
    }
    return counted;
  };

  const countAlone = async (root: AccountId): Promise<void> => {
    try {
      await countTrees({ only: root });
      if (aside.delete(root)) onTakenBack(root);
    } catch (error) {
      const failures = (aside.get(root)?.failures ?? 0) + 1;
      const againInMs = Math.min(AGAIN_FIRST_MS * 2 ** (failures - 1), AGAIN_AT_MOST_MS);
      aside.set(root, { failures, dueMs: performance.now() + againInMs });
      onSetAside({ root, failures, againInMs, error });
    }
  };

  const countAll = async (): Promise<void> => {
    const now = performance.now();
    const due = [...aside].filter(([, { dueMs }]) => dueMs <= now).map(([root]) => root);
    let counted = 0;
    try {
      counted = await countTrees({ without: [...aside.keys()] });
    } catch (error) {
      onError(error);
      for (const { root } of await waiting()) if (!aside.has(root)) await countAlone(root);
    }
    for (const root of due) await countAlone(root);
    if (counted > 0 && ++counts % COUNTS_PER_TIDY === 0) await tidy();
  };

  const countOnce = async (): Promise<void> => {
    wanted = false;
    // What is not counted stays where it is, and the next look counts it.
    await countAll().catch(onError);
  };

  const run = async (): Promise<void> => {
    const started = performance.now();
    await countOnce();
    const tookMs = performance.now() - started;
    counting = null;
    if (closed) return;
    const goOn = (): void => {
      pause = undefined;
      if (wanted) wake();
    };
    pause = setTimeout(goOn, Math.abs(TICK_MS - tookMs));
  };

  const wake = (): void => {
    wanted = true;
    if (counting === null && pause === undefined && !closed) counting = run();
  };

  /** The count under way may have begun too early; the one after it serves everybody who asks until it begins. */
  const settle = async (): Promise<void> => {
    await counting;
    settling = null;
    clearTimeout(pause);
    pause = undefined;
    counting = run();
    await counting;
  };

  const look = setInterval(wake, LOOK_EVERY_MS);
  look.unref();
  wake();

  return {
    wake,
    settle: () => (settling ??= settle()),
    backlog: async () => {
      const [oldest] = await waiting();
      const lagMs = oldest ? Math.max(clock.nowMs() - msOf(oldest.since), 0) : 0;
      return { lagMs, treesSetAside: aside.size };
    },
    close: async () => {
      closed = true;
      clearInterval(look);
      clearTimeout(pause);
      await counting;
      await countOnce();
    },
  };
}
