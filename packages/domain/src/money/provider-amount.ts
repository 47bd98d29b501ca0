import { accept, type Decision, refuse } from '../errors.ts';
import type { Money } from './amount.ts';

/** An amount as a provider of payments takes it, and what stays on the balance because it takes no such digits. Both are never negative. */
export type ProviderAmount = { readonly amount: bigint; readonly rest: bigint };

/** Digits that Stripe takes where those are other than ISO 4217 has. */
const ZERO_DECIMAL = new Set(['MGA']);
/** Currencies without digits that it takes with two all the same, which have to be 0. */
const AS_HUNDREDTHS = new Set(['ISK']);
/** What it says about these contradicts itself. */
const REFUSED = new Set(['UGX']);

/**
 * An amount in the units in which Stripe takes it (rules/money): of a currency with three digits the last one is 0, and what is below stays on
 * the balance.
 *
 * @param money from 0
 */
export function stripeAmount({ currency: { code, exponent }, minor }: Money): Decision<ProviderAmount> {
  if (REFUSED.has(code) || exponent > 3)
    return refuse('CURRENCY_UNKNOWN', `Stripe takes no amounts of ${code} from here.`, 'currency');
  if (AS_HUNDREDTHS.has(code)) return accept({ amount: minor * 100n, rest: 0n });
  if (ZERO_DECIMAL.has(code)) {
    const each = 10n ** BigInt(exponent);
    return accept({ amount: minor / each, rest: minor % each });
  }
  if (exponent === 3) return accept({ amount: minor - (minor % 10n), rest: minor % 10n });
  return accept({ amount: minor, rest: 0n });
}
