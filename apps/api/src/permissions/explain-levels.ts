import { type ExplainedLink, readExplainedChain } from '@tenantree/db';
import {
  ACCOUNT_ABOVE,
  type AccountId,
  type ExplainedMembership,
  type Explanation,
  explain,
  holdsAt,
  type Membership,
  PERMISSIONS,
  type PermissionKey,
  type Role,
  reaches,
  shownExplanation,
  type UserId,
} from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import type { Access } from '../guard/admit.ts';
import type { Hall } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';

/** What stops work whatever the level is. */
export type Gate = {
  readonly gate: 'suspended' | 'closed';
  readonly account: { readonly id: AccountId | null; readonly name: string };
};

/** Which permission, all where none is named, and of whom: of the caller where nobody is named. */
type Asked = {
  readonly permission?: PermissionKey | undefined;
  readonly user?: UserId | undefined;
  readonly role?: Role | undefined;
};

export type Explained = { readonly explanations: readonly Explanation[]; readonly gates: readonly Gate[] };

/**
 * Why the caller, or somebody else, has the levels that they have in an account: from the rows themselves, of one moment (rules/permissions 16).
 *
 * @param role somebody who has this role in the account itself; only what caps leave them is told
 * @param user somebody else; only what they are at accounts that the caller reaches is told
 * @throws Refused FORBIDDEN to ask about others without Members, NOT_FOUND where they don't reach the account
 */
export async function explainLevels(
  hall: Hall,
  actor: Actor,
  access: Access,
  { permission, user, role }: Asked,
): Promise<Explained> {
  if (role !== undefined && access.levels.account === 'none')
    refuseWith('FORBIDDEN', `What “${access.name}” leaves a role needs the permission Account.`, 'role');
  if (user !== undefined && access.levels['account.members'] === 'none')
    refuseWith('FORBIDDEN', `Who may do what in “${access.name}” needs the permission Members.`, 'user');
  const asked = user ?? (actor.kind === 'person' ? actor.user : null);
  const { chain, memberships } = await hall.db.withTenant(access.id, (trx) => readExplainedChain(trx, asked), {
    snapshot: true,
  });
  const path = chain.map(({ id }) => id);
  const told = user === undefined ? memberships : memberships.filter(({ account }) => access.reached.includes(account));
  if (user !== undefined && !reaches(told, path)) refuseWith('NOT_FOUND', 'There is no such person here.', 'user');
  const standing = standingOf(actor, access.id, role, asked === null ? null : told);
  const keys: readonly PermissionKey[] = permission ? [permission] : PERMISSIONS.map(({ key }) => key);
  return {
    explanations: keys.map((key) => shownExplanation(explain(key, standing, chain), path, access.reached)),
    gates: gatesOf(chain, standing, access.reached, hall.clock.nowMs()),
  };
}

/** Of whom the levels are told: of a role in the account, of a person by their memberships, or of the key or screen that asks. */
function standingOf(
  actor: Actor,
  account: AccountId,
  role: Role | undefined,
  memberships: readonly Membership[] | null,
): ExplainedMembership[] {
  if (role !== undefined) return [{ account, role, bound: null }];
  return memberships?.map((membership) => ({ ...membership, bound: null })) ?? ofActor(actor);
}

function ofActor(actor: Actor): ExplainedMembership[] {
  if (actor.kind === 'person') return [];
  return [{ ...actor.standing, bound: actor.kind === 'key' ? 'scope' : 'session' }];
}

/** Suspensions from the root down to the topmost membership bind whoever stands there or below; a closed account binds everybody. */
function gatesOf(
  chain: readonly ExplainedLink[],
  memberships: readonly Membership[],
  reached: readonly AccountId[],
  nowMs: number,
): Gate[] {
  const topmost = chain.findIndex(({ id }) => memberships.some(({ account }) => account === id));
  const place = ({ id, name }: ExplainedLink) =>
    reached.includes(id) ? { id, name } : { id: null, name: ACCOUNT_ABOVE };
  const suspended = chain
    .slice(0, topmost + 1)
    .filter(({ suspension }) => suspension !== null && holdsAt(suspension, nowMs))
    .map((link): Gate => ({ gate: 'suspended', account: place(link) }));
  const last = chain.at(-1);
  return last?.status === 'closed' ? [...suspended, { gate: 'closed', account: place(last) }] : suspended;
}
