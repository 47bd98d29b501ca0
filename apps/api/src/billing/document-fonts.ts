import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Font } from 'fontkit';
import { isFromRight } from './reading-order.ts';
import { openBoxes, openShaped, type ShapedFont } from './shaped-font.ts';

/** Letters that are drawn together, in one font. */
export type Run = {
  readonly text: string;
  /** What the document knows the font by. */
  readonly font: string;
};

/** Cuts any part of a text into runs, from left to right as they are drawn. */
export type Runs = (part: string) => readonly Run[];

declare global {
  namespace PDFKit.Mixins {
    interface PDFFont {
      /** A font that was opened, which pdfkit takes since 0.20 and its types don't know yet. */
      registerFont(name: string, font: Font | ShapedFont): this;
    }
  }
}

const require = createRequire(import.meta.url);

/** DejaVu, a free font with the letters of many scripts, right-to-left ones too: what it has is drawn in it. */
const OWN = {
  text: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
  bold: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
} as const;
export type OwnFont = keyof typeof OWN;
const WEIGHTS = { text: 400, bold: 700 } as const;
/** What no font has is a box of this one, which pdfkit would take for another were it one of those above. */
const BOXES = require.resolve('dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf');

/** Noto, free fonts for what DejaVu lacks. Each is many files, of some characters each, of which those are read that a text needs. */
const NOTO = '@fontsource-variable/noto';
const [CHINESE, JAPANESE, KOREAN] = [`${NOTO}-sans-sc`, `${NOTO}-sans-jp`, `${NOTO}-sans-kr`];
const OTHERS = [
  ...['thai', 'khmer', 'myanmar', 'devanagari', 'bengali', 'gurmukhi', 'gujarati', 'oriya', 'tamil', 'telugu'],
  ...['kannada', 'malayalam', 'sinhala', 'thaana', 'ethiopic'],
]
  .map((script) => `${NOTO}-sans-${script}`)
  .concat(`${NOTO}-serif-tibetan`, `${NOTO}-emoji`);
/** Every other letter of Unicode's first plane, coarsely: characters that are rare in names, and scripts that few write. */
const UNIFONT: Slice = {
  file: '@fontsource/unifont/files/unifont-latin-400-normal.woff2',
  ranges: [
    [0xa0, 0xd7ff],
    [0xf900, 0xfffd],
  ],
};

const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const HANGUL = /\p{Script=Hangul}/u;
/** What has no look of its own, so that no font need have it. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/u;

const letters = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** The letters of a text as its readers count them. */
export const lettersOf = (text: string): string[] => Array.from(letters.segment(text), ({ segment }) => segment);

/** The same Chinese characters look otherwise in Japan and Korea. */
function familiesFor(text: string): readonly string[] {
  if (KANA.test(text)) return [JAPANESE, CHINESE, KOREAN, ...OTHERS];
  return HANGUL.test(text) ? [KOREAN, CHINESE, JAPANESE, ...OTHERS] : [CHINESE, JAPANESE, KOREAN, ...OTHERS];
}

/** The fonts of one document. Those that its texts need are opened, and their letters are in its file, none else. */
export class DocumentFonts {
  readonly #doc: PDFKit.PDFDocument;
  readonly #fonts = new Map<string, Promise<Font | ShapedFont>>();
  readonly #slices = new Map<string, Promise<readonly Slice[]>>();

  constructor(doc: PDFKit.PDFDocument) {
    this.#doc = doc;
  }

