import { resolveInSubtree, type TenantTransaction } from '@tenantree/db';
import { type AccountId, accountNotFound, parseAccountRef } from '@tenantree/domain';
import { Refused } from './refused.ts';

/**
 * The accounts of the acting subtree that an input names beside the acting one, by id or external id. What is not in it does not exist
 * (product.md 2.5), whatever it looks like.
 *
 * @param field of the input
 * @throws Refused NOT_FOUND
 */
export async function resolveAll(
  trx: TenantTransaction,
  asked: readonly string[],
  field: string,
): Promise<readonly AccountId[]> {
  const refs = asked.map((text) => ({ text, ref: parseAccountRef(text) }));
  const read = refs.flatMap(({ ref }) => (ref.ok ? [ref.value] : []));
  const ids = read.flatMap((ref) => (ref.kind === 'id' ? [ref.id] : []));
  const externalIds = read.flatMap((ref) => (ref.kind === 'external' ? [ref.externalId] : []));
  const found = await resolveInSubtree(trx, ids, externalIds);
  return refs.map(({ text, ref }) => {
    const known =
      ref.ok && (ref.value.kind === 'id' ? found.byId.get(ref.value.id) : found.byExternalId.get(ref.value.externalId));
    if (!known) throw new Refused({ ...accountNotFound(text).refusal, field });
    return known.id;
  });
}
