import { accept, type Decision, refuse } from '../errors.ts';
import { quoted } from '../text.ts';
import type { AccountStatus } from './account.ts';
import { accountClosed } from './status.ts';

/** Whether deletion protection (rules/accounts 9) is to stand. */
export type Protection = 'on' | 'off';

/** Whether an account's deletion protection may be set. */
export function decideProtection(
  state: { readonly name: string; readonly status: AccountStatus; readonly protected: boolean },
  protection: Protection,
): Decision<Protection> {
  if (state.status === 'closed') return accountClosed(state.name);
  if (state.protected === (protection === 'on')) {
    return refuse('ALREADY_IN_STATE', `The protection of ${quoted(state.name)} is ${protection} already.`);
  }
  return accept(protection);
}
