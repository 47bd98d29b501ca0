import { accept, type Decision, refuse } from '../errors.ts';
import { quoted } from '../text.ts';
import type { AccountLabel, AccountStatus } from './account.ts';
import { nameTaken } from './create.ts';
import type { ParsedName } from './names.ts';
import { accountClosed } from './status.ts';

/** What the decision needs to know. */
export type RenameState = {
  readonly account: AccountLabel & { readonly status: AccountStatus };
  /** Null for a root; without a name when whoever asks can't reach it, nor what stands beside the account. */
  readonly parent: { readonly name: string | null } | null;
  /** A child of the same parent, not closed, that has the wished name's key; the account itself may be found too. */
  readonly siblingOfThatName: AccountLabel | null;
};

/** The new name to write, or nothing because it is the present one. */
export type Renaming = { readonly outcome: 'rename'; readonly name: ParsedName } | { readonly outcome: 'unchanged' };

/** Whether an account may have another name (rules/accounts 1, 8). Changing only the case of one's own name is a rename like any other. */
export function decideRename(state: RenameState, name: ParsedName): Decision<Renaming> {
  const { account, parent, siblingOfThatName: sibling } = state;
  if (account.status === 'closed') return accountClosed(account.name);
  if (account.name === name.name) return accept({ outcome: 'unchanged' });
  if (parent && sibling && sibling.id !== account.id) {
    // How a sibling writes its name is for those to read who see it.
    return parent.name === null
      ? refuse('NAME_TAKEN', `${quoted(name.name)} is taken where ${quoted(account.name)} stands.`, 'name')
      : nameTaken(sibling.name, parent.name);
  }
  return accept({ outcome: 'rename', name });
}
