import type { CustomerMargins, DepartedMargins, Margins } from '@tenantree/contract';
import {
  type DirectSubaccount,
  findInvoiceOf,
  findLeftAccount,
  findReceived,
  readAssignmentsIn,
  readCustomerName,
  readDirectSubaccounts,
  readPlan,
  readQuantityBilled,
  readSoldTotals,
  readStatements,
  readSubscriptions,
  type SharedCost,
  type StoredAssignment,
  type StoredStatement,
  shareCost,
  sumCosts,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  type BillingPeriod,
  billingPeriodOf,
  COUNTED_METERS,
  type CostLine,
  type Currency,
  DAY_MS,
  type Fraction,
  formatDecimal,
  fractionOf,
  instantOf,
  type Margin,
  type Money,
  marginOf,
  marginsOf,
  minorOfPrice,
  msOf,
  parseDecimal,
  periodAfter,
  periodBefore,
  pricedUsage,
  prorate,
  type Refusal,
  type RowId,
  rate,
} from '@tenantree/domain';
import type { Access } from '../../guard/admit.ts';
import { type Hall, nowOf } from '../../hall/hall.ts';
import { EACH_COUNTED } from '../../hall/plans.ts';
import { refuseWith } from '../../hall/refused.ts';
import { inUnitOf, planOf, shownMeter, shownMoney } from '../shown-plan.ts';
import { shownPeriod } from './customers.ts';
import { statedIn } from './freeze-statement.ts';
import { type OfCustomer, planParts, rateParts, ratingsOf, sumOf } from './rate-period.ts';
import { readStatementTerms, type StatedPart } from './statement-terms.ts';

/** What a seller pays in a period, and for whom. */
export type Costs = Margins['costs'] & {
  /** Null: nobody can say. */
  readonly paid: {
    readonly currency: Currency;
    readonly shares: readonly SharedCost[];
    readonly feeSays: string;
  } | null;
};

const NO_COSTS: Costs = { from: 'none', state: 'draft', number: null, refused: null, paid: null };

/**
 * What a seller pays in a period, by customer: the lines of its invoice, or of the statement that it has itself (rules/money 17); as long as
 * there is none, what it would be by now, without what came late of other periods.
 */
export async function readCosts(
  hall: Hall,
  access: Pick<Access, 'id' | 'chain'>,
  period: BillingPeriod,
): Promise<Costs> {
  const { id, chain } = access;
  const parent = chain.at(-2);
  const isPayer = chain.at(-1)?.payerId === id;
  if (isPayer)
    return hall.db.withTenant(id, async (trx) => (await invoiced(trx, id, period)) ?? toBeInvoiced(trx, id, period), {
      snapshot: true,
    });
  const stated = await hall.db.withTenant(id, (trx) => received(trx, id, period), { snapshot: true });
  if (stated) return stated;
  // What the account above would bill by now: only it can read the terms.
  return parent
    ? hall.db.withTenant(parent.id, (trx) => toBeStated(trx, { seller: parent.id, customer: id, period }), {
        snapshot: true,
      })
    : NO_COSTS;
}

async function invoiced(trx: TenantTransaction, id: AccountId, period: BillingPeriod): Promise<Costs | null> {
  const invoice = await findInvoiceOf(trx, id, { kind: 'period', period: period.start, seq: 0 });
  if (!invoice?.issued) return null;
  const shares = await sumCosts(trx, { table: 'invoice_lines', account: id, document: invoice.id }, id);
  const { currency } = invoice;
  const paid = { currency, shares, feeSays: 'Monthly fee of the plan' };
  return { from: 'invoice', state: 'final', number: invoice.issued.number, refused: null, paid };
}

