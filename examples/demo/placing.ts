import { type Decimal, formatDecimal, type Instant, instantOf, msOf, UNIT } from '@tenantree/domain';
import { type Call, MONTH_MS } from './calls-file.ts';

/** The stretch of real time that the month of the file is laid over. */
export type Stretch = { readonly start: Instant; readonly end: Instant };

/** A usage event of the demo, ready for `usage.record`. */
export type DemoEvent = {
  readonly account: string;
  readonly meter: 'call.seconds';
  readonly quantity: Decimal;
  readonly occurredAt: Instant;
  readonly idempotencyKey: string;
  readonly attributes: Readonly<Record<string, string>>;
};

/** The same text always gives the same number (FNV-1a, 32 bits), evenly spread. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  // FNV leaves the low bits of similar texts related; one more mix spreads them
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** One of `choices`, always the same for the same text. */
export function placeOf<T>(text: string, choices: readonly T[]): T {
  const choice = choices[hashOf(text) % choices.length];
  if (choice === undefined) throw new Error('There is nothing to choose from.');
  return choice;
}

/** What places a call: its customer, so that a customer's calls stay together. The unknown customer isn't one, so each such call is alone. */
export const callerOf = (call: Call): string => (call.customerId === '0' ? call.key : call.customerId);

/** When a moment of the file's month falls within the stretch; the month is squeezed onto it evenly. */
export function momentOf(enteredMs: number, stretch: Stretch): Instant {
  const start = msOf(stretch.start);
  return instantOf(Math.floor(start + (enteredMs / MONTH_MS) * (msOf(stretch.end) - start)));
}

/**
 * The calls as usage events. The same calls, accounts and stretch always give the same events, so whatever was sent before can be sent again.
 * They are recorded in the file's seconds, so that their minutes add up exactly: a minute has 3 as a factor, and most seconds no decimal of it.
 *
 * @param accounts references of the accounts that calls are spread over
 */
export function placeCalls(calls: readonly Call[], accounts: readonly string[], stretch: Stretch): DemoEvent[] {
  return calls.map((call) => ({
    account: placeOf(callerOf(call), accounts),
    meter: 'call.seconds',
    quantity: formatDecimal(BigInt(call.seconds) * UNIT),
    occurredAt: momentOf(call.enteredMs, stretch),
    idempotencyKey: call.key,
    attributes: {
      line: call.line,
      type: call.type,
      outcome: call.outcome,
      ...(call.agent !== null && { agent: call.agent }),
    },
  }));
}

/** Minutes of whole seconds with 9 digits, rounded to the nearest; none lies exactly between two. */
export const minutesOfSeconds = (seconds: bigint): Decimal => formatDecimal((seconds * UNIT + 30n) / 60n);
