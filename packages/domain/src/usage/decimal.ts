import type { Brand } from '../ids.ts';

/** A decimal number as text, at most 9 digits after the point, no exponent, no superfluous zeros: `12.5`, `-3`, `0`. */
export type Decimal = Brand<string, 'Decimal'>;

/** Nothing used. */
export const ZERO_DECIMAL = '0' as Decimal;