async function toBeInvoiced(trx: TenantTransaction, id: AccountId, period: BillingPeriod): Promise<Costs> {
  const shares: SharedCost[] = [];
  let fraction: Fraction = { part: 0n, whole: 1n };
  let plan: ReturnType<typeof planOf> | null = null;
  for (const { from, to, plan: version } of await readSubscriptions(trx, id)) {
    const one = fractionOf(period, from, to);
    if (one.part === 0n) continue;
    plan = planOf(await readPlan(trx, version));
    shares.push({ below: null, type: 'fee', amount: minorOfPrice(plan.monthlyFee, plan.currency, one) });
    fraction = { part: fraction.part * one.whole + one.part * fraction.whole, whole: fraction.whole * one.whole };
  }
  if (plan === null) return NO_COSTS;
  const { currency } = plan;
  for (const whole of plan.rates) {
    const rates = prorate(whole, fraction);
    const meter = { key: rates.meter, counted: pricedUsage(rates) };
    const used = { account: id, seller: null, meter, period: period.start, part: null };
    const quantity = await readQuantityBilled(trx, used);
    const amount = rate(rates, currency, parseDecimal(quantity) ?? 0n);
    shares.push(...(await shareCost(trx, used, { quantity, amount })));
  }
  const paid = { currency, shares, feeSays: 'Monthly fee of the plan' };
  return { from: 'invoice', state: 'draft', number: null, refused: null, paid };
}

async function received(trx: TenantTransaction, id: AccountId, period: BillingPeriod): Promise<Costs | null> {
  const statement = await findReceived(trx, id, period.start);
  if (!statement?.frozen) return null;
  const { seller, currency, frozen } = statement;
  const shares = await sumCosts(trx, { table: 'statement_lines', account: seller, document: statement.id }, id);
  const paid = { currency, shares, feeSays: 'Monthly fee of the price book' };
  return { from: 'statement', state: 'final', number: frozen.number, refused: null, paid };
}

async function toBeStated(trx: TenantTransaction, of: OfCustomer): Promise<Costs> {
  const held = (await readAssignmentsIn(trx, of.seller, { from: of.period.start, to: of.period.end })).filter(
    ({ customer }) => customer === of.customer,
  );
  const planned = await planParts(trx, of.seller, of.period, held);
  // Why is the account’s above to know.
  if (!planned.ok) return { ...NO_COSTS, from: 'statement', refused: UNSAID };
  const [first] = planned.value;
  if (!first) return NO_COSTS;
  const parts = await rateParts(trx, of, planned.value);
  const shares: SharedCost[] = parts.map(({ fee }) => ({ below: null, type: 'fee', amount: fee }));
  for (const [index, part] of planned.value.entries())
    for (const [n, { used }] of ratingsOf(of, part).entries()) {
      const rated = parts[index]?.used[n];
      if (rated) shares.push(...(await shareCost(trx, used, rated)));
    }
  const paid = { currency: first.terms.currency, shares, feeSays: 'Monthly fee of the price book' };
  return { from: 'statement', state: 'draft', number: null, refused: null, paid };
}

const UNSAID: Refusal = {
  code: 'MARKUP_IMPOSSIBLE',
  message: 'What this account pays itself in this period can’t be said yet: ask whoever sells to it.',
};

/** What a customer brings in a period. */
type Revenue = {
  readonly statement: Margins['rows'][number]['statement'];
  readonly book: Margins['rows'][number]['book'];
  readonly money: Money | null;
  readonly parts: readonly StatedPart[];
};

