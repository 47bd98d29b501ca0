import {
  type Instant,
  isCountry,
  isId,
  type LocalDate,
  parseInstant,
  parseLine,
  parseLocalDate,
} from '@tenantree/domain';
import { z } from 'zod';
import { isEmail } from './email.ts';

/**
 * What a field of an input names, when it names something that belongs to somebody. It stands in the JSON Schema as `x-names`: the walk over
 * all procedures tries another tenant's in each such field.
 */
export type Named =
  | 'account'
  | 'key'
  | 'member'
  | 'invitation'
  | 'session'
  | 'user'
  | 'job'
  | 'actor'
  | 'preset'
  | 'blueprint'
  | 'invoice'
  | 'book'
  | 'statement'
  | 'product'
  | 'plan'
  | 'import'
  | 'view'
  | 'rollout'
  | 'departure'
  | 'place';

/** Marks what a field names. */
export const names = <S extends z.ZodType>(schema: S, what: Named): S => schema.meta({ 'x-names': what });

/** The acting account of a call: an id or `ext:THEIR-ID`. The guard has resolved it before this is read. */
export const account = names(z.string().max(200), 'account');

/** Accounts that a live stream watches, by id or `ext:THEIR-ID`. */
export const watched = z.array(account).min(1).max(500);

/** An id of something inside an account. @param what of what */
export const id = <Id extends string>(what: Named) =>
  names(
    z
      .string()
      .refine(isId, 'This is not an id.')
      .transform((text) => text as Id),
    what,
  );

const INSTANT = { examples: ['2026-11-23T22:57:00Z'] };

/** One of several that are counted from 1, such as a version, or a line of a document: as far as the database counts. */
export const ordinal = z.number().int().min(1).max(2_147_483_647);

/** An ISO 8601 instant with its zone, before it is read. */
export const instantText = z.string().max(40).meta(INSTANT);

/** An ISO 8601 instant with its zone (rules/server 5). */
export const instant = z
  .string()
  .max(40)
  .transform((text, ctx): Instant => {
    const parsed = parseInstant(text);
    if (parsed !== null) return parsed;
    ctx.addIssue({ code: 'custom', message: 'Give an ISO 8601 date and time with its zone.' });
    return z.NEVER;
  })
  .meta(INSTANT);

const LAST_YEAR = 2999;
/** An instant of a billing period, which have names up to a year. */
export const instantOfPeriod = instant.refine(
  (at) => Number(at.slice(0, 4)) <= LAST_YEAR,
  `Give a time before the year ${LAST_YEAR + 1}.`,
);

/** An end of a range: an instant, or a day of the time zone that is asked for. */
export const rangeEnd = z
  .string()
  .max(40)
  .transform((text, ctx): Instant | LocalDate => {
    const parsed = parseLocalDate(text) ?? parseInstant(text);
    if (parsed !== null) return parsed;
    ctx.addIssue({ code: 'custom', message: 'Give a day, or an ISO 8601 date and time with its zone.' });
    return z.NEVER;
  })
  .meta({ examples: ['2026-11-23'] });

/** One line of text that people read, such as a reason or a reference (rules/server 4). @param most characters */
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

const NO_COUNTRY = 'Give the two capital letters of a country, as in ISO 3166-1.';
/** A country, by its code. */
export const country = z
  .string()
  .regex(/^[A-Z]{2}$/, { error: NO_COUNTRY, abort: true })
  .refine(isCountry, NO_COUNTRY)
  .meta({ examples: ['DE'] });

/** A name, before it is read. */
export const name = text(0, 4_000).meta({ examples: ['Acme Dental'] });

/** An external id, before it is read. */
export const externalId = text(0, 400);

/** An opaque place in a listing. */
export const cursor = names(z.string().max(4_000), 'place').optional();

/** Rows a page. */
export const limit = (most: number): z.ZodDefault<z.ZodNumber> => z.number().int().min(1).max(most).default(50);

/** An e-mail address, as people paste it; its domain in any script. */
export const email = z
  .string()
  .trim()
  .max(254)
  .refine(isEmail, 'Give an e-mail address.')
  .meta({ examples: ['ann@example.com'] });

/** A password before it is normalised. */
export const password = z.string().max(1_000);

/** The secret of a link. */
export const linkSecret = text(1, 200);

/** Where a stream goes on: the id of the last frame that was seen, or the `resumeId` of an answer. */
export const lastEventId = z.string().max(80).optional();

/** Only the account. */
export const onlyAccount = z.strictObject({ account });

/** Of procedures that take nothing. */
export const nothing = z.strictObject({}).optional();
