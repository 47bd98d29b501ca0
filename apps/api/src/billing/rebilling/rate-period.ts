import {
  type LateUsage,
  readAssignmentsOf,
  readCountedTotal,
  readLateUsage,
  readQuantityBilled,
  readSalesAbove,
  readStatementsToLookAt,
  type StoredAssignment,
  type StoredBook,
  type TenantTransaction,
  type UsageBilled,
} from '@tenantree/db';
import {
  type AccountId,
  type BillingPeriod,
  type Book,
  billingPeriodOf,
  type Currency,
  countedAs,
  type Decision,
  fractionOf,
  type Instant,
  lateLines,
  minorOfPrice,
  ownPrices,
  type PricedSpan,
  parseBook,
  parseDecimal,
  parsePlan,
  pricedUsage,
  pricesOf,
  prorate,
  type Rates,
  rate,
  type Span,
  type Terms,
  totalOf,
} from '@tenantree/domain';
import { granted } from '../../hall/refused.ts';
import { readStatementTerms, type StatedPart } from './statement-terms.ts';

/** Whose statement it is, and of which period. */
export type OfCustomer = { readonly seller: AccountId; readonly customer: AccountId; readonly period: BillingPeriod };

/** A part of a period in which a customer pays by the same terms, before anything is rated. */
export type PlannedPart = Span & { readonly book: Pick<StoredBook, 'id' | 'version' | 'name'>; readonly terms: Terms };

/** A part of a period, rated, and of what: how its lines are told from others. */
export type Rating = { readonly rates: Rates; readonly used: UsageBilled; readonly valid: Span };

/** The terms of a stored book, which were read before they were stored. */
export const bookOf = ({ terms }: Pick<StoredBook, 'terms'>): Book => granted(parseBook(terms));

/** Reads what an account pays itself in a time, in the order of time. */
export async function readOwnPrices(trx: TenantTransaction, account: AccountId, span: Span): Promise<PricedSpan[]> {
  const sales = await readSalesAbove(trx, account, span);
  return ownPrices(
    sales.map(({ plan, books, ...where }) => ({
      ...where,
      plan: plan && granted(parsePlan(plan)),
      books: books.map((held) => held.map(({ terms, ...one }) => ({ ...one, book: granted(parseBook(terms)) }))),
    })),
  );
}

/** What an account pays itself at an instant; null: nothing that anybody could say. */
export async function readOwnTerms(trx: TenantTransaction, account: AccountId, at: Instant): Promise<Terms | null> {
  const { start, end } = billingPeriodOf(at);
  const prices = await readOwnPrices(trx, account, { from: start, to: end });
  const present = prices.find(({ from, to }) => from <= at && at < to);
  return present?.terms.ok ? present.terms.value : null;
}

/** The parts of a period by the books that a customer has in it, first to last. Refused: of one of them nobody can say what it comes to. */
export async function planParts(
  trx: TenantTransaction,
  seller: AccountId,
  period: BillingPeriod,
  held: readonly Pick<StoredAssignment, 'book' | 'from' | 'to'>[],
): Promise<Decision<readonly PlannedPart[]>> {
  const within = { from: period.start, to: period.end };
  let own: PricedSpan[] | null = null;
  const parts: PlannedPart[] = [];
  for (const { book, from, to } of held) {
    const parsed = bookOf(book);
    if (parsed.rates.some(({ pricing }) => pricing.model === 'markup'))
      own ??= await readOwnPrices(trx, seller, within);
    for (const { terms, ...span } of pricesOf(within, { from, to, book: parsed }, own ?? [])) {
      if (!terms.ok) return terms;
      parts.push({ ...span, book: { id: book.id, version: book.version, name: book.name }, terms: terms.value });
    }
  }
  return { ok: true, value: parts };
}

const isWhole = ({ from, to }: Span, period: BillingPeriod): boolean => from <= period.start && to >= period.end;

/** Of each meter of a part what is to be rated, and by which rates: with what is included in proportion. */
export const ratingsOf = ({ seller, customer, period }: OfCustomer, { terms, from, to }: PlannedPart): Rating[] =>
  terms.rates.map((whole) => {
    const rates = prorate(whole, fractionOf(period, from, to));
    const meter = { key: rates.meter, counted: pricedUsage(rates) };
    const part = isWhole({ from, to }, period) ? null : { from, to };
    return { rates, used: { account: customer, seller, meter, period: period.start, part }, valid: { from, to } };
  });

/** The fee of a part, in minor units. */
export const feeOf = (period: BillingPeriod, { terms, from, to }: PlannedPart): bigint =>
  minorOfPrice(terms.monthlyFee, terms.currency, fractionOf(period, from, to));

