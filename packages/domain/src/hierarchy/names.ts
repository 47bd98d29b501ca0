import { accept, type Decision, refuse } from '../errors.ts';
import { utf8Bytes } from '../text.ts';

/** Fewest and most characters of an account's name, counted as graphemes: what a person sees as one (product.md 2.1, reliability.md 4). */
export const NAME_CHARACTERS = { least: 2, most: 120 } as const;

/** A grapheme may pile up marks without end, so storage has bounds of its own: UTF-16 units of the name, UTF-8 bytes of its key. */
const MOST_UNITS = 2_000;
const MOST_KEY_BYTES = 2_048;

/**
 * Bidirectional embeddings, overrides and isolates. They are stripped, not refused: they come along unseen when a name is copied
 * from a right-to-left text, and nobody can delete what they can't see.
 */
const BIDI_CONTROLS = /[\u202A-\u202E\u2066-\u2069]/g;
/** Control characters, line and paragraph separators, lone surrogates: refused. */
const UNWRITABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;
/** Code points without a shape of their own; the tags are left, which tell the flag of Scotland from that of Wales. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}--[\u{E0020}-\u{E007F}]]/gv;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** A name as it is stored and shown, and the key under which siblings must differ. */
export type ParsedName = { readonly name: string; readonly key: string };

/**
 * The sibling key of a name: two siblings may not have the same (product.md 2.1). Case is folded independently of any locale
 * (lower, upper, lower: so that ẞ, ß and SS meet), runs of white space count as one space and invisible code points not at all,
 * because screens show such names alike.
 */
export const nameKey = (name: string): string =>
  name
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    .trim();

/**
 * Makes what compares sibling keys in the order in which names are listed (product.md 2.2): ICU's root collation, numbers by their value,
 * so that “Item 2” stands before “Item 10” and “Äpfel” beside “apple”. `en` is the root's order under a name that every runtime knows;
 * the reader's own language would list the same accounts differently than the server does.
 */
export function nameOrder(): (a: string, b: string) => number {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return (a, b) => compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/**
 * Reads an account's name (product.md 2.1, reliability.md 4): bidi controls stripped, Unicode NFC, trimmed; then 2–120 graphemes
 * without control characters, something visible among them. Reading what was read changes nothing.
 */
export function parseName(text: string): Decision<ParsedName> {
  const name = text.replace(BIDI_CONTROLS, '').normalize('NFC').trim();
  const invalid = (message: string): Decision<ParsedName> => refuse('NAME_INVALID', message, 'name');
  if (UNWRITABLE.test(name)) return invalid('A name is one line of text without control characters.');
  if (name.length > MOST_UNITS) return invalid(`A name has at most ${NAME_CHARACTERS.most} characters.`);
  const characters = graphemes(name);
  const { least, most } = NAME_CHARACTERS;
  if (characters < least || characters > most) {
    return invalid(`A name has ${least} to ${most} characters; this one has ${characters}.`);
  }
  const key = nameKey(name);
  if (!VISIBLE.test(key)) return invalid('A name needs at least one visible character.');
  if (utf8Bytes(key) > MOST_KEY_BYTES) return invalid('This name carries too many marks per character.');
  return accept({ name, key });
}

/** Characters of a text as people count them. Grapheme boundaries are the same in every locale. */
function graphemes(text: string): number {
  let count = 0;
  for (const _ of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) count += 1;
  return count;
}
