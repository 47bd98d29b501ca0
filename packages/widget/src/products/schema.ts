import type { JsonValue } from '@tenantree/domain';
import { escaped, isList, isObject, type Value } from './document.ts';
import type { ShownKind } from './products-source.ts';

/** What of JSON Schema the kinds of products are written in, with what they say to screens. */
export type Schema = {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly const?: JsonValue;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly default?: JsonValue;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly title?: string;
  readonly help?: string;
  readonly secret?: boolean;
  readonly ref?: string;
  readonly unit?: string;
  readonly multiline?: boolean;
  readonly part?: string;
  readonly order?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** Added by {@link bare}. */
  readonly nullable?: boolean;
};

/** The schema of a kind: what it says beyond this is not drawn. */
export const schemaOf = ({ schema }: Pick<ShownKind, 'schema'>): Schema => schema;

/** A schema with what it is beside null. */
export function bare(schema: Schema): Schema {
  const { anyOf, ...own } = schema;
  const [some, ...others] = anyOf?.filter(({ type }) => type !== 'null') ?? [];
  if (!some || others.length > 0 || anyOf?.length !== 2) return schema;
  return { ...some, ...own, nullable: true };
}

/** The fields of an object, in the order in which they stand. */
export const fieldsOf = ({ properties = {} }: Schema): readonly (readonly [string, Schema])[] =>
  Object.entries(properties).sort(([, a], [, b]) => (a.order ?? 0) - (b.order ?? 0));

/** The branch of a union that a value is of. */
export const branchOf = ({ oneOf = [] }: Schema, value: Value): Schema | undefined =>
  oneOf.find(({ properties }) => isObject(value) && properties?.['type']?.const === value['type']);

const ID_DIGITS = 36;

/** A value that a field begins with, where nobody says another. */
export function initial(schema: Schema): JsonValue {
  const { type, enum: values, const: fixed, items, oneOf, properties } = bare(schema);
  if (schema.default !== undefined) return schema.default;
  if (fixed !== undefined) return fixed;
  if (values) return values[0] ?? '';
  const [branch] = oneOf ?? [];
  if (branch) return initial(branch);
  if (properties)
    return Object.fromEntries(
      Object.entries(properties).flatMap(([name, field]): [string, JsonValue][] => {
        // Entries of lists are called by an id that the screen makes.
        if (name === 'id') return [[name, Math.random().toString(ID_DIGITS).slice(2, 10)]];
        return field.secret ? [] : [[name, initial(field)]];
      }),
    );
  if (items) return [];
  return type === 'boolean' ? false : '';
}

/** How many values an entry of a list is told by. */
const TOLD = 3;

/**
 * What an entry of a list is called in one line: by the first few of its values.
 *
 * @param wordsOf what a value of a field is called
 */
export function entryWords(schema: Schema, entry: Value, wordsOf: (field: Schema, value: Value) => string): string {
  const { properties = {} } = branchOf(schema, entry) ?? schema;
  return Object.entries(properties)
    .flatMap(([name, field]) => {
      if (field.const !== undefined) return field.title ?? [];
      const value = isObject(entry) && name !== 'id' && !field.secret ? entry[name] : undefined;
      return (typeof value === 'string' && wordsOf(bare(field), value)) || [];
    })
    .slice(0, TOLD)
    .join(' · ');
}

/** The titles of what stands at a place and of what that is in. */
export function titleOf(schema: Schema, place: string): string {
  const titles: string[] = [];
  let at: Schema | undefined = schema;
  for (const name of place.split('/').slice(1)) {
    const { items, oneOf, properties }: Schema = bare(at ?? {});
    const within: Schema | undefined =
      (properties ?? oneOf)
        ? (properties?.[name] ?? oneOf?.find((one) => one.properties?.[name])?.properties?.[name])
        : items;
    if (!items) titles.push(within?.title ?? name);
    at = within;
  }
  return titles.join(' › ');
}

/** Whether a value is of the form that its schema is drawn for. Numbers that are being typed are text. */
export function fits(schema: Schema, value: Value): boolean {
  const { type, items, properties, oneOf, additionalProperties, ref } = schema;
  if (value === undefined || value === null) return true;
  if (oneOf) return branchOf(schema, value) !== undefined;
  if (items) return isList(value);
  if (properties || typeof additionalProperties === 'object') return isObject(value);
  if (type === 'boolean') return typeof value === 'boolean';
  if (ref !== undefined || type === 'string') return typeof value === 'string';
  return (type === 'number' || type === 'integer') && typeof value !== 'object';
}

export const placeIn = (place: string, name: string): string => `${place}/${escaped(name)}`;
