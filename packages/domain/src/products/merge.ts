import { canonicalJson, isRecord, type JsonValue } from '../json.ts';
import type { Document } from './document.ts';
import type { ProductKind } from './kind.ts';
import { bareOf, escaped, unionsOf } from './visit.ts';

/** What three states of a document say about one place of it. Undefined: there is nothing. */
export type MergeSides = {
  readonly base: JsonValue | undefined;
  readonly source: JsonValue | undefined;
  readonly local: JsonValue | undefined;
};

/** How a place differs: changed at the source, changed here, changed to the same on both sides, or to something else on each. */
export type MergeHow = 'updated' | 'local' | 'both_same' | 'conflict';

/** A place of which not all three say the same. */
export type MergeChange = MergeSides & {
  /** JSON pointer, with the ids of entries in place of their positions. Of a list whose entries stand in another order, the list's. */
  readonly at: string;
  readonly how: MergeHow;
};

export type Merged = { readonly document: Document; readonly changes: readonly MergeChange[] };

export type MergeOptions = {
  /** Places where the source's stands, whatever was done here. */
  readonly take?: ReadonlySet<string> | undefined;
};

type Value = JsonValue | undefined;
type Entry = { readonly [key: string]: JsonValue };

const same = (one: Value, other: Value): boolean =>
  one === undefined || other === undefined ? one === other : canonicalJson(one) === canonicalJson(other);

/** Entries by id; null: they are no list whose entries have ids, each another one. */
function entriesOf(value: Value): ReadonlyMap<string, Entry> | null {
  if (!Array.isArray(value)) return null;
  const byId = new Map<string, Entry>();
  for (const entry of value as readonly JsonValue[]) {
    const id = isRecord(entry) ? entry['id'] : undefined;
    if (typeof id !== 'string' || byId.has(id)) return null;
    byId.set(id, entry as Entry);
  }
  return byId;
}

/**
 * Merges what is new at the source of a copy into it, place by place (rules/products 14): what only one side changed is as that side has it; what
 * both changed differently stays as it is here, and is a conflict.
 *
 * @param sides the document when both were last one, at the source now and here now; of all three with all fields
 */
export function merge(
  kind: Pick<ProductKind, 'schema'>,
  { base, source, local }: { readonly base: Document; readonly source: Document; readonly local: Document },
  { take = new Set() }: MergeOptions = {},
): Merged {
  const merger = new Merger(unionsOf(bareOf(kind.schema)), take);
  // An object merged with objects is one.
  const document = merger.at({ at: '', pattern: '' }, { base, source, local }) as Document;
  return { document, changes: merger.changes };
}

type Spot = { readonly at: string; readonly pattern: string };

class Merger {
  readonly changes: MergeChange[] = [];
  readonly #unions: ReadonlyMap<string, string>;
  readonly #take: ReadonlySet<string>;

  constructor(unions: ReadonlyMap<string, string>, take: ReadonlySet<string>) {
    this.#unions = unions;
    this.#take = take;
  }

  at(spot: Spot, sides: MergeSides): Value {
    const { base, source, local } = sides;
    if (same(source, local)) {
      if (!same(source, base)) this.changes.push({ at: spot.at, how: 'both_same', ...sides });
      return local;
    }
    if (isRecord(source) && isRecord(local) && this.#isOneKind(spot, source, local))
      return this.#fields(spot, { base: isRecord(base) ? base : {}, source, local });
    const [ofBase, ofSource, ofLocal] = [entriesOf(base ?? []), entriesOf(source), entriesOf(local)];
    if (ofBase && ofSource && ofLocal) return this.#entries(spot, { base: ofBase, source: ofSource, local: ofLocal });
    return this.#whole(spot, sides);
  }

  /** A place that is one value. */
  #whole({ at }: Spot, sides: MergeSides): Value {
    const { base, source, local } = sides;
    const how = same(base, source) ? 'local' : same(base, local) ? 'updated' : 'conflict';
    this.changes.push({ at, how, ...sides });
    return how === 'updated' || this.#take.has(at) ? source : local;
  }

  /** Of two entries of different types the fields have nothing to do with each other. */
  #isOneKind({ pattern }: Spot, source: Record<string, unknown>, local: Record<string, unknown>): boolean {
    const tag = this.#unions.get(pattern);
    return tag === undefined || source[tag] === local[tag];
  }

  #fields({ at, pattern }: Spot, { base, source, local }: Record<keyof MergeSides, Entry>): Entry {
    const merged: Record<string, JsonValue> = {};
    for (const name of new Set([...Object.keys(local), ...Object.keys(source), ...Object.keys(base)])) {
      const spot = { at: `${at}/${escaped(name)}`, pattern: `${pattern}/${escaped(name)}` };
      const value = this.at(spot, { base: base[name], source: source[name], local: local[name] });
      if (value !== undefined) merged[name] = value;
    }
    return merged;
  }

  #entries(
    { at, pattern }: Spot,
    { base, source, local }: Record<keyof MergeSides, ReadonlyMap<string, Entry>>,
  ): Entry[] {
    const kept = new Map<string, Entry>();
    for (const id of new Set([...local.keys(), ...source.keys(), ...base.keys()])) {
      const spot = { at: `${at}/${escaped(id)}`, pattern: `${pattern}/*` };
      const value = this.at(spot, { base: base.get(id), source: source.get(id), local: local.get(id) });
      if (value !== undefined) kept.set(id, value as Entry);
    }
    const ids = this.#order(at, { base: [...base.keys()], source: [...source.keys()], local: [...local.keys()] });
    return ids.map((id) => kept.get(id)).filter((entry) => entry !== undefined);
  }

  /** All ids in their order: that of the side that sorted anew; where both did, as it is here. */
  #order(at: string, { base, source, local }: Record<keyof MergeSides, readonly string[]>): string[] {
    const common = new Set(local.filter((id) => source.includes(id)));
    const among = (ids: readonly string[]): string[] => ids.filter((id) => common.has(id));
    const [was, there, here] = [among(base), among(source), among(local)];
    const known = new Set(was);
    const isSorted = (ids: readonly string[]): boolean =>
      !same(
        ids.filter((id) => known.has(id)),
        was,
      );
    const sides = { base: was, source: there, local: here };
    if (same(there, here)) return behind(local, source);
    const byBoth = isSorted(there) && isSorted(here);
    const isTheirs = isSorted(there) && (!byBoth || this.#take.has(at));
    if (isSorted(here)) this.changes.push({ at, how: isSorted(there) ? 'conflict' : 'local', ...sides });
    else if (isSorted(there)) this.changes.push({ at, how: 'updated', ...sides });
    const takesBack = !isSorted(there) && this.#take.has(at);
    return isTheirs || takesBack ? behind(source, local) : behind(local, source);
  }
}

/** Ids of both lists: those of the first as they stand there, each other one behind its own predecessor. */
function behind(first: readonly string[], second: readonly string[]): string[] {
  const ids = [...first];
  const has = new Set(first);
  for (const [n, id] of second.entries()) {
    if (has.has(id)) continue;
    const before = second[n - 1];
    ids.splice(before === undefined ? 0 : ids.indexOf(before) + 1, 0, id);
    has.add(id);
  }
  return ids;
}
