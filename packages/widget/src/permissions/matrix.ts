import type { ShownCaps } from '@tenantree/contract';
import {
  boundByControllers,
  LEVEL_CODES,
  type Level,
  levelOf,
  lowest,
  PERMISSIONS,
  type Permission,
  type PermissionKey,
  packLevels,
  type SomeLevels,
} from '@tenantree/domain';

type Shown = ShownCaps['rows'][number];

/** One permission of an account: what is stored, what is chosen, and what comes of each. */
export type MatrixRow = {
  readonly key: PermissionKey;
  readonly permission: Permission & { readonly key: PermissionKey };
  /** Null: nobody decided yet. */
  readonly stored: Level | null;
  /** As it would be saved. */
  readonly chosen: Level | null;
  /** What those above leave of it. */
  readonly ceiling: Level;
  readonly ceilingBy: readonly string[];
  /** In effect now. */
  readonly before: Level;
  /** In effect once what is chosen is saved. */
  readonly after: Level;
  /** The controller that holds it below what is chosen; null: none does. */
  readonly off: (Permission & { readonly key: PermissionKey }) | null;
  readonly controls: number;
};

export const isAbove = (level: Level, bound: Level): boolean => LEVEL_CODES[level] > LEVEL_CODES[bound];

/** Whether it is to be saved as another level. */
export const isChanged = ({ stored, chosen }: MatrixRow): boolean => stored !== chosen;

/** Whether it is another in effect than in the account above. */
export const isLess = ({ after, ceiling }: MatrixRow): boolean => after !== ceiling;

const levelsOf = (rows: readonly Shown[], of: (row: Shown) => Level | null): SomeLevels =>
  Object.fromEntries(rows.flatMap((row) => (of(row) === null ? [] : [[row.key, of(row)]])));

/** The levels that are stored, by permission. */
export const storedIn = ({ rows }: ShownCaps): SomeLevels => levelsOf(rows, ({ level }) => level);

/** All permissions of an account, as they are and as a draft would make them: the rule of the server (rules/permissions 2 and 8). */
export function matrixOf({ rows }: ShownCaps, draft: SomeLevels): readonly MatrixRow[] {
  const known = new Map(rows.map((row) => [row.key, row]));
  const ceilings = packLevels(levelsOf(rows, ({ ceiling }) => ceiling));
  const chosen = packLevels(levelsOf(rows, ({ key, level }) => draft[key] ?? level));
  const own = lowest(ceilings, chosen);
  const effective = boundByControllers(own);
  return PERMISSIONS.flatMap((permission: Permission & { readonly key: PermissionKey }) => {
    const { key, controller } = permission;
    const row = known.get(key);
    if (!row) return [];
    const after = levelOf(effective, key);
    return [
      {
        key,
        permission,
        stored: row.level,
        chosen: draft[key] ?? row.level,
        ceiling: row.ceiling,
        ceilingBy: row.ceilingBy.map(({ name }) => name),
        before: row.effective,
        after,
        off: levelOf(own, key) === after ? null : (PERMISSIONS.find((one) => one.key === controller) ?? null),
        controls: PERMISSIONS.filter((one) => one.controller === key).length,
      },
    ];
  });
}

/** A draft without what is stored already. */
export const withoutStored = (draft: SomeLevels, stored: SomeLevels): SomeLevels =>
  Object.fromEntries(
    PERMISSIONS.flatMap(({ key }) =>
      draft[key] === undefined || draft[key] === stored[key] ? [] : [[key, draft[key]]],
    ),
  );
