import { readPaths } from '@tenantree/db';
import { type AccountId, reaches } from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import { membershipsOn } from '../context/memberships.ts';
import type { Hall } from '../hall/hall.ts';
import type { Access } from './admit.ts';

/** Whether an actor sees the whole way down to its acting account: nothing above it is hidden. */
export const seesWholeWay = ({ path, reached }: Pick<Access, 'path' | 'reached'>): boolean =>
  path.length === reached.length;

/** Those of some accounts that an actor reaches; what is not there any more nobody does. */
export async function reachedAmong(
  hall: Hall,
  actor: Actor,
  accounts: readonly AccountId[],
): Promise<ReadonlySet<AccountId>> {
  if (accounts.length === 0) return new Set();
  const paths = await readPaths(hall.db, accounts);
  const reached = new Set<AccountId>();
  for (const [root, ofTree] of Map.groupBy(paths, ([, [main]]) => main!)) {
    const memberships = await membershipsOn(hall, actor, [...new Set([root, ...ofTree.flatMap(([, path]) => path)])]);
    for (const [id, path] of ofTree) if (reaches(memberships, path)) reached.add(id);
  }
  return reached;
}
