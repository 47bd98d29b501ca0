import type { Currency } from '../money/currencies.ts';
import { percentOf } from '../money/price.ts';
import { divRound } from '../money/rounding.ts';

/** What tax is asked about: who sells to whom, and rounded lines. */
export type TaxableSale = {
  readonly seller: TaxParty;
  readonly buyer: TaxParty;
  readonly currency: Currency;
  readonly lines: readonly { readonly id: string; readonly amount: bigint }[];
};

/** One side of a sale, as tax knows it. */
export type TaxParty = {
  /** ISO 3166-1 alpha-2; null: not known. */
  readonly country: string | null;
  readonly taxId: string | null;
};

/** The tax of one group of lines; amounts are minor units. */
export type Tax = {
  readonly category: string;
  /** 10⁻⁴ of a percent. */
  readonly rate: bigint;
  readonly base: bigint;
  readonly amount: bigint;
};

/** What decides about tax: a port, since law is not ours to write (rules/money 14). */
export type TaxPort = (sale: TaxableSale) => Promise<readonly Tax[]>;

/** Without an adapter there is no tax, and the invoice says so. */
export const NO_TAX: TaxPort = () => Promise.resolve([]);
/** What an invoice without tax says. */
export const TAX_NOT_INCLUDED = 'Tax not included';

/**
 * Tax as every adapter adds it up: the rounded lines of a category and rate are summed, and the tax is rounded once for each such group
 * (rules/money 14). Groups stand in the order of their first lines.
 */
export function taxByGroup(
  lines: readonly { readonly amount: bigint; readonly category: string; readonly rate: bigint }[],
): Tax[] {
  const groups = new Map<string, { category: string; rate: bigint; base: bigint }>();
  for (const { amount, category, rate } of lines) {
    const key = `${rate} ${category}`;
    const group = groups.get(key) ?? { category, rate, base: 0n };
    groups.set(key, { ...group, base: group.base + amount });
  }
  return [...groups.values()].map((group) => {
    const { part, whole } = percentOf(group.rate);
    return { ...group, amount: divRound(group.base * part, whole) };
  });
}
