import { normalEmail } from '@tenantree/contract';
import { findTransfer, findTransferByLink, readMembers, type TransferByLink } from '@tenantree/db';
import type { AccountId } from '@tenantree/domain';
import type { Guess } from '../context/context.ts';
import { type Acceptance, type Acceptor, personFor } from '../hall/accept.ts';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import type { People } from '../hall/people.ts';
import { refuseWith } from '../hall/refused.ts';
import { hashSecret } from '../hall/secrets.ts';
import { act } from '../hall/transfer/act.ts';

/** The one answer to a link that is unknown, void or used up, and to whoever it is not for. */
const notFound = (): never =>
  refuseWith('NOT_FOUND', 'This invitation is not valid any more. Ask for a new one.', 'token');

type SignedIn = Acceptor['signedIn'];

/** The transfer of a link, under way, to nobody signed in with another address; or one that is complete, to those who are in its account by now. @throws Refused NOT_FOUND, RATE_LIMITED */
async function findByLink(hall: Hall, guess: Guess, signedIn: SignedIn, token: string): Promise<TransferByLink> {
  const found = (await guess.link(() => findTransferByLink(hall.db, hashSecret(token)))) ?? notFound();
  if (found.state === 'in_progress') {
    const isTheirs = !signedIn || normalEmail(signedIn.email) === normalEmail(found.recipient);
    return found.expiresAt <= nowOf(hall) || !isTheirs ? notFound() : found;
  }
  if (found.state !== 'completed' || !signedIn) return notFound();
  const members = await hall.db.withTenant(found.account, (trx) => readMembers(trx, found.account));
  return members.some(({ userId }) => userId === signedIn.user) ? found : notFound();
}

/** What the page behind the link shows. @throws Refused NOT_FOUND, RATE_LIMITED */
export async function readTransferInvitation(hall: Hall, guess: Guess, signedIn: SignedIn, token: string) {
  const { accountName, recipient, message, expiresAt, state } = await findByLink(hall, guess, signedIn, token);
  return {
    accountName,
    email: recipient,
    message,
    expiresAt,
    ifUnfinished: hall.settings.transferExpiry,
    state: state === 'completed' ? ('completed' as const) : ('in_progress' as const),
  };
}

/**
 * Confirms the owner by the link: as the signed-in person of its address, as the person who has it and gives their password, or as a new one.
 *
 * @throws Refused NOT_FOUND (also to whoever is signed in with another address), FORBIDDEN, BAD_REQUEST, RATE_LIMITED, and as the table of
 * rules/transfer says
 */
export async function acceptTransferInvitation(
  hall: Hall,
  people: People,
  acceptor: Acceptor,
  input: Acceptance,
): Promise<{ account: AccountId }> {
  const { signedIn, guess, requestId } = acceptor;
  const found = await findByLink(hall, guess, signedIn, input.token);
  if (found.state === 'completed') return { account: found.account };
  const emailKey = normalEmail(found.recipient);
  const person = await personFor(people, acceptor, { email: found.recipient, emailKey, acceptedAt: null }, input);
  const actor = { kind: 'person' as const, id: person.user, name: person.name, via: null };
  const caller: Caller = { actor, user: person.user, key: null, requestId };
  const { root, account, recipient } = found;
  await hall.change(caller, { root, acting: root }, (scope) =>
    act(hall, scope, caller, account, { event: 'confirmOwner', userId: person.user, email: recipient }),
  );
  return { account };
}

/** Declines by the link. @throws Refused NOT_FOUND (also to whoever is signed in with another address), RATE_LIMITED, and as the table of rules/transfer says */
export async function declineTransferInvitation(
  hall: Hall,
  { signedIn, guess, requestId }: Acceptor,
  token: string,
  reason: string | null,
): Promise<void> {
  const { root, account, id, recipient, state } = await findByLink(hall, guess, signedIn, token);
  if (state === 'completed') return notFound();
  const actor = signedIn
    ? { kind: 'person' as const, id: signedIn.user, name: signedIn.name, via: null }
    : { kind: 'person' as const, id: null, name: recipient, via: null };
  const by = { actor, user: signedIn?.user ?? null, key: null, requestId };
  await hall.change(by, { root, acting: root }, async (scope) => {
    const present = (await findTransfer(scope.trx, account))?.transfer;
    // Void meanwhile: somebody else is invited, or it is another transfer.
    if (present?.id !== id || present.recipient !== recipient) return notFound();
    return act(hall, scope, by, account, { event: 'decline', reason }, { reason });
  });
}
