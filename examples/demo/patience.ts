import { setTimeout as delay } from 'node:timers/promises';
import { type CallRefusal, refusalOf } from '@tenantree/client';

const FIRST_MS = 200;
const LONGEST_MS = 5_000;

/** The demo was asked to stop while it waited. */
export class Stopped extends Error {}

/** Waits; ends early, with {@link Stopped}, when the demo is to stop. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    throw new Stopped();
  }
}

/**
 * Does something until it works, for as long as the server is away or says that waiting may help. Everything the demo sends may be sent
 * again: accounts and agents have external ids, events have idempotency keys, and the content is the same each time.
 *
 * @param onTrouble told before each wait
 * @throws what the server refuses for good, and {@link Stopped}
 */
export async function persist<T>(
  action: () => Promise<T>,
  signal: AbortSignal,
  onTrouble: (refusal: CallRefusal) => void,
): Promise<T> {
  for (let waitMs = FIRST_MS; ; waitMs = Math.min(LONGEST_MS, waitMs * 2)) {
    if (signal.aborted) throw new Stopped();
    try {
      return await action();
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal.retryable) throw error;
      onTrouble(refusal);
      await sleep(waitMs * (0.5 + Math.random() / 2), signal);
    }
  }
}
