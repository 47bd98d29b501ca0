import { type AccountId, parseAccountId } from '../ids.ts';

/** How an account is called that the reader of an entry doesn't reach (rules/permissions 13: names from above). */
export const ACCOUNT_ABOVE = 'an account above you';

/** Details that name an account other than the one in whose log the entry stands, each with the detail that has its id. */
const PLACES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'account.moved': { before: 'beforeId', after: 'afterId' },
};

type Entry = {
  readonly action: string;
  readonly actor: { readonly via: { readonly id: AccountId | null; readonly name: string } | null };
  readonly details: Readonly<Record<string, unknown>>;
};

const idOf = (value: unknown): AccountId | null => (typeof value === 'string' ? parseAccountId(value) : null);

/** Accounts that an entry names beside its own: whoever reads it must reach them to be told. */
export function accountsNamedIn({ action, actor, details }: Entry): AccountId[] {
  const ids = [actor.via?.id ?? null, ...Object.values(PLACES[action] ?? {}).map((key) => idOf(details[key]))];
  return ids.filter((id) => id !== null);
}

/**
 * An entry as somebody may read it: accounts that they don't reach have neither name nor id. Entries of earlier releases have no ids of the
 * places that an account was moved from and to: these are named only where everything is.
 *
 * @param isReached whether the reader reaches an account; asked with null for one whose id is not known
 */
export function shownEntry<E extends Entry>(entry: E, isReached: (account: AccountId | null) => boolean): E {
  const details = { ...entry.details };
  for (const [name, key] of Object.entries(PLACES[entry.action] ?? {})) {
    if (isReached(idOf(details[key]))) continue;
    details[name] = ACCOUNT_ABOVE;
    delete details[key];
  }
  const { via } = entry.actor;
  const shown = via === null || isReached(via.id) ? via : { id: null, name: ACCOUNT_ABOVE };
  return { ...entry, actor: { ...entry.actor, via: shown }, details };
}
