import type { ShownBookTerms } from '@tenantree/contract';
import type { StoredBook } from '@tenantree/db';
import {
  type Book,
  type BookRates,
  formatDecimal,
  formatIncrements,
  formatPercent,
  shownPrices,
  type Terms,
  termsOfBook,
  warningsOf,
} from '@tenantree/domain';
import { shownMeter, shownPricing } from '../shown-plan.ts';
import { bookOf } from './rate-period.ts';

/** What a book says, and what comes of it. @param own what its seller pays itself; null: nobody can say */
export function shownBookTerms(book: Book, own: Terms | null): ShownBookTerms {
  const paid = own ?? { currency: book.currency, monthlyFee: 0n, rates: [] };
  return {
    currency: book.currency.code,
    exponent: book.currency.exponent,
    monthlyFee: formatDecimal(book.monthlyFee),
    rates: book.rates.map((rates) => shownRates(book, rates, paid)),
    warnings: warningsOf(book, paid),
  };
}

function shownRates(book: Book, rates: BookRates, own: Terms): ShownBookTerms['rates'][number] {
  const { meter, included, increments, pricing } = rates;
  const terms = termsOfBook({ ...book, rates: [rates] }, own);
  const [resolved] = terms.ok ? terms.value.rates : [];
  const cost = own.currency.code === book.currency.code ? own.rates.find((one) => one.meter === meter) : undefined;
  return {
    ...shownMeter(meter),
    included: formatDecimal(included),
    increments: increments && formatIncrements(increments),
    model: pricing.model,
    ...(pricing.model === 'markup'
      ? { price: null, size: null, tiers: [], percent: formatPercent(pricing.percent) }
      : { ...shownPricing(pricing), percent: null }),
    resulting: resolved ? shownPrices(resolved) : null,
    cost: cost ? shownPrices(cost) : null,
    impossible: terms.ok ? null : terms.refusal,
  };
}

/** A version of a book as people see it. */
export const shownBook = (stored: StoredBook, own: Terms | null) => ({
  id: stored.id,
  version: stored.version,
  name: stored.name,
  terms: shownBookTerms(bookOf(stored), own),
  savedAt: stored.savedAt,
});

/** A version of a book by name. */
export const bookNameOf = ({ id, version, name }: Pick<StoredBook, 'id' | 'version' | 'name'>) => ({
  id,
  version,
  name,
});
