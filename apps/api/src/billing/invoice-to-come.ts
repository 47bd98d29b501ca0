import type { DraftInvoice } from '@tenantree/contract';
import {
  readBalance,
  readLinesToCome,
  readQuantityBilled,
  type StoredLine,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  type BillingPeriod,
  formatDecimal,
  type Money,
  parseDecimal,
  pricedUsage,
  prorate,
  type Rates,
  rate,
  settle,
  totalOf,
} from '@tenantree/domain';
import { feeLine, readHeld, readLateOfPayer, together } from './draft-invoice.ts';
import { LinePage } from './line-page.ts';
import { shownLine } from './read-invoices.ts';
import { inUnitOf, planOf, shownMeter, shownMoney, shownPriced } from './shown-plan.ts';

type OfPayer = { readonly account: AccountId; readonly period: BillingPeriod };
type Used = { readonly rates: Rates; readonly quantity: string; readonly amount: bigint };

/**
 * What the invoice of a period would be by now, before tax, and a page of its lines. Nothing is written. Before there is nothing that anybody
 * could bill, the account has no plan in the period: null.
 */
export async function invoiceToCome(
  trx: TenantTransaction,
  of: OfPayer,
  lateDays: number,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<{ readonly draft: DraftInvoice; readonly lines: ReturnType<typeof shownLine>[] } | null> {
  const { account, period } = of;
  const held = await readHeld(trx, account, period);
  const last = held.at(-1);
  if (!last) return null;
  const page = new LinePage(after, limit);
  const plan = planOf(last.stored);
  const { currency } = plan;
  const fees = held.map((one) => feeLine(period, one));
  page.add(fees.map((line) => ({ ...NOTHING, ...line })));
  const fraction = together(held);
  const used: Used[] = [];
  for (const whole of plan.rates)
    used.push(await addMeter(trx, of, { page, currency, rates: prorate(whole, fraction) }));
  const late = await readLateOfPayer(trx, { ...of, kind: 'period' }, lateDays);
  for (const { lines } of late)
    page.add(lines.map((line) => ({ ...NOTHING, ...line, account: { ...line.account, place: [] } })));
  const balance = (await readBalance(trx, account)).get(currency.code) ?? 0n;
  const lateSum = late.reduce((sum, { lines }) => sum + totalOf(lines), 0n);
  const sums = [totalOf(fees), totalOf(used), lateSum].map((amount) => ({ type: 'credit' as const, amount }));
  const { total, applied, toBalance } = settle(sums, balance);
  if (toBalance > 0n) page.add([{ ...NOTHING, type: 'credit', amount: toBalance }]);
  return {
    draft: {
      plan: { id: last.subscription.plan.id, version: last.subscription.plan.version, name: last.stored.name },
      used: used.map(({ rates, quantity, amount }) => ({
        ...shownMeter(rates.meter),
        quantity: inUnitOf(rates.meter, quantity),
        included: formatDecimal(rates.included),
        ...shownPriced(rates),
        amount: shownMoney(currency, amount),
      })),
      late: shownMoney(currency, lateSum),
      total: shownMoney(currency, total),
      applied: shownMoney(currency, applied),
      due: shownMoney(currency, total - applied),
      lines: page.all,
    },
    lines: page.lines.map((line) => shownLine(currency, line)),
  };
}

/** What a line says nothing of. */
const NOTHING = {
  account: null,
  meter: null,
  ofPeriod: null,
  quantity: null,
  from: null,
  to: null,
  ofLine: null,
} satisfies Partial<StoredLine>;

/** Rates a meter by what was counted by now, and adds its lines. */
async function addMeter(
  trx: TenantTransaction,
  { account, period }: OfPayer,
  { page, currency, rates }: { readonly page: LinePage; readonly currency: Money['currency']; readonly rates: Rates },
): Promise<Used> {
  const meter = { key: rates.meter, counted: pricedUsage(rates) };
  const used = { account, seller: null, meter, period: period.start, part: null };
  const quantity = await readQuantityBilled(trx, used);
  const amount = rate(rates, currency, parseDecimal(quantity) ?? 0n);
  const { lines, all } = await readLinesToCome(trx, used, { quantity, amount }, page.next());
  const common = { ...NOTHING, type: 'usage', meter: meter.key, ofPeriod: period.start } as const;
  page.addSome(
    lines.map((line) => ({ ...common, ...line })),
    all,
  );
  return { rates, quantity, amount };
}
