import type { Tenantree } from '@tenantree/client';
import { amountText, parseDecimal, UNIT } from '@tenantree/domain';
import type { FileAccounts } from './accounts-file.ts';
import { Check } from './check.ts';
import { Failed } from './failed.ts';
import { type DemoEvent, minutesOfSeconds } from './placing.ts';
import { counted, exactly } from './progress.ts';
import { type Persist, type Reseller, refOf } from './reseller.ts';

/** Everything that a bill is made of and checked against. */
export type BillRun = {
  readonly trpc: Tenantree['trpc'];
  readonly say: (text: string) => void;
  readonly persist: Persist;
  readonly sleep: (ms: number) => Promise<void>;
  /** The account of the key, which pays. */
  readonly home: Reseller['id'];
  readonly reseller: Reseller;
  readonly accounts: FileAccounts;
  readonly events: readonly DemoEvent[];
};

const METER = 'call.minutes';
/** What the reseller pays on top of the plan, and what each region pays the reseller. */
const MARKUP = '20';
const WHOLESALE = { monthlyFee: '100', meters: { [METER]: { model: 'markup', percent: MARKUP } } } as const;
const REGIONS = {
  monthlyFee: '25',
  meters: { [METER]: { model: 'flat', price: '0.15', included: '100' } },
} as const;

type Money = { readonly currency: string; readonly exponent: number; readonly minor: string };
const textOf = ({ currency: code, exponent }: Money, minor: bigint): string =>
  `${exactly(amountText({ currency: { code, exponent }, minor }))} ${code}`;

/** A decimal in 10⁻⁹. */
const nanosOf = (text: string): bigint => {
  const nanos = parseDecimal(text);
  if (nanos === null) throw new Failed(`The server says ${text}, which is no decimal.`);
  return nanos;
};
const rounded = (n: bigint, d: bigint): bigint => (2n * n + d) / (2n * d);

/** What seconds cost by the minute, in minor units: our own arithmetic, rounded once. @param price 10⁻⁹ of the major unit @param included 10⁻⁹ minutes */
function costOf(seconds: bigint, price: bigint, included: bigint, exponent: number, percent = 0n): bigint {
  const paid = seconds * UNIT - included * 60n;
  if (paid <= 0n) return 0n;
  return rounded(paid * price * (100n + percent) * 10n ** BigInt(exponent), 60n * UNIT * UNIT * 100n);
}

/** Seconds by account reference, as the file has them. */
function secondsByAccount(events: readonly DemoEvent[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { account, quantity } of events) sums.set(account, (sums.get(account) ?? 0n) + nanosOf(quantity) / UNIT);
  return sums;
}

/** Seconds of each region, the accounts right below the world; in the order of the file. */
function secondsByRegion({ accounts, events, reseller }: BillRun): ReadonlyMap<string, bigint> {
  const byAccount = secondsByAccount(events);
  const regionOf = new Map<string, string>();
  const sums = new Map<string, bigint>();
  for (const { id, parentId, level, name } of accounts.rest) {
    const region = level === 1 ? name : regionOf.get(parentId ?? '');
    if (region === undefined) throw new Failed(`${id} lies in no region.`);
    regionOf.set(id, region);
    const own = byAccount.get(refOf(reseller.prefix, { id, parentId, level, name })) ?? 0n;
    sums.set(region, (sums.get(region) ?? 0n) + own);
  }
  return sums;
}

/** A plan with one price for minutes, which the payer has or gets. */
async function planOf({ trpc, home, persist, say }: BillRun) {
  const present = await persist(() => trpc.billing.get.query({ account: home }));
  if (present.billingMode !== 'direct') throw new Failed('--bill needs a key of a main account: it gets the invoice.');
  if (!present.plan) {
    const { plans } = await persist(() => trpc.billing.plans.query({ account: home }));
    const plan = plans.find(
      ({ rates, refused, monthlyFee }) =>
        refused === null &&
        monthlyFee.minor !== '0' &&
        rates.some((one) => one.meter === METER && one.model === 'flat'),
    );
    if (!plan) throw new Failed('No plan is offered that has a fee and one price for minutes.');
    await persist(() => trpc.billing.subscribe.mutate({ account: home, plan: plan.id, version: plan.version }));
    say(`Plan                      ${plan.name}`);
  }
  const { plan } = await persist(() => trpc.billing.get.query({ account: home }));
  const rates = plan?.rates.find(({ meter }) => meter === METER);
  if (!plan || rates?.price == null || rates.model !== 'flat')
    throw new Failed('--bill checks plans with one price for minutes; the account has another one.');
  return { plan, price: nanosOf(rates.price), included: nanosOf(rates.included) };
}

