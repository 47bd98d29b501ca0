import { insertApiKey, revokeApiKey } from '@tenantree/db';
import { type AccountId, type Instant, type KeyId, parseName } from '@tenantree/domain';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { note } from '../hall/note.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { hashSecret, prefixOf, secretOf } from '../hall/secrets.ts';

export type CreatedKey = { readonly id: KeyId; readonly key: string; readonly prefix: string };

/** Makes an API key of an account. The secret is in the answer and nowhere else. @throws Refused */
export async function createApiKey(
  hall: Hall,
  caller: Caller,
  account: { readonly id: AccountId },
  input: { readonly name: string; readonly expiresAt: Instant | null },
): Promise<CreatedKey> {
  const { name } = granted(parseName(input.name));
  const now = nowOf(hall);
  if (input.expiresAt !== null && input.expiresAt <= now)
    refuseWith('BAD_REQUEST', 'The key would have expired already.', 'expiresAt');
  const key = secretOf('key', hall.newSecret());
  const id = hall.newId<KeyId>();
  const prefix = prefixOf(key);
  await hall.db.withTenant(account.id, async (trx) => {
    const { expiresAt } = input;
    await insertApiKey(trx, {
      account: account.id,
      id,
      owner: caller.user,
      name,
      prefix,
      tokenHash: hashSecret(key),
      now,
      expiresAt,
    });
    await note(hall, caller, trx, now, account.id, { action: 'key.created', details: { key: name } }, { id, name });
  });
  return { id, key, prefix };
}

/** Revokes an API key at once, with everything that was made with it. @throws Refused NOT_FOUND */
export async function revokeKey(
  hall: Hall,
  caller: Caller,
  account: { readonly id: AccountId },
  id: KeyId,
): Promise<void> {
  await hall.db.withTenant(account.id, async (trx) => {
    const now = nowOf(hall);
    const name =
      (await revokeApiKey(trx, account.id, id, now)) ??
      refuseWith('NOT_FOUND', 'There is no such key, or it is revoked already.', 'id');
    await note(hall, caller, trx, now, account.id, { action: 'key.revoked', details: { key: name } }, { id, name });
  });
  hall.announce.access({ keys: [id] });
}
