import { setTimeout as delay } from 'node:timers/promises';
import { type CallRefusal, refusalOf } from '@tenantree/client';

const FIRST_MS = 200;
const LONGEST_MS = 5_000;
/** A server that is there and fails this often in a row at the same thing won't stop failing. */
const MOST_FAILURES = 8;

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
  let failures = 0;
  for (let waitMs = FIRST_MS; ; waitMs = Math.min(LONGEST_MS, waitMs * 2)) {
    if (signal.aborted) throw new Stopped();
    try {
      return await action();
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal.code === 'INTERNAL') failures += 1;
      if (!refusal.retryable || failures >= MOST_FAILURES) throw error;
      onTrouble(refusal);
      await sleep(waitMs * (0.5 + Math.random() / 2), signal);
    }
  }
}
