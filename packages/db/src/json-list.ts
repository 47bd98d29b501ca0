import { type RawBuilder, sql } from 'kysely';

/** Values as a list of `jsonb`: sent as one text, for in a list of texts each quotation mark is written twice over, and read twice. */
export const jsonList = (values: readonly unknown[]): RawBuilder<unknown> =>
  sql`ARRAY(SELECT v.value FROM jsonb_array_elements(${JSON.stringify(values)}::jsonb) WITH ORDINALITY v(value, n) ORDER BY v.n)`;
