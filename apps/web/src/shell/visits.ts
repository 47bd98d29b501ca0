import { recallList, remember } from '../parts/remember.ts';

/** An account that was entered lately, as this device remembers it. */
export type Visit = { readonly id: string; readonly name: string };

const MOST = 5;
const keyOf = (user: string): string => `tenantree.recent.${user}`;

const readVisit = (item: unknown): Visit | null => {
  if (typeof item !== 'object' || item === null || !('id' in item) || !('name' in item)) return null;
  return typeof item.id === 'string' && typeof item.name === 'string' ? { id: item.id, name: item.name } : null;
};

/** The accounts that a person entered lately on this device, latest first. */
export const readVisits = (user: string): Visit[] => recallList(keyOf(user), readVisit);

/** Remembers a visit. */
export function noteVisit(user: string, visit: Visit): void {
  const others = readVisits(user).filter(({ id }) => id !== visit.id);
  remember(keyOf(user), JSON.stringify([visit, ...others].slice(0, MOST)));
}
