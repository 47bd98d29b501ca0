import { getDocumentProxy, getResolvedPDFJS } from 'unpdf';

/**
 * What a reader finds in a PDF: its text without spaces, which readers guess from gaps, and how many glyphs of it no font had, each of which is a
 * box that says nothing. `drawn`: what its glyphs say, in the order in which they are drawn.
 */
export async function readPdf(
  bytes: Uint8Array,
): Promise<{ readonly text: string; readonly missing: number; readonly drawn: string }> {
  const { OPS } = await getResolvedPDFJS();
  const pdf = await getDocumentProxy(new Uint8Array(bytes));
  let text = '';
  let missing = 0;
  let drawn = '';
  for (let n = 1; n <= pdf.numPages; n += 1) {
    const page = await pdf.getPage(n);
    const { items } = await page.getTextContent();
    text += items.map((item) => ('str' in item ? item.str : '')).join('');
    const { fnArray, argsArray } = await page.getOperatorList();
    for (const [at, operator] of fnArray.entries())
      if (operator === OPS.showText) {
        const glyphs: readonly unknown[] = argsArray[at][0];
        missing += glyphs.filter(isMissing).length;
        drawn += glyphs.map(saidBy).join('');
      }
  }
  return { text: withoutSpaces(text), missing, drawn: withoutSpaces(drawn) };
}

export const withoutSpaces = (text: string): string => text.replace(/\s/gu, '');

const saidBy = (glyph: unknown): string =>
  typeof glyph === 'object' && glyph !== null && 'unicode' in glyph ? String(glyph.unicode) : '';

/** The first glyph of every font is the one for what it lacks. */
const isMissing = (glyph: unknown): boolean =>
  typeof glyph === 'object' && glyph !== null && 'originalCharCode' in glyph && glyph.originalCharCode === 0;
