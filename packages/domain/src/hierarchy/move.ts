import { accept, type Decision, refuse } from '../errors.ts';
import type { AccountId } from '../ids.ts';
import { counted, quoted } from '../text.ts';
import type { AccountLabel, AccountStatus } from './account.ts';
import { nameTaken } from './create.ts';
import { type AccountPath, depthOf, isWithin } from './path.ts';
import { accountClosed } from './status.ts';

/** What the decision needs to know. All of it is read under the lock of the tree. */
export type MoveState = {
  readonly account: AccountLabel & {
    readonly path: AccountPath;
    readonly status: AccountStatus;
    /** Levels below the account, closed ones included (they can be reopened); 0 without children. */
    readonly levelsBelow: number;
  };
  /** The new parent. */
  readonly to: AccountLabel & { readonly path: AccountPath; readonly status: AccountStatus };
  /** The child of the new parent, not closed, that has the account's name key. */
  readonly siblingOfThatName: AccountLabel | null;
  readonly maxDepth: number;
};

/** A move to be written. Totals of the subtree are taken from every account in `leaves` and added to every one in `joins`. */
export type Move = {
  readonly parentId: AccountId;
  readonly path: AccountPath;
  /** What is added to the depth of the account and of everything below it. */
  readonly depthChange: number;
  /** Former ancestors that are none any more, root first. */
  readonly leaves: readonly AccountId[];
  /** New ancestors that were none before, root first. */
  readonly joins: readonly AccountId[];
};

/** Whether a subaccount may move to another parent of its tree (rules/accounts 19). Protection is against deletion, not against moving. */
export function decideMove(state: MoveState): Decision<Move> {
  const { account, to, siblingOfThatName: sibling, maxDepth } = state;
  const [name, target] = [quoted(account.name), quoted(to.name)];
  const parentId = account.path.at(-2);
  if (parentId === undefined) return refuse('MOVE_OF_ROOT', `${name} is a main account and has no parent to leave.`);
  if (account.status === 'closed') return accountClosed(account.name);
  if (to.path[0] !== account.path[0]) {
    return refuse('MOVE_ACROSS_TREES', `${name} and ${target} are not under the same main account.`, 'to');
  }
  if (isWithin(to.path, account.id)) {
    const where = to.id === account.id ? 'itself' : `${target}, which is below it`;
    return refuse('MOVE_INTO_ITSELF', `${name} can't move into ${where}.`, 'to');
  }
  if (to.id === parentId) return refuse('ALREADY_IN_STATE', `${name} is already directly under ${target}.`, 'to');
  if (to.status === 'closed') return refuse('PARENT_NOT_LIVE', `${target} is closed. Reopen it first.`, 'to');
  const deepest = depthOf(to.path) + 1 + account.levelsBelow;
  if (deepest > maxDepth) {
    const below = account.levelsBelow === 0 ? '' : ` with ${counted(account.levelsBelow, 'level')} below it`;
    const message = `Under ${target}, ${name}${below} would reach level ${deepest}; at most ${maxDepth} are allowed.`;
    return refuse('DEPTH_EXCEEDED', message, 'to');
  }
  if (sibling) return nameTaken(sibling.name, to.name);
  return accept({
    parentId: to.id,
    path: [...to.path, account.id],
    depthChange: to.path.length - (account.path.length - 1),
    leaves: account.path.slice(0, -1).filter((id) => !to.path.includes(id)),
    joins: to.path.filter((id) => !account.path.includes(id)),
  });
}
