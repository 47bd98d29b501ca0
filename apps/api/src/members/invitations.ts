import { normalEmail, shownEmail } from '@tenantree/contract';
import {
  countMember,
  deleteInvitation,
  findInvitation,
  type InvitationByToken,
  insertInvitation,
  insertMember,
  readChain,
  readLimits,
  readMembers,
  readMembershipsOn,
  readRoleOf,
  type TenantTransaction,
  takeInvitation,
} from '@tenantree/db';
import {
  type AccountId,
  DAY_MS,
  decideAcceptInvitation,
  decideAssignRole,
  freeAlong,
  type Instant,
  instantOf,
  limitKind,
  limitReached,
  type MemberActor,
  parseName,
  type Role,
  type RowId,
  UNIT,
  type UserId,
  VOID_INVITATION,
} from '@tenantree/domain';
import type { Guess } from '../context/context.ts';
import { holdMaker } from '../guard/hold-maker.ts';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import type { People } from '../hall/people.ts';
import { granted, Refused, refuseWith } from '../hall/refused.ts';
import { hashSecret, secretOf } from '../hall/secrets.ts';

/** Days after which an invitation is void (rules/people 7). */
export const INVITATION_DAYS = 7;

type Account = { readonly id: AccountId; readonly root: AccountId; readonly name: string };

/**
 * Invites an address to an account in a role that is not above the inviter's own. The link is single-use; of several invitations of one
 * address the last one counts. One that is made with a key ends with it. @throws Refused
 */
export async function inviteMember(
  hall: Hall,
  caller: Caller,
  account: Account & MemberActor,
  input: { readonly email: string; readonly role: Role },
): Promise<{ id: RowId; link: string; expiresAt: Instant }> {
  const email = shownEmail(input.email);
  const emailKey = normalEmail(input.email);
  const token = secretOf('invite', hall.newSecret());
  const usual = instantOf(hall.clock.nowMs() + INVITATION_DAYS * DAY_MS);
  const id = hall.newId();
  const at = { root: account.root, acting: account.id };
  const expiresAt = await hall.change(caller, at, async ({ trx, now, happened }) => {
    const { keyEndsAt } = await holdMaker(trx, caller, account.id);
    const expiresAt = keyEndsAt !== null && keyEndsAt < usual ? keyEndsAt : usual;
    const presentRole = await readRoleOf(trx, account.id, emailKey);
    granted(decideAssignRole({ accountName: account.name, actor: account, presentRole }, input.role));
    await insertInvitation(trx, {
      account: account.id,
      id,
      email,
      emailKey,
      role: input.role,
      tokenHash: hashSecret(token),
      invitedBy: caller.user,
      madeBy: caller.key,
      now,
      expiresAt,
    });
    const details = { email, account: account.name, role: input.role };
    happened('member.invited', account.id, details, { id, name: email });
    return expiresAt;
  });
  return { id, link: `${hall.settings.publicUrl}/invite/${token}`, expiresAt };
}

/** Withdraws an open invitation. @throws Refused NOT_FOUND */
export async function revokeInvitation(hall: Hall, caller: Caller, account: Account, id: RowId): Promise<void> {
  await hall.change(caller, { root: account.root, acting: account.id }, async ({ trx, happened }) => {
    const email =
      (await deleteInvitation(trx, account.id, id)) ??
      refuseWith('NOT_FOUND', 'There is no such open invitation.', 'id');
    happened('member.invitationRevoked', account.id, { email, account: account.name }, { id, name: email });
  });
}

/** What the page behind an invitation's link shows. @throws Refused UNAUTHORIZED when the link is void, used or unknown: the same for all */
export async function readInvitation(
  hall: Hall,
  guess: Guess,
  token: string,
): Promise<{ accountName: string; email: string; role: Role }> {
  const { accountName, email, role, acceptedAt } = await findByLink(hall, guess, token);
  return acceptedAt === null ? { accountName, email, role } : granted(VOID_INVITATION);
}

/** Who accepts: the signed-in person, if there is one, and what else was given. */
export type Acceptance = {
  readonly token: string;
  readonly name?: string | undefined;
  readonly password?: string | undefined;
};

type Person = { readonly user: UserId; readonly name: string };
/** Where somebody accepts from, and as whom. */
export type Acceptor = {
  readonly requestId: string;
  readonly guess: Guess;
  readonly signedIn: (Person & { readonly email: string }) | null;
};

/**
 * Accepts an invitation: as the signed-in person of its address, as the person who has it and gives their password, or as a new one with
 * a name and a password. The same again, at once or after a lost answer, has the same outcome.
 *
 * @throws Refused UNAUTHORIZED (the link, or its inviter may not give this role any more), FORBIDDEN (somebody else is signed in, or the
 * address has a person who must sign in first), ACCOUNT_SUSPENDED, BAD_REQUEST, RATE_LIMITED
 */