/** Gives customers a book of an account for the demo's whole month, unless they have one. */
async function sell(
  { trpc, persist, reseller }: BillRun,
  account: string,
  name: string,
  terms: Parameters<typeof trpc.books.save.mutate>[0]['terms'],
  customers: readonly string[],
): Promise<void> {
  const { rows } = await persist(() => trpc.books.list.query({ account, limit: 100 }));
  const book =
    rows.find((one) => one.name === name) ??
    (await persist(() => trpc.books.save.mutate({ account, name, terms }))).book;
  const { rows: sold } = await persist(() => trpc.books.assignments.query({ account, limit: 200 }));
  if (sold.some((one) => one.book.id === book.id)) return;
  const wish = {
    account,
    customers: [...customers],
    book: book.id,
    version: book.version,
    from: reseller.stretch.start,
  };
  const { preview } = await persist(() => trpc.books.previewAssignment.query(wish));
  await persist(() => trpc.books.assign.mutate({ ...wish, preview }));
}

/**
 * Puts the month under a plan and two price books, and closes it if it is over: prints invoice, statements and margins, and checks every figure
 * against what the file comes to by our own arithmetic.
 */
export async function billMonth(run: BillRun): Promise<'equal' | 'different'> {
  const { trpc, say, persist, home, reseller, accounts } = run;
  const plan = await planOf(run);
  const { currency } = plan.plan.monthlyFee;
  const regions = accounts.rest.filter(({ level }) => level === 1).map((one) => refOf(reseller.prefix, one));
  await sell(run, home, `Wholesale of ${reseller.name}`, { currency, ...WHOLESALE }, [reseller.id]);
  await sell(run, reseller.id, 'Regions', { currency, ...REGIONS }, regions);

  const period = reseller.stretch.start.slice(0, 7);
  const seconds = secondsByRegion(run);
  await untilCounted(
    run,
    period,
    [...seconds.values()].reduce((sum, one) => sum + one, 0n),
  );
  const { period: month } = await persist(() => trpc.margins.get.query({ account: home, period }));
  const invoice = month.state === 'closed' ? await close(run, period, regions) : null;
  say(invoice ? `${period} is closed: invoice ${invoice.number}` : `${period} goes on: what it comes to so far`);

  const check = new Check();
  const total = invoice?.total ?? (await persist(() => trpc.billing.get.query({ account: home }))).soFar?.total;
  if (!total) throw new Failed('There is no invoice, and nothing so far.');
  await checkInvoice(run, plan, month, total, check);
  await checkStatements(run, period, plan, seconds, check);
  for (const one of check.wrong) say(one);
  say(
    check.wrong.length === 0
      ? 'Every figure of the bill is what the file comes to, to the last cent.'
      : `NOT EQUAL: ${counted(check.wrong.length)} figures.`,
  );
  return check.wrong.length === 0 ? 'equal' : 'different';
}

/** Drafts are made of what is counted, which takes a moment. */
async function untilCounted({ trpc, persist, sleep, reseller, home }: BillRun, period: string, all: bigint) {
  for (let tries = 0; tries < 100; tries += 1) {
    const { rows } = await persist(() => trpc.margins.get.query({ account: home, period, limit: 500 }));
    const row = rows.find(({ customer }) => customer.id === reseller.id);
    if (row?.used[0]?.quantity === minutesOfSeconds(all)) return;
    await sleep(100);
  }
}

/** Closes the month: the invoice of the payer, and the statements of both levels. */
async function close({ trpc, persist, home, reseller }: BillRun, period: string, regions: readonly string[]) {
  const { invoice } = await persist(() => trpc.invoices.closePeriod.mutate({ account: home, period }));
  await persist(() => trpc.statements.freeze.mutate({ account: home, customer: reseller.id, period }));
  for (const customer of regions)
    await persist(() => trpc.statements.freeze.mutate({ account: reseller.id, customer, period }));
  return invoice;
}

