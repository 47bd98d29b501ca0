import { accept, type Decision, refuse } from '../errors.ts';
import type { RowId } from '../ids.ts';
import { quoted } from '../text.ts';
import type { Instant } from '../time.ts';
import { HIGHEST, LEVEL_CODES, type SomeLevels } from './levels.ts';
import { type Level, PERMISSIONS, type PermissionKey, permission } from './registry.ts';

/** Who set an entry: a person, a key, or the platform (no id). */
export type CapSetter = { readonly id: string | null; readonly name: string };

/** Who set an entry and when. Entries that are as the account was made with have none. */
export type CapMark = {
  readonly by: CapSetter;
  readonly at: Instant;
  /** Of the account's caps, which this made. */
  readonly version: number;
  /** Set for this account alone, since the last preset that it took: *keep local* leaves it (rules/permissions 22). */
  readonly local: boolean;
};
export type CapMarks = { readonly [Key in PermissionKey]?: CapMark };

/** A version of a preset. */
export type PresetRef = { readonly id: RowId; readonly version: number };

/** What an account's parent side leaves it. A main account has none; of all others every decided permission is named. */
export type Caps = {
  /** Counts what was saved; 0: as the account was made. */
  readonly version: number;
  /** What is absent is undecided: it works as none, and is shown as unreviewed. */
  readonly levels: SomeLevels;
  readonly marks: CapMarks;
  /** The preset that it took last. */
  readonly preset: PresetRef | null;
};

/** How a preset meets the caps of an account. */
export const PRESET_MODES = ['replace', 'lower', 'keepLocal'] as const;
export type PresetMode = (typeof PRESET_MODES)[number];

/** Levels to be set; null takes a decision back: the permission is undecided again. */
export type WishedLevels = { readonly [Key in PermissionKey]?: Level | null | undefined };

/** What is to become of the caps of some account. */
export type CapChange =
  | { readonly kind: 'set'; readonly levels: WishedLevels }
  | {
      readonly kind: 'preset';
      /** Null: a blueprint says levels of its own. */
      readonly preset: PresetRef | null;
      readonly levels: SomeLevels;
      readonly mode: PresetMode;
    }
  /** Decides what is undecided, and nothing else. */
  | { readonly kind: 'review'; readonly levels: SomeLevels }
  /** Puts back what a preset or a review found: levels, which of them were the account's alone, and the preset before. */
  | ({ readonly kind: 'undo'; readonly levels: WishedLevels } & CapsBefore);

/** What a change found beside the levels that it changed. */
export type CapsBefore = { readonly local: readonly PermissionKey[]; readonly preset: PresetRef | null };

/** The last change of some caps: who made it and when, and all that takes it back. */
export type LastChange = CapsBefore & {
  readonly by: CapSetter;
  readonly at: Instant;
  readonly levels: WishedLevels;
};

/** What a change makes of the caps of one account. */
export type CapOutcome = {
  /** The entries that become another level, or are decided; null: are undecided again. */
  readonly changed: WishedLevels;
  /** Entries that stay although the preset says otherwise: they were set for this account alone, or are lower already. */
  readonly kept: readonly PermissionKey[];
  /** Of the entries that the change names, those that are no more this account's alone. */
  readonly shared: readonly PermissionKey[];
  /** Entries that are this account's alone again. */
  readonly local: readonly PermissionKey[];
  readonly preset: PresetRef | null;
};

const keysOf = (levels: WishedLevels): PermissionKey[] =>
  PERMISSIONS.flatMap(({ key }) => (levels[key] === undefined ? [] : [key]));

/** Levels of which every one is known to its permission: `limited`, say, is of Account alone. */
export function decideLevels<Some extends WishedLevels>(levels: Some, field = 'levels'): Decision<Some> {
  for (const key of keysOf(levels)) {
    const row = permission(key);
    const known: readonly Level[] = row.levels;
    if (!known.includes(levels[key] ?? 'none'))
      return refuse('LEVEL_UNKNOWN', `${row.label} can be one of: ${known.join(', ')}.`, `${field}.${key}`);
  }
  return accept(levels);
}

/** The permissions that nobody decided for an account yet (rules/permissions 20). */
export const unreviewedIn = (levels: SomeLevels): PermissionKey[] =>
  PERMISSIONS.flatMap(({ key }) => (levels[key] === undefined ? [key] : []));

/** Which accounts a list is kept to by their own caps. */
export const CAPS_FILTERS = ['restricted', 'unrestricted', 'unreviewed', 'reviewed'] as const;
export type CapsFilter = (typeof CAPS_FILTERS)[number];

/** The permissions of which an account's own caps leave less than there is. */
export const restrictedIn = (levels: SomeLevels): PermissionKey[] =>
  PERMISSIONS.flatMap(({ key }) => ((levels[key] ?? 'none') === HIGHEST[key] ? [] : [key]));

