import { describe, expect, it } from 'vitest';
import type { Instant } from '../time.ts';
import { type Card, decidePayerMethod, isExpired, type PayerMethod, type PayerMethods } from './payment-method.ts';

const CARD: Card = { brand: 'visa', last4: '4242', expMonth: 11, expYear: 2026 };
const OLD: PayerMethod = { method: 'stripe:old', state: 'set', card: CARD, customer: 'cus_1' };
const NEXT: PayerMethod = { method: 'stripe:new', state: 'pending', card: null, customer: 'cus_1' };
const BY_INVOICE: PayerMethods = { inUse: null, next: null };
const REPLACING: PayerMethods = { inUse: OLD, next: NEXT };

describe('How a payer pays', () => {
  it('stays as it is until the provider has the next one, which takes its place then', () => {
    const chosen = decidePayerMethod({ inUse: OLD, next: null }, { event: 'chosen', method: 'stripe:ref_1' });
    expect(chosen.methods).toEqual({
      inUse: OLD,
      next: { method: 'stripe:ref_1', state: 'pending', card: null, customer: 'cus_1' },
    });
    const begun = decidePayerMethod(chosen.methods, { event: 'begun', reference: 'stripe:ref_1', ...NEXT });
    expect(begun).toEqual({ methods: REPLACING, detach: [], happened: null });
    const set = decidePayerMethod(begun.methods, { event: 'reported', method: NEXT.method, state: 'set', card: CARD });
    expect(set).toEqual({
      methods: { inUse: { ...NEXT, state: 'set', card: CARD }, next: null },
      detach: ['stripe:old'],
      happened: 'set',
    });
  });

  it('keeps the one in use when the next one fails, which may still succeed; each is told once', () => {
    const report = { event: 'reported', method: NEXT.method, state: 'failed', card: null } as const;
    const failed = decidePayerMethod(REPLACING, report);
    expect(failed).toEqual({
      methods: { inUse: OLD, next: { ...NEXT, state: 'failed' } },
      detach: [],
      happened: 'failed',
    });
    expect(decidePayerMethod(failed.methods, report).happened).toBeNull();
    const set = decidePayerMethod(failed.methods, { ...report, state: 'set', card: CARD });
    expect(set.methods.inUse?.method).toBe(NEXT.method);
    // Late: it is older than what is known.
    expect(decidePayerMethod(set.methods, report)).toEqual({ methods: set.methods, detach: [], happened: null });
  });

  it('is lost once when its provider has it no more, and is never the parent’s to pay', () => {
    const report = { event: 'reported', method: OLD.method, state: 'lost', card: null } as const;
    const lost = decidePayerMethod({ inUse: OLD, next: null }, report);
    expect(lost).toEqual({
      methods: { inUse: { ...OLD, state: 'lost' }, next: null },
      detach: [],
      happened: 'lost',
    });
    expect(decidePayerMethod(lost.methods, report).methods).toBe(lost.methods);
  });

  it('takes over what its provider knows newer of a card, and nothing where that is the same', () => {
    const methods = { inUse: OLD, next: null };
    const report = { event: 'reported', method: OLD.method, state: 'set' } as const;
    expect(decidePayerMethod(methods, { ...report, card: { ...CARD } }).methods).toBe(methods);
    const renewed = decidePayerMethod(methods, { ...report, card: { ...CARD, expYear: 2030 } });
    expect(renewed).toMatchObject({ methods: { inUse: { card: { expYear: 2030 } } }, happened: null });
  });

  it('leaves nothing at the provider that nobody waits for', () => {
    const report = { event: 'reported', method: 'stripe:other', state: 'set', card: CARD } as const;
    expect(decidePayerMethod(BY_INVOICE, report)).toEqual({
      methods: BY_INVOICE,
      detach: ['stripe:other'],
      happened: null,
    });
    expect(decidePayerMethod(BY_INVOICE, { event: 'begun', reference: 'stripe:ref_1', ...NEXT }).detach).toEqual([
      NEXT.method,
    ]);
    expect(decidePayerMethod(REPLACING, { event: 'chosen', method: 'stripe:ref_2' }).detach).toEqual([NEXT.method]);
    expect(decidePayerMethod(REPLACING, { event: 'removed' })).toEqual({
      methods: BY_INVOICE,
      detach: [OLD.method, NEXT.method],
      happened: 'removed',
    });
    expect(decidePayerMethod(BY_INVOICE, { event: 'removed' }).happened).toBeNull();
  });

  it('takes a card until the end of the month that is printed on it', () => {
    expect(isExpired(CARD, '2026-11-30T23:59:59.999Z' as Instant)).toBe(false);
    expect(isExpired(CARD, '2026-12-01T00:00:00.000Z' as Instant)).toBe(true);
    expect(isExpired({ ...CARD, expMonth: 12 }, '2026-12-31T23:59:59.999Z' as Instant)).toBe(false);
    expect(isExpired({ ...CARD, expMonth: 12 }, '2027-01-01T00:00:00.000Z' as Instant)).toBe(true);
  });
});
