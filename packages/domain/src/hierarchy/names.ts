import { accept, type Decision, refuse } from '../errors.ts';
import { parseLine, withoutInvisible } from '../line.ts';
import { utf8Bytes } from '../text.ts';

/** Fewest and most characters of an account's name, counted as graphemes: what a person sees as one (rules/accounts 1). */
export const NAME_CHARACTERS = { least: 2, most: 120 } as const;

/** Bytes of a name's key in UTF-8: what an index takes. */
const MOST_KEY_BYTES = 2_048;

/** A name as it is stored and shown, and the key under which siblings must differ. */
export type ParsedName = { readonly name: string; readonly key: string };

/**
 * The sibling key of a name: two siblings may not have the same (rules/accounts 1). Case is folded independently of any locale
 * (lower, upper, lower: so that ẞ, ß and SS meet), runs of white space count as one space and invisible code points not at all,
 * because screens show such names alike.
 */
export const nameKey = (name: string): string =>
  withoutInvisible(name.normalize('NFC'))
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    .trim();

/**
 * Makes what compares sibling keys in the order in which names are listed (rules/accounts 7): ICU's root collation, numbers by their value,
 * so that “Item 2” stands before “Item 10” and “Äpfel” beside “apple”. `en` is the root's order under a name that every runtime knows;
 * the reader's own language would list the same accounts differently than the server does.
 */
export function nameOrder(): (a: string, b: string) => number {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return (a, b) => compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/**
 * Reads an account's name (rules/accounts 1): one line of 2–120 characters.
 */
export function parseName(text: string): Decision<ParsedName> {
  const invalid = (message: string): Decision<ParsedName> => refuse('NAME_INVALID', message, 'name');
  const line = parseLine(text, NAME_CHARACTERS, 'A name');
  if (!line.ok) return invalid(line.refusal.message);
  const name = line.value;
  const key = nameKey(name);
  if (utf8Bytes(key) > MOST_KEY_BYTES) return invalid('This name carries too many marks per character.');
  return accept({ name, key });
}
