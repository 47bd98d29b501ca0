import { isRecord, type JsonValue } from '@tenantree/domain';

/** What is in a document at some place; undefined: nothing. */
export type Value = JsonValue | undefined;
/** What a product holds. */
export type Document = { readonly [key: string]: JsonValue };

export const isObject = (value: Value): value is Document => isRecord(value);
export const isList = (value: Value): value is readonly JsonValue[] => Array.isArray(value);

/** A value as it is typed; nothing where it has parts. */
export const textOf = (value: Value): string => (value === undefined || typeof value === 'object' ? '' : String(value));

/** A part of a JSON pointer (RFC 6901). */
export const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
const unescaped = (name: string): string => name.replaceAll('~1', '/').replaceAll('~0', '~');

/** The id of an entry of a keyed list. */
export const idOf = (entry: Value): string | null =>
  isObject(entry) && typeof entry['id'] === 'string' ? entry['id'] : null;

/** What an entry of a list is called in a place: its id, so that it stays the same when it moves, or its position. */
export const nameIn = (entry: Value, position: number): string => idOf(entry) ?? String(position);

const positionOf = (list: readonly JsonValue[], name: string): number => {
  const at = list.findIndex((entry) => idOf(entry) === name);
  return at < 0 ? Number(name) : at;
};

/** What stands below a value under one name. */
const below = (value: Value, name: string): Value => {
  if (isList(value)) return value[positionOf(value, name)];
  return isObject(value) ? value[name] : undefined;
};

const namesOf = (place: string): string[] => place.split('/').slice(1).map(unescaped);

/** What stands at a place: a JSON pointer, with the ids of entries in place of their positions. */
export const valueAt = (document: Value, place: string): Value => namesOf(place).reduce(below, document);

/** A document with another value at a place, or without it (undefined). Nothing of the given one is changed. */
export function withValue(document: Value, place: string, value: Value): Value {
  return put(document, namesOf(place), value);
}

function put(document: Value, [name, ...rest]: readonly string[], value: Value): Value {
  if (name === undefined) return value;
  const inner = put(below(document, name), rest, value);
  if (isList(document)) {
    const at = positionOf(document, name);
    return document.flatMap((entry, n) => (n === at ? (inner ?? []) : [entry]));
  }
  const { [name]: _, ...others } = isObject(document) ? document : {};
  // What is there stays where it is among its neighbours.
  return inner === undefined ? others : { ...(isObject(document) ? document : {}), [name]: inner };
}

/** The place that a JSON pointer means in a document, however it names entries of lists. */
export function placeOf(document: Value, pointer: string): string {
  let value = document;
  let place = '';
  for (const name of namesOf(pointer)) {
    const list = isList(value) ? value : null;
    const inner = below(value, name);
    place += `/${escaped(list ? nameIn(inner, positionOf(list, name)) : name)}`;
    value = inner;
  }
  return place;
}

/** Whether two values are the same; what is drawn and what comes back have their names in one order. */
export const isSame = (a: Value, b: Value): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** What two made of the same value. */
export type Clash = { readonly place: string; readonly mine: Value; readonly theirs: Value };

/**
 * What mine is on top of theirs: what only one of both changed is as they have it. Where both made something else of the same, mine stays, and
 * is told. Lists are one value.
 *
 * @param was what both began with
 */
export function merge(
  was: Value,
  mine: Value,
  theirs: Value,
  place = '',
): { readonly merged: Value; readonly clashes: readonly Clash[] } {
  if (isSame(was, theirs) || isSame(mine, theirs)) return { merged: mine, clashes: [] };
  if (isSame(was, mine)) return { merged: theirs, clashes: [] };
  if (!isObject(mine) || !isObject(theirs) || !isObject(was))
    return { merged: mine, clashes: [{ place, mine, theirs }] };
  const clashes: Clash[] = [];
  const merged = Object.keys({ ...theirs, ...mine }).flatMap((name): [string, JsonValue][] => {
    const inner = merge(was[name], mine[name], theirs[name], `${place}/${escaped(name)}`);
    clashes.push(...inner.clashes);
    return inner.merged === undefined ? [] : [[name, inner.merged]];
  });
  return { merged: Object.fromEntries(merged), clashes };
}
