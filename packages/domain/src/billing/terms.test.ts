import { describe, expect, it } from 'vitest';
import { planOf, valueOf } from '../../test/billing-terms.ts';
import type { Decision } from '../errors.ts';
import type { AccountId } from '../ids.ts';
import { DAY_MS, type Instant, instantOf, msOf } from '../time.ts';
import { parseBillingPeriod } from '../usage/period.ts';
import { type AssignmentWish, decideAssignment } from './assignment.ts';
import { type BookInput, parseBook, termsOfBook, warningsOf } from './book.ts';
import { closesAtMs, fractionOf, isSettled, periodAfter, periodBefore, USUAL_CLOSING_GRACE_MS } from './closing.ts';
import { parseIncrements, roundUp } from './increments.ts';
import { marginOf, marginsOf } from './margins.ts';
import { decidePlanChoice, decideSubscription, isSoldIn, type PlanInput, parsePlan } from './plan.ts';
import { NO_TAX } from './tax.ts';

const refusalOf = (decision: Decision<unknown>) =>
  decision.ok ? 'ok' : [decision.refusal.code, decision.refusal.field].filter(Boolean).join(' ');
const OCTOBER = parseBillingPeriod('2026-10')!;
const NOW = Date.UTC(2026, 9, 12);

const PLAN: PlanInput = {
  currency: 'EUR',
  monthlyFee: '49.00',
  meters: { 'call.minutes': { model: 'flat', included: '500', price: '0.079' } },
  concurrent: 10,
  subaccounts: 'included',
};
const withMeter = (rates: PlanInput['meters'][string]): PlanInput => ({ ...PLAN, meters: { 'call.minutes': rates } });
const steps = (...ends: (string | null)[]): PlanInput =>
  withMeter({ model: 'graduated', tiers: ends.map((upTo) => ({ upTo, price: '1' })) });

