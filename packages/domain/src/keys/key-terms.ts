import { accept, type Decision, refuse } from '../errors.ts';
import { isAtMost, type Levels, packLevels, type SomeLevels, UNBOUNDED } from '../permissions/levels.ts';
import { type Level, type PermissionKey, parsePermissionKey, permission } from '../permissions/registry.ts';
import { DAY_MS, type Instant, instantOf } from '../time.ts';

/** The highest level of each permission that a key makes use of; none of those that are absent. `*`: all that its owner has. */
export type KeyScopes = '*' | SomeLevels;

/** What a key is made with, or bounds what it may make: how long it lasts (null: until it is revoked), and its scopes. */
export type KeyTerms = { readonly expiresAt: Instant | null; readonly scopes: KeyScopes };

/** A key lasts so long unless it is said otherwise (rules/keys 3). */
export const KEY_DAYS = 365;

/** Reads scopes of unknown origin. */
export function parseScopes(given: '*' | Readonly<Record<string, string>>): Decision<KeyScopes> {
  if (given === '*') return accept(given);
  const scopes: { [Key in PermissionKey]?: Level } = {};
  for (const [text, wish] of Object.entries(given)) {
    const key = parsePermissionKey(text);
    const field = `scopes.${text}`;
    if (key === null) return refuse('BAD_REQUEST', 'There is no such permission.', field);
    const { label, levels } = permission(key);
    const level = levels.find((one) => one === wish);
    if (level === undefined) return refuse('BAD_REQUEST', `${label} can be one of: ${levels.join(', ')}.`, field);
    scopes[key] = level;
  }
  return accept(scopes);
}

/** Scopes as the levels that they bound. */
export const packScopes = (scopes: KeyScopes): Levels => (scopes === '*' ? UNBOUNDED : packLevels(scopes));

/**
 * On which terms a key is made: nothing that is made with a key outlives or exceeds that key (rules/keys 4). What the wish leaves
 * out is as much as the maker may give, for a year at the most.
 *
 * @param maker the terms of the key that makes it; null: a person does
 */
export function decideKeyTerms(
  wish: { readonly expiresAt?: Instant | null | undefined; readonly scopes?: KeyScopes | undefined },
  maker: KeyTerms | null,
  nowMs: number,
): Decision<KeyTerms> {
  const end = maker?.expiresAt ?? null;
  const usual = instantOf(nowMs + KEY_DAYS * DAY_MS);
  const expiresAt = wish.expiresAt === undefined ? earlier(usual, end) : wish.expiresAt;
  if (expiresAt !== null && expiresAt <= instantOf(nowMs)) {
    return refuse('BAD_REQUEST', 'The key would have expired already.', 'expiresAt');
  }
  if (end !== null && (expiresAt === null || expiresAt > end)) {
    return refuse('FORBIDDEN', `The key that makes it ends at ${end}: this one can’t last longer.`, 'expiresAt');
  }
  const most = maker?.scopes ?? '*';
  const scopes = wish.scopes ?? most;
  if (!isAtMost(packScopes(scopes), packScopes(most))) {
    return refuse('FORBIDDEN', 'The key that makes it does not have all of these scopes itself.', 'scopes');
  }
  return accept({ expiresAt, scopes });
}

const earlier = (a: Instant, b: Instant | null): Instant => (b !== null && b < a ? b : a);
