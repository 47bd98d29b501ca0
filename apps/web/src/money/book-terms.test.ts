import type { ShownBookTerms } from '@tenantree/contract';
import { METERS } from '@tenantree/domain';
import { describe, expect, it } from 'vitest';
import { draftOf, termsOf } from './book-terms.ts';

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
});
