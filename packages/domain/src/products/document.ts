import { accept, type Decision, refuse } from '../errors.ts';
import { nameKey, type ParsedName } from '../hierarchy/names.ts';
import { isId, type RowId } from '../ids.ts';
import { canonicalJson, isRecord, type JsonValue } from '../json.ts';
import { parseLine } from '../line.ts';
import type { Level, PermissionKey } from '../permissions/registry.ts';
import { utf8Bytes } from '../text.ts';
import { faultsOf } from './faults.ts';
import type { Fault, ProductKind } from './kind.ts';
import { type Visited, visit, withValue } from './visit.ts';

/** What a product holds, without its secrets. */
export type Document = { readonly [key: string]: JsonValue };

/** Most bytes of a document, as JSON in UTF-8 (256 kB). */
export const DOCUMENT_BYTES = 262_144;
/** Days for which versions of products are kept after they were saved anew or deleted (rules/products 5). */
export const VERSION_DAYS = 90;
/** Most characters of a product's name. */
export const PRODUCT_NAME_CHARACTERS = 120;
/** Faults that one refusal tells. */
const MOST_FAULTS = 50;

/** What a document says of one of its secrets: another value, or none from now on. What it doesn't speak of stays as it is. */
export type SecretChange = { readonly place: string; readonly value: string | null };

/** A product, or a member, that a document names, and where. */
export type NamedThing = {
  /** JSON pointer, with the ids of entries in place of their positions. */
  readonly place: string;
  readonly kind: string;
  readonly id: RowId;
  readonly need: 'required' | 'optional';
};

/** A document as it is kept. */
export type ParsedDocument = {
  readonly document: Document;
  readonly name: ParsedName;
  readonly secrets: readonly SecretChange[];
  /** Where it may have secrets. What is kept for any other place is of nothing any more. */
  readonly secretPlaces: readonly string[];
  readonly refs: readonly NamedThing[];
};

const invalid = (faults: readonly Fault[]): Decision<never> => {
  const [first] = faults;
  const { refusal } = refuse('DOCUMENT_INVALID', first?.message ?? 'This document is not valid.', first?.at ?? '');
  return { ok: false, refusal: { ...refusal, faults: faults.slice(0, MOST_FAULTS) } };
};

/** A secret as it is read: that there is one, and its end. */
export type ShownSecret = { readonly set: true; readonly last4: string };

const isShownSecret = (value: unknown): boolean => isRecord(value) && value['set'] === true;

/**
 * Reads a document of unknown origin (rules/products 3): by its schema, then by what schemas can't say; each fault with its JSON pointer.
 * A secret is text to set it, null to clear it, and as it was read to keep it.
 *
 * @param kept what there is of it already: of a kind that has parts, those that are not sent stay as they are. Null: it is new
 */
export function parseDocument(kind: ProductKind, sent: unknown, kept: Document | null): Decision<ParsedDocument> {
  if (!isRecord(sent)) return invalid([{ at: '', message: 'A document is an object.' }]);
  const whole = kind.rows.parts && kept ? { ...kept, ...sent } : sent;
  const bytes = utf8Bytes(JSON.stringify(whole));
  if (bytes > DOCUMENT_BYTES) {
    const message = `A document has at most ${DOCUMENT_BYTES / 1_024} kB; this has ${Math.ceil(bytes / 1_024)}.`;
    return refuse('DOCUMENT_TOO_LARGE', message);
  }
  const asked = [...visit(kind.schema, whole)].filter(({ meta }) => meta.secret === true);
  let readable: unknown = whole;
  for (const { at, value } of asked)
    if (value === null || isShownSecret(value)) readable = withValue(readable, at, undefined);
  const read = kind.schema.safeParse(readable);
  if (!read.success) return invalid(faultsOf(read.error));
  const secrets: SecretChange[] = asked.flatMap(({ place, value }) => (value === null ? [{ place, value }] : []));
  let document: unknown = read.data;
  // Once, for all that is asked of its fields: neither its name nor a secret is a place for anything else.
  const fields = [...visit(kind.schema, read.data)];
  for (const { at, place, meta, value } of fields) {
    if (meta.secret !== true || typeof value !== 'string') continue;
    secrets.push({ place, value });
    document = withValue(document, at, undefined);
  }
  return finish(kind, document as Document, fields, secrets);
}

function finish(
  kind: ProductKind,
  read: Document,
  fields: readonly Visited[],
  secrets: readonly SecretChange[],
): Decision<ParsedDocument> {
  const { name = '' } = read;
  const line = parseLine(typeof name === 'string' ? name : '', { least: 1, most: PRODUCT_NAME_CHARACTERS }, 'A name');
  if (!line.ok) return refuse('NAME_INVALID', line.refusal.message, kind.nameAt);
  const document = { ...read, name: line.value };
  const faults = [...doubles(kind, fields), ...(kind.checks?.(document) ?? [])];
  if (faults.length > 0) return invalid(faults);
  return accept({
    document,
    name: { name: line.value, key: nameKey(line.value) },
    secrets,
    secretPlaces: secretsAmong(fields),
    refs: refsAmong(kind, fields),
  });
}

