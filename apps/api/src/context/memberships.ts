import { readChain, readMembershipsOn } from '@tenantree/db';
import { type AccountId, keyMembership, type Membership, type UserId } from '@tenantree/domain';
import type { Hall } from '../hall/hall.ts';
import type { Actor } from './actor.ts';

/**
 * The memberships along a path that count for an actor: a person's own; for a key the one it stands for in its account, by its owner's
 * present role there (product.md 3.2: it falls with the owner's role); for an embed token the same, further down, at the token's account.
 *
 * @param path root first
 */
export async function membershipsOn(
  hall: Hall,
  actor: Actor,
  path: readonly AccountId[],
): Promise<readonly Membership[]> {
  if (path.length === 0) return [];
  if (actor.kind === 'person') return readMembershipsOn(hall.db, actor.user, path);
  if (!path.includes(actor.account)) return [];
  const own = path.slice(0, path.indexOf(actor.account) + 1);
  if (actor.kind === 'key') return keyMemberships(hall, actor.owner, own);
  const { owner, account } = actor.key;
  return narrowed(await keyMemberships(hall, owner, await pathOf(hall, account)), own);
}

const pathOf = async (hall: Hall, account: AccountId): Promise<AccountId[]> =>
  (await readChain(hall.db, account)).map(({ id }) => id);

/** What a key stands for in its account, which the path leads to. */
async function keyMemberships(hall: Hall, owner: UserId, path: readonly AccountId[]): Promise<Membership[]> {
  return narrowed(await readMembershipsOn(hall.db, owner, path), path);
}

function narrowed(memberships: readonly Membership[], path: readonly AccountId[]): Membership[] {
  const membership = keyMembership(memberships, path);
  return membership ? [membership] : [];
}
