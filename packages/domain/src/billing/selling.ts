import { accept, type Decision, refuse } from '../errors.ts';
import type { Instant } from '../time.ts';
import { type Book, termsOfBook } from './book.ts';
import type { Terms } from './lines.ts';

/** A book that a customer has over a time; `to` is not in it any more, and null: it goes on. */
export type HeldBook = { readonly from: Instant; readonly to: Instant | null; readonly book: Book };

/** A time, of which `to` is not a part. */
export type Span = { readonly from: Instant; readonly to: Instant };

/** What somebody pays over a time; refused: nobody can say, and why. */
export type PricedSpan = Span & { readonly terms: Decision<Terms> };

/**
 * How the usage of an account is paid for while it stands in one place: whoever pays for the tree by a plan, then each account on the way down
 * by the books that it has from the one above.
 */
export type SalesChain = Span & {
  /** Null: the payer has none. */
  readonly plan: Terms | null;
  /** Of each account below the payer, down to the account itself, the books that it has meanwhile. */
  readonly books: readonly (readonly HeldBook[])[];
};

/** The part that two times have in common; null: none. */
export function overlapOf(span: Span, other: { readonly from: Instant; readonly to: Instant | null }): Span | null {
  const from = span.from > other.from ? span.from : other.from;
  const to = other.to === null || span.to < other.to ? span.to : other.to;
  return from < to ? { from, to } : null;
}

/**
 * What an account pays itself (rules/money 15), in the order of time: what its books come to, level by level from the plan down. Where it has no
 * book, it pays nothing, and there is no span.
 *
 * @param chains where it stood, in the order of time
 */
export const ownPrices = (chains: readonly SalesChain[]): PricedSpan[] =>
  joined(
    chains.flatMap((chain) => {
      const { from, to, plan } = chain;
      const own: PricedSpan = { from, to, terms: plan === null ? NO_PLAN : accept(plan) };
      return chain.books.reduce<PricedSpan[]>((paid, held) => held.flatMap((one) => pricesOf(chain, one, paid)), [own]);
    }),
  );

/**
 * What a customer pays by a book: a span, where it has no markup; with one, a span for each that the seller pays otherwise in (rules/money 7).
 *
 * @param within beyond this nothing is asked
 * @param own what the seller pays itself
 */
export function pricesOf(within: Span, { book, ...held }: HeldBook, own: readonly PricedSpan[]): PricedSpan[] {
  const span = overlapOf(within, held);
  if (span === null) return [];
  const { rates, ...rest } = book;
  if (!rates.some(({ pricing }) => pricing.model === 'markup'))
    return [{ ...span, terms: termsOfBook(book, { ...rest, rates: [] }) }];
  const spans: PricedSpan[] = [];
  let { from } = span;
  for (const paid of own) {
    const common = overlapOf(span, paid);
    if (common === null) continue;
    if (from < common.from) spans.push({ from, to: common.from, terms: NO_BOOK });
    spans.push({ ...common, terms: paid.terms.ok ? termsOfBook(book, paid.terms.value) : paid.terms });
    from = common.to;
  }
  if (from < span.to) spans.push({ from, to: span.to, terms: NO_BOOK });
  return spans;
}

const NO_PLAN: Decision<Terms> = refuse(
  'MARKUP_IMPOSSIBLE',
  'Whoever pays for the seller has no plan then: there is no price to mark up.',
);
const NO_BOOK: Decision<Terms> = refuse(
  'MARKUP_IMPOSSIBLE',
  'The seller has no price book of its own then: there is no price to mark up.',
);

/** Spans that follow each other with the same terms are one: an account that is moved pays what it paid. */
function joined(spans: readonly PricedSpan[]): PricedSpan[] {
  const all: PricedSpan[] = [];
  for (const span of spans) {
    const last = all.at(-1);
    if (last && last.to === span.from && asText(last.terms) === asText(span.terms))
      all[all.length - 1] = { ...last, to: span.to };
    else all.push(span);
  }
  return all;
}

const asText = (terms: Decision<Terms>): string =>
  JSON.stringify(terms, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
