import { copyOf, type IdsInTarget, type Parts } from './copy.ts';
import { type Document, filled } from './document.ts';
import type { ProductKind } from './kind.ts';
import { type MergeChange, merge } from './merge.ts';
import { type Filling, fillIn, fillText } from './variables.ts';

/** What of a copy is kept to compare it with its source later. */
export type CopyBase = {
  /** Of the source, when it was last written from there. */
  readonly version: number;
  readonly name: string;
  readonly parts: Parts;
  readonly document: Document;
  /** What stands in it for variables, where a blueprint wrote it. */
  readonly filling?: Filling | null;
};

/** A product as it is written into another account. */
export type CopyWish = {
  readonly act: 'new' | 'update' | 'replace' | 'merge';
  readonly source: { readonly document: Document; readonly version: number; readonly name: string };
  /** Which parts are wanted now; null: all. */
  readonly parts: Parts;
  /** As it is called in the target, where it is new. */
  readonly name: string;
  readonly ids: IdsInTarget;
  /** Secrets are missing. */
  readonly isWaiting: boolean;
  /** Places where the source's stands, whatever was done in the target. */
  readonly take?: ReadonlySet<string>;
  /** What there is of it; `base` of a copy. */
  readonly present: { readonly document: Document; readonly base: CopyBase | null } | null;
};

export type WrittenCopy = {
  readonly document: Document;
  /** What it will be compared with. */
  readonly base: CopyBase;
  /** What becomes different, or could. */
  readonly changes: readonly MergeChange[];
};

const union = (one: Parts, other: Parts): Parts =>
  one === null || other === null ? null : [...new Set([...one, ...other])];

/** What a document is called: every kept one has a name. */
const nameIn = ({ name = '' }: Document): string => (typeof name === 'string' ? name : '');

/** What a product of the source becomes in the target, beside what there is of it (rules/products 13, 14). */
export function writeCopy(kind: ProductKind, wish: CopyWish): WrittenCopy {
  const { act, source, parts, name, ids, isWaiting, present, take } = wish;
  const wanted = { document: source.document, parts, ids, isWaiting };
  const fresh = (document: Document): CopyBase => ({ version: source.version, name: source.name, parts, document });
  if (!present || act === 'new') {
    const document = copyOf(kind, { ...wanted, name }, parts === null ? {} : filled(kind, { name }));
    return { document, base: fresh(document), changes: [] };
  }
  const local = filled(kind, present.document);
  const called = nameIn(local);
  if (act === 'replace') {
    const document = copyOf(kind, { ...wanted, name: parts === null ? source.name : called }, local);
    const { changes } = merge(kind, { base: local, source: document, local });
    return { document, base: fresh(document), changes };
  }
  if (act === 'merge' || !present.base) {
    const plain = filled(kind, { name: called });
    const there = copyOf(kind, { ...wanted, name: called }, plain);
    return { ...merge(kind, { base: plain, source: there, local }, { take }), base: fresh(there) };
  }
  return updateCopy(kind, wish, local, present.base);
}

function updateCopy(kind: ProductKind, wish: CopyWish, local: Document, last: CopyBase): WrittenCopy {
  const { parts, ids, isWaiting, take } = wish;
  const source = filledSource(kind, wish.source, last.filling ?? null);
  // Of parts that were no copies until now all is as it is here: what is wanted of them is taken.
  const base = Object.fromEntries(
    Object.entries({ ...local, ...filled(kind, last.document) }).map(([key, value]) => [
      key,
      last.parts === null || key === 'name' || last.parts.includes(key) ? value : (local[key] ?? null),
    ]),
  );
  // As long as its source is called what it was, a copy that was given a number keeps it.
  const called = nameIn(base);
  const name = parts !== null || source.name === last.name ? called : source.name;
  const there = copyOf(kind, { document: source.document, parts, name, ids, isWaiting }, base);
  const all = union(last.parts, parts);
  const isWhole = parts === null || (all !== null && all.every((part) => parts.includes(part)));
  return {
    ...merge(kind, { base, source: there, local }, { take }),
    base: {
      version: isWhole ? source.version : last.version,
      name: isWhole ? source.name : last.name,
      parts: all,
      document: there,
      filling: last.filling ?? null,
    },
  };
}

/** A source with the values that a blueprint gave its variables. */
const filledSource = (kind: ProductKind, source: CopyWish['source'], filling: Filling | null): CopyWish['source'] =>
  filling === null
    ? source
    : {
        ...source,
        document: fillIn(kind, source.document, filling),
        name: filling.places.includes(kind.nameAt) ? fillText(source.name, filling.values) : source.name,
      };
