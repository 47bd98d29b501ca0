/** An account that was entered lately, as this device remembers it. */
export type Visit = { readonly id: string; readonly name: string };

const MOST = 5;
const keyOf = (user: string): string => `tenantree.recent.${user}`;

/** The accounts that a person entered lately on this device, latest first. */
export function readVisits(user: string): Visit[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyOf(user)) ?? '[]');
    if (!Array.isArray(stored)) return [];
    return stored.flatMap((item: unknown) => {
      if (typeof item !== 'object' || item === null || !('id' in item) || !('name' in item)) return [];
      return typeof item.id === 'string' && typeof item.name === 'string' ? [{ id: item.id, name: item.name }] : [];
    });
  } catch {
    return [];
  }
}

/** Remembers a visit. */
export function noteVisit(user: string, visit: Visit): void {
  const others = readVisits(user).filter(({ id }) => id !== visit.id);
  localStorage.setItem(keyOf(user), JSON.stringify([visit, ...others].slice(0, MOST)));
}
