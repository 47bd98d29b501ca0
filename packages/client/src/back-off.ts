/** Longest wait between two attempts, in milliseconds. */
export const MAX_BACK_OFF_MS = 15_000;
const FIRST_BACK_OFF_MS = 500;
/** Slower than doubling: a server that restarts is back within seconds, and should not be missed for many more. */
const GROWTH = 1.6;

/**
 * How long to wait before an attempt, in milliseconds: anything from 0 to a bound that grows with every failed attempt up to
 * {@link MAX_BACK_OFF_MS}. "Full jitter": thousands of clients that lost one server don't come back in one instant.
 *
 * @param failures attempts that failed in a row, 0 for the first one after a working connection
 * @param random uniform number in [0, 1)
 */
export const backOffMs = (failures: number, random: () => number): number =>
  Math.floor(random() * Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * GROWTH ** Math.min(failures, 20)));

/** Waits that can all be ended at once, when there is a reason to believe that now is a better time than later. */
export type Patience = {
  /** Resolves after `ms` milliseconds or at the next `wake`. */
  readonly wait: (ms: number) => Promise<void>;
  /** Ends all present waits. */
  readonly wake: () => void;
};

/** Makes a {@link Patience} on the runtime's timers. */
export function createPatience(): Patience {
  const waiting = new Set<() => void>();
  return {
    wait: (ms) =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          waiting.delete(end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        waiting.add(end);
      }),
    wake: () => {
      for (const end of waiting) end();
    },
  };
}
