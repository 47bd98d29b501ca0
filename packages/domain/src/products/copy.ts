import type { RowId } from '../ids.ts';
import { isRecord, type JsonValue } from '../json.ts';
import { type Document, filled, type NamedThing, refsOf } from './document.ts';
import type { ProductKind } from './kind.ts';
import { type MergeChange, merge } from './merge.ts';
import { unescaped, visit, withValue } from './visit.ts';

/** What stands in the target for what the source names; nothing: it isn't there. */
export type IdsInTarget = ReadonlyMap<RowId, RowId>;

/** Parts of a document; null: all of it. */
export type Parts = readonly string[] | null;

/** What the wanted parts of a document name. */
export const refsWithin = (kind: ProductKind, document: Document, parts: Parts): NamedThing[] =>
  refsOf(kind, document).filter(({ place }) => parts === null || parts.includes(place.split('/')[1] ?? ''));

/** Whether somebody chose a product that can be switched off, and it is on. */
export const isActive = ({ activeAt }: ProductKind, document: Document): boolean =>
  activeAt !== undefined && document[activeAt.slice(1)] === true;

/** A document with the ids of another account in place of its own: what isn't there is named no more. */
export function withIds(kind: ProductKind, document: Document, ids: IdsInTarget): Document {
  let mapped: unknown = document;
  // From behind, as entries that go move those that stand after them.
  for (const { at, meta, value } of [...visit(kind.schema, document)].toReversed()) {
    if (meta.ref === undefined || typeof value !== 'string') continue;
    const id = ids.get(value as RowId);
    mapped = id === undefined ? without(mapped, at) : withValue(mapped, at, id);
  }
  return mapped as Document;
}

/** Places at which a document names something: the names on the way to each. One without others behind it is such a place. */
export type NamedPlaces = ReadonlyMap<string, NamedPlaces>;

/** Where a document names something. */
export function namedPlaces(kind: ProductKind, document: Document): NamedPlaces {
  type Places = Map<string, Places>;
  const all: Places = new Map();
  for (const { at, meta, value } of visit(kind.schema, document)) {
    if (meta.ref === undefined || typeof value !== 'string') continue;
    let here = all;
    for (const name of at.split('/').slice(1)) {
      const next: Places = here.get(unescaped(name)) ?? new Map();
      here.set(unescaped(name), next);
      here = next;
    }
  }
  return all;
}

/** A document with other ids at all places where it names something, as `withIds` of one that names nothing else makes it. */
export const withIdsAt = (document: Document, places: NamedPlaces, ids: IdsInTarget): Document =>
  placed(document, places, ids) as Document;

function placed(value: unknown, places: NamedPlaces, ids: IdsInTarget): unknown {
  if (places.size === 0) return typeof value === 'string' ? (ids.get(value as RowId) ?? value) : value;
  if (Array.isArray(value))
    return value.map((entry: unknown, n) => {
      const inner = places.get(String(n));
      return inner ? placed(entry, inner, ids) : entry;
    });
  if (!isRecord(value)) return value;
  const copy: Record<string, unknown> = { ...value };
  for (const [name, inner] of places) copy[name] = placed(copy[name], inner, ids);
  return copy;
}

/** A document that doesn't name anything at a place: an entry of a list that was only a name goes with it. */
function without(document: unknown, at: string): unknown {
  const [, name = '', ...rest] = at.split('/');
  if (Array.isArray(document)) {
    const n = Number(name);
    if (rest.length === 0) return document.filter((_, other) => other !== n);
    return document.map((entry: unknown, other) => (other === n ? without(entry, `/${rest.join('/')}`) : entry));
  }
  if (!isRecord(document)) return document;
  if (rest.length === 0) return { ...document, [name]: null };
  return { ...document, [name]: without(document[name], `/${rest.join('/')}`) };
}

/** What of a product is to be in its copy. */
export type Wanted = {
  readonly document: Document;
  readonly parts: Parts;
  /** As it is called in the target. */
  readonly name: string;
  readonly ids: IdsInTarget;
  /** Secrets are missing: it begins switched off. */
  readonly isWaiting: boolean;
};

/**
 * What a product is as a copy in another account (rules/products 13): with that account's ids, as its kind begins, and switched off as long as it
 * waits for secrets. Parts that aren't wanted are as they are in `rest`.
 */
export function copyOf(kind: ProductKind, { document, parts, name, ids, isWaiting }: Wanted, rest: Document): Document {
  const mapped = withIds(kind, filled(kind, document), ids);
  const start = Object.fromEntries(
    Object.entries(kind.startsAs ?? {}).map(([at, value]) => [at.slice(1), value as JsonValue]),
  );
  const off = isWaiting && kind.activeAt !== undefined ? { [kind.activeAt.slice(1)]: false } : {};
  const whole: Document = { ...mapped, ...start, ...off, name };
  if (parts === null) return whole;
  return Object.fromEntries(
    Object.keys(whole).flatMap((key) => {
      const value = parts.includes(key) ? whole[key] : rest[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** Where a copy differs from what it was when it was last written from its source. */
export const differencesOf = (kind: ProductKind, base: Document, local: Document): readonly MergeChange[] => {
  const was = filled(kind, base);
  return merge(kind, { base: was, source: was, local: filled(kind, local) }).changes;
};
