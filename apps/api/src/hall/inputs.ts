import {
  type Instant,
  isId,
  jsonFault,
  type LocalDate,
  parseInstant,
  parseLine,
  parseLocalDate,
  type RowId,
} from '@tenantree/domain';
import { z } from 'zod';
import { isEmail } from './people.ts';
import { refuseWith } from './refused.ts';

/** Refuses an input that can't be stored as it was sent, whatever its schema says (reliability.md 4). @throws Refused BAD_REQUEST */
export function checkStorable(input: unknown): void {
  const fault = input === undefined ? null : jsonFault(input);
  if (!fault) return;
  if (fault.path === '') refuseWith('BAD_REQUEST', `This request ${fault.why}.`);
  const field = fault.path.slice(0, 200);
  refuseWith('BAD_REQUEST', `${field} ${fault.why}.`, field);
}

/** The acting account of a call: an id or `ext:THEIR-ID`. The guard has resolved it before this is read. */
export const account = z.string().max(200);

/** Accounts that a live stream watches, by id or `ext:THEIR-ID`. */
export const watched = z.array(account).min(1).max(500);

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

/** An end of a range: an instant, or a day of the time zone that is asked for. */
export const rangeEnd = z
  .string()
  .max(40)
  .transform((text, ctx): Instant | LocalDate => {
    const parsed = parseLocalDate(text) ?? parseInstant(text);
    if (parsed !== null) return parsed;
    ctx.addIssue({ code: 'custom', message: 'Give a day, or an ISO 8601 date and time with its zone.' });
    return z.NEVER;
  });

/** One line of text that people read, such as a reason or a reference (reliability.md 4). @param most characters */
export const line = (most: number) =>
  z
    .string()
    .min(1)
    .transform((text, ctx): string => {
      const parsed = parseLine(text, { least: 1, most });
      if (parsed.ok) return parsed.value;
      ctx.addIssue({ code: 'custom', message: parsed.refusal.message });
      return z.NEVER;
    });

/** Text that something else reads: a name, an external id, a secret. Cut before anything looks at it. */
export const text = (least: number, most: number): z.ZodString => z.string().min(least).max(most);

/** An opaque place in a listing. */
export const cursor = z.string().max(4_000).optional();

/** Rows a page. */
export const limit = (most: number): z.ZodDefault<z.ZodNumber> => z.number().int().min(1).max(most).default(50);

/** An e-mail address, as people paste it; its domain in any script. */
export const email = z.string().trim().max(254).refine(isEmail, 'Give an e-mail address.');

/** A password before it is normalised. */
export const password = z.string().max(1_000);
