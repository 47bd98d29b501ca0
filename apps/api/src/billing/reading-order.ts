/** Letters of scripts that are written from right to left. */
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const LEFT_TO_RIGHT = /\p{L}/u;

/** Whether a word is written from right to left. */
export const isFromRight = (word: string): boolean => RIGHT_TO_LEFT.test(word);

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
