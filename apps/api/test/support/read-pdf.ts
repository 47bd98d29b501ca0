import { getDocumentProxy, getResolvedPDFJS } from 'unpdf';

/**
 * What a reader finds in a PDF: its text without spaces, which readers guess from gaps, and how many glyphs of it no font had, each of which is a
 * box that says nothing.
 */
export async function readPdf(bytes: Uint8Array): Promise<{ readonly text: string; readonly missing: number }> {
  const { OPS } = await getResolvedPDFJS();
  const pdf = await getDocumentProxy(new Uint8Array(bytes));
  let text = '';
  let missing = 0;
  for (let n = 1; n <= pdf.numPages; n += 1) {
    const page = await pdf.getPage(n);
    const { items } = await page.getTextContent();
    text += items.map((item) => ('str' in item ? item.str : '')).join('');
    const { fnArray, argsArray } = await page.getOperatorList();
    for (const [at, operator] of fnArray.entries())
      if (operator === OPS.showText) missing += argsArray[at][0].filter(isMissing).length;
  }
  return { text: withoutSpaces(text), missing };
}

export const withoutSpaces = (text: string): string => text.replace(/\s/gu, '');

/** The first glyph of every font is the one for what it lacks. */
const isMissing = (glyph: unknown): boolean =>
  typeof glyph === 'object' && glyph !== null && 'originalCharCode' in glyph && glyph.originalCharCode === 0;