/** What a change makes of some caps. Preview and save ask the same. */
export function capOutcome({ levels, marks, preset }: Caps, change: CapChange): CapOutcome {
  const changed: { [Key in PermissionKey]?: Level | null } = {};
  const kept: PermissionKey[] = [];
  const shared: PermissionKey[] = [];
  for (const key of keysOf(change.levels)) {
    const [now, wish] = [levels[key] ?? null, change.levels[key] ?? null];
    if (staysAs(change, now, wish, marks[key])) {
      if (now !== wish && change.kind === 'preset') kept.push(key);
      continue;
    }
    if (now !== wish) changed[key] = wish;
    if (change.kind === 'preset') shared.push(key);
  }
  return {
    changed,
    kept,
    shared,
    local: change.kind === 'undo' ? change.local : [],
    preset: change.kind === 'preset' || change.kind === 'undo' ? change.preset : preset,
  };
}

function staysAs(change: CapChange, now: Level | null, wish: Level | null, mark: CapMark | undefined): boolean {
  switch (change.kind) {
    case 'set':
    case 'undo':
      return now === wish;
    case 'review':
      return now !== null;
    case 'preset':
      if (change.mode === 'keepLocal') return mark?.local ?? false;
      // What is undecided works as none: nothing lowers it.
      return change.mode === 'lower' && LEVEL_CODES[now ?? 'none'] <= LEVEL_CODES[wish ?? 'none'];
  }
}

/** Whether anything of the caps, or of where they come from, is another than before. */
export const changesCaps = (caps: Caps, { changed, shared, local, preset }: CapOutcome): boolean =>
  Object.keys(changed).length > 0 ||
  shared.some((key) => caps.marks[key]?.local) ||
  local.some((key) => caps.marks[key]?.local === false) ||
  preset?.id !== caps.preset?.id ||
  preset?.version !== caps.preset?.version;

/** What a change of these caps takes away that its levels don't tell: kept, so that it can be undone. */
export const capsBefore = ({ marks, preset }: Caps, { changed, shared }: CapOutcome): CapsBefore => ({
  local: [...new Set([...keysOf(changed), ...shared])].filter((key) => marks[key]?.local),
  preset,
});

/** A change of these caps, as it is told and taken back. */
export const lastChange = (
  caps: Caps,
  outcome: CapOutcome,
  { by, at }: { readonly by: CapSetter; readonly at: Instant },
): LastChange => ({
  by,
  at,
  levels: Object.fromEntries(keysOf(outcome.changed).map((key) => [key, caps.levels[key] ?? null])),
  ...capsBefore(caps, outcome),
});

/** Levels with those that a change makes others. */
export function levelsAfter(levels: SomeLevels, changed: WishedLevels): SomeLevels {
  const after: { [Key in PermissionKey]?: Level } = { ...levels };
  for (const key of keysOf(changed)) {
    const level = changed[key] ?? null;
    if (level === null) delete after[key];
    else after[key] = level;
  }
  return after;
}

/** The caps as a change leaves them. */
export function afterChange(
  caps: Caps,
  change: CapChange,
  { by, at }: { readonly by: CapSetter; readonly at: Instant },
): Caps {
  const { changed, shared, local, preset } = capOutcome(caps, change);
  const version = caps.version + 1;
  const marks: { [Key in PermissionKey]?: CapMark } = { ...caps.marks };
  const markAs = (keys: readonly PermissionKey[], isLocal: boolean): void => {
    for (const key of keys) {
      const mark = marks[key];
      if (mark) marks[key] = { ...mark, local: isLocal };
    }
  };
  markAs(shared, false);
  for (const key of keysOf(changed)) {
    // What nobody decided, nobody has set.
    if (changed[key] === null) delete marks[key];
    else marks[key] = { by, at, version, local: change.kind === 'set' };
  }
  markAs(local, true);
  return { version, levels: levelsAfter(caps.levels, changed), marks, preset };
}

/** A version that the caller saw is the present one (rules/permissions 18); a conflict shows the caps, or the preset, as they are. */
export function decideVersion(
  name: string,
  present: Pick<Caps, 'version' | 'levels'> & { readonly name?: string },
  expected: number,
): Decision<number> {
  const { version, levels } = present;
  if (version === expected) return accept(version);
  return {
    ok: false,
    refusal: {
      code: 'VERSION_CONFLICT',
      message: `The permissions of ${quoted(name)} were saved by somebody else meanwhile. Look at both, and save again.`,
      field: 'expectedVersion',
      present: { version, levels, ...(present.name !== undefined && { name: present.name }) },
    },
  };
}

/** Of which permissions two sets of levels differ; what is undecided is null. */
export type LevelDifference = {
  readonly key: PermissionKey;
  readonly here: Level | null;
  readonly there: Level | null;
};

/** Compares two sets of levels. */
export const compareLevels = (here: SomeLevels, there: SomeLevels): LevelDifference[] =>
  PERMISSIONS.flatMap(({ key }) =>
    here[key] === there[key] ? [] : [{ key, here: here[key] ?? null, there: there[key] ?? null }],
  );
