import { accept, type Decision, refuse } from './errors.ts';

/** A grapheme may pile up marks without end, so storage has a bound of its own: UTF-16 units for each character that a text may have. */
const UNITS_PER_CHARACTER = 16;

/**
 * Bidirectional embeddings, overrides and isolates. They are stripped, not refused: they come along unseen when a text is copied
 * from a right-to-left one, and nobody can delete what they can't see.
 */
const BIDI_CONTROLS = /[\u202A-\u202E\u2066-\u2069]/g;
/** Control characters, line and paragraph separators, lone surrogates: refused. */
const UNWRITABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;
/** Code points without a shape of their own; the tags are left, which tell the flag of Scotland from that of Wales. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}--[\u{E0020}-\u{E007F}]]/gv;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** A text without the code points that nobody sees. */
export const withoutInvisible = (text: string): string => text.replace(INVISIBLE, '');

/** Fewest and most characters of a text, counted as graphemes: what a person sees as one. */
export type LineBounds = { readonly least: number; readonly most: number };

/**
 * Reads one line of text of unknown origin, as every name, reason and reference is (rules/accounts 1, rules/server 4): bidi controls
 * stripped, Unicode NFC, trimmed; then within its bounds, without control characters, something visible among them. Reading what was read
 * changes nothing. Texts that look alike may differ: which script a letter is of is nobody's business but the writer's.
 *
 * @param what begins the sentence of a refusal
 */
export function parseLine(text: string, { least, most }: LineBounds, what = 'This'): Decision<string> {
  const line = text.replace(BIDI_CONTROLS, '').normalize('NFC').trim();
  const invalid = (message: string): Decision<string> => refuse('BAD_REQUEST', `${what} ${message}`);
  if (UNWRITABLE.test(line)) return invalid('is one line of text without control characters.');
  if (line.length > most * UNITS_PER_CHARACTER) return invalid(`has at most ${most} characters.`);
  const characters = graphemes(line);
  if (characters < least || characters > most) {
    return invalid(`has ${least} to ${most} characters; this one has ${characters}.`);
  }
  return VISIBLE.test(withoutInvisible(line)) ? accept(line) : invalid('needs at least one visible character.');
}

/** Text in which every unit is a character of its own: it needs no segmenter, which takes longer than all else that is done to a name. */
const PLAIN = /^[ -~]*$/;

/** Characters of a text as people count them. Grapheme boundaries are the same in every locale. */
function graphemes(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let count = 0;
  for (const _ of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) count += 1;
  return count;
}
