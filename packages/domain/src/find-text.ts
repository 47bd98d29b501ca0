/** Letters with a stroke and ligatures, which Unicode does not take apart; as search on the server has them. */
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
};
const TAKEN_APART = /[øłđðħŧıæœþßς]/g;

/** A text as people look for it: without regard to case and diacritics, and alike in every locale. `munchen` is München, `istanbul` İstanbul. */
export const plainText = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .replace(TAKEN_APART, (letter) => PLAIN[letter] ?? letter);

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