async function revenueOf(
  trx: TenantTransaction,
  of: OfCustomer,
  stated: StoredStatement | undefined,
  held: readonly StoredAssignment[],
): Promise<Revenue> {
  const none = { id: null, number: null, frozenAt: null, refused: null };
  const last = held.at(-1)?.book;
  const book = last ? { id: last.id, version: last.version, name: last.name } : null;
  if (stated?.frozen) {
    const { frozen, id, currency, total } = stated;
    const { parts } = readStatementTerms(stated.terms);
    const statement = { state: 'frozen', id, number: frozen.number, frozenAt: frozen.at, refused: null } as const;
    return { statement, book: parts.at(-1)?.book ?? book, money: { currency, minor: total }, parts };
  }
  const planned = await planParts(trx, of.seller, of.period, held);
  if (!planned.ok)
    return { statement: { ...none, state: 'impossible', refused: planned.refusal }, book, money: null, parts: [] };
  const [first] = planned.value;
  if (!first) return { statement: { ...none, state: 'none' }, book, money: null, parts: [] };
  const parts = await rateParts(trx, of, planned.value);
  const money = { currency: first.terms.currency, minor: sumOf(parts) };
  return { statement: { ...none, state: 'draft' }, book, money, parts };
}

/** What each customer costs, brings and leaves in a period (rules/money 17). */
export async function readMargins(
  hall: Hall,
  access: Access,
  period: BillingPeriod,
  { after, limit, fee }: { readonly after: number; readonly limit: number; readonly fee: 'nobodys' | 'byQuantity' },
): Promise<Omit<Margins, 'nextCursor'> & { readonly next: number | null }> {
  const costs = await readCosts(hall, access, period);
  const seller = access.id;
  const all = await hall.db.withTenant(
    seller,
    async (trx) => {
      const stated = await statedIn(trx, seller, period);
      const held = await readAssignmentsIn(trx, seller, { from: period.start, to: period.end });
      const customers = await customersOf(trx, seller, [
        ...held.map(({ customer }) => customer),
        ...stated.keys(),
        ...(costs.paid?.shares ?? []).flatMap(({ below }) => (below === null ? [] : [below])),
      ]);
      const rows: (Revenue & { readonly customer: DirectSubaccount | { id: AccountId; name: null } })[] = [];
      for (const customer of customers) {
        const own = held.filter((one) => one.customer === customer.id);
        const of = { seller, customer: customer.id, period };
        rows.push({ customer, ...(await revenueOf(trx, of, stated.get(customer.id), own)) });
      }
      return rows;
    },
    { snapshot: true },
  );
  const shared = fee === 'byQuantity' ? await sharesByQuantity(hall, seller, all, period) : null;
  const sums = sumUp(costs, all, shared?.used);
  const page = all.slice(after, after + limit);
  const unpriced = page.filter(({ parts }) => parts.length === 0).map(({ customer }) => customer.id);
  const used = await hall.db.withTenant(seller, (trx) => usedUnpriced(trx, seller, unpriced, period));
  const rows = page.map((row) => ({ ...shownRow(row, costs, sums), ...used.get(row.customer.id) }));
  return {
    period: shownPeriod(hall, period),
    costs: { from: costs.from, state: costs.state, number: costs.number, refused: costs.refused },
    rows,
    total: totalsOf(costs, all, sums, shared?.label ?? null),
    next: after + limit < all.length ? after + limit : null,
  };
}

/** What one customer costs, brings and leaves in a period (rules/money 17). @param seller who sells to it, with those above */
export async function readMarginOf(
  hall: Hall,
  seller: Pick<Access, 'id' | 'chain'>,
  customer: { readonly id: AccountId; readonly name: string },
  period: BillingPeriod,
): Promise<CustomerMargins['periods'][number]> {
  const costs = await readCosts(hall, seller, period);
  const revenue = await hall.db.withTenant(
    seller.id,
    async (trx) => {
      const stated = (await statedIn(trx, seller.id, period)).get(customer.id);
      const held = await readAssignmentsIn(trx, seller.id, { from: period.start, to: period.end });
      const of = { seller: seller.id, customer: customer.id, period };
      return revenueOf(
        trx,
        of,
        stated,
        held.filter((one) => one.customer === customer.id),
      );
    },
    { snapshot: true },
  );
  const row = { customer, ...revenue };
  const { customer: _, used: __, ...shown } = shownRow(row, costs, sumUp(costs, [row]));
  return { ...shown, period: shownPeriod(hall, period), costs: costs.state };
}

