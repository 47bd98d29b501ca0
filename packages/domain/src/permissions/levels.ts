import { type Level, PERMISSIONS, type Permission, type PermissionKey, permission } from './registry.ts';

/**
 * Unary two-bit codes, so that the lower of two levels is their bitwise AND and the higher their OR (rules/data 4).
 * `read` and `limited` are the same height under different names.
 */
export const LEVEL_CODES: Readonly<Record<Level, number>> = { none: 0b00, read: 0b01, limited: 0b01, full: 0b11 };

/**
 * Levels of all permissions, packed: as many words as the registry's positions take, 15 codes each. Only 30 bits of a word are used, so it
 * is never negative and V8 keeps it unboxed. They live in memory: what is stored, or travels, names each level by its permission.
 */
export type Levels = readonly number[];

/** A level for each permission, as it travels on the wire. */
export type LevelMap = Readonly<Record<PermissionKey, Level>>;

/** Levels by permission, as they are stored. What absence means says who stores them; packed, it is none. */
export type SomeLevels = { readonly [Key in PermissionKey]?: Level };

const PER_WORD = 15;
const ALL = 2 ** (2 * PER_WORD) - 1;
/** The lower bit of every code: AND with it bounds all rows at read. */
const ALL_READ = ALL / 3;

/** The lower of two levels for each permission. */
export const lowest = (a: Levels, b: Levels): Levels => a.map((word, at) => word & (b[at] ?? 0));

/** The higher of two levels for each permission. */
export const highest = (a: Levels, b: Levels): Levels => a.map((word, at) => word | (b[at] ?? 0));

/** Whether levels are nowhere above others. */
export const isAtMost = (levels: Levels, bound: Levels): boolean =>
  levels.every((word, at) => (word & ~(bound[at] ?? 0)) === 0);

const slotOf = ({ position }: Permission) => ({
  at: Math.trunc(position / PER_WORD),
  shift: 2 * (position % PER_WORD),
});

const codeAt = (levels: Levels, row: Permission): number => {
  const { at, shift } = slotOf(row);
  return ((levels[at] ?? 0) >>> shift) & 0b11;
};

/**
 * The highest level of a permission that is not above a bound. A row that knows only none and full has nothing between them: bounded
 * at read it is none, because a cap must never give more than it says.
 */
export function highestLevelWithin(permission: Permission, bound: Level): Level {
  const below = permission.levels.filter((level) => LEVEL_CODES[level] <= LEVEL_CODES[bound]);
  return below.at(-1) ?? 'none';
}

/** What levels say about one row, in the row's own words. */
export const levelIn = (levels: Levels, row: Permission): Level => {
  const code = codeAt(levels, row);
  return highestLevelWithin(row, code === LEVEL_CODES.full ? 'full' : code === LEVEL_CODES.read ? 'read' : 'none');
};

/** Whether a controller at the level above none bounds its rows: read does, limited leaves them as set. */
const bindsAtRead = ({ levels }: Permission): boolean => !levels.includes('limited');

/** How the levels of some rows are packed: what depends on which rows there are. */
export function packingOf(rows: readonly Permission[]) {
  const words = 1 + Math.trunc(Math.max(...rows.map(({ position }) => position)) / PER_WORD);
  const none: Levels = Array.from({ length: words }, () => 0);
  const unbounded: Levels = none.map(() => ALL);
  const only = (row: Permission, code: number): Levels => {
    const slot = slotOf(row);
    return none.map((_, at) => (at === slot.at ? code << slot.shift : 0));
  };

  // What every call does for each account of its chain: by tables, and one list.
  const packed = rows.map((row) => {
    const codeOf = (level: Level) => LEVEL_CODES[highestLevelWithin(row, level)];
    const codes = { none: codeOf('none'), read: codeOf('read'), limited: codeOf('limited'), full: codeOf('full') };
    return { key: row.key, codes, ...slotOf(row) };
  });
  const pack = (map: Readonly<Record<string, Level | undefined>>): Levels => {
    const levels = [...none];
    for (const { key, codes, at, shift } of packed) {
      const level = map[key];
      if (level !== undefined) levels[at] = (levels[at] ?? 0) | (codes[level] << shift);
    }
    return levels;
  };

  /** The controllers, each with the words that select its rows. */
  const controllers = rows.flatMap((controller) => {
    const controlled = rows.filter((row) => row.controller === controller.key);
    if (controlled.length === 0) return [];
    const selected = controlled.map((row) => only(row, 0b11)).reduce(highest, none);
    return [{ controller, selected }];
  });
  const bound = (levels: Levels): Levels => {
    let bounded = levels;
    for (const { controller, selected } of controllers) {
      const code = codeAt(levels, controller);
      if (code === LEVEL_CODES.full) continue;
      if (code === LEVEL_CODES.read && !bindsAtRead(controller)) continue;
      const left = code === LEVEL_CODES.none ? 0 : ALL_READ;
      bounded = bounded.map((word, at) => word & (~(selected[at] ?? 0) | left));
    }
    return bounded;
  };
  return { none, unbounded, pack, bound };
}

