import type { AccountId, Level, PermissionKey, SomeLevels, WishedLevels } from '@tenantree/domain';
import { PERMISSIONS } from '@tenantree/domain';
import type { PermissionsSource } from './permissions-source.ts';

/** Levels that were chosen and not saved yet, and what was stored in their place when they were; null: nothing was decided. */
export type Draft = { readonly levels: SomeLevels; readonly seen: WishedLevels };

export const NO_DRAFT: Draft = { levels: {}, seen: {} };

const DRAFTS = new WeakMap<PermissionsSource, Map<AccountId, Draft>>();

/** What was chosen and not saved yet, by account: it outlives the screen that it was chosen on. */
export function draftsOf(source: PermissionsSource): Map<AccountId, Draft> {
  const known = DRAFTS.get(source) ?? new Map<AccountId, Draft>();
  DRAFTS.set(source, known);
  return known;
}

/** What somebody else saved meanwhile in place of what was seen. Null: nobody decided it. */
export type Conflict = {
  readonly key: PermissionKey;
  readonly was: Level | null;
  readonly theirs: Level | null;
  readonly mine: Level;
};

/** Where others saved something while a draft was made of the same. */
export const conflictsOf = ({ levels, seen }: Draft, stored: SomeLevels): readonly Conflict[] =>
  PERMISSIONS.flatMap(({ key }) => {
    const [mine, was, theirs] = [levels[key], seen[key] ?? null, stored[key] ?? null];
    return mine === undefined || was === theirs || mine === theirs ? [] : [{ key, was, theirs, mine }];
  });
