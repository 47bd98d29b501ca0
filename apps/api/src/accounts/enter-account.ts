import type { Visit } from '@tenantree/contract';
import { readVisits } from '@tenantree/db';
import { ACCOUNT_ABOVE, type AccountId, type RowId, visitEnd } from '@tenantree/domain';
import type { Access } from '../guard/admit.ts';
import type { Caller, Hall } from '../hall/hall.ts';

/** Notes in the account's audit log that somebody came in or went out (rules/audit 2). */
export async function noteVisit(
  hall: Hall,
  caller: Caller,
  account: { readonly id: AccountId; readonly name: string },
  action: 'account.entered' | 'account.left',
): Promise<void> {
  const target = { id: account.id, name: account.name };
  await hall.trace(caller, { action, details: { account: account.name }, account: account.id, target });
}

/** Visits to an account from above it, newest first: who, when and for how long; where from, as far as the reader reaches (rules/permissions 13). */
export async function readEntriesFromAbove(
  hall: Hall,
  { id, reached }: Access,
  before: RowId | null,
  limit: number,
): Promise<Visit[]> {
  const visits = await hall.db.withTenant(id, (trx) => readVisits(trx, id, before, limit), { snapshot: true });
  const nowMs = hall.clock.nowMs();
  return visits.map(({ actor: { via, ...actor }, acts, ...visit }) => ({
    id: visit.id,
    actor,
    from: via && (reached.includes(via.id) ? via : { id: null, name: ACCOUNT_ABOVE }),
    enteredAt: visit.enteredAt,
    end: visitEnd(visit, nowMs),
    acts,
  }));
}
