import { readAccountState, readAssignmentsOf, type TenantTransaction } from '@tenantree/db';
import {
  type AccountId,
  type BillingPeriod,
  billingPeriodOf,
  closesAtMs,
  instantOf,
  msOf,
  parseAccountId,
  parseBillingPeriod,
  quoted,
} from '@tenantree/domain';
import type { Hall } from '../../hall/hall.ts';
import { refuseWith } from '../../hall/refused.ts';
import { lookUp } from '../../hall/resolve-all.ts';

/**
 * The customer that an input names: a direct subaccount, or one that once had a price book of the acting account.
 *
 * @throws Refused NOT_FOUND
 */
export async function findCustomer(trx: TenantTransaction, seller: AccountId, text: string): Promise<AccountId> {
  const found = (await lookUp(trx, [text]))(text);
  const id = found.ok ? found.value.id : parseAccountId(text);
  if (id !== null) {
    if (found.ok && (await readAccountState(trx, id))?.parentId === seller) return id;
    // It has left, or stands elsewhere, and its statements do not.
    if ((await readAssignmentsOf(trx, seller, [id])).length > 0) return id;
  }
  return refuseWith('NOT_FOUND', `There is no customer ${quoted(text)} of this account.`, 'customer');
}

/** The period that an input names; absent: the one that runs. @throws Refused BAD_REQUEST */
export function readPeriod({ clock }: Pick<Hall, 'clock'>, key: string | undefined): BillingPeriod {
  if (key === undefined) return billingPeriodOf(instantOf(clock.nowMs()));
  return parseBillingPeriod(key) ?? refuseWith('BAD_REQUEST', 'A period is a year and a month: 2026-11.', 'period');
}

/** A period as it is answered. */
export function shownPeriod({ clock, settings }: Pick<Hall, 'clock' | 'settings'>, period: BillingPeriod) {
  const nowMs = clock.nowMs();
  const state =
    nowMs < msOf(period.start)
      ? 'coming'
      : nowMs < msOf(period.end)
        ? 'running'
        : nowMs < closesAtMs(period, settings.closingGraceMs)
          ? 'closing'
          : 'closed';
  return { ...period, state } as const;
}
