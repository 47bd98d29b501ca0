import { z } from 'zod';
import { isRecord, type JsonValue } from '../json.ts';
import { GERMAN_VALUES, GERMAN_WORDS } from './german.ts';
import type { ProductKind } from './kind.ts';
import { PRODUCT_KINDS, type ProductKindKey } from './kinds.ts';

/** A kind as screens are drawn from it: its entry of the registry, with its schema as JSON Schema. */
type ShownKind = Omit<ProductKind, 'kind' | 'schema' | 'checks' | 'startsAs' | 'activeAt'> & {
  readonly kind: ProductKindKey;
  readonly schema: { readonly [key: string]: JsonValue };
};

/** All kinds as screens are drawn from them. @param language a tag, such as `de-AT`: what is called nothing in it is called as in English */
export const shownKinds = (language = 'en'): readonly ShownKind[] => {
  const isGerman = /^de\b/i.test(language);
  const called = (words: string): string => (isGerman ? (GERMAN_WORDS[words] ?? words) : words);
  return PRODUCT_KINDS.map((entry: ProductKind & { readonly kind: ProductKindKey }) => {
    const { schema, checks: _checks, startsAs: _startsAs, activeAt: _activeAt, ...shown } = entry;
    // What it is made of is JSON: it is written for that.
    const json = z.toJSONSchema(schema, { io: 'input' }) as ShownKind['schema'];
    const { label, plural } = shown;
    return { ...shown, label: called(label), plural: called(plural), schema: isGerman ? inGerman(json, called) : json };
  });
};

/** Words of a field that people read. */
const SAID: ReadonlySet<string> = new Set(['title', 'help', 'unit']);

/** A schema with all that it says to people in German. */
function inGerman<Value extends JsonValue | ShownKind['schema']>(
  schema: Value,
  called: (words: string) => string,
): Value {
  const said = (name: string, value: JsonValue): JsonValue => {
    if (SAID.has(name) && typeof value === 'string') return called(value);
    if (name !== 'labels' || !isRecord(value)) return inGerman(value, called);
    return Object.fromEntries(
      Object.entries(value).map(([key, words]) => [key, (typeof words === 'string' && GERMAN_VALUES[words]) || words]),
    ) as JsonValue;
  };
  const read: unknown = Array.isArray(schema)
    ? schema.map((one) => inGerman(one as JsonValue, called))
    : isRecord(schema)
      ? Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, said(name, value as JsonValue)]))
      : schema;
  return read as Value;
}
