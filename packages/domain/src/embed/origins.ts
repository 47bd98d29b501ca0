import { accept, type Decision, refuse } from '../errors.ts';

/** Origins that an account's list, or a session, may name. */
export const MOST_ORIGINS = 50;

const WILDCARD = /^https:\/\/\*\.([^*]+)$/;
const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])$/;

const WHAT_AN_ORIGIN_IS =
  'An origin is a scheme, a host and a port if it is not the usual one: https://portal.example. In place of the first part of its name a host can have a star: https://*.portal.example.';

/** Not `URL.parse`: the oldest browsers that are claimed have none. */
const urlOf = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null);

/** An exact origin: scheme, host and port, nothing behind them. URLs take a star for a letter. */
function isOrigin(text: string): boolean {
  const url = urlOf(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text && !text.includes('*');
}

/** A pattern with a star for one part of a host's name, below a name of two parts or more: all of `*.com` is nobody's. */
function isPattern(text: string): boolean {
  const [, rest = ''] = WILDCARD.exec(text) ?? [];
  const host = urlOf(`https://${rest}`)?.hostname ?? '';
  return isOrigin(`https://${rest}`) && host.includes('.') && !/^[\d.]+$|^\[/.test(host);
}

/** Whether an origin is what an entry of a list says: the same, or one with exactly one part in the place of its star. */
export function matchesOrigin(entry: string, origin: string): boolean {
  if (entry === origin) return true;
  const [, rest] = WILDCARD.exec(entry) ?? [];
  if (rest === undefined || !origin.startsWith('https://') || !origin.endsWith(`.${rest}`)) return false;
  const part = origin.slice('https://'.length, -rest.length - 1);
  return part !== '' && !part.includes('.');
}

/**
 * Reads an account's list of origins (rules/keys 13): exact ones, patterns with one star, and `http` for the developer's own machine
 * alone. Doubles are one.
 */
export function parseOriginList(texts: readonly string[]): Decision<readonly string[]> {
  for (const text of texts) {
    if (!isOrigin(text) && !isPattern(text))
      return refuse('BAD_REQUEST', `“${text}” is none. ${WHAT_AN_ORIGIN_IS}`, 'origins');
    const url = urlOf(text);
    if (url?.protocol === 'http:' && !LOCAL.test(url.hostname))
      return refuse('BAD_REQUEST', `“${text}” has to be https: only localhost may be http.`, 'origins');
  }
  return accept([...new Set(texts)]);
}

/**
 * The origins of a new session (rules/keys 13): some of its account's list, or all of it. Where no account has a list, whoever makes the
 * session names its origins, exactly.
 *
 * @param list of the nearest account at or above the session's that has one; null: none has
 * @param asked null: all of the list
 */
export function decideOrigins(
  list: readonly string[] | null,
  asked: readonly string[] | null,
): Decision<readonly string[]> {
  if (list === null) {
    if (asked === null || asked.length === 0)
      return refuse('BAD_REQUEST', 'Name the origin of your page: this account has no list of them.', 'origin');
    const odd = asked.find((text) => !isOrigin(text));
    return odd === undefined
      ? accept(asked)
      : refuse('BAD_REQUEST', `“${odd}” is none. ${WHAT_AN_ORIGIN_IS}`, 'origin');
  }
  const other = asked?.find((text) => !list.some((entry) => matchesOrigin(entry, text)));
  if (other !== undefined)
    return refuse('ORIGIN_NOT_LISTED', `“${other}” is not in the account’s list of origins.`, 'origin');
  const origins = asked ?? list;
  if (origins.length === 0)
    return refuse('ORIGIN_NOT_LISTED', 'The account’s list of origins is empty: nobody embeds it.', 'origin');
  return accept(origins);
}

/** Whether all origins of a session are still in a list. */
export const areListed = (list: readonly string[], origins: readonly string[]): boolean =>
  origins.every((origin) => list.some((entry) => matchesOrigin(entry, origin)));
