import type { TreeChange } from '@tenantree/db';

/** Counts usage that was recorded, soon after it was, and tells live viewers. */
export type UsageCounter = {
  /** Usage was recorded and is committed. */
  wake(): void;
  /** Resolves when all that was recorded before the call is counted, or could not be. */
  settle(): Promise<void>;
  /** Counts what is recorded by now, and begins no further count. */
  close(): Promise<void>;
};

type Options = {
  readonly count: () => Promise<readonly TreeChange[]>;
  /** Called after each commit with the new totals, in the order of the commits. */
  readonly onCounted: (trees: readonly TreeChange[]) => void;
  /** Called now and then between counts, to make the room free that counted usage took. */
  readonly tidy: () => Promise<void>;
  readonly onError: (error: unknown) => void;
};

/** Live viewers get one frame in such a time (product.md 5.2): counting more often would show them nothing. */
const TICK_MS = 50;
/** Another server may have died between recording and counting. */
const LOOK_EVERY_MS = 1_000;
const COUNTS_PER_TIDY = 100;

/**
 * Counts at once when usage comes in after a quiet time, then once a tick as long as more comes. A count that takes longer than a tick is
 * followed by a rest, as much longer: then more events share the writing of one account. Longer rests would leave more to readers, who
 * add up what is uncounted. Nobody waits for a count: totals are exact for every reader, counted or not
 * (docs/decisions/0004-usage-is-counted-after-it-is-recorded.md).
 */
export function createUsageCounter({ count, onCounted, tidy, onError }: Options): UsageCounter {
  let wanted = false;
  let counts = 0;
  let counting: Promise<void> | null = null;
  let settling: Promise<void> | null = null;
  let pause: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const countOnce = async (): Promise<void> => {
    wanted = false;
    try {
      const trees = await count();
      if (trees.length === 0) return;
      onCounted(trees);
      if (++counts % COUNTS_PER_TIDY === 0) await tidy();
    } catch (error) {
      onError(error); // what is not counted stays where it is, and the next look counts it
    }
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
    close: async () => {
      closed = true;
      clearInterval(look);
      clearTimeout(pause);
      await counting;
      await countOnce();
    },
  };
}