/** Entries of keyed lists that have the id of an earlier one. */
function doubles({ keyed }: ProductKind, fields: readonly Visited[]): Fault[] {
  const seen = new Set<string>();
  const faults: Fault[] = [];
  for (const { at, pattern, place } of fields) {
    if (!keyed.some((list) => pattern === `${list}/*`)) continue;
    if (seen.has(place)) faults.push({ at: `${at}/id`, message: 'Another entry has this id.' });
    seen.add(place);
  }
  return faults;
}

/** Where a document may have secrets. */
export const secretPlaces = ({ schema }: ProductKind, document: Document): string[] =>
  secretsAmong([...visit(schema, document)]);

const secretsAmong = (fields: readonly Visited[]): string[] =>
  fields.flatMap(({ meta, place }) => (meta.secret === true ? [place] : []));

/** What a document names, products and members. */
export const refsOf = (kind: ProductKind, document: Document): NamedThing[] =>
  refsAmong(kind, [...visit(kind.schema, document)]);

const refsAmong = ({ refs }: ProductKind, fields: readonly Visited[]): NamedThing[] =>
  fields.flatMap(({ meta, pattern, place, value }): NamedThing[] => {
    if (meta.ref === undefined || typeof value !== 'string' || !isId(value)) return [];
    const need = refs.find(({ at }) => at === pattern)?.need ?? 'optional';
    return [{ place, kind: meta.ref, id: value as RowId, need }];
  });

/** The part of a document that a field at its top is of; null: it is of none. */
const partOf = ({ rows }: ProductKind, name: string): string | null =>
  rows.parts && Object.hasOwn(rows.parts, name) ? name : null;

/** What somebody may do with each part of a kind's documents; of a kind without parts, nothing. */
export const partLevels = ({ rows }: ProductKind, levelOf: (row: PermissionKey) => Level): Record<string, Level> =>
  Object.fromEntries(Object.entries(rows.parts ?? {}).map(([part, row]) => [part, levelOf(row)]));

/** A kept document with what its fields are of which nobody said anything. What an earlier release kept and this one can't read stays as it is. */
export function filled({ schema }: ProductKind, document: Document): Document {
  const read = schema.safeParse(document);
  return read.success ? (read.data as Document) : document;
}

/**
 * A document as somebody may read it (rules/products 4): without the parts that they may not, with what its fields are where nobody said, and
 * of secrets no more than that they are set.
 *
 * @param kept the ends of its secrets, by place
 */
export function shownDocument(
  kind: ProductKind,
  document: Document,
  kept: ReadonlyMap<string, string>,
  levels: Readonly<Record<string, Level>>,
): Document {
  let shown: unknown = filled(kind, document);
  for (const { at, place, meta } of visit(kind.schema, shown)) {
    const last4 = kept.get(place);
    if (meta.secret === true && last4 !== undefined) shown = withValue(shown, at, { set: true, last4 });
  }
  const entries = Object.entries(shown as Document);
  return Object.fromEntries(entries.filter(([name]) => levels[partOf(kind, name) ?? ''] !== 'none'));
}

/**
 * The permissions that somebody needs in full who makes another document of one: of every part that differs, and that to write of what is in
 * none. Nothing: they are the same.
 */
export function rowsChanged(
  kind: ProductKind,
  before: Document,
  { document, secrets }: ParsedDocument,
): PermissionKey[] {
  const { write, parts = {} } = kind.rows;
  const was = filled(kind, before);
  const names = [...new Set([...Object.keys(was), ...Object.keys(document)])];
  const differing = names.filter((name) => canonicalJson(was[name] ?? null) !== canonicalJson(document[name] ?? null));
  const rows = differing.map((name) => parts[partOf(kind, name) ?? ''] ?? write);
  if (secrets.length > 0) rows.push(write);
  return [...new Set(rows.flatMap((row) => row ?? []))];
}

/** The names of the fields at the top of documents that lists show. */
export const columnNames = ({ columns }: Pick<ProductKind, 'columns'>): string[] => columns.map((at) => at.slice(1));

/** The same of one document. */
export const columnsOf = (
  kind: Pick<ProductKind, 'columns'>,
  document: Document,
): (string | number | boolean | null)[] =>
  columnNames(kind).map((name) => {
    const found = document[name] ?? null;
    return typeof found === 'object' ? null : found;
  });
