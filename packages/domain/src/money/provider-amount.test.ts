import { describe, expect, it } from 'vitest';
import { findCurrency } from './currencies.ts';
import { stripeAmount } from './provider-amount.ts';

const taken = (code: string, minor: bigint) => stripeAmount({ currency: findCurrency(code)!, minor });

describe('An amount for Stripe', () => {
  it.each([
    ['EUR', 1_234n, 1_234n, 0n],
    ['JPY', 417n, 417n, 0n],
    ['ISK', 500n, 50_000n, 0n],
    ['KWD', 5_124n, 5_120n, 4n],
    ['MGA', 1_234n, 12n, 34n],
  ])('of %s is in its own units, and what they leave stays on the balance', (code, minor, amount, rest) => {
    expect(taken(code, minor)).toEqual({ ok: true, value: { amount, rest } });
  });

  it.each(['UGX', 'CLF'])('of %s is refused: nobody can say what it would be', (code) => {
    expect(taken(code, 100n)).toMatchObject({ ok: false, refusal: { code: 'CURRENCY_UNKNOWN' } });
  });
});
