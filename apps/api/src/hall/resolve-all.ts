import { type KnownAccount, resolveInSubtree, type TenantTransaction } from '@tenantree/db';
import { type AccountId, accept, accountNotFound, type Decision, parseAccountRef } from '@tenantree/domain';
import { Refused } from './refused.ts';

/**
 * Looks accounts of the acting subtree up, by id or external id, all at once. What is not in it does not exist (product.md 2.5), whatever it
 * looks like.
 *
 * @returns tells what was found by one of these texts
 */
export async function lookUp(
  trx: TenantTransaction,
  asked: readonly string[],
): Promise<(text: string) => Decision<KnownAccount>> {
  const refs = new Map(asked.map((text) => [text, parseAccountRef(text)]));
  const read = [...refs.values()].flatMap((ref) => (ref.ok ? [ref.value] : []));
  const ids = read.flatMap((ref) => (ref.kind === 'id' ? [ref.id] : []));
  const externalIds = read.flatMap((ref) => (ref.kind === 'external' ? [ref.externalId] : []));
  const { byId, byExternalId } = await resolveInSubtree(trx, ids, externalIds);
  return (text) => {
    const ref = refs.get(text);
    const known =
      ref?.ok && (ref.value.kind === 'id' ? byId.get(ref.value.id) : byExternalId.get(ref.value.externalId));
    return known ? accept(known) : accountNotFound(text);
  };
}

/**
 * The accounts that an input names beside the acting one.
 *
 * @param field of the input
 * @throws Refused NOT_FOUND
 */
export async function resolveAll(
  trx: TenantTransaction,
  asked: readonly string[],
  field: string,
): Promise<readonly AccountId[]> {
  const find = await lookUp(trx, asked);
  return asked.map((text) => {
    const found = find(text);
    if (!found.ok) throw new Refused({ ...found.refusal, field });
    return found.value.id;
  });
}
