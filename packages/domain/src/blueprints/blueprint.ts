import { canonicalJson, type JsonValue } from '../json.ts';
import { LEVEL_CODES, type SomeLevels } from '../permissions/levels.ts';
import { type Level, PERMISSIONS, type PermissionKey } from '../permissions/registry.ts';

/** What a blueprint can set up, in the order in which it does: at no moment is an account more open than in the end (rules/blueprints 5). */
export const BLUEPRINT_SECTIONS = ['caps', 'limits', 'priceBook', 'products'] as const;
export type BlueprintSection = (typeof BLUEPRINT_SECTIONS)[number];

/** How an account stands to what set it up (rules/blueprints 9). */
export const DRIFT_STATES = ['as_set_up', 'changed_here', 'newer_available', 'both', 'same_by_hand'] as const;
export type DriftState = (typeof DRIFT_STATES)[number];

/** How what a blueprint says meets what there is: it replaces it, only ever lowers it, or leaves what was set for this account alone. */
export const SECTION_MODES = ['replace', 'lower', 'keepLocal'] as const;
export type SectionMode = (typeof SECTION_MODES)[number];

/** How far setting an account up has come. */
export const SET_UP_STATES = ['set_up', 'being_set_up', 'incomplete'] as const;
export type SetUpState = (typeof SET_UP_STATES)[number];

/** What a section says, row by row: a level by permission, terms by kind of limit. */
export type Rows = Readonly<Record<string, JsonValue>>;

/** What it takes to bring rows in line. */
export type LinedUp = {
  /** Rows that become what the newest version says. */
  readonly taken: Rows;
  /** Rows that stay although it says something else: they were changed here. */
  readonly kept: readonly string[];
};

const same = (one: JsonValue | undefined, other: JsonValue | undefined): boolean =>
  one === undefined || other === undefined ? one === other : canonicalJson(one) === canonicalJson(other);

/**
 * Brings rows in line (rules/blueprints 10): what only the blueprint changed becomes what it says; what was changed here stays as it is.
 *
 * @param applied what they were set up as
 * @param newest what the blueprint says now
 * @param present what they are
 */
export function lineUp(applied: Rows, newest: Rows, present: Rows): LinedUp {
  const taken: Record<string, JsonValue> = {};
  const kept: string[] = [];
  for (const [key, wish] of Object.entries(newest)) {
    if (same(wish, present[key])) continue;
    if (applied[key] === undefined ? true : same(applied[key], present[key])) taken[key] = wish;
    else kept.push(key);
  }
  return { taken, kept };
}

/** How rows stand, from all three documents: what `blueprint_drift` answers from what it keeps. */
export function driftOf(applied: Rows | null, newest: Rows | null, present: Rows): DriftState | null {
  if (applied === null && newest === null) return null;
  const isAs = (rows: Rows | null): boolean =>
    Object.entries(rows ?? {}).every(([key, row]) => same(row, present[key]));
  const isCurrent = applied !== null && newest !== null && same(applied, newest);
  if (isCurrent) return isAs(applied) ? 'as_set_up' : 'changed_here';
  if (isAs(newest)) return 'same_by_hand';
  return isAs(applied) ? 'newer_available' : 'both';
}

/** How the whole of an account stands: what the most of its sections asks for. */
export function driftOfAll(sections: readonly (DriftState | null)[]): DriftState {
  const has = (state: DriftState): boolean => sections.includes(state);
  if (has('both') || (has('changed_here') && has('newer_available'))) return 'both';
  if (has('changed_here')) return 'changed_here';
  if (has('newer_available')) return 'newer_available';
  return has('same_by_hand') ? 'same_by_hand' : 'as_set_up';
}

/** Of levels those that are lower than what there is; what is undecided works as none. */
export const lowerLevels = (wished: SomeLevels, present: SomeLevels): SomeLevels =>
  Object.fromEntries(
    PERMISSIONS.flatMap(({ key }): [PermissionKey, Level][] => {
      const wish = wished[key];
      return wish !== undefined && LEVEL_CODES[wish] < LEVEL_CODES[present[key] ?? 'none'] ? [[key, wish]] : [];
    }),
  );
