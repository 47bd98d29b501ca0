import type { AccountPath } from '../hierarchy/path.ts';
import type { AccountId } from '../ids.ts';
import type { Instant } from '../time.ts';
import {
  boundByControllers,
  highest,
  type Levels,
  lowest,
  type Needed,
  NO_LEVELS,
  packLevels,
  UNBOUNDED,
} from './levels.ts';
import { highestRole, ROLE_REACH, ROLE_WORDS, type Role } from './roles.ts';

/** A person's, or in effect a key's, standing in one account. */
export type Membership = {
  readonly account: AccountId;
  readonly role: Role;
  /** What a key leaves of it (rules/keys 2); a person's is whole. */
  readonly bounds?: KeyBounds;
};

/** What of its owner's standing a key, or a screen embedded with it, makes use of. */
export type KeyBounds = {
  /** No permission above these levels. */
  readonly scopes: Levels;
  /** Only these accounts and what is below them; null: the whole subtree. */
  readonly within: readonly AccountId[] | null;
};

/** An account of a chain, with the highest levels that its parent side leaves it (rules/permissions 8). A main account's are unbounded. */
export type CappedAccount = {
  readonly id: AccountId;
  readonly caps: Levels;
  /** When its billing transfer ends by itself; null or absent: none is under way. */
  readonly transferUntil?: Instant | null;
};

/**
 * Whether caps leave a membership Billing whatever they say: who owns an account sets up how it pays, as long as its billing transfer is under
 * way (rules/permissions 23). Never a key, or what is embedded with one.
 */
export const setsUpBilling = (
  { account, role, bounds }: Membership,
  chain: readonly Pick<CappedAccount, 'id' | 'transferUntil'>[],
): boolean =>
  role === 'owner' &&
  bounds === undefined &&
  chain.some(({ id, transferUntil }) => id === account && (transferUntil ?? null) !== null);

/** What caps leave whoever sets up billing. */
export const BILLING: Levels = packLevels({ billing: 'full' });

/**
 * Whether one membership counts at the end of a path: it is there, or above and of a role that reaches descendants (rules/permissions 6);
 * a key's, where it is kept to a part of the subtree, only in that part.
 */
export const reachesFrom = ({ account, role, bounds }: Membership, path: AccountPath): boolean =>
  (path.at(-1) === account || (ROLE_REACH[role] === 'subtree' && path.includes(account))) &&
  (bounds?.within?.some((id) => path.includes(id)) ?? true);

/** Whether an actor may get into the account at the end of a path at all. If not, the account does not exist for it (rules/permissions 7). */
export const reaches = (memberships: readonly Membership[], path: AccountPath): boolean =>
  memberships.some((membership) => reachesFrom(membership, path));

/** The accounts of a path that an actor reaches, root first: the part of the way down that it may be shown. */
export const reachedOf = (memberships: readonly Membership[], path: AccountPath): AccountPath =>
  path.filter((_, position) => reaches(memberships, path.slice(0, position + 1)));

/** The lowest caps of a chain from its root down to one of its accounts. */
const capsDownTo = (account: AccountId, chain: readonly CappedAccount[]): Levels => {
  let levels = UNBOUNDED;
  for (const { id, caps } of chain) {
    levels = lowest(levels, caps);
    if (id === account) break;
  }
  return levels;
};

/**
 * What one membership that reaches the end of a chain gives there (rules/permissions 8): the role's levels, lowered by the caps of every
 * account from the membership up to the root, rows bounded by their controllers, and of that what the scopes of a key name: each row for
 * itself. Caps below the membership don't bind who comes from above.
 */
export function levelsFrom(membership: Membership, chain: readonly CappedAccount[]): Levels {
  const { account, role, bounds } = membership;
  const caps = capsDownTo(account, chain);
  const left = setsUpBilling(membership, chain) ? highest(caps, BILLING) : caps;
  const levels = boundByControllers(lowest(ROLE_WORDS[role], left));
  return bounds ? lowest(levels, bounds.scopes) : levels;
}

/**
 * Whether one membership gives at least what is asked for, wherever it reaches. The same as by `levelsFrom`, for one permission: what every
 * call asks, in tens of nanoseconds.
 *
 * @param above the chain from the root down to the account of the membership: what bounds it
 */
export function gives(
  { role, bounds }: Pick<Membership, 'role' | 'bounds'>,
  above: readonly CappedAccount[],
  wanted: Needed,
): boolean {
  for (const { caps } of above) {
    if (leave(caps, wanted)) continue;
    // Asked only here: nearly nobody is in a transfer.
    const inTransfer = role === 'owner' && bounds === undefined && (above.at(-1)?.transferUntil ?? null) !== null;
    if (!inTransfer || !leave(highest(caps, BILLING), wanted)) return false;
  }
  return (
    leave(ROLE_WORDS[role], wanted) && (!bounds || ((bounds.scopes[wanted.at] ?? 0) & wanted.bits) === wanted.bits)
  );
}

/** Whether levels leave what is asked for, and their controller as much of it. */
const leave = (levels: Levels, { at, bits, overAt, overBits }: Needed): boolean =>
  ((levels[at] ?? 0) & bits) === bits && ((levels[overAt] ?? 0) & overBits) === overBits;

/**
 * What an actor may really do in the account at the end of a chain: for each permission the best that its memberships give. Nothing when
 * none of them reaches.
 */
export function effectiveLevels(memberships: readonly Membership[], chain: readonly CappedAccount[]): Levels {
  const path = chain.map(({ id }) => id);
  return memberships
    .filter((membership) => reachesFrom(membership, path))
    .map((membership) => levelsFrom(membership, chain))
    .reduce(highest, NO_LEVELS);
}

/** The highest role that an actor has in the account at the end of a path; null when it does not reach it. */
export const roleAt = (memberships: readonly Membership[], path: AccountPath): Role | null =>
  highestRole(memberships.filter((membership) => reachesFrom(membership, path)).map(({ role }) => role));

/**
 * The standing of an API key: in its own account, with the highest role that its owner has there now. Null, so that the key falls with
 * it, when the owner no longer reaches the account (rules/keys 1). All caps on the key's account bind it, wherever its owner stands.
 *
 * @param path of the account the key belongs to
 */
export function keyMembership(
  owner: readonly Membership[],
  path: AccountPath,
  bounds: KeyBounds,
): Required<Membership> | null {
  const [role, account] = [roleAt(owner, path), path.at(-1)];
  return role === null || account === undefined ? null : { account, role, bounds };
}

/**
 * The standing of a screen that was embedded with a key: at its own account, the key's account or one below, with the key's role and
 * scopes. Null when the key doesn't reach that account now.
 *
 * @param path of the account that the screen shows
 */
export function screenMembership(
  key: Required<Membership>,
  path: AccountPath,
  scopes: Levels,
): Required<Membership> | null {
  const account = path.at(-1);
  if (account === undefined || !reachesFrom(key, path)) return null;
  return { account, role: key.role, bounds: { scopes: lowest(key.bounds.scopes, scopes), within: null } };
}