describe('a plan (rules/money 16)', () => {
  it('that is no plan is refused, and the refusal says where', () => {
    const cases: [PlanInput, string][] = [
      [PLAN, 'ok'],
      [{ ...PLAN, currency: 'BGN' }, 'CURRENCY_UNKNOWN currency'],
      [{ ...PLAN, monthlyFee: '1.0000000001' }, 'PRICE_INVALID monthlyFee'],
      [{ ...PLAN, monthlyFee: '-1' }, 'PRICE_INVALID monthlyFee'],
      [withMeter({ model: 'flat', price: '0.1234567891' }), 'PRICE_INVALID meters.call.minutes.price'],
      [withMeter({ model: 'flat', price: '1', included: '-1' }), 'QUANTITY_INVALID meters.call.minutes.included'],
      [withMeter({ model: 'package', price: '1', size: '0' }), 'QUANTITY_INVALID meters.call.minutes.size'],
      [withMeter({ model: 'package', price: 'x', size: '1' }), 'PRICE_INVALID meters.call.minutes.price'],
      [{ ...PLAN, meters: { faxes: { model: 'flat', price: '1' } } }, 'METER_UNKNOWN meters.faxes'],
      [
        { ...PLAN, meters: { ...PLAN.meters, 'call.seconds': { model: 'flat', price: '1' } } },
        'BAD_REQUEST meters.call.seconds',
      ],
      [steps(null), 'ok'],
      [steps('1', '2.5', null), 'ok'],
      [steps(), 'TIERS_INVALID meters.call.minutes.tiers'],
      [steps('1', '2'), 'TIERS_INVALID meters.call.minutes.tiers[1].upTo'],
      [steps(null, null), 'TIERS_INVALID meters.call.minutes.tiers[0].upTo'],
      [steps('2', '2', null), 'TIERS_INVALID meters.call.minutes.tiers[1].upTo'],
      [steps('2', '1', null), 'TIERS_INVALID meters.call.minutes.tiers[1].upTo'],
      [steps('0', null), 'TIERS_INVALID meters.call.minutes.tiers[0].upTo'],
      [steps('x', null), 'QUANTITY_INVALID meters.call.minutes.tiers[0].upTo'],
      [{ ...PLAN, concurrent: -1 }, 'LIMIT_INVALID concurrent'],
      [{ ...PLAN, concurrent: 1.5 }, 'LIMIT_INVALID concurrent'],
      [{ ...PLAN, countries: ['DE', 'at'] }, 'BAD_REQUEST countries'],
    ];
    for (const [input, expected] of cases) expect(refusalOf(parsePlan(input)), expected).toBe(expected);
  });

  const offer = {
    id: 'team',
    version: 3,
    state: 'offered' as const,
    plan: valueOf(parsePlan({ ...PLAN, countries: ['DE'] })),
  };
  const chooser = { accountName: 'Acme', subaccounts: 2, country: 'DE' };

  it('can be chosen as long as it is offered, as it was shown, where it is sold, and if it includes what there is', () => {
    const single = { ...offer, plan: { ...offer.plan, subaccounts: 'none' as const } };
    expect(refusalOf(decidePlanChoice(chooser, offer, 3))).toBe('ok');
    expect(refusalOf(decidePlanChoice({ ...chooser, country: null }, offer, 3))).toBe('ok');
    expect(refusalOf(decidePlanChoice(chooser, null, 3))).toBe('PLAN_UNAVAILABLE plan');
    expect(refusalOf(decidePlanChoice(chooser, { ...offer, state: 'withdrawn' }, 3))).toBe('PLAN_UNAVAILABLE plan');
    expect(refusalOf(decidePlanChoice(chooser, offer, 2))).toBe('PLAN_STALE plan');
    expect(refusalOf(decidePlanChoice({ ...chooser, country: 'FR' }, offer, 3))).toBe('PLAN_UNAVAILABLE plan');
    expect(refusalOf(decidePlanChoice(chooser, single, 3))).toBe('PLAN_UNAVAILABLE plan');
    expect(refusalOf(decidePlanChoice({ ...chooser, subaccounts: 0 }, single, 3))).toBe('ok');
    expect(isSoldIn(offer.plan, 'FR')).toBe(false);
  });

  it('is had at once if it is the first, and from the next period if it is another', () => {
    const state = { ...chooser, billingMode: 'direct' as const, present: null };
    expect(decideSubscription(state, offer, 3, NOW)).toEqual({
      ok: true,
      value: { id: 'team', version: 3, from: instantOf(NOW) },
    });
    const other = { ...state, present: { id: 'team', version: 2 } };
    expect(decideSubscription(other, offer, 3, NOW)).toMatchObject({ value: { from: OCTOBER.end } });
    expect(refusalOf(decideSubscription({ ...state, present: offer }, offer, 3, NOW))).toBe('ALREADY_IN_STATE plan');
    expect(refusalOf(decideSubscription({ ...state, billingMode: 'parent' }, offer, 3, NOW))).toBe('PARENT_BILLED');
    expect(refusalOf(decideSubscription(state, offer, 2, NOW))).toBe('PLAN_STALE plan');
  });
});

