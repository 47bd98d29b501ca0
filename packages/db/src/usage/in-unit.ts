import { type CountedMeter, countedAs, type MeterKey } from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';

/** What quantities of a meter are stored as. */
export const storedAs = (meter: MeterKey): CountedMeter => countedAs(meter).as;

/** A stored quantity in the unit of a meter, rounded to 9 digits: sums come first, this last. */
export const inUnit = (quantity: RawBuilder<unknown>, meter: MeterKey): RawBuilder<unknown> =>
  sql`trim_scale(round(${quantity} / ${sql.lit(Number(countedAs(meter).each))}::numeric, 9))`;
