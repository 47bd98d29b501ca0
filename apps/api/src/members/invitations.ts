import {
  addToTotals,
  deleteInvitation,
  findInvitation,
  insertInvitation,
  insertMember,
  readChain,
  readMembers,
  takeInvitation,
} from '@tenantree/db';
import {
  type AccountId,
  decideAssignRole,
  type Instant,
  instantOf,
  parseName,
  type Role,
  type RowId,
  type UserId,
} from '@tenantree/domain';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { note } from '../hall/note.ts';
import { normalEmail, type People } from '../hall/people.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { hashSecret, secretOf } from '../hall/secrets.ts';
import { changeTree } from '../hall/tree-change.ts';

/** Days after which an invitation is void (product.md 9). */
export const INVITATION_DAYS = 7;

type Account = { readonly id: AccountId; readonly name: string };

/** Invites an address to an account in a role that is not above the inviter's own. The link is single-use. @throws Refused */
export async function inviteMember(
  hall: Hall,
  caller: Caller,
  account: Account,
  actorRole: Role,
  input: { readonly email: string; readonly role: Role },
): Promise<{ id: RowId; link: string; expiresAt: Instant }> {
  const email = normalEmail(input.email);
  const token = secretOf('invite', hall.newSecret());
  const now = nowOf(hall);
  const expiresAt = instantOf(hall.clock.nowMs() + INVITATION_DAYS * 86_400_000);
  const id = hall.newId();
  await hall.db.withTenant(account.id, async (trx) => {
    const present = (await readMembers(trx, account.id)).find((member) => member.email === email);
    granted(
      decideAssignRole(
        { accountName: account.name, actor: { role: actorRole }, presentRole: present?.role ?? null },
        input.role,
      ),
    );
    const invitation = {
      account: account.id,
      id,
      email,
      role: input.role,
      tokenHash: hashSecret(token),
      invitedBy: caller.user,
      madeBy: caller.key,
      now,
      expiresAt,
    };
    await insertInvitation(trx, invitation);
    const entry = { action: 'member.invited' as const, details: { email, account: account.name, role: input.role } };
    await note(hall, caller, trx, now, account.id, entry, { id, name: email });
  });
  return { id, link: `${hall.settings.publicUrl}/invite/${token}`, expiresAt };
}

/** Withdraws an open invitation. @throws Refused NOT_FOUND */
export async function revokeInvitation(hall: Hall, caller: Caller, account: Account, id: RowId): Promise<void> {
  await hall.db.withTenant(account.id, async (trx) => {
    const email =
      (await deleteInvitation(trx, account.id, id)) ??
      refuseWith('NOT_FOUND', 'There is no such open invitation.', 'id');
    const entry = { action: 'member.invitationRevoked' as const, details: { email, account: account.name } };
    await note(hall, caller, trx, nowOf(hall), account.id, entry, { id, name: email });
  });
}

/** What the page behind an invitation's link shows. @throws Refused UNAUTHORIZED when the link is void, used or unknown: the same for all */
export async function readInvitation(
  hall: Hall,
  token: string,
): Promise<{ accountName: string; email: string; role: Role }> {
  const { accountName, email, role } = await validInvitation(hall, token);
  return { accountName, email, role };
}

/**
 * Accepts an invitation: as the signed-in person of its address, or as a new one with a name and a password.
 *
 * @throws Refused UNAUTHORIZED (the link), FORBIDDEN (somebody else is signed in, or the address has a person who must sign in first)
 */
export async function acceptInvitation(
  hall: Hall,
  people: People,
  request: {
    readonly id: string;
    readonly signedIn: { readonly user: UserId; readonly name: string; readonly email: string } | null;
  },
  input: { readonly token: string; readonly name?: string | undefined; readonly password?: string | undefined },
): Promise<{ account: AccountId }> {
  const invitation = await validInvitation(hall, input.token);
  const person = await personFor(people, invitation.email, request.signedIn, input);
  const [root] = await readChain(hall.db, invitation.account);
  if (!root) return voidLink();
  const actor = { kind: 'person' as const, id: person.user, name: person.name, via: null };
  const caller: Caller = { actor, user: person.user, key: null, requestId: request.id };
  await changeTree(hall, caller, { root: root.id, acting: invitation.account }, async (scope) => {
    if (!(await takeInvitation(scope.trx, invitation.account, invitation.id, scope.now))) voidLink();
    const members = await readMembers(scope.trx, invitation.account);
    if (members.some((member) => member.userId === person.user)) {
      refuseWith('ALREADY_MEMBER', `You are in “${invitation.accountName}” already.`);
    }
    await insertMember(scope.trx, invitation.account, person.user, invitation.role, scope.now);
    await addToTotals(scope.trx, invitation.account, { members: 1 }, scope.version);
    const details = { account: invitation.accountName, role: invitation.role };
    const entry = { action: 'member.invitationAccepted' as const, details };
    await scope.audit(invitation.account, entry, { id: person.user, name: person.name });
    scope.touch((await scope.account(invitation.account)).path);
  });
  hall.announce.access({ users: [person.user] });
  return { account: invitation.account };
}

const voidLink = (): never =>
  refuseWith('UNAUTHORIZED', 'This invitation is not valid any more. Ask for a new one.', 'token');

async function validInvitation(hall: Hall, token: string) {
  const invitation = await findInvitation(hall.db, hashSecret(token));
  if (
    !invitation ||
    invitation.acceptedAt !== null ||
    invitation.expiresAt <= nowOf(hall) ||
    invitation.accountStatus === 'closed'
  )
    return voidLink();
  return invitation;
}

async function personFor(
  people: People,
  email: string,
  signedIn: { readonly user: UserId; readonly name: string; readonly email: string } | null,
  input: { readonly name?: string | undefined; readonly password?: string | undefined },
): Promise<{ user: UserId; name: string }> {
  if (signedIn) {
    if (normalEmail(signedIn.email) === email) return { user: signedIn.user, name: signedIn.name };
    refuseWith('FORBIDDEN', `This invitation is for ${email}. Sign in with that address.`);
  }
  // Whoever holds the link proved the address, so that telling of an existing person gives nothing away to others.
  if (await people.findByEmail(email)) refuseWith('FORBIDDEN', `Sign in as ${email} to accept this invitation.`);
  if (input.name === undefined) refuseWith('BAD_REQUEST', 'Tell your name.', 'name');
  if (input.password === undefined) refuseWith('BAD_REQUEST', 'Choose a password.', 'password');
  const { name } = granted(parseName(input.name));
  return { user: await people.create({ email, name, password: input.password }), name };
}
