import type { BookTermsInput, ShownBookTerms } from '@tenantree/contract';
import { type Decimal, divRound, formatDecimal, marginOf, parseDecimal, parsePercent, UNIT } from '@tenantree/domain';
import { readTyped, typedOf } from './typed.ts';

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
    monthlyFee: typedOf(book?.terms.monthlyFee ?? '0'),
    meters: meters.map(({ key, label, unit }, k) => {
      const rates = book?.terms.rates.find(({ meter }) => meter === key);
      const tiers = rates?.tiers.map(({ upTo, price, fee }) => ({
        upTo: typedOf(upTo ?? ''),
        price: typedOf(price),
        fee: fee === '0' ? '' : typedOf(fee),
      }));
      return {
        meter: key,
        label,
        unit,
        isPriced: rates !== undefined || (book === null && k === 0),
        model: rates?.model ?? 'flat',
        included: typedOf(rates?.included ?? '0'),
        increments: rates?.increments ?? '',
        price: typedOf(rates?.price ?? ''),
        size: typedOf(rates?.size ?? ''),
        percent: typedOf(rates?.percent ?? ''),
        tiers: tiers && tiers.length > 0 ? tiers : [NO_TIER],
      };
    }),
  };
}

/** As the server reads it; what can’t be told what it is was refused before. */
const sent = (text: string): string => {
  const typed = readTyped(text);
  return typed.ok ? typed.value : text;
};

function ratesOf({ model, included, increments, price, size, percent, tiers }: MeterDraft): Rates {
  const rest = { included: sent(included) || '0', increments: increments.trim() || null };
  switch (model) {
    case 'flat':
      return { model, price: sent(price), ...rest };
    case 'package':
      return { model, size: sent(size), price: sent(price), ...rest };
    case 'markup':
      return { model, percent: sent(percent), ...rest };
    case 'graduated':
    case 'volume':
      return {
        model,
        tiers: tiers.map((tier) => ({
          upTo: sent(tier.upTo) || null,
          price: sent(tier.price),
          fee: sent(tier.fee) || '0',
        })),
        ...rest,
      };
  }
}

/** What is sent of a draft. */
export const termsOf = ({ currency, monthlyFee, meters }: BookDraft): BookTermsInput => ({
  currency: currency.trim().toUpperCase(),
  monthlyFee: sent(monthlyFee) || '0',
  meters: Object.fromEntries(meters.flatMap((one) => (one.isPriced ? [[one.meter, ratesOf(one)]] : []))),
});

const METER_FIELDS = ['included', 'increments', 'price', 'size', 'percent'] as const;
export const TIER_FIELDS = ['upTo', 'price', 'fee'] as const;
export type MeterField = (typeof METER_FIELDS)[number];

/** What the server calls a field of a meter, or of one of its steps. */
export const fieldOf = (meter: string, key: string): string => `terms.meters.${meter}.${key}`;

export const hasTiers = (model: Model): boolean => model === 'graduated' || model === 'volume';

/** Whether a way to price has a field. */
export const isShown = (model: Model, key: MeterField): boolean => {
  if (key === 'price') return model === 'flat' || model === 'package';
  if (key === 'size') return model === 'package';
  return key === 'percent' ? model === 'markup' : true;
};

/** Fields that are shown, as the server calls them, with what is typed in them: what is refused for one of them is said there. */
export const fieldsOf = ({ name, monthlyFee, meters }: BookDraft): ReadonlyMap<string, string> =>
  new Map([
    ['name', name],
    ['terms.monthlyFee', monthlyFee],
    ...meters.flatMap((one): (readonly [string, string])[] => {
      if (!one.isPriced) return [];
      const { meter, model, tiers } = one;
      const shown = METER_FIELDS.filter((key) => isShown(model, key)).map(
        (key) => [fieldOf(meter, key), one[key]] as const,
      );
      const ofSteps = tiers.flatMap((tier, k) =>
        TIER_FIELDS.map((key) => [fieldOf(meter, `tiers[${k}].${key}`), tier[key]] as const),
      );
      return hasTiers(model) ? [...shown, ...ofSteps] : shown;
    }),
  ]);

