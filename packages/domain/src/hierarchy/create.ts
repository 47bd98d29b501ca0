import { accept, type Decision, refuse } from '../errors.ts';
import type { AccountId } from '../ids.ts';
import { quoted } from '../text.ts';
import type { AccountLabel, AccountStatus } from './account.ts';
import { type ExternalId, parseExternalId } from './external-id.ts';
import { type Metadata, parseMetadata, sameMetadata } from './metadata.ts';
import { type ParsedName, parseName } from './names.ts';
import { type AccountPath, depthOf } from './path.ts';

/** A wish for an account, each part of it well formed. */
export type NewAccount = {
  readonly name: ParsedName;
  readonly externalId: ExternalId | null;
  readonly metadata: Metadata;
};

/** What the decision needs to know. All of it is read under the lock of the tree. */
export type CreateState = {
  /** Where the account is to stand; null for a main account. */
  readonly parent: { readonly name: string; readonly path: AccountPath; readonly status: AccountStatus } | null;
  /** The child of that parent, not closed, that has the wished name's key. Main accounts have no siblings. */
  readonly siblingOfThatName: AccountLabel | null;
  /** The account of the same tree, in whatever status, that has the wished external id; whoever asks may not see it. */
  readonly accountOfThatExternalId:
    | (AccountLabel & {
        readonly parentId: AccountId | null;
        readonly status: AccountStatus;
        readonly metadata: Metadata;
      })
    | 'out_of_sight'
    | null;
  /** The deployment's bound, see depth.ts. */
  readonly maxDepth: number;
};

/** Either a new account is to be written, or the one that an earlier, equal wish made is the answer. */
export type Creation =
  | { readonly outcome: 'create'; readonly depth: number; readonly account: NewAccount }
  | { readonly outcome: 'exists'; readonly id: AccountId };

/** Reads a wish for an account from the fields of a request (rules/accounts 3). */
export function parseNewAccount(input: {
  readonly name: string;
  readonly externalId?: string | null | undefined;
  readonly metadata?: unknown;
}): Decision<NewAccount> {
  const name = parseName(input.name);
  if (!name.ok) return name;
  const externalId = input.externalId == null ? accept(null) : parseExternalId(input.externalId);
  if (!externalId.ok) return externalId;
  const metadata = parseMetadata(input.metadata ?? {});
  if (!metadata.ok) return metadata;
  return accept({ name: name.value, externalId: externalId.value, metadata: metadata.value });
}

/**
 * Whether an account may be created (rules/accounts 3). An earlier wish with the same external id and the same content (parent, name,
 * metadata as they are now) is answered with its account before anything else is asked, so a retry gets the same answer even if the
 * parent was closed since. An account that is closed does not answer a wish for a live one: that is a conflict.
 */
export function decideCreate(state: CreateState, wish: NewAccount): Decision<Creation> {
  const { parent, siblingOfThatName: sibling, accountOfThatExternalId: earlier } = state;
  if (earlier === 'out_of_sight') {
    const message = `The external id ${quoted(wish.externalId ?? '')} is taken in this tree.`;
    return refuse('EXTERNAL_ID_CONFLICT', message, 'externalId');
  }
  if (earlier) {
    const parentId = parent?.path.at(-1) ?? null;
    const same =
      earlier.parentId === parentId && earlier.name === wish.name.name && sameMetadata(earlier.metadata, wish.metadata);
    if (same && earlier.status !== 'closed') return accept({ outcome: 'exists', id: earlier.id });
    const why = earlier.status === 'closed' ? 'which is closed' : 'with other content';
    const which = wish.externalId === null ? 'This id' : `The external id ${quoted(wish.externalId)}`;
    const field = wish.externalId === null ? 'id' : 'externalId';
    return refuse('EXTERNAL_ID_CONFLICT', `${which} belongs to ${quoted(earlier.name)}, ${why}.`, field);
  }
  if (!parent) return accept({ outcome: 'create', depth: 0, account: wish });
  if (parent.status === 'closed') {
    return refuse(
      'PARENT_NOT_LIVE',
      `${quoted(parent.name)} is closed. Reopen it before you create subaccounts in it.`,
    );
  }
  const depth = depthOf(parent.path) + 1;
  if (depth > state.maxDepth) {
    const level = depthOf(parent.path);
    return refuse('DEPTH_EXCEEDED', `${quoted(parent.name)} is already at level ${level}, the deepest allowed.`);
  }
  if (sibling) return nameTaken(sibling.name, parent.name);
  return accept({ outcome: 'create', depth, account: wish });
}

/** The refusal of a name that a sibling has already. `where` is the name of their parent. */
export const nameTaken = (name: string, where: string): Decision<never> =>
  refuse('NAME_TAKEN', `${quoted(where)} already has a subaccount named ${quoted(name)}.`, 'name');
