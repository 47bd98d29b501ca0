import {
  countCreditNotes,
  findBillingDetails,
  findDraftOver,
  findInvoiceOf,
  type LateUsage,
  type LinesOf,
  type NewLine,
  noteBilled,
  noteNothingLate,
  readAccountState,
  readBalance,
  readCountedTotal,
  readLateUsage,
  readPeriodsToLookAt,
  readPlan,
  readQuantityBilled,
  readSubscriptions,
  type StoredPlan,
  type Subscription,
  type TenantTransaction,
  takeTurnInBilling,
  writeBalanceEntry,
  writeInvoice,
  writeLines,
  writeUsageLines,
} from '@tenantree/db';
import {
  type AccountId,
  amountText,
  type BillingPeriod,
  type Currency,
  countedAs,
  type Fraction,
  formatDecimal,
  fractionOf,
  type Instant,
  lateLines,
  type Money,
  minorOfPrice,
  parseDecimal,
  pricedUsage,
  prorate,
  type Rates,
  type RowId,
  rate,
  settle,
  TAX_NOT_INCLUDED,
  type Tax,
  totalOf,
} from '@tenantree/domain';
import { type Hall, nowOf } from '../hall/hall.ts';
import { readTerms, storedTerms, type Terms } from './invoice-terms.ts';
import { planOf } from './shown-plan.ts';

/** What is to be drafted: a period of a payer, or what came late of one that left. */
export type ToDraft = {
  readonly account: AccountId;
  readonly period: BillingPeriod;
  readonly kind: 'period' | 'supplement';
};

/** What was drafted, and is to be issued: the invoice, and the credit note of what would have been below 0. */
export type Drafted = { readonly invoice: RowId; readonly creditNote: RowId | null };

/** What drafting takes of the hall. */
export type DraftingHall = Pick<Hall, 'db' | 'usageDoor' | 'clock' | 'newId' | 'tax'> & {
  readonly settings: Pick<Hall['settings'], 'usageMaxAgeDays' | 'invoiceSender'>;
};

/** So often usage may change between rating it and writing its lines. */
const ATTEMPTS = 10;

/**
 * Drafts the invoice of a period (rules/money 8), or finds the one that there is: what was counted by then, without a lock on the tree. What is
 * counted later is a difference, which the next invoice bills. A transaction of its own: whoever issues what it left goes on from there.
 *
 * @returns null when there is nothing to be billed
 */
export async function draftInvoice(hall: DraftingHall, what: ToDraft): Promise<Drafted | null> {
  await hall.usageDoor.settle(what.account);
  return hall.db.apart(() =>
    hall.db.withTenant(what.account, async (trx) => {
      await takeTurnInBilling(trx);
      const { account, kind, period } = what;
      const found = await findInvoiceOf(trx, account, { kind, period: period.start, seq: 0 });
      if (found) return { invoice: found.id, creditNote: await findDraftOver(trx, account, found.id) };
      const drafted = await new InvoiceWriter(hall, trx, what).write();
      if (kind === 'period') await noteBilled(trx, account, period.end);
      else await noteNothingLate(trx, account, period.end);
      return drafted;
    }),
  );
}

/** A plan that held in a period, and for how much of it. */
type Held = { readonly subscription: Subscription; readonly stored: StoredPlan; readonly fraction: Fraction };
type Used = Terms['used'][number];
type Parties = Pick<Terms, 'account' | 'seller' | 'buyer' | 'howToPay'>;
/** By what an invoice was made. */
type Made = {
  readonly plan: StoredPlan;
  readonly fraction: Fraction;
  readonly used: readonly Used[];
  readonly taxes: readonly Tax[];
};

/** What a credit note has nothing of. */
export const OF_NO_PLAN = { plan: null, fraction: null, used: [], taxes: [], howToPay: null } satisfies Partial<Terms>;

