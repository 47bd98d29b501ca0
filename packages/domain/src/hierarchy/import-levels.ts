import type { Refusal } from '../errors.ts';
import { quoted } from '../text.ts';
import type { WishedParent } from './create-many.ts';
import { EXTERNAL_PREFIX } from './external-id.ts';

/** How a row of a file names accounts: the one that it is about, and the one above. Equal names are the same account. */
export type ImportNames = {
  /** Null: nothing tells. */
  readonly own: string | null;
  /** Null: the account in which is imported. */
  readonly parent: string | null;
  /** Whether it can't be read. */
  readonly isBad: boolean;
};

/** Where rows of a file come in their turn, by their positions. */
export type ImportLevels = {
  /** From 1 on: a row comes after the row that makes its parent. 0: it is bad. */
  readonly levels: Int32Array;
  /** Why rows are bad that can be read. */
  readonly refusals: ReadonlyMap<number, Refusal>;
};

const NOT_YET = -1;
const ON_THE_WAY = -2;
const BAD = 0;

/**
 * Puts the rows of a file in the order in which they can be imported, whatever order they have, as if the bad ones weren't there: a row of
 * an account that a row before has, one whose parents lead back to itself, one whose parent is nowhere, and one whose parent is bad.
 *
 * @param isThere whether there is an account of a name already: below it rows stand whatever the file says of it
 */
export function importLevels(rows: readonly ImportNames[], isThere: (name: string) => boolean): ImportLevels {
  const levels = new Int32Array(rows.length).fill(NOT_YET);
  const refusals = new Map<number, Refusal>();
  const refuse = (n: number, refusal: Refusal): void => {
    levels[n] = BAD;
    refusals.set(n, refusal);
  };
  const firstOf = new Map<string, number>();
  for (const [n, { own, isBad }] of rows.entries()) {
    const isFirst = own === null || !firstOf.has(own);
    if (own !== null && isFirst) firstOf.set(own, n);
    if (isBad) levels[n] = BAD;
    else if (!isFirst)
      refuse(n, { code: 'ROW_DUPLICATE', message: 'A row before is of the same account.', field: 'id' });
  }
  for (const start of rows.keys()) settle(start);
  return { levels, refusals };

  /** Goes up from a row to one of which is known what becomes of it, and back down. */
  function settle(start: number): void {
    const way: number[] = [];
    let n: number | undefined = start;
    while (n !== undefined && levels[n] === NOT_YET) {
      levels[n] = ON_THE_WAY;
      way.push(n);
      n = rowAbove(n);
    }
    if (n !== undefined && levels[n] === ON_THE_WAY) {
      for (const one of way.splice(way.indexOf(n))) refuse(one, cycle(rows[one]?.parent ?? ''));
    }
    for (const one of way.toReversed()) place(one);
  }

  function place(n: number): void {
    const { parent } = rows[n]!;
    const above = rowAbove(n);
    if (above !== undefined && levels[above] !== BAD) levels[n] = levels[above]! + 1;
    else if (parent === null || isThere(parent)) levels[n] = 1;
    else refuse(n, above === undefined ? parentMissing(parent) : parentBad(parent));
  }

  /** The row that is to make the parent of another one. */
  function rowAbove(n: number): number | undefined {
    const { parent } = rows[n]!;
    return parent === null || isThere(parent) ? undefined : firstOf.get(parent);
  }
}

/**
 * The turns in which rows are imported, from 1 on: level by level, below one parent after the other, and parents in their own turn. So what is made
 * at one time stands together, and is counted into few accounts. 0: a row is bad.
 */
export function importTurns(rows: readonly ImportNames[], { levels }: Pick<ImportLevels, 'levels'>): Int32Array {
  const turns = new Int32Array(rows.length);
  const turnOf = new Map<string, number>();
  /** When its parent has its turn; 0: it is there. */
  const above = new Int32Array(rows.length);
  const byLevel: number[][] = [];
  for (const [n, level] of levels.entries()) if (level !== BAD) (byLevel[level] ??= []).push(n);
  let turn = 0;
  for (const all of Object.values(byLevel)) {
    for (const n of all) above[n] = turnOf.get(rows[n]!.parent ?? '') ?? 0;
    const parentOf = (n: number): string => rows[n]!.parent ?? '';
    const byParent = (one: number, other: number): number =>
      parentOf(one) < parentOf(other) ? -1 : parentOf(one) > parentOf(other) ? 1 : one - other;
    for (const n of all.sort((one, other) => above[one]! - above[other]! || byParent(one, other))) {
      turn += 1;
      turns[n] = turn;
      const { own } = rows[n]!;
      if (own !== null) turnOf.set(own, turn);
    }
  }
  return turns;
}

const FIELD = 'parentExternalId';

/** A parent as it stands in the file. */
const inFile = (parent: string): string =>
  quoted(parent.startsWith(EXTERNAL_PREFIX) ? parent.slice(EXTERNAL_PREFIX.length) : parent);

const cycle = (parent: string): Refusal => ({
  code: 'PARENT_CYCLE',
  message: `Its parent ${inFile(parent)} stands below it in this file.`,
  field: FIELD,
});

const parentMissing = (parent: string): Refusal => ({
  code: 'PARENT_MISSING',
  message: `There is no account ${inFile(parent)}, neither in this file nor where you import.`,
  field: FIELD,
});

const parentBad = (parent: string): Refusal => ({
  code: 'PARENT_BAD',
  message: `The row of its parent ${inFile(parent)} is refused.`,
  field: FIELD,
});

/**
 * Why a row of a file is refused, told of the file: what is refused of its parent's row falls with it.
 *
 * @param level of the row: from 2 on its parent is one that the file makes
 */
export function importRefusal(refusal: Refusal, parent: WishedParent, level: number): Refusal {
  if (!('asked' in parent)) return refusal;
  if (refusal.code === 'PARENT_REFUSED') return parentBad(parent.asked);
  if (refusal.code !== 'NOT_FOUND' || refusal.field !== 'parent') return refusal;
  return level > 1 ? parentBad(parent.asked) : parentMissing(parent.asked);
}
