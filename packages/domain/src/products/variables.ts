import { accept, type Decision, refuse } from '../errors.ts';
import type { RowId } from '../ids.ts';
import { type Document, secretPlaces } from './document.ts';
import type { Fault, ProductKind } from './kind.ts';
import { type Visited, visit, withValue } from './visit.ts';

/** What the value of a variable has to be. */
export const VARIABLE_TYPES = ['text', 'number', 'email', 'url'] as const;
export type VariableType = (typeof VARIABLE_TYPES)[number];

/** Most characters of a value. */
export const VARIABLE_CHARACTERS = 4_000;

/** What a blueprint asks whoever sets an account up with it. It stands in documents as `{{key}}`, where it says so (rules/blueprints 3). */
export type Variable = {
  readonly key: string;
  readonly label: string;
  readonly type: VariableType;
  readonly required: boolean;
  /** Its value becomes a secret of a product, and is read by nobody. */
  readonly secret: boolean;
  /** Where: JSON pointers, with the ids of entries in place of their positions. */
  readonly at: readonly { readonly product: RowId; readonly place: string }[];
};

/** Values by key. */
export type VariableValues = Readonly<Record<string, string>>;

/** What stands in a document for variables, and where. */
export type Filling = { readonly values: VariableValues; readonly places: readonly string[] };

const KEY = /^[A-Za-z]\w{0,63}$/;
const NAMED = /\{\{([A-Za-z]\w{0,63})\}\}/g;
const NUMBER = /^-?\d{1,15}(\.\d{1,9})?$/;
const EMAIL = /^[^\s@<>,]+@[^\s@<>,]+\.[^\s@<>,]+$/;
/** Faults that one refusal tells. */
const MOST_FAULTS = 50;

/** The text with values for what it names at its places. */
export const fillText = (text: string, values: VariableValues): string =>
  text.replaceAll(NAMED, (whole, key: string) => (Object.hasOwn(values, key) ? (values[key] ?? '') : whole));

/** The text of a field that people write and everybody reads; null: it is none. */
const textOf = ({ meta, value }: Visited): string | null =>
  typeof value === 'string' && meta.ref === undefined && meta.secret !== true ? value : null;

/** A document with values where it has variables. */
export function fillIn({ schema }: ProductKind, document: Document, { values, places }: Filling): Document {
  let filled: unknown = document;
  for (const field of visit(schema, document)) {
    const text = places.includes(field.place) ? textOf(field) : null;
    if (text !== null) filled = withValue(filled, field.at, fillText(text, values));
  }
  return filled as Document;
}

/** A product in which variables stand. */
export type VariedProduct = { readonly kind: ProductKind; readonly document: Document };

/**
 * Whether variables stand where they say, and nothing is named there that is none (rules/blueprints 3). Elsewhere braces are text like any other.
 */
export function decideVariables(
  variables: readonly Variable[],
  products: ReadonlyMap<RowId, VariedProduct>,
): Decision<readonly Variable[]> {
  const known = new Map(variables.map((one) => [one.key, one]));
  const faults: Fault[] = [];
  if (known.size < variables.length) faults.push({ at: '', message: 'Two variables have the same key.' });
  for (const one of variables) {
    const { key, at } = one;
    if (!KEY.test(key))
      faults.push({ at: key, message: `“${key}” is no key: letters, digits and _ only, a letter first.` });
    if (at.length === 0) faults.push({ at: key, message: `The variable “${key}” stands nowhere.` });
    for (const { product, place } of at) {
      const fault = faultAt(one, products.get(product), place, known);
      if (fault) faults.push({ at: `${key} ${product}${place}`, message: fault });
    }
  }
  const [first] = faults;
  if (!first) return accept(variables);
  const { refusal } = refuse('VARIABLE_INVALID', first.message, 'variables');
  return { ok: false, refusal: { ...refusal, faults: faults.slice(0, MOST_FAULTS) } };
}

function faultAt(
  { key, secret }: Variable,
  product: VariedProduct | undefined,
  place: string,
  known: ReadonlyMap<string, Variable>,
): string | null {
  if (!product) return `The variable “${key}” stands in a product that the blueprint doesn’t have.`;
  const { kind, document } = product;
  const isSecret = secretPlaces(kind, document).includes(place);
  if (secret)
    return isSecret ? null : `“${key}” is secret, and ${place} is not: what is written there everybody reads.`;
  if (isSecret) return `${place} is secret, and “${key}” is not.`;
  const field = [...visit(kind.schema, document)].find((one) => one.place === place);
  const text = field ? textOf(field) : null;
  if (text === null) return `There is no text at ${place}.`;
  const named = [...text.matchAll(NAMED)].map(([, name = '']) => name);
  if (!named.includes(key)) return `The variable “${key}” is not used at ${place}.`;
  const unknown = named.find((name) => known.get(name)?.secret !== false);
  return unknown === undefined ? null : `${place} names “${unknown}”, which is no variable that can stand there.`;
}

/**
 * Values for the variables of a blueprint: of every one that is required, and of none that it doesn't have (rules/blueprints 3). What is not
 * required and not given is nothing.
 *
 * @param given what is asked for now; `known`: secret ones were asked for before
 */
export function decideValues(
  variables: readonly Variable[],
  given: VariableValues,
  secrets: 'asked' | 'known' = 'asked',
): Decision<VariableValues> {
  const byKey = new Map(variables.map((one) => [one.key, one]));
  const invalid = (key: string, message: string): Decision<never> =>
    refuse('VARIABLE_INVALID', message, `variables.${key}`);
  for (const key of Object.keys(given))
    if (!byKey.has(key)) return invalid(key, `The blueprint has no variable “${key}”.`);
  const values: Record<string, string> = {};
  for (const { key, label, type, required, secret } of variables) {
    const value = (Object.hasOwn(given, key) ? (given[key] ?? '') : '').trim().normalize('NFC');
    if (value === '') {
      if (required && !(secret && secrets === 'known')) return invalid(key, `“${label}” is needed.`);
      if (!secret) values[key] = '';
      continue;
    }
    if (value.length > VARIABLE_CHARACTERS || value.includes('{{') || value.includes('\u0000'))
      return invalid(key, `“${label}” is too long, or has {{ in it.`);
    if (!isOf(type, value)) return invalid(key, `“${label}” is not a ${TYPE_NAMES[type]}.`);
    values[key] = value;
  }
  return accept(values);
}

const TYPE_NAMES: Readonly<Record<VariableType, string>> = {
  text: 'text',
  number: 'number',
  email: 'valid e-mail address',
  url: 'web address that begins with https://',
};

const isOf = (type: VariableType, value: string): boolean => {
  switch (type) {
    case 'text':
      return true;
    case 'number':
      return NUMBER.test(value);
    case 'email':
      return EMAIL.test(value);
    case 'url':
      return value.startsWith('https://') && URL.canParse(value);
  }
};
