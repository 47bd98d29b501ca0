import { type Level, PERMISSIONS, type Permission, type PermissionKey, positionOf } from './registry.ts';

/**
 * Unary two-bit codes, so that the lower of two levels is their bitwise AND and the higher their OR (performance.md 4).
 * `read` and `limited` are the same height under different names.
 */
export const LEVEL_CODES: Readonly<Record<Level, number>> = { none: 0b00, read: 0b01, limited: 0b01, full: 0b11 };

/**
 * Levels of all 28 permissions in two int32 words, 14 codes each. Only 28 bits of a word are used, so it is never negative and V8 keeps
 * it unboxed. The position is the registry's order: a row added later goes to the end of the registry, or stored words change meaning.
 */
export type Levels = { readonly low: number; readonly high: number };

/** A level for each permission, as it travels on the wire. */
export type LevelMap = Readonly<Record<PermissionKey, Level>>;

const PER_WORD = 14;
const ALL = 2 ** (2 * PER_WORD) - 1;
/** The lower bit of every code: AND with it bounds all rows at read. */
const ALL_READ = 0b01_01_01_01_01_01_01_01_01_01_01_01_01_01;

/** Nothing is allowed. */
export const NO_LEVELS: Levels = { low: 0, high: 0 };
/** No bound at all: what an account without caps leaves. Every code is full, also of rows whose highest level is lower. */
export const UNBOUNDED: Levels = { low: ALL, high: ALL };

/** The lower of two levels for each permission. */
export const lowest = (a: Levels, b: Levels): Levels => ({ low: a.low & b.low, high: a.high & b.high });

/** Whether levels are nowhere above others. */
export const isAtMost = (levels: Levels, bound: Levels): boolean =>
  (levels.low & ~bound.low) === 0 && (levels.high & ~bound.high) === 0;

/** The higher of two levels for each permission. */
export const highest = (a: Levels, b: Levels): Levels => ({ low: a.low | b.low, high: a.high | b.high });

const codeAt = (levels: Levels, position: number): number =>
  position < PER_WORD ? (levels.low >>> (2 * position)) & 0b11 : (levels.high >>> (2 * (position - PER_WORD))) & 0b11;

const wordsOf = (position: number, code: number): Levels =>
  position < PER_WORD
    ? { low: code << (2 * position), high: 0 }
    : { low: 0, high: code << (2 * (position - PER_WORD)) };

/**
 * The highest level of a permission that is not above a bound. A row that knows only none and full has nothing between them: bounded
 * at read it is none, because a cap must never give more than it says.
 */
export function highestLevelWithin(permission: Permission, bound: Level): Level {
  const below = permission.levels.filter((level) => LEVEL_CODES[level] <= LEVEL_CODES[bound]);
  return below.at(-1) ?? 'none';
}

const nameOf = (permission: Permission, code: number): Level =>
  highestLevelWithin(permission, code === LEVEL_CODES.full ? 'full' : code === LEVEL_CODES.read ? 'read' : 'none');

/** What levels say about one permission, in the permission's own words (`limited`, not `read`, for Account). */
export const levelOf = (levels: Levels, key: PermissionKey): Level => {
  const position = positionOf(key);
  const row: Permission | undefined = PERMISSIONS[position];
  return row ? nameOf(row, codeAt(levels, position)) : 'none';
};

/** Whether levels give at least the needed level of a permission. */
export const atLeast = (levels: Levels, key: PermissionKey, need: Level): boolean =>
  codeAt(levels, positionOf(key)) >= LEVEL_CODES[need];

/** Packs a level for each permission; one that the permission doesn't know is lowered to one that it does. */
export function packLevels(map: LevelMap): Levels {
  return PERMISSIONS.reduce<Levels>((packed, row, position) => {
    const level = highestLevelWithin(row, map[row.key]);
    return highest(packed, wordsOf(position, LEVEL_CODES[level]));
  }, NO_LEVELS);
}

/** Unpacks levels into a level for each permission. */
export const unpackLevels = (levels: Levels): LevelMap => mapPermissions((key) => levelOf(levels, key));

/** A map with an entry for every permission, made by asking for each in the registry's order. */
export function mapPermissions<T>(entryOf: (key: PermissionKey) => T): Record<PermissionKey, T> {
  const entries = PERMISSIONS.map(({ key }) => [key, entryOf(key)] as const);
  // The entries are the registry's keys, all of them; Object.fromEntries has no way to say so.
  return Object.fromEntries(entries) as Record<PermissionKey, T>;
}

/** The controllers, each with the words that select its rows. */
const CONTROLLERS = PERMISSIONS.flatMap((controller: Permission, position) => {
  const rows = PERMISSIONS.flatMap((row: Permission, at) => (row.controller === controller.key ? [at] : []));
  if (rows.length === 0) return [];
  const selected = rows.map((at) => wordsOf(at, 0b11)).reduce(highest);
  return [{ position, atRead: controller.levels.includes('limited') ? 'as set' : 'bounded', ...selected } as const];
});

/**
 * Levels with every controlled row bounded by its controller (product.md 3.1): none gives none, read at most read, limited and full
 * leave the rows as set. The bounds only ever lower, and lower controllers lower more.
 */
export function boundByControllers(levels: Levels): Levels {
  let { low, high } = levels;
  for (const controller of CONTROLLERS) {
    const code = codeAt(levels, controller.position);
    if (code === LEVEL_CODES.full) continue;
    if (code === LEVEL_CODES.read && controller.atRead === 'as set') continue;
    const left = code === LEVEL_CODES.none ? 0 : ALL_READ;
    low &= ~controller.low | left;
    high &= ~controller.high | left;
  }
  return { low, high };
}