describe('a price book (rules/money 15)', () => {
  const own = planOf('99', { model: 'flat', included: '1000', price: '0.079' });
  const bookOf = (meter: BookInput['meters'][string], currency = 'EUR') =>
    valueOf(parseBook({ currency, monthlyFee: '0', meters: { 'call.minutes': meter } }));

  it('that is no book is refused, and the refusal says where', () => {
    const refused = (meter: BookInput['meters'][string]) =>
      refusalOf(parseBook({ currency: 'EUR', monthlyFee: '0', meters: { messages: meter } }));
    expect(refused({ model: 'markup', percent: '25' })).toBe('ok');
    expect(refused({ model: 'markup', percent: '25.00001' })).toBe('PRICE_INVALID meters.messages.percent');
    expect(refused({ model: 'markup', percent: '-100.1' })).toBe('PRICE_INVALID meters.messages.percent');
    expect(refused({ model: 'flat', price: '-1' })).toBe('PRICE_INVALID meters.messages.price');
    expect(refusalOf(parseBook({ currency: 'XAU', monthlyFee: '0', meters: {} }))).toBe('CURRENCY_UNKNOWN currency');
    expect(refusalOf(parseBook({ currency: 'EUR', monthlyFee: '', meters: {} }))).toBe('PRICE_INVALID monthlyFee');
  });

  it('marks up only what has a price, in its currency', () => {
    const messages = valueOf(
      parseBook({ currency: 'EUR', monthlyFee: '0', meters: { messages: { model: 'markup', percent: '1' } } }),
    );
    expect(refusalOf(termsOfBook(messages, own))).toBe('MARKUP_IMPOSSIBLE meters.messages');
    const dollars = bookOf({ model: 'markup', percent: '25' }, 'USD');
    expect(refusalOf(termsOfBook(dollars, own))).toBe('MARKUP_IMPOSSIBLE meters.call.minutes');
    expect(refusalOf(termsOfBook(bookOf({ model: 'flat', price: '1' }, 'USD'), own))).toBe('ok');
  });

  it('may take less than it costs, and says so', () => {
    const warned = (meter: BookInput['meters'][string], currency?: string) =>
      warningsOf(bookOf(meter, currency), own).map(({ warning }) => warning);
    expect(warned({ model: 'markup', percent: '-0.0001' })).toEqual(['markup_negative']);
    expect(warned({ model: 'markup', percent: '0' })).toEqual([]);
    expect(warned({ model: 'flat', price: '0.079' })).toEqual([]);
    expect(warned({ model: 'flat', price: '0.078999999' })).toEqual(['below_cost']);
    expect(warned({ model: 'package', size: '100', price: '7.90' })).toEqual([]);
    expect(warned({ model: 'package', size: '100', price: '7.89' })).toEqual(['below_cost']);
    expect(
      warned({
        model: 'volume',
        tiers: [
          { upTo: '5', price: '1' },
          { upTo: null, price: '0.07' },
        ],
      }),
    ).toEqual(['below_cost']);
    expect(warned({ model: 'flat', price: '0.01' }, 'USD')).toEqual([]);
  });
});

describe('the assignment of a book (rules/money 18)', () => {
  const [seller, other] = ['S' as AccountId, 'X' as AccountId];
  const day = (n: number): Instant => instantOf(Date.UTC(2026, 9, n));
  const state = {
    seller,
    customer: { name: 'Acme', parentId: seller },
    others: [],
    earliest: day(-40),
    closedUntil: OCTOBER.start,
  };
  const assigned = (wish: Partial<AssignmentWish>, of: Partial<Parameters<typeof decideAssignment>[0]> = {}) =>
    decideAssignment({ ...state, ...of }, { currency: 'EUR', openPeriod: 'not_previewed', ...wish }, NOW);

  it('begins with the next period, unless something else is said', () => {
    expect(assigned({})).toEqual({ ok: true, value: { from: OCTOBER.end, to: null } });
    expect(refusalOf(assigned({ from: day(20) }))).toBe('PREVIEW_STALE from');
    expect(refusalOf(assigned({ from: day(20), openPeriod: 'previewed' }))).toBe('ok');
    expect(refusalOf(assigned({ from: day(0), openPeriod: 'previewed' }))).toBe('PERIOD_CLOSED from');
    expect(refusalOf(assigned({ from: day(0), openPeriod: 'previewed' }, { closedUntil: null }))).toBe('ok');
  });

  it('is for direct subaccounts, and ends after it begins', () => {
    expect(refusalOf(assigned({}, { customer: { name: 'Acme', parentId: other } }))).toBe('ASSIGNMENT_INVALID account');
    expect(refusalOf(assigned({}, { customer: { name: 'Acme', parentId: null } }))).toBe('ASSIGNMENT_INVALID account');
    expect(refusalOf(assigned({ from: day(40), to: day(40) }))).toBe('ASSIGNMENT_INVALID to');
    expect(refusalOf(assigned({ from: day(40), to: day(41) }))).toBe('ok');
  });

  it('is for no month before the customer can have used anything', () => {
    const of = { earliest: day(-12), closedUntil: null };
    const at = (from: Instant) => refusalOf(assigned({ from, openPeriod: 'previewed' }, of));
    expect(at(instantOf(Date.UTC(2026, 8, 1)))).toBe('ok');
    expect(at(instantOf(Date.UTC(2026, 8, 1) - 1))).toBe('ASSIGNMENT_INVALID from');
    expect(at(instantOf(Date.UTC(206, 9, 1)))).toBe('ASSIGNMENT_INVALID from');
  });

  it('overlaps no other, and may follow at the very instant', () => {
    const others = [{ from: day(50), to: day(60), currency: 'EUR' }];
    expect(refusalOf(assigned({ from: day(40), to: day(50) }, { others }))).toBe('ok');
    expect(refusalOf(assigned({ from: day(60) }, { others }))).toBe('ok');
    expect(refusalOf(assigned({ from: day(59) }, { others }))).toBe('ASSIGNMENT_OVERLAP from');
    expect(refusalOf(assigned({ from: day(40), to: day(51) }, { others }))).toBe('ASSIGNMENT_OVERLAP from');
    expect(refusalOf(assigned({ from: day(40) }, { others }))).toBe('ASSIGNMENT_OVERLAP from');
    expect(refusalOf(assigned({ from: day(70) }, { others: [{ from: day(50), to: null, currency: 'EUR' }] }))).toBe(
      'ASSIGNMENT_OVERLAP from',
    );
  });
});

