import { describe, expect, it } from 'vitest';
import {
  amountOf,
  currencyOf,
  EUR,
  minutes,
  planOf,
  ratesOf,
  STEPS,
  segmentsOf,
  valueOf,
} from '../../test/billing-terms.ts';
import type { AccountId } from '../ids.ts';
import { parsePercent } from '../money/price.ts';
import { minorOf, minorOfPrice } from '../money/rounding.ts';
import { split } from '../money/split.ts';
import type { Instant } from '../time.ts';
import { parseBillingPeriod } from '../usage/period.ts';
import { formatDecimal, parseDecimal } from '../usage/quantity.ts';
import { parseBook, shownPrices, termsOfBook } from './book.ts';
import { fractionOf } from './closing.ts';
import { parseIncrements, roundUp } from './increments.ts';
import { lateLines, linesUnder, quantityOf, totalOf, usageLines } from './lines.ts';
import { marginsOf } from './margins.ts';
import { prorate, rate } from './rates.ts';
import { alreadyInvoiced, decideCredit, interimDue, settle } from './settling.ts';
import { taxByGroup } from './tax.ts';

const OCTOBER = parseBillingPeriod('2026-10')!;
const flat = (included: string, price: string) => ratesOf({ model: 'flat', included, price });
const amounts = (lines: readonly { readonly amount: bigint }[]) => lines.map(({ amount }) => amount);
/** What quantities of minutes cost, each on its own. */
const costs = (rates: ReturnType<typeof ratesOf>, quantities: readonly string[]) =>
  quantities.map((quantity) => rate(rates, EUR, minutes(quantity)));
const used = (quantities: Readonly<Record<string, string>>) => ({ 'call.minutes': segmentsOf(quantities) });
/** A product that is rounded once. */
const times = (quantity: string, price: string, code: string) =>
  minorOf({ atto: parseDecimal(quantity)! * parseDecimal(price)!, per: 1n }, currencyOf(code));

describe('what a quantity costs (rules/money 5)', () => {
  it('is rated as a whole, rounded once and split over those who used it (M1)', () => {
    const segments = segmentsOf({ A: '700.25', B: '433.333333333', R: '120.5' });
    expect(quantityOf(segments)).toBe(minutes('1254.083333333'));
    const lines = usageLines(flat('1000', '0.079'), EUR, segments);
    expect(totalOf(lines)).toBe(2007n);
    expect(amounts(lines)).toEqual([1121n, 693n, 193n]);
  });

  it('includes something for each customer of a book, or for all of a plan together (M2)', () => {
    const each = flat('400', '0.15');
    expect(costs(each, ['700.25', '433.333333333'])).toEqual([4504n, 500n]);
    const pooled = segmentsOf({ A: '700.25', B: '433.333333333' });
    expect(totalOf(usageLines(flat('800', '0.15'), EUR, pooled))).toBe(5004n);
  });

  it('goes up in steps, each at its own price (M3)', () => {
    const rates = ratesOf({ model: 'graduated', tiers: STEPS });
    const quantities = ['0', '1000', '1000.000000001', '1000.1', '5000.5', '12345.678'];
    expect(costs(rates, quantities)).toEqual([0n, 10000n, 10000n, 10001n, 42003n, 78728n]);
  });

  it('has all of it at the price of the step that it reaches (M4)', () => {
    const rates = ratesOf({ model: 'volume', tiers: STEPS });
    const quantities = ['0', '1000', '1000.000000001', '1000.1', '5000', '5000.5', '12345.678'];
    expect(costs(rates, quantities)).toEqual([0n, 10000n, 8000n, 8001n, 40000n, 25003n, 61728n]);
  });

  it('is in whole packages (M5)', () => {
    const rates = ratesOf({ model: 'package', included: '50', size: '100', price: '7.50' });
    const quantities = ['0', '50', '50.000000001', '150', '150.001', '1050'];
    expect(costs(rates, quantities)).toEqual([0n, 0n, 750n, 750n, 1500n, 7500n]);
  });

  it('adds the fee of a step as soon as anything falls into it', () => {
    const tiers = [
      { upTo: '10', price: '1', fee: '2' },
      { upTo: null, price: '0.5', fee: '3' },
    ];
    expect(costs(ratesOf({ model: 'graduated', tiers }), ['0', '10', '12'])).toEqual([0n, 1200n, 1600n]);
    expect(costs(ratesOf({ model: 'volume', tiers }), ['0', '10', '12'])).toEqual([0n, 1200n, 900n]);
  });

  it('is the same in whichever unit of one kind of usage its price is said', () => {
    const byMinute = ratesOf({ model: 'flat', included: '2', price: '0.06' });
    const bySecond = ratesOf({ model: 'flat', included: '120', price: '0.001' }, 'call.seconds');
    // 100 seconds are no decimal number of minutes; nothing is divided before the end
    for (const seconds of [1n, 100n, 121n, 100_001n]) {
      const counted = seconds * 10n ** 9n;
      expect(rate(byMinute, EUR, counted)).toBe(rate(bySecond, EUR, counted));
    }
    expect(rate(byMinute, EUR, 100_001n * 10n ** 9n)).toBe(9988n);
  });
});

