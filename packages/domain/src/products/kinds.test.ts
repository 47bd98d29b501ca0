import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RESOURCES } from '../limits/resources.ts';
import { parsePermissionKey } from '../permissions/registry.ts';
import { faultsOf } from './faults.ts';
import { GERMAN_VALUES, GERMAN_WORDS } from './german.ts';
import type { ProductKind } from './kind.ts';
import { PRODUCT_KINDS } from './kinds.ts';
import { shownKinds } from './shown-kinds.ts';
import { bareOf, metaOf } from './visit.ts';

const TYPES = ['object', 'string', 'number', 'int', 'boolean', 'enum', 'literal', 'array', 'record', 'union'];
const WRAPPERS = ['nullable', 'optional', 'default'];
const META = ['title', 'help', 'secret', 'ref', 'unit', 'multiline', 'part', 'order', 'labels'];

type Def = {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly keyType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly discriminator?: string;
  readonly catchall?: { readonly def: { readonly type: string } };
  readonly checks?: readonly { readonly _zod: { readonly def: { readonly check: string } } }[];
};
const defOf = (schema: z.ZodType): Def => schema.def;

type Spot = { readonly at: string; readonly schema: z.ZodType };

/** All schemas inside a schema, with the places of their values; wrappers stand where what they wrap does. */
function* spots(schema: z.ZodType, at = ''): Generator<Spot> {
  yield { at, schema };
  const { innerType, shape = {}, element, options = [], keyType, valueType } = defOf(schema);
  for (const [name, inner] of Object.entries(shape)) yield* spots(inner, `${at}/${name}`);
  for (const inner of [innerType, ...options]) if (inner) yield* spots(inner, at);
  for (const inner of [element, keyType, valueType]) if (inner) yield* spots(inner, `${at}/*`);
}

/** What of a schema no screen could draw, or JSON Schema couldn't say. */
const refused = (schema: z.ZodType): string[] =>
  [...spots(schema)].flatMap(({ at, schema: one }) => {
    const { type, catchall, discriminator, checks = [] } = defOf(one);
    const wrong = [
      ...(TYPES.includes(type) || WRAPPERS.includes(type) ? [] : [type]),
      ...(type === 'object' && catchall?.def.type !== 'never' ? ['an object that isn’t strict'] : []),
      ...(type === 'union' && !discriminator ? ['a union that nothing tells apart'] : []),
      ...(checks.some(({ _zod }) => _zod.def.check === 'custom' || _zod.def.check === 'overwrite')
        ? ['a check of its own']
        : []),
      ...Object.keys(one.meta() ?? {}).filter((key) => !META.includes(key)),
    ];
    return wrong.map((what) => `${at}: ${what}`);
  });

const placesWith = ({ schema }: ProductKind, holds: (spot: Spot) => boolean): string[] => [
  ...new Set([...spots(schema)].filter(holds).map(({ at }) => at)),
];

