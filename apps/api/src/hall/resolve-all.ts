import { type Database, type KnownAccount, resolveInSubtree, type TenantTransaction } from '@tenantree/db';
import { type AccountId, accept, accountNotFound, type Decision, parseAccountRef } from '@tenantree/domain';
import { Refused } from './refused.ts';

/**
 * Looks accounts of the acting subtree up, by id or external id, all at once. What is not in it does not exist (rules/permissions 7), whatever it
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

/** Accounts that a stream is to watch and that are not below the account: begins with them are refused, or they are waited for. */
export type WatchedGone = 'refuse' | 'await';

/**
 * The accounts that a live stream of an account is to watch.
 *
 * @param field of the input
 * @param gone what becomes of those that are not in the subtree, or not any more: `await`ed, they show nothing until they come (back)
 * @throws Refused NOT_FOUND when an account is not in the subtree and that is refused
 */
export async function resolveWatched(
  db: Database,
  within: AccountId,
  asked: readonly string[],
  field: string,
  gone: WatchedGone,
): Promise<readonly AccountId[]> {
  const refs = asked.map((text) => parseAccountRef(text));
  const ids = refs.flatMap((ref) => (ref.ok && ref.value.kind === 'id' ? [ref.value.id] : []));
  // Nothing has to be looked up for who brings ids: what is not below the account is never told.
  if (gone === 'await' && ids.length === asked.length) return ids;
  const find = await db.withTenant(within, (trx) => lookUp(trx, asked), { snapshot: true });
  return asked.flatMap((text, index) => {
    const found = find(text);
    if (found.ok) return [found.value.id];
    if (gone === 'refuse') throw new Refused({ ...found.refusal, field });
    const ref = refs[index];
    return ref?.ok && ref.value.kind === 'id' ? [ref.value.id] : [];
  });
}
