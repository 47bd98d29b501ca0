import { normalEmail } from '@tenantree/contract';
import type { InvitationByToken } from '@tenantree/db';
import { parseName, type UserId, VOID_INVITATION } from '@tenantree/domain';
import type { Guess } from '../context/context.ts';
import type { People } from './people.ts';
import { granted, refuseWith } from './refused.ts';

/** Days after which an invitation is void (rules/people 7). */
export const INVITATION_DAYS = 7;

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