const OURS = packingOf(PERMISSIONS);

/** Nothing is allowed. */
export const NO_LEVELS: Levels = OURS.none;
/** No bound at all: what a main account leaves. Every code is full, also of rows whose highest level is lower. */
export const UNBOUNDED: Levels = OURS.unbounded;

/** What levels say about one permission, in the permission's own words (`limited`, not `read`, for Account). */
export const levelOf = (levels: Levels, key: PermissionKey): Level => levelIn(levels, permission(key));

/** Whether levels give at least the needed level of a permission. */
export const atLeast = (levels: Levels, key: PermissionKey, need: Level): boolean =>
  codeAt(levels, permission(key)) >= LEVEL_CODES[need];

/** The highest level that a permission knows. */
export function highestOf(key: PermissionKey): Level {
  return permission(key).levels.at(-1) ?? 'none';
}

/** Packs levels by permission; one that the permission doesn't know is lowered to one that it does, and what is absent is none. */
export const packLevels = (map: SomeLevels): Levels => OURS.pack(map);

/** The highest level of every permission: caps that take nothing. */
export const HIGHEST: LevelMap = mapPermissions((key) => highestOf(key));

/** Unpacks levels into a level for each permission. */
export const unpackLevels = (levels: Levels): LevelMap => mapPermissions((key) => levelOf(levels, key));

/** A map with an entry for every permission, made by asking for each in the registry's order. Programs leave out those that they don't use. */
/* @__NO_SIDE_EFFECTS__ */
export function mapPermissions<T>(entryOf: (key: PermissionKey) => T): Record<PermissionKey, T> {
  const entries = PERMISSIONS.map(({ key }) => [key, entryOf(key)] as const);
  // The entries are the registry's keys, all of them; Object.fromEntries has no way to say so.
  return Object.fromEntries(entries) as Record<PermissionKey, T>;
}

/** Where the code of a permission stands among packed levels, and that of its controller. */
export type Place = { readonly at: number; readonly shift: number; readonly controller: ControllerPlace | null };
type ControllerPlace = { readonly at: number; readonly shift: number; readonly bindsAtRead: boolean };

const PLACES: Readonly<Record<PermissionKey, Place>> = mapPermissions((key) => {
  const row: Permission = permission(key);
  const over = PERMISSIONS.find((one) => one.key === row.controller);
  const controller = over ? { ...slotOf(over), bindsAtRead: bindsAtRead(over) } : null;
  return { ...slotOf(row), controller };
});

/** Where a permission stands among packed levels. */
export const placeOf = (key: PermissionKey): Place => PLACES[key];

/** What is asked for where a permission is needed at a level: bits that its word has to have, and bits that its controller's has to. */
export type Needed = {
  readonly at: number;
  readonly bits: number;
  readonly overAt: number;
  readonly overBits: number;
};

const neededAt = ({ at, shift, controller }: Place, level: Level): Needed => {
  const code = LEVEL_CODES[level];
  if (controller === null) return { at, bits: code << shift, overAt: at, overBits: 0 };
  const over = [LEVEL_CODES.none, LEVEL_CODES.read, LEVEL_CODES.full].find((one) => boundOf(one, controller) >= code);
  return { at, bits: code << shift, overAt: controller.at, overBits: (over ?? 0) << controller.shift };
};

/** The code that bounds a row, by the code of its controller (rules/permissions 2). */
export const boundOf = (code: number, { bindsAtRead }: Pick<ControllerPlace, 'bindsAtRead'>): number =>
  code === LEVEL_CODES.read && !bindsAtRead ? LEVEL_CODES.full : code;

const NEEDED: Readonly<Record<PermissionKey, Readonly<Record<Level, Needed>>>> = mapPermissions((key) => {
  const at = (level: Level): Needed => neededAt(PLACES[key], level);
  return { none: at('none'), read: at('read'), limited: at('limited'), full: at('full') };
});

/** What is asked for where a permission is needed at a level. */
export const needed = (key: PermissionKey, level: Level): Needed => NEEDED[key][level];

/**
 * Levels with every controlled row bounded by its controller (rules/permissions 2): none gives none, read at most read, limited and full
 * leave the rows as set. The bounds only ever lower, and lower controllers lower more.
 */
export const boundByControllers = (levels: Levels): Levels => OURS.bound(levels);