describe('a customer (rules/money 18)', () => {
  it('pays in one currency within a period', () => {
    const [seller, day] = ['S' as AccountId, (n: number): Instant => instantOf(Date.UTC(2026, 9, n))];
    // 20 and 25 November, 1 December
    const others = [{ from: day(51), to: day(56), currency: 'USD' }];
    const state = { seller, customer: { name: 'Acme', parentId: seller }, others, earliest: day(1), closedUntil: null };
    const assigned = (from: number, to: number | null) =>
      refusalOf(
        decideAssignment(
          state,
          { currency: 'EUR', from: day(from), to: to === null ? null : day(to), openPeriod: 'not_previewed' },
          NOW,
        ),
      );
    expect(assigned(57, null)).toBe('ASSIGNMENT_INVALID from');
    expect(assigned(40, 50)).toBe('ASSIGNMENT_INVALID from');
    expect(assigned(62, null)).toBe('ok');
    expect(assigned(32, 33)).toBe('ASSIGNMENT_INVALID from');
  });
});

describe('a period (rules/money 7, 8, 9)', () => {
  const grace = USUAL_CLOSING_GRACE_MS;

  it('closes so long after its end as late usage gets', () => {
    expect(closesAtMs(OCTOBER, grace)).toBe(Date.UTC(2026, 10, 1, 12));
    expect(periodAfter(parseBillingPeriod('2026-12')!).key).toBe('2027-01');
    expect(periodBefore(parseBillingPeriod('2027-01')!).key).toBe('2026-12');
  });

  it('is cut by instants, of which none outside of it counts', () => {
    expect(fractionOf(OCTOBER, instantOf(0), null)).toEqual({ part: 1n, whole: 1n });
    expect(fractionOf(OCTOBER, OCTOBER.start, OCTOBER.start)).toEqual({ part: 0n, whole: 1n });
    expect(fractionOf(OCTOBER, OCTOBER.end, null)).toEqual({ part: 0n, whole: 1n });
    expect(fractionOf(OCTOBER, instantOf(msOf(OCTOBER.end) - 1), null)).toEqual({
      part: 1n,
      whole: BigInt(31 * DAY_MS),
    });
  });

  it('is settled when it was issued, or when nobody had a plan in it and nothing of it can come any more', () => {
    const keeping = { graceMs: grace, usageMaxAgeDays: 35 };
    const last = closesAtMs(OCTOBER, grace) + 35 * DAY_MS;
    const settled = (issued: 'issued' | 'open', plan: 'subscribed' | 'none', nowMs: number) =>
      isSettled(OCTOBER, { issued, plan }, keeping, nowMs);
    expect(settled('issued', 'subscribed', 0)).toBe(true);
    expect(settled('open', 'subscribed', last)).toBe(false);
    expect(settled('open', 'none', last - 1)).toBe(false);
    expect(settled('open', 'none', last)).toBe(true);
  });
});

