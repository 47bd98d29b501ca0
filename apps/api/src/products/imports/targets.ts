import { type InAccount, procedureAt } from '@tenantree/contract';
import { readAccountNames } from '@tenantree/db';
import { type AccountId, accountNotFound, type Refusal } from '@tenantree/domain';
import type { Actor } from '../../context/actor.ts';
import { type Access, admitToEach } from '../../guard/admit.ts';
import type { Hall } from '../../hall/hall.ts';
import { Refused } from '../../hall/refused.ts';

/** What an import needs in an account, beside the permissions of what is imported. */
export const IMPORTS = procedureAt('imports.plan').needs as InAccount;

/** An account to import into, as it stands: or why nothing can be done there now. */
export type Target = {
  readonly id: AccountId;
  readonly name: string;
  readonly access: Pick<Access, 'id' | 'name' | 'chain'> | null;
  readonly refusal: Refusal | null;
};

/**
 * Accounts below one as somebody may import into them.
 *
 * @throws Refused NOT_FOUND of one that is not below any more
 */
export async function targetsOf(
  { hall, actor, access }: { readonly hall: Hall; readonly actor: Actor; readonly access: Access },
  accounts: readonly AccountId[],
): Promise<Target[]> {
  const names = await hall.db.withTenant(access.id, (trx) => readAccountNames(trx, accounts), { snapshot: true });
  const nameOf = new Map(names.map(({ id, name }) => [id, name]));
  const decisions = await admitToEach(hall, actor, accounts, IMPORTS);
  return decisions.map((decision, n): Target => {
    const id = accounts[n]!;
    const isSeen = decision.ok ? decision.value.path.includes(access.id) : decision.refusal.code !== 'NOT_FOUND';
    const name = nameOf.get(id);
    if (name === undefined || !isSeen) throw new Refused({ ...accountNotFound(id).refusal, field: 'targets' });
    return decision.ok
      ? { id, name, access: decision.value, refusal: null }
      : { id, name, access: null, refusal: decision.refusal };
  });
}
