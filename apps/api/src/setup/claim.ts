import { normalEmail, shownEmail } from '@tenantree/contract';
import { insertMainAccount, isClaimed, makeFirstPerson, offerClaim, takeClaim } from '@tenantree/db';
import { type AccountId, type ParsedName, parseName, type UserId } from '@tenantree/domain';
import { SYSTEM } from '../hall/change.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import type { People } from '../hall/people.ts';
import { granted, Refused, refuseWith } from '../hall/refused.ts';
import { hashSecret, secretOf } from '../hall/secrets.ts';

export type ClaimInput = {
  readonly token: string;
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly accountName: string;
};

/** The one-time link of the first run; null when the deployment has an owner already. */
export async function offerSetupLink(hall: Hall): Promise<string | null> {
  if (await isClaimed(hall.db)) return null;
  const token = secretOf('setup', hall.newSecret());
  return (await offerClaim(hall.db, hashSecret(token), nowOf(hall)))
    ? `${hall.settings.publicUrl}/setup/${token}`
    : null;
}

/** A wish that was read. */
type Claim = {
  readonly token: string;
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly accountName: ParsedName;
};

/** Reads what somebody wants to take the deployment with. @throws Refused NAME_INVALID at the field that has no name */
export function readClaim(input: ClaimInput): Claim {
  const accountName = parseName(input.accountName);
  const { name } = granted(parseName(input.name));
  if (!accountName.ok) throw new Refused({ ...accountName.refusal, field: 'accountName' });
  return { ...input, name, accountName: accountName.value };
}

const alreadyClaimed = (): never =>
  refuseWith('ALREADY_CLAIMED', 'This Tenantree already has an owner. Sign in instead.');

/** Ends the call when somebody owns the deployment: one question, asked of nobody else. @throws Refused ALREADY_CLAIMED */
export async function refuseWhenClaimed(hall: Hall): Promise<void> {
  if (await isClaimed(hall.db)) alreadyClaimed();
}

/**
 * Takes the deployment: makes the first person and its main account, all in one transaction on one connection. Of several who try at
 * once, one succeeds, and the others are told so.
 *
 * @returns null when the link is not one of ours
 * @throws Refused ALREADY_CLAIMED, BAD_REQUEST (the password)
 */
export async function claimDeployment(
  hall: Hall,
  people: Pick<People, 'hashPassword'>,
  requestId: string,
  claim: Claim,
): Promise<{ account: AccountId } | null> {
  const { email, accountName, name: person } = claim;
  // Takes its time, so before anybody waits for it.
  const passwordHash = await people.hashPassword(claim.password);
  const account = hall.newId<AccountId>();
  const by = { ...SYSTEM, requestId };
  return hall.change(by, { root: account, acting: account }, async ({ trx, now, version, ...change }) => {
    if (!(await takeClaim(trx, hashSecret(claim.token)))) return (await isClaimed(trx)) ? alreadyClaimed() : null;
    const user = await makeFirstPerson(trx, {
      id: hall.newId<UserId>(),
      credential: hall.newId(),
      email: normalEmail(email),
      shownEmail: shownEmail(email),
      name: person,
      passwordHash,
      now,
    });
    const root = { name: accountName, externalId: null, metadata: {} };
    await insertMainAccount(trx, account, root, { creator: user, now }, version);
    change.actsAs({ kind: 'person', id: user, name: person, via: null });
    const { name } = accountName;
    change.happened('setup.claimed', account, { account: name }, { id: account, name });
    change.shows([account]);
    return { account };
  });
}
