import type { DocumentLine, LateEvents } from '@tenantree/contract';
import {
  findInvoiceOf,
  type LateLineOf,
  type LinesOf,
  readBilledBefore,
  readLateEvents,
  readLines,
  readPlan,
  type StoredInvoice,
  type StoredLine,
  type TenantTransaction,
} from '@tenantree/db';
import { type AccountId, type Instant, type MeterKey, pricedUsage } from '@tenantree/domain';
import { refuseWith } from '../hall/refused.ts';
import { readTerms } from './invoice-terms.ts';
import { shownLine } from './read-invoices.ts';
import { inUnitOf, planOf } from './shown-plan.ts';

/** A line of late usage with all that says what it is of. */
type LateLine = StoredLine & {
  readonly account: NonNullable<StoredLine['account']>;
  readonly meter: MeterKey;
  readonly ofPeriod: Instant;
};

const isLate = (line: StoredLine): line is LateLine =>
  line.type === 'late' && line.account !== null && line.meter !== null && line.ofPeriod !== null;

/** Finds a line of late usage of a document. @throws Refused NOT_FOUND */
export async function findLateLine(trx: TenantTransaction, of: LinesOf, n: number): Promise<LateLine> {
  const [line] = await readLines(trx, of, { after: n - 1, limit: 1 });
  return line && line.n === n && isLate(line)
    ? line
    : refuseWith('NOT_FOUND', 'There is no line of late usage of this number.', 'line');
}

/** A page of the events behind a line, as people see them. */
export async function shownLateEvents(
  trx: TenantTransaction,
  { shown, meter, ...of }: LateLineOf & { readonly shown: DocumentLine; readonly meter: MeterKey },
  page: { readonly skip: number; readonly limit: number },
): Promise<Omit<LateEvents, 'nextCursor'> & { readonly next: number | null }> {
  const { events, sum, rows } = await readLateEvents(trx, of, page);
  const next = page.skip + rows.length;
  return {
    line: shown,
    after: of.after,
    until: of.until,
    events,
    sum: inUnitOf(meter, sum),
    rows: rows.map(({ key, quantity, ...event }) => ({
      ...event,
      idempotencyKey: key,
      quantity: inUnitOf(meter, quantity),
    })),
    next: rows.length > 0 && next < events ? next : null,
  };
}

/** A page of the events behind a line of late usage of an invoice. @throws Refused NOT_FOUND */
export async function lateEventsOfInvoice(
  trx: TenantTransaction,
  account: AccountId,
  invoice: StoredInvoice,
  { line: n, ...page }: { readonly line: number; readonly skip: number; readonly limit: number },
) {
  const line = await findLateLine(trx, { table: 'invoice_lines', account, document: invoice.id }, n);
  const { meter, ofPeriod: period } = line;
  // By the plan of then, which is what the invoice of then says.
  const then = await findInvoiceOf(trx, account, { kind: 'period', period, seq: 0 });
  const { plan } = readTerms(then?.terms);
  const rates = plan && planOf(await readPlan(trx, plan)).rates.find((one) => one.meter === meter);
  const after = await readBilledBefore(trx, account, { invoice: invoice.id, period });
  if (!rates || !after) throw new Error(`invoice ${invoice.id} has late usage of a month that was not billed before`);
  const of = { payer: account, account: line.account, counted: pricedUsage(rates), period, part: null };
  const shown = shownLine(invoice.currency, line);
  return shownLateEvents(trx, { ...of, meter, shown, after, until: invoice.draftedAt }, page);
}