describe.each(PRODUCT_KINDS.map((kind: ProductKind) => [kind.kind, kind] as const))('The kind %s', (_, kind) => {
  it('uses only what screens can draw and JSON Schema can say (rules/products 2)', () => {
    expect(refused(kind.schema)).toEqual([]);
    expect(
      [...spots(kind.schema)]
        .filter(
          ({ at, schema }) =>
            !/^$|\/(\*|id)$/.test(at) &&
            !metaOf(schema).title &&
            defOf(schema).type !== 'string' &&
            !WRAPPERS.includes(defOf(schema).type),
        )
        .filter(
          ({ at }) =>
            !placesWith(kind, ({ at: other, schema }) => other === at && Boolean(metaOf(schema).title)).length,
        ),
    ).toEqual([]);
  });

  it('names in its entry every reference and secret of its schema, and nothing else', () => {
    const refs = placesWith(kind, ({ schema }) => ![undefined, 'member'].includes(metaOf(schema).ref));
    expect(kind.refs.map(({ at }) => at).toSorted()).toEqual(refs.toSorted());
    for (const { at, kind: to } of kind.refs) {
      expect(placesWith(kind, ({ at: place, schema }) => place === at && metaOf(schema).ref === to)).toEqual([at]);
      expect(PRODUCT_KINDS.map((one) => one.kind)).toContain(to);
    }
    const secrets = placesWith(kind, ({ schema }) => metaOf(schema).secret === true);
    expect([...kind.secrets].toSorted()).toEqual(secrets.toSorted());
  });

  it('has ids in every entry of its keyed lists, and every list of objects is one', () => {
    const lists = placesWith(kind, ({ schema }) => {
      const { element } = defOf(schema);
      return element !== undefined && ['object', 'union'].includes(defOf(bareOf(element)).type);
    });
    expect([...kind.keyed].toSorted()).toEqual(lists.toSorted());
    for (const { at, schema } of spots(kind.schema))
      if (kind.keyed.some((list) => at === `${list}/*`) && defOf(schema).type === 'object')
        expect(Object.keys(defOf(schema).shape ?? {})).toContain('id');
  });

  it('has permissions, a limit and columns that there are, and parts that are all of its document but the name', () => {
    const { read, write, parts } = kind.rows;
    for (const row of [read, write ?? read, ...Object.values(parts ?? {})]) expect(parsePermissionKey(row)).toBe(row);
    if (kind.limit) expect(RESOURCES.map(({ key }) => key)).toContain(kind.limit);
    const names = Object.keys(kind.schema.shape);
    expect(names).toContain('name');
    if (parts) expect(Object.keys(parts)).toEqual(names.filter((name) => name !== 'name'));
    for (const name of names)
      expect(metaOf(kind.schema.shape[name] as z.ZodType).part).toBe(parts && name !== 'name' ? name : undefined);
    for (const { at, part } of kind.refs) expect(part).toBe(parts ? at.split('/')[1] : null);
    for (const at of kind.columns) expect(names).toContain(at.slice(1));
    if (kind.columns.length > 0) expect(parts).toBeUndefined();
    if (kind.activeAt)
      expect((kind.schema.shape[kind.activeAt.slice(1)] as z.ZodType).safeParse(true).success).toBe(true);
    for (const [at, value] of Object.entries(kind.startsAs ?? {}))
      expect((kind.schema.shape[at.slice(1)] as z.ZodType).safeParse(value).success).toBe(true);
  });

  it('says its schema as JSON Schema, and takes a document with nothing but what it can’t do without', () => {
    const shown = shownKinds().find((one) => one.kind === kind.kind);
    expect(shown?.schema).toMatchObject({ type: 'object', additionalProperties: false });
    const needed = kind.kind === 'phoneNumber' ? { number: '+4930123456' } : {};
    const seen =
      kind.kind === 'conversation' ? { firstAt: '2026-11-01T00:00:00Z', lastAt: '2026-11-01T00:00:00Z' } : {};
    const read = kind.schema.safeParse({ name: 'Name', ...needed, ...seen });
    expect(read.success ? [] : faultsOf(read.error)).toEqual([]);
  });
});

it('The walk refuses what screens can’t draw', () => {
  const odd = z.strictObject({
    loose: z.object({}),
    date: z.date(),
    refined: z.string().refine((text) => text !== ''),
    trimmed: z.string().trim(),
    turned: z.string().transform(Number),
    either: z.union([z.string(), z.number()]),
    said: z.string().meta({ colour: 'red' }),
  });
  expect(refused(odd).map((text) => text.split(':')[0])).toEqual(
    ['/loose', '/date', '/refined', '/trimmed', '/turned', '/turned', '/either', '/said'].filter(
      (at, n, all) => refused(odd).length === all.length || all.indexOf(at) === n,
    ),
  );
});

describe('What kinds, parts and fields are called', () => {
  /** All words of schemas that people read, and those of choices. */
  function said(): { readonly words: ReadonlySet<string>; readonly values: ReadonlySet<string> } {
    const [words, values] = [new Set<string>(), new Set<string>()];
    for (const kind of PRODUCT_KINDS as readonly ProductKind[]) {
      for (const word of [kind.label, kind.plural]) words.add(word);
      for (const { schema } of spots(kind.schema)) {
        const { title, help, unit, labels = {} } = metaOf(schema);
        for (const word of [title, help, unit]) if (word) words.add(word);
        for (const word of Object.values(labels)) values.add(word);
      }
    }
    return { words, values };
  }

  it('is said in German, too, all of it and nothing else', () => {
    const { words, values } = said();
    expect(Object.keys(GERMAN_WORDS).toSorted()).toEqual([...words].toSorted());
    expect(Object.keys(GERMAN_VALUES).toSorted()).toEqual([...values].toSorted());
  });

  it('differs by language in nothing else', () => {
    expect(shownKinds('fr')).toEqual(shownKinds());
    const [english, german] = [shownKinds(), shownKinds('de-AT')];
    const titles = (kinds: typeof english, kind: string) => {
      const { properties } = kinds.find((one) => one.kind === kind)!.schema as {
        properties: Record<string, { title: string }>;
      };
      return Object.values(properties).map(({ title }) => title);
    };
    expect(titles(german, 'tool')).not.toEqual(titles(english, 'tool'));
    expect(german.find(({ kind }) => kind === 'schedule')).toMatchObject({ label: 'Zeitplan', plural: 'Zeitpläne' });
    // Words are taken out where they are said, and all else is the same.
    const bare = (kinds: typeof english) =>
      JSON.parse(JSON.stringify(kinds), (key, value: unknown) =>
        ['title', 'help', 'unit', 'label', 'plural'].includes(key) && typeof value === 'string'
          ? '…'
          : key === 'labels'
            ? Object.keys(value as object)
            : value,
      ) as unknown;
    expect(bare(german)).toEqual(bare(english));
  });
});
