import { z } from 'zod';

/** What a field of a product says of itself to screens: all that a schema may carry beside its shape (rules/products 2). */
export type FieldMeta = {
  readonly title?: string;
  readonly help?: string;
  /** What is written here is kept apart, and never read back. */
  readonly secret?: true;
  /** Names a product of this kind in the same account, or a `member` of it. */
  readonly ref?: string;
  /** What a number counts. */
  readonly unit?: string;
  /** Text of several lines. */
  readonly multiline?: true;
  /** The part of the document that this is. */
  readonly part?: string;
  /** Where it stands among its neighbours. */
  readonly order?: number;
  /** How the values of an enum are called, by value. */
  readonly labels?: Readonly<Record<string, string>>;
};

/** Gives a field its title, and what else screens are told of it. */
export const field = <S extends z.ZodType>(schema: S, title: string, meta: FieldMeta = {}): S =>
  schema.meta({ title, ...meta });

/** One line of text. @param most characters */
export const line = (most = 200): z.ZodString => z.string().max(most);
/** Text of several lines; its field says `multiline`. */
export const prose = (most = 20_000): z.ZodString => z.string().max(most);
/** A number to call, as E.164 writes it. */
export const phone = (): z.ZodString => z.string().regex(/^\+[1-9]\d{5,14}$/, 'Write it as +4930123456.');
/** Hours and minutes of a day: `09:30`. */
export const time = (): z.ZodISOTime => z.iso.time({ precision: -1 });
/** A calendar day. */
export const day = (): z.ZodISODate => z.iso.date();
/** An instant in UTC. */
export const instant = (): z.ZodISODateTime => z.iso.datetime();
/** An address that is called over TLS. */
export const https = (): z.ZodURL => z.url({ protocol: /^https$/ }).max(2_000);
/** An e-mail address. */
export const email = (): z.ZodEmail => z.email().max(254);
/** A language as BCP 47 writes it: `de`, `pt-BR`. */
export const language = (): z.ZodString =>
  z.string().regex(/^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$/, 'Write a language as en or pt-BR.');
/** Names an entry of a keyed list: unique in it, and the same for as long as it is there. */
export const entryId = (): z.ZodString =>
  z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'An id has letters, digits, - and _ only.');
/** The id of a product of the same account, or of a member; its field says which with `ref`. */
export const id = (): z.ZodString =>
  z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'This is not an id.');
/** What is kept apart and never read back. */
export const secret = (title: string, meta: FieldMeta = {}) =>
  z
    .string()
    .min(1)
    .max(4_000)
    .optional()
    .meta({ title, ...meta, secret: true });
/** A list whose entries have ids. */
export const keyed = <S extends z.ZodType>(entry: S, most: number) => z.array(entry).max(most).default([]);
/** Fields that belong together; each has what it is without being said. */
export const group = <const Shape extends z.core.$ZodLooseShape>(shape: Shape) => {
  const schema = z.strictObject(shape);
  // Every field of a group has a default of its own: what of none is said is one of its values.
  return schema.default(schema.parse({}) as z.core.util.NoUndefined<z.output<typeof schema>>);
};
/** A choice; its field may say how the values are called. */
export const choice = <const Values extends readonly [string, ...string[]]>(values: Values) => z.enum(values);
/** What is called how by an integrator: plain text by name. */
export const extras = (most = 500) => z.record(z.string().min(1).max(64), z.string().max(most));
