/** A kind of usage (product.md 1). */
export type Meter = {
  readonly key: string;
  readonly label: string;
  /** Unit of its quantities, singular. */
  readonly unit: string;
};

/** The meters. Another one is another row here; screens, exports and documentation are made from them. */
export const METERS = [
  { key: 'call.minutes', label: 'Call minutes', unit: 'minute' },
] as const satisfies readonly Meter[];

/** Key of a meter. */
export type MeterKey = (typeof METERS)[number]['key'];

/** Reads a meter key from a text of unknown origin; null when there is no such meter. */
export const parseMeterKey = (text: string): MeterKey | null => METERS.find(({ key }) => key === text)?.key ?? null;
