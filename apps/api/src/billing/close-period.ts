import type { ShownInvoice } from '@tenantree/contract';
import {
  findFirstUnbilled,
  findInvoice,
  findInvoiceOf,
  findPayersDue,
  issueDrafts,
  issueWaiting,
  readAccountState,
  readSubscriptions,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  type BillingPeriod,
  billingPeriodOf,
  closesAtMs,
  DAY_MS,
  fractionOf,
  instantOf,
  parseBillingPeriod,
  quoted,
  type RowId,
} from '@tenantree/domain';
import type { Access } from '../guard/admit.ts';
import { type Change, SYSTEM } from '../hall/change.ts';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { type Drafted, draftInvoice } from './draft-invoice.ts';
import { readTerms } from './invoice-terms.ts';
import { shownInvoice } from './read-invoices.ts';
import { refuseParentBilled } from './subscribe.ts';

/** Invoices of one series that are issued by one statement. */
const ISSUED_AT_ONCE = 500;
/** Payers that one round looks at, and for how long it goes on: others wait for their minute. */
const PAYERS_AT_ONCE = 100;
const ROUND_MS = 45_000;

/**
 * Closes a period of a payer by hand, and issues its invoice; one that is closed already is answered as it is.
 *
 * @throws Refused PARENT_BILLED, PERIOD_OPEN, PLAN_UNAVAILABLE
 */
export async function closePeriod(
  hall: Hall,
  caller: Caller,
  { id, root }: Pick<Access, 'id' | 'root'>,
  key: string,
): Promise<ShownInvoice> {
  const period =
    parseBillingPeriod(key) ?? refuseWith('BAD_REQUEST', 'A period is a year and a month: 2026-11.', 'period');
  await hall.db.withTenant(id, (trx) => checkCloses(hall, trx, id, period), { snapshot: true });
  const drafted =
    (await draftInvoice(hall, { account: id, period, kind: 'period' })) ??
    refuseWith('PLAN_UNAVAILABLE', `There was no plan in ${period.key}.`, 'period');
  return hall.change(caller, { root, acting: id }, async (change) => {
    await issue(change, id, drafted);
    const invoice = await findInvoice(change.trx, id, drafted.invoice);
    if (!invoice) throw new Error('what was drafted stays');
    return shownInvoice(invoice);
  });
}

/** Whether a period of an account is closed, or can be now. @throws Refused */
async function checkCloses(hall: Hall, trx: TenantTransaction, id: AccountId, period: BillingPeriod): Promise<void> {
  const account = (await readAccountState(trx, id)) ?? refuseWith('NOT_FOUND', 'There is no such account.', 'account');
  refuseParentBilled(account);
  if (await findInvoiceOf(trx, id, { kind: 'period', period: period.start, seq: 0 })) return;
  const closesMs = closesAtMs(period, hall.settings.closingGraceMs);
  if (hall.clock.nowMs() < closesMs)
    refuseWith('PERIOD_OPEN', `${period.key} can be closed from ${instantOf(closesMs)} on.`, 'period');
  const subscriptions = await readSubscriptions(trx, id);
  if (!subscriptions.some(({ from, to }) => fractionOf(period, from, to).part > 0n))
    refuseWith('PLAN_UNAVAILABLE', `${quoted(account.name)} had no plan in ${period.key}.`, 'period');
  const first = await findFirstUnbilled(trx, id);
  if (first !== null && first < period.start)
    refuseWith('PERIOD_OPEN', `${billingPeriodOf(first).key} is to be closed before it.`, 'period');
}

/** Issues what was drafted, inside a change of the payer. */
export async function issue(
  { trx, now, happened }: Change,
  account: AccountId,
  { invoice, creditNote }: Drafted,
): Promise<void> {
  const ids: RowId[] = [invoice, ...(creditNote === null ? [] : [creditNote])];
  for (const { id, number, kind, terms } of await issueDrafts(trx, ids, now)) {
    const { account: name, told } = readTerms(terms);
    const details = { period: '', total: '', reason: '', ...told, account: name, number };
    happened(kind === 'credit' ? 'invoice.credited' : 'invoice.issued', account, details, { id, name: number });
  }
}

/**
 * Closes what is due, of whichever payers (rules/money 8): drafts each by itself, then issues what waits, many at once. What fails of one holds
 * up no other, and is tried again a minute later; drafts of a server that was killed are issued by whoever comes next.
 */
export async function closeWhatIsDue(hall: Hall, onError: (error: unknown, where: object) => void): Promise<void> {
  const nowMs = hall.clock.nowMs();
  const { closingGraceMs, usageMaxAgeDays } = hall.settings;
  const until = {
    closed: lastClosedAt(nowMs - closingGraceMs),
    late: lastClosedAt(nowMs - closingGraceMs - usageMaxAgeDays * DAY_MS),
  };
  const failed = new Set<AccountId>();
  const endsMs = performance.now() + ROUND_MS;
  while (performance.now() < endsMs) {
    const found = await findPayersDue(hall.db, until, PAYERS_AT_ONCE + failed.size);
    const due = found.filter(({ account }) => !failed.has(account));
    for (const { account, period, kind } of due) {
      await draftInvoice(hall, { account, period: billingPeriodOf(period), kind }).catch((error: unknown) => {
        failed.add(account);
        onError(error, { account, period, kind });
      });
    }
    await issueAll(hall);
    if (due.length === 0) return;
  }
}

/** The start of the last period that has ended by then. */
const lastClosedAt = (ms: number) =>
  billingPeriodOf(instantOf(Date.parse(billingPeriodOf(instantOf(ms)).start) - 1)).start;

async function issueAll(hall: Hall): Promise<void> {
  const { actor, requestId } = SYSTEM;
  while ((await issueWaiting(hall.db, nowOf(hall), ISSUED_AT_ONCE, { actor, requestId })) >= ISSUED_AT_ONCE);
}