  /** Opens what a text is to be written in. */
  async runsFor(text: string, own: OwnFont): Promise<Runs> {
    if (hasAll(await this.#own(own), text)) return (part) => [{ text: part, font: own }];
    const families = familiesFor(text);
    const drawn = new Map<string, readonly Run[]>();
    for (const letter of new Set(lettersOf(text))) drawn.set(letter, await this.#runsOf(letter, own, families));
    return (part) => {
      const runs = joined(lettersOf(part).flatMap((letter) => drawn.get(letter) ?? [{ text: letter, font: own }]));
      return isFromRight(part) ? runs.toReversed() : runs;
    };
  }

  /** A letter in the first font that has all of it, or else each of its characters in the first that has that. */
  async #runsOf(letter: string, own: OwnFont, families: readonly string[]): Promise<readonly Run[]> {
    const run = await this.#runOf(letter, own, families);
    if (run !== null) return [run];
    const characters = Array.from(letter);
    if (characters.length === 1) return [await this.#boxOf(letter)];
    const runs: Run[] = [];
    for (const character of characters) runs.push(...(await this.#runsOf(character, own, families)));
    return runs;
  }

  /** @returns null when no font has all of a letter */
  async #runOf(text: string, own: OwnFont, families: readonly string[]): Promise<Run | null> {
    for (const font of [own, 'text'] as const) if (hasAll(await this.#own(font), text)) return { text, font };
    const first = text.codePointAt(0)!;
    for (const family of families) {
      const slice = (await this.#slicesOf(family)).find(({ ranges }) => ranges.some(isWithin(first)));
      if (slice === undefined) continue;
      const font = `${slice.file} ${own}`;
      if (hasAll(await this.#once(font, () => openSlice(slice, WEIGHTS[own])), text)) return { text, font };
    }
    const last = await this.#once(UNIFONT.file, () => openSlice(UNIFONT, null));
    return hasAll(last, text) ? { text, font: UNIFONT.file } : null;
  }

  async #boxOf(text: string): Promise<Run> {
    await this.#once(BOXES, async () => openBoxes(await openFile(BOXES)));
    return { text, font: BOXES };
  }

  #own(name: OwnFont): Promise<Font | ShapedFont> {
    return this.#once(name, () => openFile(OWN[name]));
  }

  #once(name: string, open: () => Promise<Font | ShapedFont>): Promise<Font | ShapedFont> {
    const there =
      this.#fonts.get(name) ??
      open().then((font) => {
        this.#doc.registerFont(name, font);
        return font;
      });
    this.#fonts.set(name, there);
    return there;
  }

  #slicesOf(family: string): Promise<readonly Slice[]> {
    const there = this.#slices.get(family) ?? readSlices(family);
    this.#slices.set(family, there);
    return there;
  }
}

/** A file of a family, and which characters are in it. */
type Slice = { readonly file: string; readonly ranges: readonly Range[] };
type Range = readonly [number, number];

const isWithin =
  (codePoint: number) =>
  ([from, to]: Range): boolean =>
    from <= codePoint && codePoint <= to;

async function readSlices(family: string): Promise<readonly Slice[]> {
  const said: Record<string, string> = JSON.parse(await readFile(require.resolve(`${family}/unicode.json`), 'utf8'));
  const name = family.slice(family.indexOf('/') + 1);
  return Object.entries(said).map(([part, ranges]) => ({
    file: `${family}/files/${name}-${part.replace(/[[\]]/g, '')}-wght-normal.woff2`,
    ranges: ranges.split(',').map(rangeOf),
  }));
}

const charactersOf = ([from, to]: Range): string =>
  String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, n) => from + n));

/** Of `U+4e00` or `U+4e00-4e0f`. */
function rangeOf(said: string): Range {
  const [from = '', to = from] = said.slice(2).split('-');
  return [Number.parseInt(from, 16), Number.parseInt(to, 16)];
}

const openFile = async (file: string): Promise<Font> => {
  const { create } = await import('fontkit');
  return create(await readFile(file)) as Font;
};

const openSlice = async ({ file, ranges }: Slice, weight: number | null): Promise<ShapedFont> =>
  openShaped(await readFile(require.resolve(file)), ranges.map(charactersOf).join(''), weight);

const hasAll = (font: Font | ShapedFont, text: string): boolean =>
  Array.from(text).every((character) => font.hasGlyphForCodePoint(character.codePointAt(0)!) || UNSEEN.test(character));

/** Letters beside each other in one font stand together, so that it can shape them. */
function joined(runs: readonly Run[]): readonly Run[] {
  const all: Run[] = [];
  for (const { text, font } of runs) {
    const last = all.at(-1);
    if (last?.font === font) all[all.length - 1] = { text: last.text + text, font };
    else all.push({ text, font });
  }
  return all;
}
