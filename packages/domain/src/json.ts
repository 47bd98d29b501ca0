/** Anything that JSON can say. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Why a value is not one we store, and where: `path` is the field path from the value downward, empty for the value itself. */
export type JsonFault = { readonly path: string; readonly why: string };

/** Deepest nesting that is read from outside (rules/server 3). The outermost object is level 1. */
export const MAX_JSON_DEPTH = 32;

/**
 * First reason why a value of unknown origin is not plain, storable JSON; null when it is (rules/server 3): not deeper than 32,
 * no `__proto__`, no NaN, Infinity or -0, no whole number that was rounded when it was read, no lone surrogates or NUL (no database
 * text can hold them), nothing but plain objects and arrays.
 */
export function jsonFault(value: unknown, depth: number = 1, path: string = ''): JsonFault | null {
  if (value === null || typeof value === 'boolean') return null;
  if (typeof value === 'string')
    return storable(value) ? null : { path, why: 'holds characters that cannot be stored' };
  if (typeof value === 'number') {
    const why = numberFault(value);
    return why === null ? null : { path, why };
  }
  if (typeof value !== 'object') return { path, why: 'is not JSON' };
  if (depth > MAX_JSON_DEPTH) return { path: '', why: `is nested deeper than ${MAX_JSON_DEPTH} levels` };
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const fault = jsonFault(item, depth + 1, `${path}[${index}]`);
      if (fault) return fault;
    }
    return null;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return { path, why: 'is not a plain object' };
  for (const [key, item] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    if (key === '__proto__') return { path: at, why: 'is a name that is not allowed' };
    if (!storable(key)) return { path, why: 'has a name with characters that cannot be stored' };
    const fault = jsonFault(item, depth + 1, at);
    if (fault) return fault;
  }
  return null;
}

/**
 * Why a number can't be kept as it was sent; null when it can. Whole numbers beyond 2⁵³ may be their neighbours: nobody can tell any more
 * once they are read, so they are refused, and travel as text.
 */
export function numberFault(value: number): string | null {
  if (!Number.isFinite(value) || Object.is(value, -0)) return 'is not a number that JSON can hold';
  const isExact = !Number.isInteger(value) || Number.isSafeInteger(value);
  return isExact ? null : 'is a whole number that can’t be kept exactly; send it as text';
}

/** The bytes that JSON's structure is made of (RFC 8259); in UTF-8 none of them is a part of another character. */
const BYTE = {
  quote: 0x22,
  backslash: 0x5c,
  listOpens: 0x5b,
  listEnds: 0x5d,
  objectOpens: 0x7b,
  objectEnds: 0x7d,
} as const;

/**
 * Whether lists and objects are nested deeper than so many levels in a JSON text, counted on its bytes, so that nothing has to be built of
 * it first (rules/server 3). Up to where bytes stop being JSON the answer is right, and a parser reads no further.
 */
export function isNestedDeeper(bytes: Uint8Array, levels: number): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === BYTE.quote) inText = !inText;
    else if (inText) {
      if (byte === BYTE.backslash) at += 1;
    } else if (byte === BYTE.listOpens || byte === BYTE.objectOpens) {
      depth += 1;
      if (depth > levels) return true;
    } else if (byte === BYTE.listEnds || byte === BYTE.objectEnds) depth -= 1;
  }
  return false;
}

/** Whether a value is an object with names, as opposed to an array or anything simpler. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One text per content: the names of every object sorted, so that two values are equal exactly when their texts are. */
export function canonicalJson(value: JsonValue): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}

/** `Array.isArray` does not narrow a union with a readonly array. */
const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

const storable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');
