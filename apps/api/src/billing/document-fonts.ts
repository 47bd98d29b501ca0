import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Font } from 'fontkit';
import { isFromLeft, isFromRight, piecesOf } from './reading-order.ts';
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
const OTHERS =
  'thai khmer myanmar devanagari bengali gurmukhi gujarati oriya tamil telugu kannada malayalam sinhala thaana ethiopic'
    .split(' ')
    .map((script) => `${NOTO}-sans-${script}`)
    .concat(`${NOTO}-serif-tibetan`, `${NOTO}-emoji`);
/** Every other letter of Unicode's first plane, coarsely: characters that are rare in names, and scripts that few write. */
const UNIFONT = '@fontsource/unifont/files/unifont-latin-400-normal.woff2';
const FIRST_PLANE = ['U+a0-d7ff', 'U+f900-fffd'];

const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const HANGUL = /\p{Script=Hangul}/u;
/** What has no look of its own, so that no font need have it. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/u;

/** Made with the first text that needs it: to make one takes as long as a hundredth of a server's start. */
let segmenter: Intl.Segmenter | undefined;
/** The letters of a text as its readers count them. */
export function lettersOf(text: string): string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** The same Chinese characters look otherwise in Japan and Korea. */
const IN_CHINA = [CHINESE, JAPANESE, KOREAN, ...OTHERS];
const IN_JAPAN = [JAPANESE, CHINESE, KOREAN, ...OTHERS];
const IN_KOREA = [KOREAN, CHINESE, JAPANESE, ...OTHERS];
function familiesFor(text: string): readonly string[] {
  if (KANA.test(text)) return IN_JAPAN;
  return HANGUL.test(text) ? IN_KOREA : IN_CHINA;
}

/** The fonts of one document. Those that its texts need are opened, and their letters are in its file, none else. */
export class DocumentFonts {
  readonly #doc: PDFKit.PDFDocument;
  /** Of each font that is open, the code points that it has. */
  readonly #fonts = new Map<string, Promise<ReadonlySet<number>>>();
  /** By what they were looked for in, what letters are drawn in. */
  readonly #letters = new Map<string, Map<string, readonly Run[]>>();
  readonly #slices = new Map<string, Promise<ReadonlyMap<string, Slice>>>();

  constructor(doc: PDFKit.PDFDocument) {
    this.#doc = doc;
  }

  /** Opens what a text is to be written in. */
  async runsFor(text: string, own: OwnFont): Promise<Runs> {
    if (hasAll(await this.#own(own), text))
      return (part) => piecesOf(part).map((piece) => ({ text: piece, font: own }));
    const families = familiesFor(text);
    const known = `${own} ${families[0]}`;
    const drawn = this.#letters.get(known) ?? new Map<string, readonly Run[]>();
    this.#letters.set(known, drawn);
    for (const letter of lettersOf(text))
      if (!drawn.has(letter)) drawn.set(letter, await this.#runsOf(letter, own, families));
    return (part) =>
      piecesOf(part).flatMap((piece) => {
        const runs = joined(lettersOf(piece).flatMap((letter) => drawn.get(letter) ?? [{ text: letter, font: own }]));
        return isFromRight(piece) ? runs.toReversed() : runs;
      });
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
    const [first = ''] = text;
    for (const family of families) {
      const slice = (await this.#slicesOf(family)).get(first);
      if (slice === undefined) continue;
      const font = `${slice.file} ${own}`;
      if (hasAll(await this.#once(font, () => openSlice(slice, WEIGHTS[own])), text)) return { text, font };
    }
    const last = await this.#once(UNIFONT, () => openSlice({ file: UNIFONT, ranges: FIRST_PLANE }, null));
    return hasAll(last, text) ? { text, font: UNIFONT } : null;
  }

  async #boxOf(text: string): Promise<Run> {
    await this.#once(BOXES, async () => openBoxes(await openFile(BOXES)));
    return { text, font: BOXES };
  }

  #own(name: OwnFont): Promise<ReadonlySet<number>> {
    return this.#once(name, () => openFile(OWN[name]));
  }

  #once(name: string, open: () => Promise<Font | ShapedFont>): Promise<ReadonlySet<number>> {
    const there =
      this.#fonts.get(name) ??
      open().then((font) => {
        this.#doc.registerFont(name, font);
        return new Set(font.characterSet);
      });
    this.#fonts.set(name, there);
    return there;
  }

  #slicesOf(family: string): Promise<ReadonlyMap<string, Slice>> {
    const there = this.#slices.get(family) ?? readSlices(family);
    this.#slices.set(family, there);
    return there;
  }
}

/** A file of a family, and which characters are in it, as `U+4e00` or `U+4e00-4e0f`. */
type Slice = { readonly file: string; readonly ranges: readonly string[] };

/** @returns by character, the file that has it */
async function readSlices(family: string): Promise<ReadonlyMap<string, Slice>> {
  const said: Record<string, string> = JSON.parse(await readFile(require.resolve(`${family}/unicode.json`), 'utf8'));
  const name = family.slice(family.indexOf('/') + 1);
  const slices = new Map<string, Slice>();
  for (const [part, ranges] of Object.entries(said)) {
    const file = `${family}/files/${name}-${part.replace(/[[\]]/g, '')}-wght-normal.woff2`;
    const slice = { file, ranges: ranges.split(',') };
    for (const character of slice.ranges.flatMap(charactersOf)) slices.set(character, slice);
  }
  return slices;
}

function charactersOf(range: string): string[] {
  const [from = '', to = from] = range.slice(2).split('-');
  const first = Number.parseInt(from, 16);
  return Array.from({ length: Number.parseInt(to, 16) - first + 1 }, (_, n) => String.fromCodePoint(first + n));
}

/** Numbers are drawn from the left in Arabic, too: fontkit takes their digits for letters, and would turn them around. */
const openFile = async (file: string): Promise<Font> => {
  const { create } = await import('fontkit');
  const font = create(await readFile(file)) as Font;
  const layout = font.layout.bind(font);
  return Object.assign(font, {
    layout: (text: string, features?: Parameters<Font['layout']>[1]) =>
      layout(text, features, undefined, undefined, isFromLeft(text) ? 'ltr' : undefined),
  });
};

const openSlice = async ({ file, ranges }: Slice, weight: number | null): Promise<ShapedFont> =>
  openShaped(await readFile(require.resolve(file)), ranges.flatMap(charactersOf).join(''), weight);

function hasAll(font: ReadonlySet<number>, text: string): boolean {
  for (const character of text) if (!font.has(character.codePointAt(0)!) && !UNSEEN.test(character)) return false;
  return true;
}

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
