import type { Decimal } from './decimal.ts';
import { formatDecimal } from './quantity.ts';

/** A kind of usage (rules/usage 17), or another unit of one. */
export type Meter = {
  readonly key: string;
  readonly label: string;
  /** Unit of its quantities, singular. */
  readonly unit: string;
  /**
   * What its quantities are stored and summed as, and how much of that one unit is. Meters that are counted as the same one are one kind
   * of usage in several units: recorded in any of them and read in any of them. No sum loses anything, since nothing is divided before.
   */
  readonly counted: { readonly as: string; readonly each: bigint };
  /** Most that one event counts, and most that one adjustment changes either way; in whole units. */
  readonly most: bigint;
};

/** A call of 1 900 years: more is a mistake of the sender. 10⁹ events of it stay within what totals hold. */
const USUAL_MOST = 1_000_000_000n;

/** The meters. Another one is another row here; screens, exports and documentation are made from them. */
export const METERS = [
  {
    key: 'call.minutes',
    label: 'Call minutes',
    unit: 'minute',
    counted: { as: 'call.seconds', each: 60n },
    most: USUAL_MOST,
  },
  {
    key: 'call.seconds',
    label: 'Call seconds',
    unit: 'second',
    counted: { as: 'call.seconds', each: 1n },
    most: USUAL_MOST,
  },
  {
    key: 'messages',
    label: 'Messages',
    unit: 'message',
    counted: { as: 'messages', each: 1n },
    most: USUAL_MOST,
  },
] as const satisfies readonly Meter[];

/** Key of a meter. */
export type MeterKey = (typeof METERS)[number]['key'];
/** Key of a meter that quantities are stored and summed as. */
export type CountedMeter = (typeof METERS)[number]['counted']['as'];

/** Everything that is recorded is counted as one of these. */
export const COUNTED_METERS: readonly CountedMeter[] = [...new Set(METERS.map(({ counted }) => counted.as))];

/** Finds a meter by a text of unknown origin; null when there is none of that key. */
export const findMeter = (key: string): (typeof METERS)[number] | null =>
  METERS.find((meter) => meter.key === key) ?? null;

/** What a meter is counted as, and how much of that one unit of it is. */
export const countedAs = (key: MeterKey): (typeof METERS)[number]['counted'] =>
  METERS.find((meter) => meter.key === key)!.counted;

/** A quantity as it is stored. @param nanos 10⁻⁹ units of the meter */
export const countedQuantity = (meter: Pick<Meter, 'counted'>, nanos: bigint): Decimal =>
  formatDecimal(nanos * meter.counted.each);