export async function acceptInvitation(
  hall: Hall,
  people: People,
  acceptor: Acceptor,
  input: Acceptance,
): Promise<{ account: AccountId }> {
  const invitation = await findByLink(hall, acceptor.guess, input.token);
  const { account, accountName, role } = invitation;
  // Asked before somebody is made whom the answer would leave without an account.
  if (invitation.acceptedAt === null) {
    await mayBeAccepted(hall, hall.db, invitation);
    if (!acceptor.signedIn && !(await people.findByEmail(invitation.email))) await hasRoomForOneMore(hall, account);
  }
  const person = await personFor(people, acceptor, invitation, input);
  const [root] = await readChain(hall.db, account);
  if (!root) return granted(VOID_INVITATION);
  const actor = { kind: 'person' as const, id: person.user, name: person.name, via: null };
  const caller: Caller = { actor, user: person.user, key: null, requestId: acceptor.requestId };
  await hall.change(caller, { root: root.id, acting: account }, async (scope) => {
    const isFirst = await takeInvitation(scope.trx, account, invitation.id, scope.now);
    const isMember = (await readMembers(scope.trx, account)).some(({ userId }) => userId === person.user);
    // Used before, by the only one who can: whoever left since then has nothing of it.
    if (!isFirst) return isMember || granted(VOID_INVITATION);
    await mayBeAccepted(hall, scope.trx, invitation);
    if (isMember) refuseWith('ALREADY_MEMBER', `You are in “${accountName}” already.`);
    await insertMember(scope.trx, account, person.user, role, scope.now);
    await countMember(scope.trx, account, person.user, 'came', scope.version);
    const target = { id: person.user, name: person.name };
    scope.happened('member.invitationAccepted', account, { account: accountName, role }, target);
    scope.shows((await scope.account(account)).path);
    scope.rights({ users: [person.user] });
    return true;
  });
  return { account };
}

/** The invitation of a link, open or used. @throws Refused UNAUTHORIZED, RATE_LIMITED */
async function findByLink(hall: Hall, guess: Guess, token: string): Promise<InvitationByToken> {
  const found = await guess.link(() => findInvitation(hall.db, hashSecret(token)));
  if (!found || (found.acceptedAt === null && found.expiresAt <= nowOf(hall))) return granted(VOID_INVITATION);
  return found;
}

/** @throws Refused UNAUTHORIZED, ACCOUNT_SUSPENDED */
async function mayBeAccepted(
  hall: Hall,
  from: Hall['db'] | TenantTransaction,
  { account, invitedBy, role }: InvitationByToken,
): Promise<void> {
  const chain = await readChain(from, account);
  const path = chain.map(({ id }) => id);
  const memberships = invitedBy === null ? [] : await readMembershipsOn(from, invitedBy, path);
  const state = { asked: account, memberships, chain, status: chain.at(-1)?.status ?? 'closed' } as const;
  granted(decideAcceptInvitation(state, role, hall.clock.nowMs()));
}

/** Whether limits let somebody in who is a member nowhere yet. @throws Refused LIMIT_REACHED */
async function hasRoomForOneMore(hall: Hall, account: AccountId): Promise<void> {
  const kind = { ...limitKind('members'), key: 'members' } as const;
  const chain = await readChain(hall.db, account);
  const along = await hall.db.withTenant(account, (trx) => readLimits(trx, chain, nowOf(hall)), { snapshot: true });
  const { free, binding } = freeAlong(along.get(kind.key) ?? [], UNIT);
  if (binding === null) return;
  const { id, name, max, used, held } = binding;
  const told = id === account ? { id, name } : null;
  throw new Refused(limitReached(kind, { account: told, max: max ?? 0n, used, held }, { wanted: UNIT, free }));
}

/**
 * Who accepts: the signed-in person of an address, the one who has it and gives their password, or a new one.
 *
 * @throws Refused FORBIDDEN, UNAUTHORIZED, BAD_REQUEST, RATE_LIMITED
 */
export async function personFor(
  people: People,
  { guess, signedIn }: Acceptor,
  { email, emailKey, acceptedAt }: Pick<InvitationByToken, 'email' | 'emailKey' | 'acceptedAt'>,
  { name: givenName, password }: Acceptance,
): Promise<Person> {
  if (signedIn) {
    if (normalEmail(signedIn.email) === emailKey) return signedIn;
    return refuseWith('FORBIDDEN', `This invitation is for ${email}. Sign in with that address.`);
  }
  if (!(await people.findByEmail(email))) {
    if (givenName === undefined) refuseWith('BAD_REQUEST', 'Tell your name.', 'name');
    if (password === undefined) refuseWith('BAD_REQUEST', 'Choose a password.', 'password');
    const { name } = granted(parseName(givenName));
    const user = await people.create({ email, name, password });
    if (user !== null) return { user, name };
    // Somebody with the same link was quicker: most likely this very person, pressing twice.
  }
  const known = password === undefined ? null : await guess.password(emailKey, () => people.check(email, password));
  if (known) return { user: known.id, name: known.name };
  // Whoever holds the link proved the address, so that telling of an existing person gives nothing away to others.
  return acceptedAt === null
    ? refuseWith('FORBIDDEN', `Sign in as ${email} to accept this invitation.`)
    : granted(VOID_INVITATION);
}
