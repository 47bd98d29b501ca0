import type { ShownBookTerms } from '@tenantree/contract';
import { type Decimal, METERS } from '@tenantree/domain';
import { describe, expect, it } from 'vitest';
import { draftOf, faultsOf, leftOf, ownCostsOf, termsOf } from './book-terms.ts';

const SHOWN = {
  label: '',
  unit: '',
  included: '0',
  increments: null,
  price: null,
  size: null,
  percent: null,
  resulting: null,
  cost: null,
  impossible: null,
} as const;

describe('A price book to be written on', () => {
  it('is sent as it was read, with the fees of its steps', () => {
    const terms = {
      currency: 'KWD',
      exponent: 3,
      monthlyFee: '1.5',
      rates: [
        {
          ...SHOWN,
          meter: 'call.minutes',
          model: 'graduated',
          increments: '60/60',
          tiers: [
            { upTo: '100', price: '0.2', fee: '3' },
            { upTo: null, price: '0.1', fee: '0' },
          ],
        },
        { ...SHOWN, meter: 'messages', model: 'markup', percent: '33.3333', tiers: [] },
      ],
      warnings: [],
    } as unknown as ShownBookTerms;
    expect(termsOf(draftOf(METERS, { name: 'Steps', terms }, 'EUR'))).toEqual({
      currency: 'KWD',
      monthlyFee: '1.5',
      meters: {
        'call.minutes': {
          model: 'graduated',
          included: '0',
          increments: '60/60',
          tiers: [
            { upTo: '100', price: '0.2', fee: '3' },
            { upTo: null, price: '0.1', fee: '0' },
          ],
        },
        messages: { model: 'markup', percent: '33.3333', included: '0', increments: null },
      },
    });
  });

  it('says where what is typed could be two things, in fields that are shown alone', () => {
    const draft = draftOf(METERS, null, 'EUR');
    const [minutes, ...others] = draft.meters;
    const typed = { ...minutes!, price: '1,500', size: '2,500', included: '1,5' };
    const wrong = { ...draft, monthlyFee: '9,50', meters: [typed, ...others] };
    expect([...faultsOf(wrong)]).toEqual([
      ['terms.meters.call.minutes.price', '“1,500” could be 1500 or 1.5: type the one that you mean.'],
    ]);
    const right = { ...wrong, meters: [{ ...typed, price: '0,15' }, ...others] };
    expect(faultsOf(right).size).toBe(0);
    expect(termsOf(right)).toMatchObject({
      monthlyFee: '9.50',
      meters: { 'call.minutes': { price: '0.15', included: '1.5' } },
    });
  });

  it('says what a price leaves of each unit beyond what it costs, in the same currency', () => {
    const own = ownCostsOf(null, {
      monthlyFee: { currency: 'EUR' },
      rates: [{ meter: 'call.minutes', model: 'flat', price: '0.039' as Decimal, tiers: [] }],
    });
    const [minutes] = draftOf(METERS, null, 'EUR').meters;
    const left = (more: Partial<typeof minutes & object>, typed: string, currency = 'EUR') =>
      leftOf({ ...minutes!, ...more }, typed, currency, own);
    const leaves = (amount: string, percent: string) => ({
      cost: ['0.039', '0.039'],
      amount: [amount, amount],
      percent,
    });
    expect(left({}, '0.055')).toEqual(leaves('0.016', '29.1'));
    expect(left({}, '0,048')).toEqual(leaves('0.009', '18.8'));
    expect(left({}, '0.03')).toEqual(leaves('-0.009', '-30.0'));
    expect(left({ model: 'markup' }, '25')).toEqual(leaves('0.00975', '20.0'));
    expect(left({ model: 'package', size: '100' }, '5')).toMatchObject({ amount: ['0.011', '0.011'] });
    expect([left({}, ''), left({}, 'much'), left({}, '1', 'USD')]).toEqual([null, null, null]);
    // By steps of what is paid it goes from the most expensive one to the cheapest.
    const steps = ownCostsOf(null, {
      monthlyFee: { currency: 'EUR' },
      rates: [
        {
          meter: 'call.minutes',
          model: 'graduated',
          price: null,
          tiers: [{ price: '0.09' as Decimal }, { price: '0.06' as Decimal }],
        },
      ],
    });
    expect(leftOf(minutes!, '0.25', 'EUR', steps)).toEqual({
      cost: ['0.06', '0.09'],
      amount: ['0.16', '0.19'],
      percent: null,
    });
    expect(leftOf({ ...minutes!, model: 'markup' }, '25', 'EUR', steps)).toMatchObject({ percent: '20.0' });
  });
});
