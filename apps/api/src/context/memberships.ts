import { type MembershipRow, readChain, readMemberships } from '@tenantree/db';
import { type AccountId, keyMembership, type Membership, type Role, type UserId } from '@tenantree/domain';
import type { Hall } from '../hall/hall.ts';
import type { Actor } from './actor.ts';

/**
 * The memberships that count for an actor: a person's own; for a key the one it stands for in its account, by its owner's present
 * role there (product.md 3.2: it falls with the owner's role); for an embed token the same, further down, at the token's account.
 */
export async function membershipsOf(hall: Hall, actor: Actor): Promise<readonly Membership[]> {
  if (actor.kind === 'person') return personMemberships(hall, actor.user);
  if (actor.kind === 'key') return keyMemberships(hall, actor.owner, actor.account);
  return narrowed(hall, await keyMemberships(hall, actor.key.owner, actor.key.account), actor.account);
}

const toMembership = (row: MembershipRow): Membership => ({ account: row.accountId, role: row.role as Role });

const personMemberships = async (hall: Hall, user: UserId): Promise<Membership[]> =>
  (await readMemberships(hall.db, user)).map(toMembership);

const keyMemberships = async (hall: Hall, owner: UserId, account: AccountId): Promise<Membership[]> =>
  narrowed(hall, await personMemberships(hall, owner), account);

async function narrowed(hall: Hall, memberships: readonly Membership[], account: AccountId): Promise<Membership[]> {
  const path = (await readChain(hall.db, account)).map(({ id }) => id);
  const membership = keyMembership(memberships, path);
  return membership ? [membership] : [];
}
