/** Letters of scripts that are written from right to left. */
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const LEFT_TO_RIGHT = /\p{L}/u;

/** Whether a word is written from right to left. */
export const isFromRight = (word: string): boolean => RIGHT_TO_LEFT.test(word);

/** What is written from the right whatever stands beside it: numbers aren't, in any script but N’Ko. */
const LETTERS_FROM_RIGHT =
  /(?!(?!\p{Script=Nko})\p{Nd})[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** Whether a piece of a word is a number, or has letters of scripts that are written from the left. */
export const isFromLeft = (piece: string): boolean => !LETTERS_FROM_RIGHT.test(piece);

type Direction = 'left' | 'right' | 'either';

const directionOf = (word: string): Direction => {
  if (isFromRight(word)) return 'right';
  return LEFT_TO_RIGHT.test(word) ? 'left' : 'either';
};

/**
 * The words of a line from left to right as they are drawn; null where none of them is written from right to left. The line itself is read from
 * the left; words from right to left stand the other way round among themselves, with what stands between them. The letters of each word
 * are the font's business.
 */
export function inReadingOrder(line: string): string[] | null {
  if (!isFromRight(line)) return null;
  const words = line.split(' ');
  const ordered: string[] = [];
  for (let at = 0; at < words.length; ) {
    const end = endOfRun(words, at);
    ordered.push(...(end > at ? words.slice(at, end).toReversed() : [words[at]!]));
    at = Math.max(end, at + 1);
  }
  return ordered;
}

/** Where the words from right to left end that begin here; here, when none do. */
function endOfRun(words: readonly string[], from: number): number {
  let end = from;
  for (let at = from; at < words.length; at += 1) {
    const direction = directionOf(words[at]!);
    if (direction === 'left' || (direction === 'either' && end === from)) break;
    if (direction === 'right') end = at + 1;
  }
  return end;
}

/** What is written from the left inside of a word from right to left: numbers, and letters of other scripts. */
const INSERTED =
  /((?:(?![\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}])\p{L}|(?!\p{Script=Nko})\p{Nd})+(?:[.,:/٫٬]?\p{Nd}+)*)/u;
const BRACKETS = '()[]{}<>«»‹›';

/** The pieces of a word from left to right as they are drawn: one, unless it is written from the right and something in it from the left. */
export function piecesOf(word: string): string[] {
  if (!isFromRight(word)) return [word];
  const pieces = word.split(INSERTED).filter((piece) => piece !== '');
  return pieces.map((piece) => (INSERTED.test(piece) ? piece : fromRight(piece))).toReversed();
}

/** With brackets that open to the other side, and in the order that the font doesn't bring about where it has no letters. */
function fromRight(piece: string): string {
  const mirrored = piece.replace(/[()[\]{}<>«»‹›]/gu, (bracket) => BRACKETS[BRACKETS.indexOf(bracket) ^ 1]!);
  return isFromRight(piece) ? mirrored : Array.from(mirrored).toReversed().join('');
}
