import { insertApiKey, revokeApiKeys } from '@tenantree/db';
import {
  type AccountId,
  decideKeyTerms,
  type Instant,
  type KeyId,
  type KeyTerms,
  parseName,
  parseScopes,
} from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import { holdMaker } from '../guard/hold-maker.ts';
import type { Caller, Hall } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { resolveAll } from '../hall/resolve-all.ts';
import { hashSecret, prefixOf, secretOf } from '../hall/secrets.ts';

/** The account whose key it is. */
type Where = { readonly id: AccountId; readonly root: AccountId };

export type CreatedKey = KeyTerms & { readonly id: KeyId; readonly key: string; readonly prefix: string };

export type KeyInput = {
  readonly name: string;
  readonly expiresAt?: Instant | null | undefined;
  readonly scopes?: '*' | Readonly<Record<string, string>> | undefined;
  /** Accounts of the subtree, by id or external id. */
  readonly within?: readonly string[] | undefined;
};

/**
 * Makes an API key of an account (rules/keys 5). The secret is in the answer and nowhere else. One that is made with a key has no
 * more than that one, and ends with it.
 *
 * @throws Refused
 */
export async function createApiKey(
  hall: Hall,
  caller: Caller,
  maker: Actor,
  { id: account, root }: Where,
  input: KeyInput,
): Promise<CreatedKey> {
  const { name } = granted(parseName(input.name));
  const { expiresAt } = input;
  const scopes = input.scopes && granted(parseScopes(input.scopes));
  const bound = maker.kind === 'key' ? { expiresAt: maker.expiresAt, scopes: maker.scopes } : null;
  const terms = granted(decideKeyTerms({ expiresAt, scopes }, bound, hall.clock.nowMs()));
  const key = secretOf('key', hall.newSecret());
  const id = hall.newId<KeyId>();
  const prefix = prefixOf(key);
  await hall.change(caller, { root, acting: account }, async ({ trx, now, version, happened }) => {
    await holdMaker(trx, caller, account);
    // What the maker reaches it reaches with all that is below: a part of this account's subtree is never more.
    const within = input.within ? await resolveAll(trx, input.within, 'within') : null;
    const tokenHash = hashSecret(key);
    const made = { account, id, owner: caller.user, name, prefix, tokenHash, now, terms, within, madeBy: caller.key };
    await insertApiKey(trx, made, version);
    happened('key.created', account, { key: name }, { id, name });
  });
  return { id, key, prefix, ...terms };
}

/** Revokes an API key at once, with everything that was made with it. @throws Refused NOT_FOUND */
export async function revokeKey(hall: Hall, caller: Caller, { id: account, root }: Where, id: KeyId): Promise<void> {
  await hall.change(caller, { root, acting: account }, async ({ trx, now, happened, rights }) => {
    const ended = await revokeApiKeys(trx, account, [id], now);
    if (ended.length === 0) refuseWith('NOT_FOUND', 'There is no such key, or it is revoked already.', 'id');
    for (const key of ended)
      if (key.isSeen) happened('key.revoked', key.account, { key: key.name }, { id: key.id, name: key.name });
    rights({ keys: ended.map((key) => key.id) });
  });
}
