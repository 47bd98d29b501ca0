import { readMembershipsOn } from '@tenantree/db';
import type { AccountId, Membership } from '@tenantree/domain';
import type { Hall } from '../hall/hall.ts';
import type { Actor } from './actor.ts';

/**
 * The memberships along a path that count for an actor: a person's own; for a key or an embedded screen the one it stands for, which it
 * was recognised with (rules/keys 1: it falls with the owner's role).
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
  return path.includes(actor.standing.account) ? [actor.standing] : [];
}
