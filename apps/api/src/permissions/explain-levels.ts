import { type ExplainedLink, readApiKeys, readExplainedChain, type TenantTransaction } from '@tenantree/db';
import {
  ACCOUNT_ABOVE,
  type AccountId,
  type ExplainedMembership,
  type Explanation,
  explain,
  holdsAt,
  type KeyId,
  keyMembership,
  type Membership,
  PERMISSIONS,
  type PermissionKey,
  packScopes,
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

export type Explained = { readonly explanations: readonly Explanation[]; readonly gates: readonly Gate[] };

/** Of whom an explanation is asked; without a user and a key, of the caller. */
export type AskedOf = {
  readonly permission?: PermissionKey | undefined;
  readonly user?: UserId | undefined;
  /** A key of the account. */
  readonly key?: KeyId | undefined;
  /** Somebody who has this role in the account itself: only what caps leave them is told. */
  readonly role?: Role | undefined;
};

/**
 * Why the caller, or somebody else, has the levels that they have in an account: from the rows themselves, of one moment (rules/permissions 16).
 * Of another person only what they are at accounts that the caller reaches is told.
 *
 * @throws Refused FORBIDDEN to ask about others without Members, about keys without API Keys, about roles without Account; NOT_FOUND where they don't reach the account
 */
export async function explainLevels(hall: Hall, actor: Actor, access: Access, asked: AskedOf): Promise<Explained> {
  mayAsk(access, asked);
  const { chain, standing } = await hall.db.withTenant(access.id, (trx) => standingOf(trx, actor, access, asked), {
    snapshot: true,
  });
  const path = chain.map(({ id }) => id);
  const keys: readonly PermissionKey[] = asked.permission ? [asked.permission] : PERMISSIONS.map(({ key }) => key);
  return {
    explanations: keys.map((key) => shownExplanation(explain(key, standing, chain), path, access.reached)),
    gates: gatesOf(chain, standing, access.reached, hall.clock.nowMs()),
  };
}

/** @throws Refused BAD_REQUEST, FORBIDDEN */
function mayAsk({ name, levels }: Access, { user, key, role }: AskedOf): void {
  if ([user, key, role].filter((one) => one !== undefined).length > 1)
    refuseWith('BAD_REQUEST', 'Ask of a person, of a key or of a role.', 'key');
  if (role !== undefined && levels.account === 'none')
    refuseWith('FORBIDDEN', `What “${name}” leaves a role needs the permission Account.`, 'role');
  if (user !== undefined && levels['account.members'] === 'none')
    refuseWith('FORBIDDEN', `Who may do what in “${name}” needs the permission Members.`, 'user');
  if (key !== undefined && levels['developers.apiKeys'] === 'none')
    refuseWith('FORBIDDEN', `What keys may do in “${name}” needs the permission API Keys.`, 'key');
}

type Standing = { readonly chain: readonly ExplainedLink[]; readonly standing: readonly ExplainedMembership[] };

/** The chain, and what whoever is asked of stands for on it. @throws Refused NOT_FOUND */
async function standingOf(
  trx: TenantTransaction,
  actor: Actor,
  { id, reached }: Access,
  { user, key, role }: AskedOf,
): Promise<Standing> {
  if (key !== undefined) return standingOfKey(trx, id, key);
  const { chain, memberships } = await readExplainedChain(trx, user ?? (actor.kind === 'person' ? actor.user : null));
  if (role !== undefined) return { chain, standing: [{ account: id, role, bound: null }] };
  if (user === undefined && actor.kind !== 'person')
    return { chain, standing: [{ ...actor.standing, bound: actor.kind === 'key' ? 'scope' : 'session' }] };
  const told = user === undefined ? memberships : memberships.filter(({ account }) => reached.includes(account));
  const path = chain.map((link) => link.id);
  if (!reaches(told, path)) refuseWith('NOT_FOUND', 'There is no such person here.', 'user');
  return { chain, standing: told.map((membership) => ({ ...membership, bound: null })) };
}

/** A key stands for its owner's present role, and for nothing when the owner reaches its account no more. @throws Refused NOT_FOUND */
async function standingOfKey(trx: TenantTransaction, account: AccountId, key: KeyId): Promise<Standing> {
  const keys = await readApiKeys(trx, account);
  const found =
    keys.find(({ id, revokedAt }) => id === key && revokedAt === null) ??
    refuseWith('NOT_FOUND', 'There is no such key.', 'key');
  const { chain, memberships } = await readExplainedChain(trx, found.owner.id);
  const path = chain.map(({ id }) => id);
  const standing = keyMembership(memberships, path, { scopes: packScopes(found.scopes), within: null });
  return { chain, standing: standing ? [{ ...standing, bound: 'scope' }] : [] };
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
