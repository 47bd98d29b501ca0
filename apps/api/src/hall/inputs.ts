import { type Instant, isId, parseInstant, type RowId } from '@tenantree/domain';
import { z } from 'zod';

/** The acting account of a call: an id or `ext:THEIR-ID`. The guard has resolved it before this is read. */
export const account = z.string().max(200);

/** An id of something inside an account. */
export const rowId = z
  .string()
  .refine(isId, 'This is not an id.')
  .transform((text) => text as RowId);

/** An ISO 8601 instant with its zone (reliability.md 4). */
export const instant = z
  .string()
  .max(40)
  .transform((text, ctx): Instant => {
    const parsed = parseInstant(text);
    if (parsed !== null) return parsed;
    ctx.addIssue({ code: 'custom', message: 'Give an ISO 8601 date and time with its zone.' });
    return z.NEVER;
  });

/** Text of a person's input, cut before anything looks at it. */
export const text = (least: number, most: number): z.ZodString => z.string().min(least).max(most);

/** An opaque place in a listing. */
export const cursor = z.string().max(4_000).optional();

/** Rows a page. */
export const limit = (most: number): z.ZodDefault<z.ZodNumber> => z.number().int().min(1).max(most).default(50);

/** An e-mail address, as people paste it. */
export const email = z.string().trim().max(254).pipe(z.email('Give an e-mail address.'));
