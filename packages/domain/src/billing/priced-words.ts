/** What a unit of a meter costs, as plans, invoices and statements tell it: quantities in its unit, prices in major units. */
export type Priced = {
  readonly unit: string;
  readonly model: string;
  readonly price: string | null;
  readonly size: string | null;
  readonly tiers: readonly { readonly upTo: string | null; readonly price: string; readonly fee: string }[];
  /** `60/60`; null: nothing is rounded up before. */
  readonly increments: string | null;
};

/** How decimals are written for whoever reads them. */
export type DecimalWords = {
  readonly price: (decimal: string) => string;
  readonly quantity: (decimal: string) => string;
};

/** A price with all that it takes to work out an amount: steps with their ends and fees, packages, and what is rounded up before. */
export function pricedWords({ unit, model, price, size, tiers, increments }: Priced, say: DecimalWords): string {
  const rounded = increments === null ? '' : `, each rounded up ${increments}`;
  if (tiers.length === 0) {
    const of = model === 'package' ? `for each ${say.quantity(size ?? '1')} begun` : `a ${unit}`;
    return `${say.price(price ?? '0')} ${of}${rounded}`;
  }
  const steps = tiers.map(({ upTo, price: each, fee }, k) => {
    const end = upTo === null ? (tiers.length > 1 ? ' above' : '') : ` up to ${say.quantity(upTo)}`;
    const once = Number(fee) > 0 ? ` (and ${say.price(fee)} once begun)` : '';
    return `${say.price(each)}${k === 0 ? ` a ${unit}` : ''}${end}${once}`;
  });
  const how = model === 'volume' && tiers.length > 1 ? 'all at the price of the step that is reached, ' : '';
  return `${how}${steps.join(', ')}${rounded}`;
}
