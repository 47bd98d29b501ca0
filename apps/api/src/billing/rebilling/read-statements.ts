import type { DocumentLine, ShownStatement, StatementDetails } from '@tenantree/contract';
import {
  findStatementOf,
  readLines,
  readLinesToCome,
  readStatedBefore,
  type StoredLine,
  type StoredStatement,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  type BillingPeriod,
  billingPeriodOf,
  type Currency,
  formatDecimal,
  pricedUsage,
  type Rates,
  shownPrices,
  totalOf,
} from '@tenantree/domain';
import type { Access } from '../../guard/admit.ts';
import type { Hall } from '../../hall/hall.ts';
import { refuseWith } from '../../hall/refused.ts';
import { findLateLine, shownLateEvents } from '../late-events.ts';
import { LinePage } from '../line-page.ts';
import { shownLine } from '../read-invoices.ts';
import { inUnitOf, shownMeter, shownMoney, shownPriced } from '../shown-plan.ts';
import { shownPeriod } from './customers.ts';
import { feeOf, type OfCustomer, type RatedPeriod, ratingsOf, sumOf } from './rate-period.ts';
import { readStatementTerms, type StatedPart } from './statement-terms.ts';

/** Who reads a statement: its seller, or its customer. */
export type StatementReader = Pick<Access, 'id' | 'name' | 'chain' | 'reached'>;

/** A frozen statement as lists show it. */
export function shownStatement(reader: StatementReader, statement: StoredStatement): ShownStatement {
  const { id, frozen, kind, period, customer, customerName, currency, total, lines, seller } = statement;
  if (frozen === null) throw new Error('a draft has no number');
  const above = reader.chain.find((link) => link.id === seller);
  const isReached = above !== undefined && reader.reached.includes(seller);
  return {
    id,
    number: frozen.number,
    frozenAt: frozen.at,
    kind,
    period: billingPeriodOf(period).key,
    seller: isReached ? { id: above.id, name: above.name } : null,
    customer: { id: customer, name: customerName },
    total: shownMoney(currency, total),
    lines,
  };
}

/** What is said of parts of a period, and of what came late. @param reader whoever isn’t the seller isn’t told which book it was */
export function shownDetails(
  hall: Hall,
  reader: 'seller' | 'customer',
  of: { readonly period: BillingPeriod; readonly currency: Currency; readonly parts: readonly StatedPart[] },
  late: bigint,
): StatementDetails {
  const { currency, parts } = of;
  return {
    period: shownPeriod(hall, of.period),
    parts: shownParts(reader, currency, parts),
    late: shownMoney(currency, late),
    total: shownMoney(currency, sumOf(parts) + late),
  };
}

/** What is said of parts of a period. @param reader as above */
export const shownParts = (
  reader: 'seller' | 'customer',
  currency: Currency,
  parts: readonly StatedPart[],
): StatementDetails['parts'] =>
  parts.map(({ from, to, book, fee, used }) => ({
    from,
    to,
    book: reader === 'seller' ? book : null,
    fee: shownMoney(currency, fee),
    used: used.map(({ rates, quantity, amount }) => ({
      ...shownMeter(rates.meter),
      quantity: inUnitOf(rates.meter, quantity),
      included: formatDecimal(rates.included),
      prices: shownPrices(rates),
      ...pricedBy(rates),
      amount: shownMoney(currency, amount),
    })),
  }));

function pricedBy(rates: Rates): Omit<ReturnType<typeof shownPriced>, 'price'> {
  const { price: _, ...priced } = shownPriced(rates);
  return priced;
}

/** What is said of a stored statement. */
export function detailsOf(hall: Hall, reader: StatementReader, statement: StoredStatement): StatementDetails {
  const { currency, period, seller } = statement;
  const { parts, late } = readStatementTerms(statement.terms);
  const of = { currency, period: billingPeriodOf(period), parts };
  return shownDetails(hall, reader.id === seller ? 'seller' : 'customer', of, late);
}

/** A page of lines of a frozen statement as people see them. */
export async function statementLines(
  trx: TenantTransaction,
  { seller, id, currency, customer }: StoredStatement,
  page: { readonly after: number; readonly limit: number },
): Promise<DocumentLine[]> {
  const lines = await readLines(trx, { table: 'statement_lines', account: seller, document: id }, page);
  return lines.map((line) => statedLine(currency, customer, line));
}

/** A line as its customer may see it: those above the customer are nobody’s here. */
function statedLine(currency: Currency, customer: AccountId, line: StoredLine): DocumentLine {
  const shown = shownLine(currency, line);
  if (!shown.account || !line.account) return shown;
  const from = Math.max(line.account.place.indexOf(customer), 0);
  return { ...shown, account: { ...shown.account, above: shown.account.above.slice(from) } };
}

/** A page of the events behind a line of late usage of a frozen statement. @throws Refused NOT_FOUND */
export async function lateEventsOfStatement(
  trx: TenantTransaction,
  statement: StoredStatement,
  { line: n, ...page }: { readonly line: number; readonly skip: number; readonly limit: number },
) {
  const { seller, customer, id, currency, draftedAt: until } = statement;
  const line = await findLateLine(trx, { table: 'statement_lines', account: seller, document: id }, n);
  const { meter, ofPeriod: period, account, from } = line;
  const then = await findStatementOf(trx, seller, { customer, period, kind: 'period' });
  const part = then && readStatementTerms(then.terms).parts.find((one) => one.from === from);
  const rates = part?.used.find((one) => one.rates.meter === meter)?.rates;
  const after = await readStatedBefore(trx, statement, period);
  if (!part || !rates || !after) throw new Error(`statement ${id} has late usage of what was not stated before`);
  const of = { payer: customer, account, counted: pricedUsage(rates), period, part: part.whole ? null : part };
  return shownLateEvents(trx, { ...of, meter, shown: statedLine(currency, customer, line), after, until }, page);
}

/** A page of lines of a draft: as they would be written now. */
export async function linesToCome(
  trx: TenantTransaction,
  of: OfCustomer,
  { currency, planned, parts, late }: RatedPeriod,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<DocumentLine[]> {
  const page = new LinePage(after, limit);
  const common = { ofPeriod: of.period.start, ofLine: null };
  for (const [index, part] of planned.entries()) {
    const { from, to } = part;
    const fee = { account: null, meter: null, quantity: null, from, to, amount: feeOf(of.period, part) };
    page.add([{ ...common, ...fee, type: 'fee' }]);
    for (const [n, { used, valid }] of ratingsOf(of, part).entries()) {
      const rated = parts[index]?.used[n];
      if (!rated) throw new Error('every meter was rated');
      const { lines, all } = await readLinesToCome(trx, used, rated, page.next());
      const those = lines.map(
        (line) => ({ ...common, ...line, ...valid, type: 'usage', meter: used.meter.key }) as const,
      );
      page.addSome(those, all);
    }
  }
  page.add(
    late.map(({ account, meter, ofPeriod, valid, quantity, amount }) => {
      const line = { account: { ...account, place: [] }, meter, ofPeriod, quantity: formatDecimal(quantity), amount };
      return { ...common, ...line, ...valid, type: 'late' } as const;
    }),
  );
  return page.lines.map((line) => statedLine(currency, of.customer, line));
}

/** Sum of what came late. */
export const lateOf = (period: RatedPeriod): bigint => totalOf(period.late);

/** Finds a frozen statement that the acting account sends or has. @throws Refused NOT_FOUND */
export const frozen = (statement: StoredStatement | null): StoredStatement =>
  statement?.frozen ? statement : refuseWith('NOT_FOUND', 'There is no such statement.', 'statement');