/** The plans that held in a period, first to last. */
export async function readHeld(trx: TenantTransaction, account: AccountId, period: BillingPeriod): Promise<Held[]> {
  const held: Held[] = [];
  for (const subscription of await readSubscriptions(trx, account)) {
    const fraction = fractionOf(period, subscription.from, subscription.to);
    if (fraction.part > 0n) held.push({ subscription, fraction, stored: await readPlan(trx, subscription.plan) });
  }
  return held;
}

/** The fee of a plan for as much of a period as it held. */
export function feeLine(period: BillingPeriod, { subscription: { from, to }, stored, fraction }: Held) {
  const { monthlyFee, currency } = planOf(stored);
  return {
    type: 'fee',
    ofPeriod: period.start,
    from: from > period.start ? from : period.start,
    to: to !== null && to < period.end ? to : period.end,
    amount: minorOfPrice(monthlyFee, currency, fraction),
  } as const;
}

/** What came late of a meter in a period that was closed before. */
type Late = {
  readonly meter: Rates['meter'];
  readonly ofPeriod: Instant;
  readonly lines: readonly (NewLine & { readonly account: LateUsage['account'] })[];
};

/** What came late of periods that were closed before, by their own rates (rules/money 10): only what there are lines of. */
export async function readLateOfPayer(
  trx: TenantTransaction,
  { account, period, kind }: ToDraft,
  lateDays: number,
): Promise<Late[]> {
  const found: Late[] = [];
  for (const closed of await readPeriodsToLookAt(trx, account, lateDays)) {
    if (closed.period > period.start || (kind === 'period' && closed.period === period.start)) continue;
    const { plan, fraction, used } = readTerms(closed.terms);
    if (!plan || !fraction) continue;
    const { rates, currency } = planOf(await readPlan(trx, plan));
    for (const one of rates) {
      const billed = used.find(({ meter }) => meter === one.meter);
      const of = { rates: prorate(one, fraction), currency, period: closed.period };
      const late = billed && (await readLateOf(trx, account, { ...of, billed }));
      if (late && late.lines.length > 0) found.push(late);
    }
  }
  return found;
}

type Closed = {
  readonly rates: Rates;
  readonly currency: Currency;
  readonly period: Instant;
  /** What its invoice says of the meter. */
  readonly billed: Used;
};

async function readLateOf(
  trx: TenantTransaction,
  account: AccountId,
  { rates, currency, period, billed: { events: billedEvents } }: Closed,
): Promise<Late | null> {
  const meter = { key: rates.meter, counted: pricedUsage(rates) };
  const { events } = await readCountedTotal(trx, account, countedAs(rates.meter).as, period);
  if (events === billedEvents) return null;
  const used = { account, seller: null, meter, period, part: null };
  const { billed, late } = await readLateUsage(trx, used, null);
  const differences = late.map(({ account: of, difference }) => ({
    id: `${of.id} ${of.place}`,
    quantity: parseDecimal(difference) ?? 0n,
    of,
  }));
  const lines = lateLines(rates, currency, period, parseDecimal(billed) ?? 0n, differences).map(
    ({ segment, amount }) =>
      ({
        type: 'late',
        account: segment.of,
        meter: meter.key,
        ofPeriod: period,
        quantity: formatDecimal(segment.quantity),
        amount,
      }) as const,
  );
  return { meter: meter.key, ofPeriod: period, lines };
}

/** Writes one invoice: line after line, then itself. */
class InvoiceWriter {
  readonly #hall: DraftingHall;
  readonly #trx: TenantTransaction;
  readonly #what: ToDraft;
  readonly #id: RowId;
  readonly #lines: LinesOf;
  /** Lines written so far, and what they sum to by what they are for. */
  #n = 0;
  readonly #sums: { readonly id: string; readonly amount: bigint }[] = [];

  constructor(hall: DraftingHall, trx: TenantTransaction, what: ToDraft) {
    this.#hall = hall;
    this.#trx = trx;
    this.#what = what;
    this.#id = hall.newId();
    this.#lines = { table: 'invoice_lines', account: what.account, document: this.#id };
  }