/** So many statements of an account that left are named. */
const MOST_STATEMENTS = 12;

/**
 * What an account that left cost, brought and left the one that it stood directly below: in the month in which it left; in the one before and
 * those after where there is something; and its last statements.
 *
 * @throws Refused NOT_FOUND
 */
export async function marginsOfDeparted(
  hall: Hall,
  seller: Pick<Access, 'id' | 'chain'>,
  id: RowId,
): Promise<DepartedMargins> {
  const { left, stated } = await hall.db.withTenant(
    seller.id,
    async (trx) => {
      const left = await findLeftAccount(trx, seller.id, id);
      if (!left) return refuseWith('NOT_FOUND', 'No account that left is called so here.', 'departure');
      const of = { customer: left.account.id, period: null, before: null, limit: MOST_STATEMENTS };
      return { left, stated: await readStatements(trx, seller.id, of) };
    },
    { snapshot: true },
  );
  const now = nowOf(hall);
  const within = billingPeriodOf(left.at);
  const periods: CustomerMargins['periods'][number][] = [];
  const lastLate = instantOf(msOf(within.end) + hall.settings.usageMaxAgeDays * DAY_MS);
  for (let period = periodBefore(within); period.start <= now; period = periodAfter(period)) {
    const margin = await readMarginOf(hall, seller, left.account, period);
    const isSaid = [margin.cost, margin.revenue].some((one) => one !== null && one.minor !== '0');
    if (isSaid || period.key === within.key) periods.unshift(margin);
    if (period.end > lastLate) break;
  }
  return {
    periods,
    statements: stated.map(({ id: statement, frozen, kind, period, currency, total }) => ({
      id: statement,
      number: frozen?.number ?? '',
      kind,
      period: billingPeriodOf(period).key,
      total: shownMoney(currency, total),
    })),
  };
}

/** Direct subaccounts by name, then those that were customers and have left. */
async function customersOf(trx: TenantTransaction, seller: AccountId, mentioned: readonly AccountId[]) {
  const present = await readDirectSubaccounts(trx, seller);
  const known = new Set(present.map(({ id }) => id));
  const gone = [...new Set(mentioned)].filter((id) => !known.has(id)).toSorted();
  const others: { id: AccountId; name: string | null }[] = [];
  for (const id of gone) others.push({ id, name: await readCustomerName(trx, id) });
  return [...present, ...others];
}

type Row = Revenue & { readonly customer: { readonly id: AccountId; readonly name: string | null } };
type Sums = ReturnType<typeof marginsOf> | null;

/** By what the seller’s own fee is shared out: what each customer used of the first meter of which any did; null: nothing was used. */
async function sharesByQuantity(
  hall: Hall,
  seller: AccountId,
  rows: readonly Row[],
  { start }: BillingPeriod,
): Promise<{ readonly label: string; readonly used: ReadonlyMap<AccountId, bigint> } | null> {
  const customers = rows.map(({ customer }) => customer.id);
  const totals = await hall.db.withTenant(seller, (trx) =>
    readSoldTotals(trx, seller, customers, COUNTED_METERS, start),
  );
  for (const { label, counted } of EACH_COUNTED) {
    const used = new Map(
      totals.flatMap((one) =>
        one.counted === counted.as ? [[one.customer, parseDecimal(one.quantity) ?? 0n] as const] : [],
      ),
    );
    if (used.size > 0) return { label, used };
  }
  return null;
}

/** Null: nobody can say what customers cost. @param used by what the seller’s own fee is shared out; absent: it isn’t */
function sumUp({ paid }: Costs, rows: readonly Row[], used?: ReadonlyMap<AccountId, bigint>): Sums {
  if (!paid) return null;
  const { currency, shares } = paid;
  const lines = shares.map(({ below, type, amount }): CostLine => {
    const path = type === 'fee' ? null : below === null ? [] : [below];
    return { amount, path };
  });
  const nothing = { currency, minor: 0n };
  return marginsOf(
    currency,
    lines,
    rows.map(({ customer, money }) => ({ customer: customer.id, revenue: money ?? nothing })),
    used,
  );
}

