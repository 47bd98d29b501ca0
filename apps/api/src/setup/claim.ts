import { beginTreeChange, insertAccount, isClaimed, offerClaim, takeClaim } from '@tenantree/db';
import { type AccountId, parseName } from '@tenantree/domain';
import { type Hall, nowOf } from '../hall/hall.ts';
import { note } from '../hall/note.ts';
import { normalEmail, type People } from '../hall/people.ts';
import { granted, refuseWith } from '../hall/refused.ts';
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

/** A name, or why it is none, at the field that it was given in. */
function accountName(text: string): ReturnType<typeof parseName> {
  const parsed = parseName(text);
  return parsed.ok ? parsed : { ok: false, refusal: { ...parsed.refusal, field: 'accountName' } };
}

/**
 * Takes the deployment: makes the first person and its main account. Of several who try at once, one succeeds.
 *
 * @throws Refused ALREADY_CLAIMED, UNAUTHORIZED (the link is not one of ours), NAME_INVALID
 */
export async function claimDeployment(
  hall: Hall,
  people: People,
  requestId: string,
  input: ClaimInput,
): Promise<{ account: AccountId }> {
  const person = granted(parseName(input.name)).name;
  const name = granted(accountName(input.accountName));
  const email = normalEmail(input.email);
  const account = hall.newId<AccountId>();
  const now = nowOf(hall);
  await hall.db.withTenant(account, async (trx) => {
    if (!(await takeClaim(trx, hashSecret(input.token)))) {
      if (await isClaimed(hall.db))
        refuseWith('ALREADY_CLAIMED', 'This Tenantree already has an owner. Sign in instead.');
      refuseWith('UNAUTHORIZED', 'This link is not valid. Use the one that the server printed last.', 'token');
    }
    const earlier = await people.findByEmail(email);
    if (earlier) await people.setPassword(earlier.id, input.password);
    const user = earlier?.id ?? (await people.create({ email, name: person, password: input.password }));
    const version = await beginTreeChange(trx, account);
    const root = {
      id: account,
      parent: null,
      name: name.name,
      nameKey: name.key,
      externalId: null,
      metadata: {},
      owner: user,
      now,
    };
    await insertAccount(trx, root, version);
    const caller = {
      actor: { kind: 'person' as const, id: user, name: person, via: null },
      user,
      requestId,
    };
    const entry = { action: 'setup.claimed' as const, details: { account: name.name } };
    await note(hall, caller, trx, now, account, entry, { id: account, name: name.name });
  });
  return { account };
}
