import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { currencyOf, EUR, planOf, ratesOf, valueOf } from '../../test/billing-terms.ts';
import { minorOf } from '../money/rounding.ts';
import { parseBillingPeriod } from '../usage/period.ts';
import { formatDecimal, UNIT } from '../usage/quantity.ts';
import { parseBook, termsOfBook } from './book.ts';
import { lateLines, linesUnder, quantityOf, type Segment, totalOf, usageLines } from './lines.ts';
import { chargeOf, type Rates, rate } from './rates.ts';
import { alreadyInvoiced, decideCredit, interimDue, settle } from './settling.ts';

const OCTOBER = parseBillingPeriod('2026-10')!;

const nanos = (most: bigint) => fc.bigInt({ min: 0n, max: most * UNIT });
const price = nanos(20n).map(formatDecimal);
const tiers = fc
  .tuple(
    fc.uniqueArray(fc.bigInt({ min: 1n, max: 5_000n * UNIT }), { maxLength: 4 }),
    fc.array(price, { minLength: 10, maxLength: 10 }),
  )
  .map(([ends, prices]) =>
    [...ends.sort((a, b) => (a < b ? -1 : 1)), null].map((end, n) => ({
      upTo: end === null ? null : formatDecimal(end),
      price: prices[n]!,
      fee: prices[n + 5]!,
    })),
  );
const included = nanos(300n).map(formatDecimal);
const anyInput = fc.oneof(
  fc.record({ model: fc.constant('flat' as const), included, price }),
  fc.record({ model: fc.constantFrom('graduated' as const, 'volume' as const), included, tiers }),
  fc.record({
    model: fc.constant('package' as const),
    included,
    price,
    size: fc.bigInt({ min: 1n, max: 500n * UNIT }).map(formatDecimal),
  }),
);
const anyRates = anyInput.map((input) => ratesOf(input));
const anyCurrency = fc.constantFrom('EUR', 'JPY', 'KWD', 'CLF').map(currencyOf);
const ids = ['a', 'b', 'c', 'd', 'e'];
/** What each account used, corrections among it; 10⁻⁹ of a second. */
const anyUse = fc.record(
  Object.fromEntries(ids.map((id) => [id, fc.bigInt({ min: -60n * UNIT, max: 90_000n * UNIT })])),
);
const segmentsOf = (use: Readonly<Record<string, bigint>>): Segment[] =>
  Object.entries(use).map(([id, quantity]) => ({ id, quantity }));

/** The definition: what a quantity costs, in slices of one 10⁻⁹ after the other, as fractions. */
function modelOf({ included, pricing, factor }: Rates, seconds: bigint): { part: bigint; whole: bigint } {
  const paid = seconds - included * 60n;
  if (paid <= 0n) return { part: 0n, whole: 1n };
  const whole = 60n * factor.whole;
  if (pricing.model === 'flat') return { part: paid * pricing.price * factor.part, whole };
  if (pricing.model === 'package') {
    const [full, begun] = [paid / (pricing.size * 60n), paid % (pricing.size * 60n) > 0n];
    const packages = begun ? full + 1n : full;
    return { part: packages * pricing.price * UNIT * 60n * factor.part, whole };
  }
  let [part, from] = [0n, 0n];
  for (const { upTo, price, fee } of pricing.tiers) {
    const [begin, end] = [from, upTo === null ? null : upTo * 60n];
    const reaches = paid > begin;
    const isLast = reaches && (end === null || paid <= end);
    const slice = isLast ? paid - begin : (end ?? paid) - begin;
    if (pricing.model === 'graduated' && reaches) part += slice * price + fee * UNIT * 60n;
    if (pricing.model === 'volume' && isLast) part = paid * price + fee * UNIT * 60n;
    from = end ?? paid;
  }
  return { part: part * factor.part, whole };
}

describe('what usage costs', () => {
  it('is what its definition says, exactly', () => {
    fc.assert(
      fc.property(anyRates, fc.bigInt({ min: -UNIT, max: 400_000n * UNIT }), (rates, seconds) => {
        const [charge, model] = [chargeOf(rates, seconds), modelOf(rates, seconds)];
        expect(charge.atto * model.whole).toBe(model.part * charge.per);
      }),
    );
  });
});

describe('lines', () => {
  it('account for every unit, and add up to the whole that was rounded once', () => {
    fc.assert(
      fc.property(anyRates, anyCurrency, anyUse, (rates, currency, use) => {
        const segments = segmentsOf(use);
        const lines = usageLines(rates, currency, segments);
        expect(lines.map(({ segment }) => segment)).toEqual(segments);
        expect(totalOf(lines)).toBe(rate(rates, currency, quantityOf(segments)));
      }),
    );
  });

  it('of late usage and corrections make all invoices together one rounding of the whole, however it arrives', () => {
    fc.assert(
      fc.property(
        anyRates,
        anyCurrency,
        fc.array(anyUse, { minLength: 1, maxLength: 6 }),
        (rates, currency, arrivals) => {
          const [first, ...later] = arrivals;
          let billed = quantityOf(segmentsOf(first!));
          let invoiced = totalOf(usageLines(rates, currency, segmentsOf(first!)));
          const quantities: Record<string, bigint> = { ...first };
          for (const arrival of later) {
            const lines = lateLines(rates, currency, '2026-10', billed, segmentsOf(arrival));
            invoiced += totalOf(lines);
            for (const { segment } of lines) quantities[segment.id] = quantities[segment.id]! + segment.quantity;
            billed += quantityOf(segmentsOf(arrival));
            // below nothing no more was credited than had been billed
            expect(invoiced >= 0n).toBe(true);
          }
          const everything = ids.map((id) => arrivals.reduce((sum, use) => sum + use[id]!, 0n));
          expect(ids.map((id) => quantities[id])).toEqual(everything);
          expect(invoiced).toBe(rate(rates, currency, billed));
        },
      ),
    );
  });

  it('of late usage that is taken back mirror those it came with', () => {
    fc.assert(
      fc.property(anyRates, anyUse, anyUse, (rates, first, late) => {
        const billed = quantityOf(segmentsOf(first));
        const came = lateLines(rates, EUR, '2026-10', billed, segmentsOf(late));
        const back = segmentsOf(late).map(({ id, quantity }) => ({ id, quantity: -quantity }));
        const went = lateLines(rates, EUR, '2026-10', billed + quantityOf(segmentsOf(late)), back);
        expect(totalOf(went)).toBe(-totalOf(came));
      }),
    );
  });
});