  async write(): Promise<Drafted | null> {
    const { account, period, kind } = this.#what;
    const held = await readHeld(this.#trx, account, period);
    const last = held.at(-1);
    if (!last) return null;
    const { currency } = planOf(last.stored);
    const isWhole = kind === 'period';
    if (isWhole) for (const one of held) await this.#writeFee(one);
    const fraction = together(held);
    const used = isWhole ? await this.#writeUsage(planOf(last.stored).rates, currency, fraction) : [];
    await this.#writeLate();
    if (!isWhole && this.#n === 0) return null;
    return this.#finish(currency, { plan: last.stored, fraction, used });
  }

  async #add(lines: readonly NewLine[]): Promise<void> {
    await writeLines(this.#trx, this.#lines, this.#n, lines);
    this.#n += lines.length;
  }

  async #writeFee(held: Held): Promise<void> {
    const line = feeLine(this.#what.period, held);
    await this.#add([line]);
    this.#sums.push({ id: `fee ${line.from}`, amount: line.amount });
  }

  /** The lines of each meter: all of it is rated as a whole here, and split where it is. */
  async #writeUsage(all: readonly Rates[], currency: Currency, fraction: Fraction): Promise<Used[]> {
    const used: Used[] = [];
    for (const whole of all) {
      const rates = prorate(whole, fraction);
      used.push(await this.#writeMeter(rates, currency));
    }
    return used;
  }

  async #writeMeter(rates: Rates, currency: Currency): Promise<Used> {
    const { account, period } = this.#what;
    const meter = { key: rates.meter, counted: pricedUsage(rates) };
    const billed = { account, seller: null, meter, period: period.start, part: null };
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      // Before the lines: what is counted between is looked for as late, and found to be billed.
      const total = await readCountedTotal(this.#trx, account, countedAs(rates.meter).as, period.start);
      // Of most payers the total is what they pay for. Of one that came to pay for itself inside the period, or where usage is counted just now, it isn't.
      const isTotal = attempt === 0 && rates.increments === null;
      const quantity = isTotal ? total.quantity : await readQuantityBilled(this.#trx, billed);
      const amount = rate(rates, currency, parseDecimal(quantity) ?? 0n);
      const written = await writeUsageLines(this.#trx, this.#lines, billed, { quantity, amount }, null, this.#n);
      if (written === null) continue;
      this.#n += written;
      this.#sums.push({ id: `usage ${meter.key}`, amount });
      return { meter: meter.key, quantity, included: formatDecimal(rates.included), amount, events: total.events };
    }
    throw new Error(`usage of ${account} changed ${ATTEMPTS} times while it was billed`);
  }

  async #writeLate(): Promise<void> {
    for (const { meter, ofPeriod, lines } of await readLateOfPayer(
      this.#trx,
      this.#what,
      this.#hall.settings.usageMaxAgeDays,
    )) {
      await this.#add(lines);
      this.#sums.push({ id: `late ${meter} ${ofPeriod}`, amount: totalOf(lines) });
    }
  }

  /** Sums up what is written, and writes the invoice itself. */
  async #finish(currency: Currency, by: Omit<Made, 'taxes'>): Promise<Drafted> {
    const { account, period, kind } = this.#what;
    const parties = await this.#readParties();
    const taxes = await this.#writeTax(parties, currency);
    const balance = (await readBalance(this.#trx, account)).get(currency.code) ?? 0n;
    const sums = this.#sums.map(({ amount }) => ({ type: 'credit' as const, amount }));
    const { total, applied, toBalance } = settle(sums, balance);
    if (toBalance > 0n) await this.#add([{ type: 'credit', amount: toBalance }]);
    const terms = this.#termsOf(parties, { ...by, taxes }, { currency, minor: total });
    const common = { period: period.start, currency, draftedAt: nowOf(this.#hall) };
    const sum = { total, applied, credits: null, lines: this.#n, terms: storedTerms(terms) };
    await writeInvoice(this.#trx, account, { ...common, ...sum, id: this.#id, kind, seq: 0 }, 'INV');
    if (applied > 0n) {
      const entry = { id: this.#hall.newId(), currency: currency.code, amount: -applied, at: common.draftedAt };
      await writeBalanceEntry(this.#trx, account, { ...entry, invoice: this.#id });
    }
    if (toBalance === 0n) return { invoice: this.#id, creditNote: null };
    const reason = 'More was credited than there is to pay';
    const note = { ...common, credits: this.#id, terms: { ...terms, ...OF_NO_PLAN, reason } };
    const lines: NewLine[] = [{ type: 'credit', amount: -toBalance }];
    return { invoice: this.#id, creditNote: await writeCreditNote(this.#hall, this.#trx, account, note, lines) };
  }

  async #readParties(): Promise<Parties> {
    const { account } = this.#what;
    const name = (await readAccountState(this.#trx, account))?.name ?? '';
    const details = await findBillingDetails(this.#trx, account);
    const sender = this.#hall.settings.invoiceSender;
    return {
      account: name,
      seller: sender && {
        country: sender.country,
        name: sender.name,
        address: [...sender.address],
        taxId: sender.taxId,
      },
      howToPay: sender?.howToPay ?? null,
      buyer: {
        country: details?.country ?? null,
        name: details?.name ?? name,
        address: [...(details?.address ?? [])],
        taxId: details?.taxId ?? null,
      },
    };
  }

  #termsOf(parties: Parties, { plan: { id, version, name }, fraction, used, taxes }: Made, total: Money): Terms {
    const { key } = this.#what.period;
    const told = { account: parties.account, period: key, total: `${total.currency.code} ${amountText(total)}` };
    const tax = taxes.length > 0 ? null : TAX_NOT_INCLUDED;
    const made = { plan: { id, version, name }, fraction, used: [...used], taxes: [...taxes], tax };
    return { ...parties, ...made, reason: null, told };
  }

  async #writeTax({ seller, buyer }: Parties, currency: Currency): Promise<Made['taxes']> {
    const nobody = { country: null, taxId: null };
    const taxes = await this.#hall.tax({ seller: seller ?? nobody, buyer, currency, lines: this.#sums });
    await this.#add(taxes.map(({ amount }) => ({ type: 'tax', amount })));
    this.#sums.push(...taxes.map(({ category, amount }) => ({ id: `tax ${category}`, amount })));
    return taxes;
  }
}

/** What a credit note is made of, beside its lines. */
type Note = {
  readonly period: Instant;
  readonly currency: Currency;
  readonly draftedAt: Instant;
  readonly credits: RowId;
  readonly terms: Terms;
};

/** Writes a credit note, without a number yet, and gives what it credits to the balance. @param lines none of them above 0 */
export async function writeCreditNote(
  hall: Pick<Hall, 'newId'>,
  trx: TenantTransaction,
  account: AccountId,
  { terms, ...note }: Note,
  lines: readonly NewLine[],
): Promise<RowId> {
  const id = hall.newId();
  await writeLines(trx, { table: 'invoice_lines', account, document: id }, 0, lines);
  const total = totalOf(lines);
  const { currency } = note;
  const told = {
    ...terms.told,
    total: `${currency.code} ${amountText({ currency, minor: total })}`,
    reason: terms.reason ?? '',
  };
  const seq = await countCreditNotes(trx, account, note.period);
  await writeInvoice(
    trx,
    account,
    {
      ...note,
      id,
      kind: 'credit',
      seq,
      total,
      applied: 0n,
      lines: lines.length,
      terms: storedTerms({ ...terms, told }),
    },
    'CRN',
  );
  await writeBalanceEntry(trx, account, {
    id: hall.newId(),
    currency: currency.code,
    amount: -total,
    invoice: id,
    at: note.draftedAt,
  });
  return id;
}

/** The part of the period that all of them held for; none overlaps another. */
export function together(held: readonly Held[]): Fraction {
  const [first, ...others] = held.map(({ fraction }) => fraction);
  if (!first) throw new Error('nothing held');
  return others.reduce(
    (sum, { part, whole }) => ({ part: sum.part * whole + part * sum.whole, whole: sum.whole * whole }),
    first,
  );
}
