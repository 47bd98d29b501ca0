import type { BookTermsInput, ShownBookTerms } from '@tenantree/contract';

type Rates = BookTermsInput['meters'][string];
export type Model = Rates['model'];

export const MODELS: Readonly<Record<Model, string>> = {
  flat: 'One price',
  graduated: 'Steps, each at its price',
  volume: 'Steps, all at the price of the last',
  package: 'Packages',
  markup: 'Markup on what I pay',
};

/** A step as it is written; `upTo` empty: everything above; `fee` comes with the first unit in it. */
export type TierDraft = { readonly upTo: string; readonly price: string; readonly fee: string };

/** A step that nothing is written of. */
export const NO_TIER: TierDraft = { upTo: '', price: '', fee: '' };

/** What is written of one meter. */
export type MeterDraft = {
  readonly meter: string;
  readonly label: string;
  readonly unit: string;
  readonly isPriced: boolean;
  readonly model: Model;
  readonly included: string;
  /** As in `60/60`; empty: each is priced as it is. */
  readonly increments: string;
  readonly price: string;
  readonly size: string;
  readonly percent: string;
  readonly tiers: readonly TierDraft[];
};

/** What is written of a book. */
export type BookDraft = {
  readonly name: string;
  readonly currency: string;
  readonly monthlyFee: string;
  readonly meters: readonly MeterDraft[];
};

type Meter = { readonly key: string; readonly label: string; readonly unit: string };

/** A book to be written on: as it is, or empty. */
export function draftOf(
  meters: readonly Meter[],
  book: { readonly name: string; readonly terms: ShownBookTerms } | null,
  currency: string,
): BookDraft {
  return {
    name: book?.name ?? '',
    currency: book?.terms.currency ?? currency,
    monthlyFee: book?.terms.monthlyFee ?? '0',
    meters: meters.map(({ key, label, unit }, k) => {
      const rates = book?.terms.rates.find(({ meter }) => meter === key);
      const tiers = rates?.tiers.map(({ upTo, price, fee }) => ({
        upTo: upTo ?? '',
        price,
        fee: fee === '0' ? '' : fee,
      }));
      return {
        meter: key,
        label,
        unit,
        isPriced: rates !== undefined || (book === null && k === 0),
        model: rates?.model ?? 'flat',
        included: rates?.included ?? '0',
        increments: rates?.increments ?? '',
        price: rates?.price ?? '',
        size: rates?.size ?? '',
        percent: rates?.percent ?? '',
        tiers: tiers && tiers.length > 0 ? tiers : [NO_TIER],
      };
    }),
  };
}

function ratesOf({ model, included, increments, price, size, percent, tiers }: MeterDraft): Rates {
  const rest = { included: included.trim() || '0', increments: increments.trim() || null };
  switch (model) {
    case 'flat':
      return { model, price: price.trim(), ...rest };
    case 'package':
      return { model, size: size.trim(), price: price.trim(), ...rest };
    case 'markup':
      return { model, percent: percent.trim(), ...rest };
    case 'graduated':
    case 'volume':
      return {
        model,
        tiers: tiers.map(({ upTo, price, fee }) => ({
          upTo: upTo.trim() || null,
          price: price.trim(),
          fee: fee.trim() || '0',
        })),
        ...rest,
      };
  }
}

/** What is sent of a draft. */
export const termsOf = ({ currency, monthlyFee, meters }: BookDraft): BookTermsInput => ({
  currency: currency.trim().toUpperCase(),
  monthlyFee: monthlyFee.trim() || '0',
  meters: Object.fromEntries(meters.flatMap((one) => (one.isPriced ? [[one.meter, ratesOf(one)]] : []))),
});
