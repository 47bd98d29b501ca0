// Which types have names: what a schema infers has none, although it means the same as one that does.
import ts from 'typescript6';

/** Names that integrators can read. */
export type Vocabulary = {
  has(symbol: ts.Symbol): boolean;
  /** What means exactly the same as an object. */
  nameOf(type: ts.Type): ts.Symbol | null;
  /** Of an object that has everything of one with a name, and more: that one, the plainest of several. */
  baseOf(type: ts.Type): ts.Symbol | null;
  /** What a union is but for null and undefined beside it, with its parts. */
  unionOf(type: ts.UnionType): { readonly symbol: ts.Symbol; readonly parts: readonly ts.Type[] } | null;
};

/** Least properties of what others may extend: fewer are the same by chance. */
const LEAST_OF_A_BASE = 5;
const EMPTY = ts.TypeFlags.Null | ts.TypeFlags.Undefined;

/** @param symbols of the types that have names; of two that mean the same, the first is used */
export function createVocabulary(checker: ts.TypeChecker, symbols: ReadonlySet<ts.Symbol>): Vocabulary {
  const all = [...symbols].map((symbol) => ({ symbol, type: checker.getDeclaredTypeOfSymbol(symbol) }));
  const sizeOf = (type: ts.Type): number => checker.getPropertiesOfType(type).length;
  const isPlainObject = (type: ts.Type): boolean =>
    isObject(type) &&
    type.getCallSignatures().length === 0 &&
    checker.getIndexInfosOfType(type).length === 0 &&
    sizeOf(type) > 1;
  const objects = all
    .filter(({ symbol, type }) => isPlainObject(type) && !isGeneric(symbol))
    .map((one) => ({ ...one, size: sizeOf(one.type) }))
    .toSorted((a, b) => b.size - a.size);
  const unions = all.flatMap(({ symbol, type }) => (type.isUnion() ? [{ symbol, parts: type.types }] : []));

  const isSame = (a: ts.Symbol, b: ts.Symbol): boolean => {
    if ((a.flags & ts.SymbolFlags.Optional) !== (b.flags & ts.SymbolFlags.Optional)) return false;
    const [left, right] = [checker.getTypeOfSymbol(a), checker.getTypeOfSymbol(b)];
    return checker.isTypeAssignableTo(left, right) && checker.isTypeAssignableTo(right, left);
  };
  /** Whether an object has all properties of another one, of the same types. */
  const hasAllOf = (type: ts.Type, other: ts.Type): boolean =>
    checker.getPropertiesOfType(other).every((expected) => {
      const actual = checker.getPropertyOfType(type, expected.name);
      return actual !== undefined && isSame(actual, expected);
    });

  return {
    has: (symbol) => symbols.has(symbol),
    nameOf: (type) => {
      if (!isPlainObject(type)) return null;
      const size = sizeOf(type);
      return objects.find((one) => one.size === size && hasAllOf(type, one.type))?.symbol ?? null;
    },
    baseOf: (type) => {
      if (!isPlainObject(type)) return null;
      const size = sizeOf(type);
      return (
        objects.findLast((one) => one.size >= LEAST_OF_A_BASE && one.size < size && hasAllOf(type, one.type))?.symbol ??
        null
      );
    },
    unionOf: (type) => {
      const beside = (parts: readonly ts.Type[]) => type.types.filter((part) => !parts.includes(part));
      const isAllOf = (parts: readonly ts.Type[]): boolean =>
        parts.length + beside(parts).length === type.types.length && beside(parts).every(isEmpty);
      return unions.find(({ parts }) => parts.length > 1 && isAllOf(parts)) ?? null;
    },
  };
}

/** A union's null and undefined, and what is full of it. */
export const parted = (
  type: ts.UnionType,
): { readonly full: readonly ts.Type[]; readonly empty: readonly ts.Type[] } => ({
  full: type.types.filter((part) => !isEmpty(part)),
  empty: type.types.filter(isEmpty),
});

const isEmpty = ({ flags }: ts.Type): boolean => (flags & EMPTY) !== 0;

const isGeneric = (symbol: ts.Symbol): boolean =>
  symbol.declarations?.some((one) => ts.isTypeAliasDeclaration(one) && one.typeParameters !== undefined) ?? false;

/** Also of several parts, but not a text or a number with a brand. */
const isObject = (type: ts.Type): boolean =>
  type.isIntersection() ? type.types.every(isObject) : (type.flags & ts.TypeFlags.Object) !== 0;