const shownMargin = (currency: Currency, { amount, percent }: Margin) => ({
  amount: shownMoney(currency, amount),
  percent,
});

function shownRow(row: Row, { paid }: Costs, sums: Sums): Margins['rows'][number] {
  const { customer, book, money, parts, statement } = row;
  const one = sums?.customers.find((of) => of.customer === customer.id);
  const margin = paid && money && one?.margin ? shownMargin(paid.currency, one.margin) : null;
  return {
    customer: { id: customer.id, name: customer.name },
    book,
    used: usedOf(parts),
    cost: paid && one ? shownMoney(paid.currency, one.cost) : null,
    revenue: money && shownMoney(money.currency, money.minor),
    margin,
    statement,
  };
}

function usedOf(parts: readonly StatedPart[]): Margins['rows'][number]['used'] {
  const sums = new Map<StatedPart['used'][number]['rates']['meter'], bigint>();
  for (const { used } of parts)
    for (const { rates, quantity } of used)
      sums.set(rates.meter, (sums.get(rates.meter) ?? 0n) + (parseDecimal(quantity) ?? 0n));
  return [...sums].map(([meter, quantity]) => ({
    ...shownMeter(meter),
    quantity: inUnitOf(meter, formatDecimal(quantity)),
  }));
}

/** What customers used whose usage no book prices: it costs the seller all the same. */
async function usedUnpriced(
  trx: TenantTransaction,
  seller: AccountId,
  customers: readonly AccountId[],
  { start }: BillingPeriod,
): Promise<ReadonlyMap<AccountId, Pick<Margins['rows'][number], 'used'>>> {
  if (customers.length === 0) return new Map();
  const totals = await readSoldTotals(trx, seller, customers, COUNTED_METERS, start);
  const usedBy = (id: AccountId): Margins['rows'][number]['used'] =>
    EACH_COUNTED.flatMap(({ key, counted: { as } }) => {
      const found = totals.find(({ customer, counted }) => customer === id && counted === as);
      return found ? [{ ...shownMeter(key), quantity: inUnitOf(key, found.quantity) }] : [];
    });
  return new Map(customers.map((id) => [id, { used: usedBy(id) }]));
}

function totalsOf({ paid }: Costs, rows: readonly Row[], sums: Sums, sharedBy: string | null): Margins['total'] {
  const revenue = new Map<string, Money>();
  for (const { money } of rows) {
    if (!money) continue;
    const { code } = money.currency;
    revenue.set(code, { ...money, minor: (revenue.get(code)?.minor ?? 0n) + money.minor });
  }
  const shown = [...revenue.values()].map(({ currency, minor }) => shownMoney(currency, minor));
  const unsaid = { cost: null, own: null, fee: null, feeSays: null, sharedBy: null, margin: null, afterFee: null };
  if (!paid || !sums) return { customers: rows.length, revenue: shown, ...unsaid };
  const { currency, feeSays } = paid;
  const cost = sums.customers.reduce((sum, one) => sum + one.cost, 0n);
  const brought = revenue.get(currency.code)?.minor ?? 0n;
  const isSaid = sums.afterFee !== null && rows.every(({ statement }) => statement.state !== 'impossible');
  return {
    customers: rows.length,
    revenue: shown,
    cost: shownMoney(currency, cost),
    own: shownMoney(currency, sums.own),
    fee: shownMoney(currency, sums.fee + sums.shared),
    feeSays,
    sharedBy: sums.shared === 0n ? null : sharedBy,
    margin: isSaid ? shownMargin(currency, marginOf(brought, cost)) : null,
    afterFee: isSaid ? shownMargin(currency, marginOf(brought, cost + sums.fee)) : null,
  };
}