describe('invoices of a period', () => {
  it('bill with interims and without them the same', () => {
    const growth = fc.array(
      anyUse.map((use) => quantityOf(segmentsOf(use))),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(anyInput, growth, nanos(50n).map(formatDecimal), (input, steps, fee) => {
        const terms = planOf(fee, input);
        const interims: bigint[] = [];
        let used = 0n;
        for (const step of steps) {
          used += step;
          const due = interimDue(rate(terms.rates[0]!, terms.currency, used), interims, 5_000n);
          if (due !== null) interims.push(due);
        }
        const lines = linesUnder(OCTOBER, {
          terms,
          from: OCTOBER.start,
          to: null,
          used: { 'call.minutes': [{ id: 'a', quantity: used }] },
        });
        const closing = settle([...lines, ...alreadyInvoiced(interims)], 0n);
        expect(totalOf(closing.lines)).toBe(closing.total);
        const billed = closing.total - closing.toBalance + interims.reduce((sum, amount) => sum + amount, 0n);
        expect(billed).toBe(totalOf(lines));
      }),
    );
  });

  it('use up a balance first, and never fall below nothing', () => {
    const line = (amount: bigint) => [{ type: 'fee', from: OCTOBER.start, to: OCTOBER.end, amount } as const];
    expect(settle(line(100n), 30n)).toMatchObject({ total: 100n, applied: 30n, due: 70n, toBalance: 0n });
    expect(settle(line(100n), 130n)).toMatchObject({ total: 100n, applied: 100n, due: 0n, toBalance: 0n });
    const negative = settle(line(-40n), 10n);
    expect(negative).toMatchObject({ total: 0n, applied: 0n, due: 0n, toBalance: 40n });
    expect(negative.lines.at(-1)).toEqual({ type: 'credit', amount: 40n });
  });
});

describe('credits', () => {
  it('take back every line in the end, in however many pieces', () => {
    const amounts = fc.array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(amounts, fc.array(fc.bigInt({ min: 1n, max: 10n ** 9n }), { maxLength: 4 }), (lines, pieces) => {
        const left = lines.map((amount, n) => ({ id: `${n}`, amount, credited: 0n }));
        const rest = () => left.reduce((sum, { amount, credited }) => sum + amount - credited, 0n);
        const take = (minor: bigint) => {
          const parts = valueOf(decideCredit(left, { currency: EUR, minor }));
          for (const [n, part] of parts.entries()) left[n]!.credited -= part;
        };
        for (const piece of pieces) if (piece <= rest()) take(piece);
        for (const { amount, credited } of left) expect(credited >= 0n && credited <= amount).toBe(true);
        if (rest() > 0n) take(rest());
        expect(left.map(({ credited }) => credited)).toEqual(lines);
      }),
    );
  });

  it('are never more than is left of the invoice', () => {
    const lines = [{ id: 'a', amount: 100n, credited: 60n }];
    const codeOf = (minor: bigint) => {
      const decision = decideCredit(lines, { currency: EUR, minor });
      return decision.ok ? decision.value : decision.refusal.code;
    };
    expect(codeOf(40n)).toEqual([-40n]);
    expect(codeOf(41n)).toBe('CREDIT_TOO_HIGH');
    expect(codeOf(0n)).toBe('PRICE_INVALID');
  });
});

describe('a markup', () => {
  it('on a markup multiplies the exact price, level by level', () => {
    const percent = fc.integer({ min: -1_000_000, max: 3_000_000 }).map((n) => formatDecimal(BigInt(n) * 100_000n));
    fc.assert(
      fc.property(anyInput, percent, percent, nanos(4_000n), (input, first, second, seconds) => {
        const plan = planOf('0', { ...input, included: '0' });
        const bookOf = (text: string) =>
          valueOf(
            parseBook({
              currency: 'EUR',
              monthlyFee: '0',
              meters: { 'call.minutes': { model: 'markup', percent: text } },
            }),
          );
        const once = valueOf(termsOfBook(bookOf(first), plan));
        const twice = valueOf(termsOfBook(bookOf(second), once));
        const cost = chargeOf(plan.rates[0]!, seconds);
        const factor = (text: string) => BigInt(Math.round(Number(text) * 10_000)) + 1_000_000n;
        const atto = cost.atto * factor(first) * factor(second);
        const exact = { atto, per: cost.per * 10n ** 12n };
        expect(rate(twice.rates[0]!, EUR, seconds)).toBe(minorOf(exact, EUR));
      }),
    );
  });
});