describe('money (rules/money 2, 3, 4)', () => {
  it('is rounded to the minor unit of its currency (M6)', () => {
    expect(times('7.3', '12.345', 'JPY')).toBe(90n);
    expect(times('33.333', '0.0125', 'KWD')).toBe(417n);
    expect(times('33.333', '0.0125', 'EUR')).toBe(42n);
  });

  it('is rounded half away from zero (M7)', () => {
    const texts = ['0.125', '-0.125', '0.135', '2.675', '1.005', '-0.005', '0.0049'];
    const rounded = texts.map((text) => minorOfPrice(parseDecimal(text)!, EUR));
    expect(rounded).toEqual([13n, -13n, 14n, 268n, 101n, -1n, 0n]);
  });

  it('is split by largest remainder (M8)', () => {
    const equal = ['a', 'b', 'c'].map((id) => ({ id, weight: 1n }));
    expect(split(100n, equal)).toEqual([34n, 33n, 33n]);
    expect(split(-100n, equal)).toEqual([-34n, -33n, -33n]);
    const weights = [10n, 20n, 15n].map((weight, n) => ({ id: `${n}`, weight }));
    expect(split(5n, weights)).toEqual([1n, 2n, 2n]);
  });
});

describe('a part of a period (rules/money 7)', () => {
  it('has its part of the fee and of what is included, by the millisecond (M9)', () => {
    const fraction = fractionOf(OCTOBER, '2026-10-17T09:30:00.000Z' as Instant, null);
    expect(fraction).toEqual({ part: 701n, whole: 1488n });
    expect(minorOfPrice(parseDecimal('49.00')!, EUR, fraction)).toBe(2308n);
    const rates = prorate(flat('500', '0.079'), fraction);
    expect(formatDecimal(rates.included)).toBe('235.551075269');
    expect(rate(rates, EUR, minutes('310.4'))).toBe(591n);
  });

  it('has the book that held in it (M15)', () => {
    const change = '2026-10-11T00:00:00.000Z' as Instant;
    const first = {
      terms: planOf('30', { model: 'flat', included: '300', price: '0.12' }),
      from: OCTOBER.start,
      to: change,
    };
    const second = { terms: planOf('30', { model: 'flat', included: '600', price: '0.10' }), from: change, to: null };
    const lines = [
      ...linesUnder(OCTOBER, { ...first, used: used({ C: '140.25' }) }),
      ...linesUnder(OCTOBER, { ...second, used: used({ C: '512.75' }) }),
    ];
    expect(amounts(lines)).toEqual([968n, 522n, 2032n, 1063n]);
    expect(totalOf(lines)).toBe(4585n);
    const includedIn = ({ terms, from, to }: typeof first | typeof second) =>
      formatDecimal(prorate(terms.rates[0]!, fractionOf(OCTOBER, from, to)).included);
    expect([first, second].map(includedIn)).toEqual(['96.774193548', '406.451612903']);
  });
});

describe('moves (rules/money 4)', () => {
  it('make two lines of one account, one for each parent (M10)', () => {
    const quantities = { 'A@P': '300', 'A@X': '180.5', P: '90', X: '45' };
    const lines = usageLines(flat('200', '0.079'), EUR, segmentsOf(quantities));
    expect(quantityOf(segmentsOf(quantities))).toBe(minutes('615.5'));
    expect(totalOf(lines)).toBe(3282n);
    expect(amounts(lines)).toEqual([1600n, 962n, 480n, 240n]);
    const [p, x] = ['P' as AccountId, 'X' as AccountId];
    const costLines = lines.map(({ segment: { id }, amount }) => ({ amount, path: [id.includes('P') ? p : x] }));
    const revenue = { currency: EUR, minor: 0n };
    const margins = marginsOf(EUR, costLines, [
      { customer: p, revenue },
      { customer: x, revenue },
    ]);
    expect(margins.customers.map(({ cost }) => cost)).toEqual([2080n, 1202n]);
  });
});

describe('late usage (rules/money 10)', () => {
  it('costs what the bill would have grown by, and a correction gives back as much (M11)', () => {
    const rates = flat('1000', '0.079');
    const closed = rate(rates, EUR, minutes('990'));
    const late = lateLines(rates, EUR, '2026-10', minutes('990'), segmentsOf({ A: '30' }));
    const adjusted = lateLines(rates, EUR, '2026-10', minutes('1020'), segmentsOf({ A: '-15' }));
    expect([closed, ...amounts(late), ...amounts(adjusted)]).toEqual([0n, 158n, -118n]);
    expect(closed + totalOf([...late, ...adjusted])).toBe(40n);
  });

  it('goes up the steps account by account (M12)', () => {
    const rates = ratesOf({ model: 'graduated', tiers: STEPS });
    expect(rate(rates, EUR, minutes('900'))).toBe(9000n);
    const late = lateLines(rates, EUR, '2026-10', minutes('900'), segmentsOf({ B: '60.5', A: '150' }));
    expect(late.map(({ segment, amount }) => [segment.id, amount])).toEqual([
      ['A', 1400n],
      ['B', 484n],
    ]);
    expect(9000n + totalOf(late)).toBe(10884n);
  });
});