/** Rates what was counted of a meter by now. */
export async function rateMeter(
  trx: TenantTransaction,
  currency: Currency,
  { rates, used }: Rating,
): Promise<StatedPart['used'][number]> {
  // Before the quantity: what is counted between is looked for as late, and found to be stated.
  const { events } = await readCountedTotal(trx, used.account, countedAs(used.meter.key).as, used.period);
  const quantity = await readQuantityBilled(trx, used);
  return { rates, quantity, amount: rate(rates, currency, parseDecimal(quantity) ?? 0n), events };
}

/** A part as it is kept, once its meters are rated. */
export const statedPart = (
  period: BillingPeriod,
  part: PlannedPart,
  used: readonly StatedPart['used'][number][],
): StatedPart => ({
  from: part.from,
  to: part.to,
  whole: isWhole(part, period),
  book: part.book,
  fee: feeOf(period, part),
  used: [...used],
});

/** Rates parts of a period by what was counted of them by now. Nothing is written. */
export async function rateParts(
  trx: TenantTransaction,
  of: OfCustomer,
  parts: readonly PlannedPart[],
): Promise<StatedPart[]> {
  const rated: StatedPart[] = [];
  for (const part of parts) {
    const used: StatedPart['used'] = [];
    for (const rating of ratingsOf(of, part)) used.push(await rateMeter(trx, part.terms.currency, rating));
    rated.push(statedPart(of.period, part, used));
  }
  return rated;
}

/** What rated parts come to, without what came late of others. */
export const sumOf = (parts: readonly Pick<StatedPart, 'fee' | 'used'>[]): bigint =>
  parts.reduce((sum, { fee, used }) => sum + fee + totalOf(used), 0n);

/** A line of what came late. */
export type LateLine = {
  readonly account: LateUsage['account'];
  readonly meter: Rates['meter'];
  readonly ofPeriod: Instant;
  readonly valid: Span;
  /** 10⁻⁹ of what the meter is counted as. */
  readonly quantity: bigint;
  readonly amount: bigint;
};

/**
 * What came late of stated periods of a customer before one (rules/money 10), by the terms of their own statements. Of those in another currency
 * nothing: they have a statement of their own.
 *
 * @param before null: of every period
 */
export async function readLate(
  trx: TenantTransaction,
  { seller, customer }: Pick<OfCustomer, 'seller' | 'customer'>,
  {
    before,
    currency,
    lateDays,
  }: { readonly before: Instant; readonly currency: string | null; readonly lateDays: number },
): Promise<{ readonly currency: Currency | null; readonly lines: readonly LateLine[] }> {
  const lines: LateLine[] = [];
  let found: Currency | null = null;
  for (const stated of await readStatementsToLookAt(trx, seller, { customer, before, lateDays })) {
    if (currency !== null && stated.currency.code !== currency) continue;
    if (found !== null && stated.currency.code !== found.code) continue;
    const { period } = stated;
    for (const { from, to, whole, used } of readStatementTerms(stated.terms).parts)
      for (const { rates, events } of used) {
        const meter = { key: rates.meter, counted: pricedUsage(rates) };
        // Of a customer that has left they can't be seen.
        const counted = await readCountedTotal(trx, customer, countedAs(meter.key).as, period);
        if (events > 0 && counted.events === events) continue;
        const asked = { account: customer, seller, meter, period, part: whole ? null : { from, to } };
        const { billed, late } = await readLateUsage(trx, asked, from);
        const differences = late.map(({ account, difference }) => ({
          id: `${account.id} ${account.place}`,
          quantity: parseDecimal(difference) ?? 0n,
          account,
        }));
        for (const { segment, amount } of lateLines(
          rates,
          stated.currency,
          period,
          parseDecimal(billed) ?? 0n,
          differences,
        ))
          lines.push({
            account: segment.account,
            meter: meter.key,
            ofPeriod: period,
            valid: { from, to },
            quantity: segment.quantity,
            amount,
          });
      }
    if (lines.length > 0) found = stated.currency;
  }
  return { currency: found, lines };
}

/** A draft of a statement: what it would be by now. */
export type RatedPeriod = {
  readonly currency: Currency;
  readonly planned: readonly PlannedPart[];
  /** One for each of those. */
  readonly parts: readonly StatedPart[];
  readonly late: readonly LateLine[];
};

/** Rates a period of a customer by what was counted by now. Refused: nobody can say; null: there was no book. */
export async function ratePeriod(
  trx: TenantTransaction,
  of: OfCustomer,
  lateDays: number,
  held?: readonly Pick<StoredAssignment, 'book' | 'from' | 'to'>[],
): Promise<Decision<RatedPeriod | null>> {
  const planned = await planParts(
    trx,
    of.seller,
    of.period,
    held ?? (await readAssignmentsOf(trx, of.seller, [of.customer])),
  );
  if (!planned.ok) return planned;
  const [first] = planned.value;
  if (!first) return { ok: true, value: null };
  const parts = await rateParts(trx, of, planned.value);
  const { currency } = first.terms;
  const { lines } = await readLate(trx, of, { before: of.period.start, currency: currency.code, lateDays });
  return { ok: true, value: { currency, planned: planned.value, parts, late: lines } };
}
