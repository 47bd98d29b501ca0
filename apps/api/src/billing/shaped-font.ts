import type { Font, Glyph, GlyphPosition, Subset } from 'fontkit';
import { isFromRight } from './reading-order.ts';

declare module 'fontkit' {
  interface Font {
    /** The most that glyphs of the font have: of their own, and as glyphs that are made of others. */
    readonly maxp: Readonly<Record<'maxPoints' | 'maxContours', number>> &
      Record<`maxComponent${'Points' | 'Contours' | 'Elements' | 'Depth'}`, number>;
  }
  /** Glyphs that are taken out of a TrueType font, of which fontkit's types say less. */
  interface Subset {
    /** @returns the number of a glyph among those that were taken out */
    includeGlyph(id: number): number;
    /** Writes one, when all are known; of those that it is made of, others. */
    _addGlyph: (id: number) => number;
    readonly glyf: Uint8Array[];
    offset: number;
    readonly loca: { readonly offsets: number[] };
    readonly hmtx: { readonly metrics: { readonly advance: number; readonly bearing: number }[] };
  }
}

/** A font as pdfkit takes it, with a glyph of its own for whatever is read as one. */
export type ShapedFont = Omit<Font, 'layout'> & { readonly layout: (text: string) => Shaped };

/** Glyphs from left to right, and where they stand, which pdfkit scales in place. */
class Shaped {
  readonly glyphs: readonly Pick<Glyph, 'id' | 'advanceWidth' | 'codePoints'>[];
  readonly positions: readonly GlyphPosition[];

  constructor(glyphs: Shaped['glyphs']) {
    this.glyphs = glyphs;
    this.positions = glyphs.map(({ advanceWidth }) => ({
      xAdvance: advanceWidth,
      yAdvance: 0,
      xOffset: 0,
      yOffset: 0,
    }));
  }

  get advanceWidth(): number {
    return this.positions.reduce((sum, { xAdvance }) => sum + xAdvance, 0);
  }
}

/**
 * Opens a WOFF2 font. fontkit draws its letters and HarfBuzz places them: fontkit would put those of Thai, Khmer, Bengali and Burmese wrongly,
 * and fails for Malayalam and Gurmukhi. It is unpacked and made one weight of before, since fontkit can't take letters out of others.
 *
 * @param characters those that it is opened for
 * @param weight of its weights the one to take, as CSS numbers them; null: it has one
 */
export async function openShaped(woff2: Buffer, characters: string, weight: number | null): Promise<ShapedFont> {
  const [{ create }, hb, { default: subset }] = await Promise.all([
    import('fontkit'),
    import('harfbuzzjs'),
    import('subset-font'),
  ]);
  const bytes = await subset(woff2, characters, {
    targetFormat: 'truetype',
    ...(weight !== null && { variationAxes: { wght: weight } }),
  });
  const shaping = new hb.Font(new hb.Face(new hb.Blob(bytes)));
  return inClusters(create(bytes) as Font, (text) => {
    const buffer = new hb.Buffer();
    buffer.addText(text);
    buffer.guessSegmentProperties();
    hb.shape(shaping, buffer);
    const clusters = clustersOf(text, buffer.getGlyphInfos(), buffer.getGlyphPositions());
    return clusters.flatMap((cluster) => within(cluster, shaping.face.upem));
  });
}

/** Opens a font of boxes, one for each character. */
export function openBoxes(font: Font): ShapedFont {
  const { id, advanceWidth } = font.glyphForCodePoint(BOX);
  return inClusters(font, (text) =>
    Array.from(text, (says) => ({ says, width: advanceWidth, parts: [{ glyph: id, x: 0, y: 0 }] })),
  );
}
const BOX = '□'.codePointAt(0)!;

/** Letters that join or change places, and the glyphs that they are drawn by. */
type Cluster = {
  readonly says: string;
  readonly width: number;
  readonly parts: readonly { readonly glyph: number; readonly x: number; readonly y: number }[];
};

function clustersOf(
  text: string,
  infos: readonly { readonly codepoint: number; readonly cluster: number }[],
  positions: readonly GlyphPosition[],
): Cluster[] {
  const clusters = Map.groupBy(infos.keys(), (n) => infos[n]!.cluster);
  const starts = [...clusters.keys()].toSorted((a, b) => a - b);
  return Array.from(clusters, ([start, glyphs]) => {
    let width = 0;
    const parts = glyphs.map((n) => {
      const { xAdvance, xOffset, yOffset } = positions[n]!;
      const part = { glyph: infos[n]!.codepoint, x: width + xOffset, y: yOffset };
      width += xAdvance;
      return part;
    });
    return { says: text.slice(start, starts[starts.indexOf(start) + 1]), width, parts };
  });
}

