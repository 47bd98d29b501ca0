import type { JsonSchema, Named } from '@tenantree/contract';

/** Where in an input something is named that belongs to somebody: the fields on the way, `[]` for each of a list. */
export type NamedPlace = { readonly path: readonly string[]; readonly names: Named };

type Parts = {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly 'x-names'?: Named;
};

const partsOf = (schema: JsonSchema): Parts => schema;

/** Every place of an input where something is named. */
export function namedPlaces(schema: JsonSchema, path: readonly string[] = []): NamedPlace[] {
  const { 'x-names': names, properties = {}, items, anyOf = [] } = partsOf(schema);
  if (names !== undefined) return [{ path, names }];
  return [
    ...Object.entries(properties).flatMap(([name, part]) => namedPlaces(part, [...path, name])),
    ...(items ? namedPlaces(items, [...path, '[]']) : []),
    ...anyOf.flatMap((part) => namedPlaces(part, path)),
  ];
}

/**
 * An input as the schema wants it, with no more than it has to have, but for the place that is asked for.
 *
 * @param own what stands where something of that kind is named
 * @param place where `value` stands
 */
export function inputWith(
  schema: JsonSchema,
  own: Readonly<Record<Named, string>>,
  place: readonly string[],
  value: string,
): unknown {
  const parts = partsOf(schema);
  const [next, ...rest] = place;
  if (next === undefined) return value;
  if (next === '[]') return [inputWith(parts.items ?? {}, own, rest, value)];
  const properties = parts.properties ?? {};
  const names = new Set([...(parts.required ?? []), next]);
  return Object.fromEntries(
    [...names].map((name) => {
      const part = properties[name] ?? {};
      return [name, name === next ? inputWith(part, own, rest, value) : sampleOf(part, own)];
    }),
  );
}

function sampleOf(schema: JsonSchema, own: Readonly<Record<Named, string>>): unknown {
  const { 'x-names': names, ...parts } = partsOf(schema);
  if (names !== undefined) return own[names];
  if (parts.default !== undefined) return parts.default;
  if (parts.examples) return parts.examples[0];
  if (parts.enum) return parts.enum[0];
  if (parts.anyOf) return sampleOf(parts.anyOf[0]!, own);
  switch (parts.type) {
    case 'string':
      return 'x';
    case 'array':
      return [sampleOf(parts.items ?? {}, own)];
    case 'object':
      return Object.fromEntries(
        (parts.required ?? []).map((name) => [name, sampleOf(parts.properties?.[name] ?? {}, own)]),
      );
    case 'number':
    case 'integer':
      return parts.minimum ?? 1;
    case 'boolean':
      return true;
    default:
      return parts.const ?? null;
  }
}