/** What is typed and could be two things, by the fields that it stands in. */
export function faultsOf(draft: BookDraft): ReadonlyMap<string, string> {
  const faults = new Map<string, string>();
  for (const [field, text] of fieldsOf(draft)) {
    if (field === 'name' || field.endsWith('.increments')) continue;
    const typed = readTyped(text);
    if (!typed.ok) faults.set(field, typed.message);
  }
  return faults;
}

/** What a unit costs the seller itself, by meter: one price, or those of its steps. */
export type OwnCosts = { readonly currency: string; readonly byMeter: ReadonlyMap<string, readonly Decimal[]> };

/** The least and the most of something. */
type Span = readonly [Decimal, Decimal];

/** What a price of a unit leaves beyond what it costs, both in major units, from the most expensive step of what is paid to the cheapest. */
export type Left = {
  readonly cost: Span;
  readonly amount: Span;
  /** Of the price; null: it is nothing, or goes by the step. */
  readonly percent: string | null;
};

const HUNDRED_PERCENT = 1_000_000n;

/** What a unit comes to by a price, package or markup as it is typed, in 10⁻⁹; null: that is none yet. */
function unitPrice({ model, size }: MeterDraft, typed: string, cost: bigint): bigint | null {
  const value = parseDecimal(sent(typed));
  if (value === null) return null;
  if (model === 'package') {
    const units = parseDecimal(sent(size)) ?? 0n;
    return units > 0n ? divRound(value * UNIT, units) : null;
  }
  if (model !== 'markup') return value;
  const percent = parsePercent(sent(typed), '');
  return percent.ok ? divRound(cost * (HUNDRED_PERCENT + percent.value), HUNDRED_PERCENT) : null;
}

const spanOf = (values: readonly bigint[]): Span => {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : 1));
  return [formatDecimal(sorted.at(0) ?? 0n), formatDecimal(sorted.at(-1) ?? 0n)];
};

/**
 * What a price that is typed leaves of each unit (of a package: of each that is used up).
 *
 * @param typed the price, or the percent of a markup
 */
export function leftOf(meter: MeterDraft, typed: string, currency: string, own: OwnCosts | null): Left | null {
  const costs = (own?.currency === currency ? (own.byMeter.get(meter.meter) ?? []) : []).map(
    (cost) => parseDecimal(cost) ?? 0n,
  );
  const lefts = costs.flatMap((cost) => {
    const price = unitPrice(meter, typed, cost);
    return price === null ? [] : [marginOf(price, cost)];
  });
  const [first] = lefts;
  if (!first) return null;
  return {
    cost: spanOf(costs),
    amount: spanOf(lefts.map(({ amount }) => amount)),
    percent: lefts.every(({ percent }) => percent === first.percent) ? first.percent : null,
  };
}

type PlanRates = {
  readonly meter: string;
  readonly model: string;
  readonly price: Decimal | null;
  readonly tiers: readonly { readonly price: Decimal }[];
};

/** What a seller pays for a unit, from what is said of its price book, or else of its plan, where that has no packages. */
export function ownCostsOf(
  terms: ShownBookTerms | null,
  plan: { readonly monthlyFee: { readonly currency: string }; readonly rates: readonly PlanRates[] } | null,
): OwnCosts | null {
  const known = (terms?.rates ?? []).flatMap(({ meter, cost }) => (cost ? [[meter, cost] as const] : []));
  if (terms && known.length > 0) return { currency: terms.currency, byMeter: new Map(known) };
  if (!plan) return null;
  const paid = plan.rates.flatMap(({ meter, model, price, tiers }) => {
    if (model === 'package') return [];
    return [[meter, price === null ? tiers.map((tier) => tier.price) : [price]] as const];
  });
  return { currency: plan.monthlyFee.currency, byMeter: new Map(paid) };
}