/** The most code points that a glyph says: readers forget what is longer. */
const MOST_SAID = 32;

/** Marks can be piled upon a letter without end: those that leave the line aren't drawn, and are said behind it. */
function within({ says, width, parts }: Cluster, height: number): Cluster[] {
  const letters = Array.from(says);
  const drawn = {
    says: letters.slice(0, MOST_SAID).join(''),
    width,
    parts: parts.filter(({ y }) => Math.abs(y) < height),
  };
  const rest = letters.slice(MOST_SAID).join('');
  return rest === '' ? [drawn] : [drawn, ...within({ says: rest, width: 0, parts: [] }, height)];
}

/**
 * A font with a glyph for each cluster, made of those that it is drawn by. Readers of a PDF know of a glyph what it says and where it stands: of
 * letters in another order than they are read in, of two drawn as three, and of marks beside the line, each makes something else.
 */
function inClusters(font: Font, place: (text: string) => readonly Cluster[]): ShapedFont {
  const clusters: Cluster[] = [];
  const known = new Map<string, Shaped['glyphs'][number]>();
  const glyphOf = (cluster: Cluster) => {
    const key = JSON.stringify(cluster);
    const glyph = known.get(key) ?? {
      id: font.numGlyphs + clusters.push(cluster) - 1,
      advanceWidth: cluster.width,
      codePoints: spelled(cluster.says),
    };
    known.set(key, glyph);
    return glyph;
  };
  const subset = font.createSubset();
  const addGlyph = subset._addGlyph.bind(subset);
  subset._addGlyph = (id) => (id < font.numGlyphs ? addGlyph(id) : addCluster(subset, clusters[id - font.numGlyphs]!));
  makeRoom(font);
  return Object.assign(font, {
    layout: (text: string) => new Shaped(place(text).map(glyphOf)),
    createSubset: () => subset,
  });
}

/** The code points of a text, the last one first where it is read from the right: readers turn those around. */
function spelled(text: string): number[] {
  const codePoints = Array.from(text, (letter) => letter.codePointAt(0)!);
  return isFromRight(text) ? codePoints.toReversed() : codePoints;
}

/** More than the glyphs of any cluster. */
const MOST_PARTS = 64;

/** Readers may refuse glyphs that have more than the font says of any. */
function makeRoom({ maxp }: Font): void {
  const most = (own: number, made: number) => Math.min(Math.max(own, made) * MOST_PARTS, 0xffff);
  maxp.maxComponentPoints = most(maxp.maxPoints, maxp.maxComponentPoints);
  maxp.maxComponentContours = most(maxp.maxContours, maxp.maxComponentContours);
  maxp.maxComponentElements = Math.max(maxp.maxComponentElements, MOST_PARTS);
  maxp.maxComponentDepth += 1;
}

/** Of a part of a glyph: its place is given, in two bytes for each way. Others follow. */
const [WORDS_AND_PLACE, MORE] = [0x0003, 0x0020];

/** Writes a glyph that is made of others, as TrueType has it (`glyf`, composite glyph description). */
function addCluster(subset: Subset, { width, parts }: Cluster): number {
  const bytes = new DataView(new ArrayBuffer(parts.length === 0 ? 0 : 10 + 8 * parts.length));
  if (parts.length > 0) bytes.setInt16(0, -1);
  for (const [n, { glyph, x, y }] of parts.entries()) {
    const at = 10 + 8 * n;
    bytes.setUint16(at, n < parts.length - 1 ? WORDS_AND_PLACE | MORE : WORDS_AND_PLACE);
    bytes.setUint16(at + 2, subset.includeGlyph(glyph));
    bytes.setInt16(at + 4, x);
    bytes.setInt16(at + 6, y);
  }
  subset.loca.offsets.push(subset.offset);
  subset.hmtx.metrics.push({ advance: width, bearing: 0 });
  subset.offset += bytes.byteLength;
  return subset.glyf.push(new Uint8Array(bytes.buffer)) - 1;
}
