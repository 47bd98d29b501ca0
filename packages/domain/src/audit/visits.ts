import { type Instant, instantOf, MINUTE_MS, msOf } from '../time.ts';

/** Minutes after which somebody who did nothing more in an account, and didn't say that they left, has left it. */
export const IDLE_MINUTES = 30;

/** When somebody from above came into an account, and what the journal says of them there until they came or went again. */
export type NotedVisit = {
  readonly enteredAt: Instant;
  /** How they came or went next; null: not yet. */
  readonly next: { readonly kind: 'entered' | 'left'; readonly at: Instant } | null;
  /** When they last did something in between that left a trace; null: nothing. */
  readonly lastActAt: Instant | null;
};

/** How a visit ended: they said so, or did nothing more for half an hour, or came in anew; null: it lasts. */
export type VisitEnd = { readonly by: 'left' | 'idle' | 'entered'; readonly at: Instant } | null;

/** When a visit ended (rules/audit 10): when they left, or half an hour after the last that they did. @param nowMs UTC milliseconds since 1970 */
export function visitEnd({ enteredAt, next, lastActAt }: NotedVisit, nowMs: number): VisitEnd {
  const idleMs = msOf(lastActAt ?? enteredAt) + IDLE_MINUTES * MINUTE_MS;
  if (next && msOf(next.at) <= idleMs) return { by: next.kind, at: next.at };
  if (next || idleMs <= nowMs) return { by: 'idle', at: instantOf(idleMs) };
  return null;
}
