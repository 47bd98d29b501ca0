/** A kind of usage (product.md 1). */
export type Meter = {
  readonly key: string;
  readonly label: string;
  /** Unit of its quantities, singular. */
  readonly unit: string;
  /** Most that one event counts, and most that one adjustment changes either way; in whole units. */
  readonly most: bigint;
};

/** A call of 1 900 years: more is a mistake of the sender. 10⁹ events of it stay within what totals hold. */
const USUAL_MOST = 1_000_000_000n;

/** The meters. Another one is another row here; screens, exports and documentation are made from them. */
export const METERS = [
  { key: 'call.minutes', label: 'Call minutes', unit: 'minute', most: USUAL_MOST },
] as const satisfies readonly Meter[];

/** Key of a meter. */
export type MeterKey = (typeof METERS)[number]['key'];

/** Finds a meter by a text of unknown origin; null when there is none of that key. */
export const findMeter = (key: string): (typeof METERS)[number] | null =>
  METERS.find((meter) => meter.key === key) ?? null;
