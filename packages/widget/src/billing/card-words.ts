/** A card as far as it is shown. */
export type ShownCard = {
  readonly brand: string;
  readonly last4: string;
  readonly expMonth: number;
  readonly expYear: number;
};

/** A card in words: what it is called, the end of its number, and until when it is taken. Written from left to right in every language. */
export function cardWords({ brand, last4, expMonth, expYear }: ShownCard): string {
  const name = `${brand.charAt(0).toUpperCase()}${brand.slice(1)}`;
  return `\u2066${name} •••• ${last4} · ${String(expMonth).padStart(2, '0')}/${expYear}\u2069`;
}
