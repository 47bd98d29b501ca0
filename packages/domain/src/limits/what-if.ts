import type { AccountId } from '../ids.ts';
import type { Instant } from '../time.ts';

/** Usage that happened. */
export type UsedThen = { readonly account: AccountId; readonly at: Instant; readonly quantity: bigint };

/** What a maximum would have stopped: when somebody wanted more than was free. */
export type Stopped = {
  readonly account: AccountId;
  readonly at: Instant;
  readonly wanted: bigint;
  readonly free: bigint;
};

/**
 * Whom a maximum would have stopped, when, for how much (rules/limits 15): what was used, in its order, asked for again with that maximum at
 * one account above all of it. What is refused is not used.
 *
 * @param events in the order in which they happened
 */
export function whatIf(
  events: readonly UsedThen[],
  max: bigint,
): { readonly stopped: Stopped[]; readonly used: bigint } {
  let used = 0n;
  const stopped: Stopped[] = [];
  for (const { account, at, quantity } of events) {
    const free = max - used;
    if (quantity > free) stopped.push({ account, at, wanted: quantity, free });
    else used += quantity;
  }
  return { stopped, used };
}
