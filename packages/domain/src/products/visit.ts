import type { z } from 'zod';
import { isRecord } from '../json.ts';
import type { FieldMeta } from './fields.ts';

/** A field of a document, as its schema meets its value. */
export type Visited = {
  /** JSON pointer; entries of lists by their position. */
  readonly at: string;
  /** The same with `*` for every position. */
  readonly pattern: string;
  /** The same with the ids of entries in place of their positions, where they have one: it stays the same when they are sorted anew. */
  readonly place: string;
  readonly meta: FieldMeta;
  readonly value: unknown;
};

/** What of a schema's own description is looked at here. */
type Def = {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly discriminator?: string;
};

const defOf = (schema: z.ZodType): Def => schema.def;

const WRAPPERS: ReadonlySet<string> = new Set(['optional', 'nullable', 'default']);

/** A part of a JSON pointer (RFC 6901). */
export const escaped = (name: string): string =>
  name.includes('~') || name.includes('/') ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;

/** A part of a JSON pointer as it is called. */
export const unescaped = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');

/** What a schema says to screens, whatever it is wrapped in. */
export function metaOf(schema: z.ZodType): FieldMeta {
  const own = (schema.meta() ?? {}) as FieldMeta;
  const { type, innerType } = defOf(schema);
  return WRAPPERS.has(type) && innerType ? { ...metaOf(innerType), ...own } : own;
}

/** A schema without what says that it may be absent. */
export function bareOf(schema: z.ZodType): z.ZodType {
  const { type, innerType } = defOf(schema);
  return WRAPPERS.has(type) && innerType ? bareOf(innerType) : schema;
}

/** Where a schema has unions, `*` for every entry of a list, and the field that tells their branches apart. */
export function unionsOf(schema: z.ZodType, at = ''): ReadonlyMap<string, string> {
  const { shape = {}, element, options = [], discriminator } = defOf(schema);
  const inner = [
    ...Object.entries(shape).map(([name, one]) => unionsOf(bareOf(one), `${at}/${escaped(name)}`)),
    ...(element ? [unionsOf(bareOf(element), `${at}/*`)] : []),
    ...options.map((option) => unionsOf(bareOf(option), at)),
  ];
  const here: [string, string][] = discriminator === undefined ? [] : [[at, discriminator]];
  return new Map([...here, ...inner.flatMap((one) => [...one])]);
}

/** The branch of a union that a value is of; undefined: of none. */
function branchOf({ options = [], discriminator = '' }: Def, value: unknown): z.ZodType | undefined {
  const chosen = isRecord(value) ? value[discriminator] : undefined;
  return options.find((option) => {
    const tag = defOf(option).shape?.[discriminator];
    return tag?.safeParse(chosen).success === true;
  });
}

type Spot = Pick<Visited, 'at' | 'pattern' | 'place'>;

const below = ({ at, pattern, place }: Spot, name: string, generic = name, stable = name): Spot => ({
  at: `${at}/${escaped(name)}`,
  pattern: `${pattern}/${escaped(generic)}`,
  place: `${place}/${escaped(stable)}`,
});

/**
 * Every field of a document that its schema knows, outermost first; what doesn't fit its schema is not looked into. Fields of an object that
 * are absent are met with `undefined`.
 */
export function* visit(
  schema: z.ZodType,
  value: unknown,
  spot: Spot = { at: '', pattern: '', place: '' },
): Generator<Visited, void, undefined> {
  yield { ...spot, meta: metaOf(schema), value };
  yield* inside(bareOf(schema), value, spot);
}

function* inside(schema: z.ZodType, value: unknown, spot: Spot): Generator<Visited, void, undefined> {
  const def = defOf(schema);
  switch (def.type) {
    case 'object':
      if (isRecord(value))
        for (const [name, inner] of Object.entries(def.shape ?? {}))
          yield* visit(inner, value[name], below(spot, name));
      return;
    case 'array':
      if (def.element && Array.isArray(value))
        for (const [n, entry] of value.entries()) {
          const id: unknown = isRecord(entry) ? entry['id'] : undefined;
          const position = String(n);
          yield* visit(def.element, entry, below(spot, position, '*', typeof id === 'string' ? id : position));
        }
      return;
    case 'union': {
      const branch = branchOf(def, value);
      if (branch) yield* inside(branch, value, spot);
    }
  }
}

/** A document with another value at a place, or without it (undefined). Nothing of the given one is changed. */
export function withValue(document: unknown, at: string, value: unknown): unknown {
  const [, first, ...rest] = at.split('/');
  if (first === undefined) return value;
  const name = unescaped(first);
  const next = rest.length === 0 ? '' : `/${rest.join('/')}`;
  if (Array.isArray(document))
    return document.map((entry: unknown, n) => (String(n) === name ? withValue(entry, next, value) : entry));
  if (!isRecord(document)) return document;
  const inner = withValue(document[name], next, value);
  const { [name]: _, ...others } = document;
  return inner === undefined ? others : { ...document, [name]: inner };
}
