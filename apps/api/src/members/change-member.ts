import { countMember, deleteMember, endCredentials, type Member, readMembers, updateRole } from '@tenantree/db';
import {
  type AccountId,
  decideChangeRole,
  decideRemoveMember,
  type MemberActor,
  type Role,
  type UserId,
} from '@tenantree/domain';
import type { Change } from '../hall/change.ts';
import type { Caller, Hall } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { act } from '../transfers/act.ts';

/** The account, and who the caller is there. */
type Where = MemberActor & { readonly id: AccountId; readonly root: AccountId; readonly name: string };

/** Changes a member's role (rules/people 1). @throws Refused NOT_FOUND, ROLE_TOO_HIGH, LAST_OWNER, ALREADY_IN_STATE */
export async function changeRole(hall: Hall, caller: Caller, where: Where, user: UserId, role: Role): Promise<void> {
  await hall.change(caller, { root: where.root, acting: where.id }, async (scope) => {
    const { member, owners } = await find(scope, where.id, user);
    granted(decideChangeRole({ accountName: where.name, member, owners }, where, role));
    await updateRole(scope.trx, where.id, user, role);
    const details = { member: member.name, account: where.name, before: member.role, after: role };
    scope.happened('member.roleChanged', where.id, details, { id: user, name: member.name });
    if (member.role === 'owner') await ownerLost(hall, scope, caller, where.id, user);
    scope.rights({ users: [user] });
  });
}

/**
 * Takes a person out of an account; access ends at once (rules/people 6), and with it the keys they made there or below, and the
 * invitations they have open: none of it comes back when they do.
 *
 * @throws Refused NOT_FOUND, ROLE_TOO_HIGH, LAST_OWNER
 */
export async function removeMember(hall: Hall, caller: Caller, where: Where, user: UserId): Promise<void> {
  await hall.change(caller, { root: where.root, acting: where.id }, async (scope) => {
    const { member, owners } = await find(scope, where.id, user);
    // A person may leave whatever their rank; what acts for them, a key or an embedded screen, may not make them leave.
    const actor = user === caller.user && caller.key === null ? member : where;
    granted(decideRemoveMember({ accountName: where.name, member, owners }, actor));
    await deleteMember(scope.trx, where.id, user);
    await countMember(scope.trx, where.id, user, 'left', scope.version);
    const details = { member: member.name, account: where.name };
    scope.happened('member.removed', where.id, details, { id: user, name: member.name });
    const ended = await endCredentials(scope.trx, where.id, user, scope.now);
    for (const { account, id, name, isSeen } of ended.keys)
      if (isSeen) scope.happened('key.revoked', account, { key: name }, { id, name });
    for (const { account, accountName, id, email } of ended.invitations)
      scope.happened('member.invitationRevoked', account, { email, account: accountName }, { id, name: email });
    await ownerLost(hall, scope, caller, where.id, user);
    scope.shows((await scope.account(where.id)).path);
    scope.rights({ users: [user], keys: ended.keys.map(({ id }) => id) });
  });
}

/** Whoever confirmed to own an account in a billing transfer, and owns it no more, has to be confirmed again. */
async function ownerLost(hall: Hall, scope: Change, caller: Caller, account: AccountId, userId: UserId): Promise<void> {
  if ((await scope.account(account)).transferUntil === null) return;
  await act(hall, scope, caller, account, { event: 'ownerLost', userId });
}

async function find(scope: Change, account: AccountId, user: UserId): Promise<{ member: Member; owners: number }> {
  const members = await readMembers(scope.trx, account);
  const member =
    members.find(({ userId }) => userId === user) ?? refuseWith('NOT_FOUND', 'There is no such member.', 'userId');
  return { member, owners: members.filter(({ role }) => role === 'owner').length };
}
