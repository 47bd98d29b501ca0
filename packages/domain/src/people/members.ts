import { accept, type Decision, refuse } from '../errors.ts';
import type { UserId } from '../ids.ts';
import { type AccessState, decideAccess } from '../permissions/access.ts';
import { roleAt } from '../permissions/effective.ts';
import { isAtMost, type Levels, UNBOUNDED } from '../permissions/levels.ts';
import { ROLE_LABELS, ROLE_WORDS, type Role, ranksAbove } from '../permissions/roles.ts';
import { quoted } from '../text.ts';

/** Who decides about a member: the highest role that the actor has in the account, also when it comes from above or is a key. */
export type MemberActor = {
  readonly role: Role;
  /** What a key, or a screen embedded with it, makes use of (rules/keys 2); absent: all that the role gives. */
  readonly scopes?: Levels;
};

/** A member as a decision about it needs to know. */
export type MemberState = {
  readonly accountName: string;
  readonly member: { readonly userId: UserId; readonly name: string; readonly role: Role };
  /** Owners among the account's own members. */
  readonly owners: number;
};

/**
 * Whether somebody may be given a role in an account, by invitation or at once: nobody assigns a role above their own (rules/people 1), and
 * no key makes somebody who may do more than the key itself.
 */
export function decideAssignRole(
  state: { readonly accountName: string; readonly actor: MemberActor; readonly presentRole: Role | null },
  role: Role,
): Decision<Role> {
  if (state.presentRole !== null) {
    const message = `This person is already in ${quoted(state.accountName)} as ${ROLE_LABELS[state.presentRole]}.`;
    return refuse('ALREADY_MEMBER', message);
  }
  return withinOwnRank(state.actor, role, state.accountName) ?? accept(role);
}

/**
 * Whether an open invitation to an account may be accepted now: as long as whoever invited may still give that role there (rules/people 1),
 * and, because joining is a change by somebody of the account, as long as no suspension stops changes (rules/people 7).
 *
 * @param state the account, with the memberships of whoever invited
 * @param nowMs UTC milliseconds since 1970
 */
export function decideAcceptInvitation(state: AccessState, role: Role, nowMs: number): Decision<Role> {
  const path = state.chain.map(({ id }) => id);
  const account = state.chain.at(-1);
  const inviter = roleAt(state.memberships, path);
  if (!account || state.status === 'closed' || inviter === null || ranksAbove(role, inviter)) return VOID_INVITATION;
  const joined = decideAccess(
    { ...state, memberships: [{ account: account.id, role }] },
    { permission: 'account', level: 'none', work: 'change' },
    nowMs,
  );
  if (!joined.ok) return joined;
  const invite = { permission: 'account.members', level: 'full', work: 'change' } as const;
  return decideAccess(state, invite, nowMs).ok ? accept(role) : VOID_INVITATION;
}

/** The one answer to an invitation that is unknown, withdrawn, used by somebody else, too old, or no longer its inviter's to give. */
export const VOID_INVITATION = refuse(
  'UNAUTHORIZED',
  'This invitation is not valid any more. Ask for a new one.',
  'token',
);

/**
 * Whether a member may get another role (rules/people 1): neither the present nor the new role may stand above the actor's own (so owners
 * can't be changed by lower roles), and the last owner stays one.
 */
export function decideChangeRole(state: MemberState, actor: MemberActor, role: Role): Decision<Role> {
  const { member, accountName } = state;
  const refused = outranked(state, actor) ?? withinOwnRank(actor, role, accountName);
  if (refused) return refused;
  if (member.role === role) {
    return refuse('ALREADY_IN_STATE', `${quoted(member.name)} is ${ROLE_LABELS[role]} already.`, 'role');
  }
  return lastOwner(state) ?? accept(role);
}

/**
 * Whether a member may be removed, or may leave (rules/people 3). Leaving needs no rank: it is asked with the member itself as the
 * actor. The last owner can neither leave nor be removed, also not from above: an account that was handed to somebody keeps someone who
 * answers for it. A subaccount has none until its first one is invited (rules/people 4).
 */
export const decideRemoveMember = (state: MemberState, actor: MemberActor): Decision<UserId> =>
  outranked(state, actor) ?? lastOwner(state) ?? accept(state.member.userId);

const withinOwnRank = (actor: MemberActor, role: Role, accountName: string): Decision<never> | null => {
  if (!isAtMost(ROLE_WORDS[role], actor.scopes ?? UNBOUNDED)) {
    const message = `The scopes of this key leave out some of what ${ROLE_LABELS[role]} may do: it can't make anyone that.`;
    return refuse('ROLE_TOO_HIGH', message, 'role');
  }
  if (!ranksAbove(role, actor.role)) return null;
  const message = `As ${ROLE_LABELS[actor.role]} of ${quoted(accountName)} you can't make anyone ${ROLE_LABELS[role]}.`;
  return refuse('ROLE_TOO_HIGH', message, 'role');
};

const outranked = ({ member, accountName }: MemberState, actor: MemberActor): Decision<never> | null => {
  if (!ranksAbove(member.role, actor.role)) return null;
  const ranks = `${ROLE_LABELS[member.role]} of ${quoted(accountName)}, above your own role`;
  return refuse('ROLE_TOO_HIGH', `${quoted(member.name)} is ${ranks}.`);
};

const lastOwner = ({ member, owners, accountName }: MemberState): Decision<never> | null => {
  if (member.role !== 'owner' || owners > 1) return null;
  const message = `${quoted(member.name)} is the last owner of ${quoted(accountName)}. Make someone else owner first.`;
  return refuse('LAST_OWNER', message);
};
