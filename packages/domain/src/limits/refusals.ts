import type { Refusal } from '../errors.ts';
import type { AccountLabel } from '../hierarchy/account.ts';
import type { Decimal } from '../usage/decimal.ts';
import { type LimitKind, type LimitKindKey, shownOf } from './kinds.ts';

/** The numbers of an account at which something was refused, in 10⁻⁹ of what is stored. */
export type Binding = {
  readonly account: AccountLabel | null;
  readonly max: bigint;
  readonly used: bigint;
  readonly held: bigint;
};

/**
 * What somebody is told whose wish a limit refuses: which limit of which account, and how much is free (rules/limits 10). Of an account above
 * those that they reach nothing is told but that it is there.
 *
 * @param binding its account is null when whoever asks may not know it
 */
export function limitReached(
  kind: LimitKind & { readonly key: LimitKindKey },
  { account, max, used, held }: Binding,
  { wanted, free }: { readonly wanted: bigint; readonly free: bigint },
): Refusal {
  const shown = (nanos: bigint): Decimal => shownOf(kind, nanos);
  const one = { kind: kind.key, wanted: shown(wanted), free: shown(free) };
  if (account === null)
    return {
      code: 'LIMIT_REACHED',
      message: `An account above you has reached its limit: ${shown(free)} ${kind.many} are free.`,
      limit: { ...one, account: null, max: null, used: null, held: null },
    };
  const kept = held > 0n ? `, and ${shown(held)} are kept for subaccounts` : '';
  return {
    code: 'LIMIT_REACHED',
    message: `“${account.name}” may have ${shown(max)} ${kind.many} at the most: ${shown(used)} are in use${kept}.`,
    limit: { ...one, account, max: shown(max), used: shown(used), held: shown(held) },
  };
}