async function checkInvoice(
  { trpc, persist, say, home }: BillRun,
  { plan, price, included }: Awaited<ReturnType<typeof planOf>>,
  month: { readonly key: string; readonly start: string; readonly end: string },
  total: Money,
  check: Check,
): Promise<void> {
  // Everything in the account of the key is on its invoice, whatever else that is.
  const used = await persist(() =>
    trpc.usage.totals.query({ account: home, meter: 'call.seconds', period: month.key }),
  );
  const [start, end] = [BigInt(Date.parse(month.start)), BigInt(Date.parse(month.end))];
  const since = BigInt(Date.parse(plan.since));
  const [part, whole] = [end - (since > start ? since : start), end - start];
  const fee = rounded(BigInt(plan.monthlyFee.minor) * part, whole);
  const own = fee + costOf(nanosOf(used.total) / UNIT, price, rounded(included * part, whole), total.exponent);
  check.same('Invoice', BigInt(total.minor), own);
  say(`Invoice                   ${textOf(total, BigInt(total.minor))}`);
}

async function checkStatements(
  { trpc, persist, say, home, reseller }: BillRun,
  period: string,
  { price }: Awaited<ReturnType<typeof planOf>>,
  seconds: ReadonlyMap<string, bigint>,
  check: Check,
): Promise<void> {
  const above = await persist(() => trpc.margins.get.query({ account: home, period, limit: 500 }));
  const row = above.rows.find(({ customer }) => customer.id === reseller.id);
  if (!row?.revenue) throw new Failed('The reseller has no statement.');
  const money = row.revenue;
  const { exponent } = money;
  const all = [...seconds.values()].reduce((sum, one) => sum + one, 0n);
  const feeOf = (text: string): bigint => rounded(nanosOf(text) * 10n ** BigInt(exponent), UNIT);
  const usage = costOf(all, price, 0n, exponent, BigInt(MARKUP));
  check.same(`Statement of ${reseller.name}`, BigInt(money.minor), feeOf(WHOLESALE.monthlyFee) + usage);
  check.same(`Minutes of ${reseller.name}`, row.used[0]?.quantity ?? '', minutesOfSeconds(all));
  say(`${reseller.name} owes`.padEnd(26) + textOf(money, BigInt(money.minor)));

  const { rows, total } = await persist(() => trpc.margins.get.query({ account: reseller.id, period, limit: 500 }));
  const { price: own, included } = REGIONS.meters[METER];
  let [brought, cost] = [0n, 0n];
  for (const [region, used] of seconds) {
    const one = rows.find(({ customer }) => customer.name === region);
    if (!one?.revenue || !one.cost || !one.margin) throw new Failed(`${region} has no statement.`);
    const brings = feeOf(REGIONS.monthlyFee) + costOf(used, nanosOf(own), nanosOf(included), exponent);
    check.same(`Statement of ${region}`, BigInt(one.revenue.minor), brings);
    check.same(`Minutes of ${region}`, one.used[0]?.quantity ?? '', minutesOfSeconds(used));
    check.same(`Margin of ${region}`, BigInt(one.margin.amount.minor), brings - BigInt(one.cost.minor));
    // Its share of what all of it costs; each of its accounts may have been rounded up or down by a unit.
    const share = all === 0n ? 0n : rounded(usage * used, all);
    const off = BigInt(one.cost.minor) - share;
    if (off * off > 10_000_000n) check.same(`Cost of ${region}`, BigInt(one.cost.minor), share);
    brought += brings;
    cost += BigInt(one.cost.minor);
    say(
      `  ${region.padEnd(24)}costs ${textOf(one.cost, BigInt(one.cost.minor))}, brings ${textOf(money, brings)}, leaves ${textOf(money, BigInt(one.margin.amount.minor))}`,
    );
  }
  check.same('Costs of all regions', cost, usage);
  const left = brought - usage - feeOf(WHOLESALE.monthlyFee);
  check.same(`What is left to ${reseller.name}`, BigInt(total.afterFee?.amount.minor ?? '0'), left);
  say(`Left after its own fee    ${textOf(money, left)}`);
}
