import type { Database } from '@tenantree/db';
import { type AccountId, parseAccountRef } from '@tenantree/domain';
import { Refused } from './refused.ts';
import { lookUp } from './resolve-all.ts';

/**
 * The accounts that a live stream of an account is to watch. Whoever begins names accounts that are there; of what somebody resumes with, some
 * may have left meanwhile: those show nothing, until they come back.
 *
 * @param field of the input
 * @throws Refused NOT_FOUND when a stream begins with an account that is not in the subtree
 */
export async function resolveWatched(
  db: Database,
  within: AccountId,
  asked: readonly string[],
  field: string,
  since: number | null,
): Promise<readonly AccountId[]> {
  const refs = asked.map((text) => parseAccountRef(text));
  const ids = refs.flatMap((ref) => (ref.ok && ref.value.kind === 'id' ? [ref.value.id] : []));
  // Nothing has to be looked up for who comes back with ids: what is not below the account is never told.
  if (since !== null && ids.length === asked.length) return ids;
  const find = await db.withTenant(within, (trx) => lookUp(trx, asked), { snapshot: true });
  return asked.flatMap((text, index) => {
    const found = find(text);
    if (found.ok) return [found.value.id];
    if (since === null) throw new Refused({ ...found.refusal, field });
    const ref = refs[index];
    return ref?.ok && ref.value.kind === 'id' ? [ref.value.id] : [];
  });
}