describe('invoices before and after (rules/money 11, 13)', () => {
  it('are one sum: what an interim billed is taken off the closing one (M13)', () => {
    const rates = ratesOf({ model: 'graduated', tiers: STEPS });
    const interim = interimDue(rate(rates, EUR, minutes('1250')), [], 10000n);
    expect(interim).toBe(12000n);
    const terms = planOf('49.00', { model: 'graduated', tiers: STEPS });
    const lines = linesUnder(OCTOBER, { terms, from: OCTOBER.start, to: null, used: used({ A: '2000' }) });
    const closing = settle([...lines, ...alreadyInvoiced([interim!])], 0n);
    expect(closing).toMatchObject({ total: 10900n, due: 10900n, toBalance: 0n });
  });

  it('are credited line by line (M17)', () => {
    const lines = [1121n, 693n, 193n].map((amount, n) => ({ id: `${n}`, amount, credited: 0n }));
    expect(valueOf(decideCredit(lines, { currency: EUR, minor: 500n }))).toEqual([-279n, -173n, -48n]);
  });
});

describe('rebilling (rules/money 15, 17)', () => {
  const own = planOf('99', { model: 'flat', included: '1000', price: '0.079' });
  const bookOf = (monthlyFee: string, meter: Parameters<typeof parseBook>[0]['meters'][string]) =>
    valueOf(parseBook({ currency: 'EUR', monthlyFee, meters: { 'call.minutes': meter } }));

  it('shows what each customer costs, brings and leaves (M14)', () => {
    const [c1, c2] = ['C1' as AccountId, 'C2' as AccountId];
    const invoice = linesUnder(OCTOBER, {
      terms: own,
      from: OCTOBER.start,
      to: null,
      used: used({ C1: '2000', C2: '500' }),
    });
    expect(amounts(invoice)).toEqual([9900n, 9480n, 2370n]);
    const ofBook = (book: ReturnType<typeof bookOf>, quantity: string) => {
      const terms = valueOf(termsOfBook(book, own));
      const lines = linesUnder(OCTOBER, { terms, from: OCTOBER.start, to: null, used: used({ C: quantity }) });
      return { currency: EUR, minor: totalOf(lines) };
    };
    const marked = bookOf('0', { model: 'markup', percent: '25' });
    const revenues = [
      ofBook(bookOf('50', { model: 'flat', included: '500', price: '0.14' }), '2000'),
      ofBook(marked, '500'),
    ];
    expect(revenues.map(({ minor }) => minor)).toEqual([26000n, 4938n]);
    expect(shownPrices(valueOf(termsOfBook(marked, own)).rates[0]!)).toEqual(['0.09875']);
    const margins = marginsOf(
      EUR,
      invoice.map((line) => ({
        amount: line.amount,
        path: line.type === 'usage' ? [line.segment.id as AccountId] : null,
      })),
      [
        { customer: c1, revenue: revenues[0]! },
        { customer: c2, revenue: revenues[1]! },
      ],
    );
    expect(margins.customers.map(({ margin }) => margin)).toEqual([
      { amount: 16520n, percent: '63.5' },
      { amount: 2568n, percent: '52.0' },
    ]);
    expect(margins).toMatchObject({ own: 0n, fee: 9900n, afterFee: 9188n });
  });

  it('marks the exact price up, not the one that is shown (M18)', () => {
    const cost = planOf('0', { model: 'flat', price: '0.0079' });
    const book = bookOf('0', { model: 'markup', percent: '33.3333' });
    const [rates] = valueOf(termsOfBook(book, cost)).rates;
    expect(rate(rates!, EUR, minutes('12345'))).toBe(13003n);
    expect(shownPrices(rates!)).toEqual(['0.010533331']);
  });

  it('can round each call up (M19)', () => {
    const increments = parseIncrements('60/60')!;
    const calls = [61n, 59n, 120n, 1n, 0n].map((seconds) => seconds * 10n ** 9n);
    const billed = calls.map((call) => roundUp(increments, call));
    expect(billed).toEqual(['2', '1', '2', '1', '0'].map(minutes));
    expect(billed.reduce((sum, quantity) => sum + quantity, 0n)).toBe(minutes('6'));
  });
});

it('tax is rounded once for each group of lines, not for each line (M16)', () => {
  const rate = valueOf(parsePercent('19', 'rate'));
  const lines = [1, 2, 3].map(() => ({ amount: amountOf('0.13'), category: 'S', rate }));
  expect(taxByGroup(lines)).toEqual([{ category: 'S', rate, base: 39n, amount: 7n }]);
});