describe('increments (rules/money 6)', () => {
  const seconds = (n: number) => BigInt(n) * 10n ** 9n;

  it('are written as tariffs write them', () => {
    expect(parseIncrements('30/6')).toEqual({ first: seconds(30), next: seconds(6) });
    for (const bad of ['60', '60/', '0/6', '6/0', '-6/6', '6.5/6', '60/60/60', ''])
      expect(parseIncrements(bad)).toBeNull();
  });

  it('round every event up, and a correction as what it takes back', () => {
    const increments = parseIncrements('30/6')!;
    const rounded = [0, 1, 30, 31, 36, 37, -31].map((n) => roundUp(increments, seconds(n)));
    expect(rounded).toEqual([0, 30, 30, 36, 36, 42, -36].map(seconds));
  });
});

describe('margins (rules/money 17)', () => {
  const [a, b, deep] = ['A' as AccountId, 'B' as AccountId, 'deep' as AccountId];
  const currency = { code: 'EUR', exponent: 2 };
  const revenue = (minor: bigint, code = 'EUR') => ({ currency: { code, exponent: 2 }, minor });

  it('count what a customer’s whole subtree costs, and nobody’s fee or the seller’s own usage', () => {
    const lines = [
      { amount: 100n, path: ['S' as AccountId, a] },
      { amount: 50n, path: ['S' as AccountId, a, deep] },
      { amount: 7n, path: ['S' as AccountId] },
      { amount: 30n, path: null },
    ];
    const margins = marginsOf(currency, lines, [
      { customer: a, revenue: revenue(200n) },
      { customer: b, revenue: revenue(0n) },
    ]);
    expect(margins).toMatchObject({ own: 7n, fee: 30n, afterFee: 20n });
    expect(margins.customers).toMatchObject([
      { cost: 150n, margin: { amount: 50n, percent: '25.0' } },
      { cost: 0n, margin: { amount: 0n, percent: null } },
    ]);
    expect(marginOf(100n, 130n)).toEqual({ amount: -30n, percent: '-30.0' });
  });

  it('have their parts of the fee by what was used, to the last unit; where nothing was it stays nobody’s', () => {
    const customers = [a, b].map((customer) => ({ customer, revenue: revenue(0n) }));
    const shared = (used: readonly (readonly [AccountId, bigint])[]) => {
      const { customers: rows, ...rest } = marginsOf(
        currency,
        [{ amount: 100n, path: null }],
        customers,
        new Map(used),
      );
      return { ...rest, costs: rows.map(({ cost }) => cost) };
    };
    const whole = { own: 0n, fee: 0n, shared: 100n, afterFee: -100n };
    expect(
      shared([
        [a, 2n],
        [b, 1n],
      ]),
    ).toEqual({ ...whole, costs: [67n, 33n] });
    expect(shared([[b, 5n]])).toEqual({ ...whole, costs: [0n, 100n] });
    expect(shared([])).toEqual({ ...whole, fee: 100n, shared: 0n, costs: [0n, 0n] });
  });

  it('are none between different currencies', () => {
    const margins = marginsOf(currency, [], [{ customer: a, revenue: revenue(200n, 'USD') }]);
    expect(margins).toMatchObject({ customers: [{ margin: null }], afterFee: null });
  });
});

it('without an adapter there is no tax', async () => {
  const party = { country: null, taxId: null };
  const sale = { seller: party, buyer: party, currency: { code: 'EUR', exponent: 2 }, lines: [] };
  expect(await NO_TAX(sale)).toEqual([]);
});
