/** Marks that change a letter, as search on the server has them (migration 0009); vowel signs of Indic scripts are heard, and stay. */
const MARKS =
  /[\u0300-\u036F\u0483-\u0487\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0610-\u061A\u064B-\u065F\u0670]|[\u0E48-\u0E4C]|[\u1AB0-\u1AFF]|[\u1DC0-\u1DFF]|[\u20D0-\u20FF]|[\u3099\u309A\uFE20-\uFE2F]/g;
/** Letters with a stroke and ligatures, which Unicode does not take apart, and apostrophes; as search on the server has them. */
const PLAIN: Readonly<Record<string, string>> = {
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ŧ: 't',
  ı: 'i',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  ß: 'ss',
  ς: 'σ',
  '’': "'",
  '‘': "'",
  ʼ: "'",
};
const NOT_PLAIN = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'g');

/** A text as people look for it: without regard to case and diacritics, and alike in every locale. `munchen` is München, `istanbul` İstanbul. */
export const plainText = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(MARKS, '')
    .replace(NOT_PLAIN, (letter) => PLAIN[letter] ?? letter);

/** Where a text first has what somebody looks for: `[start, end)` in UTF-16 units; null when it doesn't. */
export function findText(text: string, wanted: string): readonly [number, number] | null {
  let plain = '';
  const starts: number[] = [];
  let at = 0;
  for (const character of text) {
    const piece = plainText(character);
    plain += piece;
    for (let unit = 0; unit < piece.length; unit += 1) starts.push(at);
    at += character.length;
  }
  const found = plain.indexOf(plainText(wanted));
  return found < 0 ? null : [starts[found] ?? at, starts[found + plainText(wanted).length] ?? at];
}
