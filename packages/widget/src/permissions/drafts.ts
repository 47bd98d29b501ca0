import type { AccountId, SomeLevels } from '@tenantree/domain';
import type { PermissionsSource } from './permissions-source.ts';

const DRAFTS = new WeakMap<PermissionsSource, Map<AccountId, SomeLevels>>();

/** Levels that were chosen and not saved yet, by account: they outlive the screen that they were chosen on. */
export function draftsOf(source: PermissionsSource): Map<AccountId, SomeLevels> {
  const known = DRAFTS.get(source) ?? new Map<AccountId, SomeLevels>();
  DRAFTS.set(source, known);
  return known;
}
