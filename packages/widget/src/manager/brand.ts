import { contrast, hexOf, mix, parseHex, type Rgb } from '../tokens/contrast.ts';

/** Text must stand out this much (WCAG 2.2 AA). */
const TEXT_CONTRAST = 4.5;
const STEP = 0.04;
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];

/** Surfaces and texts of the two schemes that accents meet (tokens.ts). */
const LIGHT = { surface: parseHex('#FFFFFF') ?? WHITE, selected: parseHex('#E3F1EE') ?? WHITE, away: BLACK };
const DARK = { surface: parseHex('#141D1A') ?? BLACK, selected: parseHex('#16322D') ?? BLACK, away: WHITE };

type Scheme = typeof LIGHT;

/** The colour, or the first one on its way to black or white that stands out enough from all others. */
function legible(color: Rgb, away: Rgb, others: readonly Rgb[]): Rgb {
  for (let part = 0; part < 1; part += STEP) {
    const candidate = mix(color, away, part);
    if (others.every((other) => contrast(candidate, other) >= TEXT_CONTRAST)) return candidate;
  }
  return away;
}

function accentsOn(brand: Rgb, { surface, selected, away }: Scheme): Readonly<Record<string, Rgb>> {
  const accent = legible(brand, away, [surface]);
  const soft = mix(surface, accent, 0.13);
  const onAccent = contrast(accent, WHITE) >= contrast(accent, BLACK) ? WHITE : BLACK;
  const text = legible(accent, away, [surface, soft, selected]);
  return {
    accent,
    'accent-hover': legible(mix(accent, away, 0.14), away, [onAccent]),
    'accent-active': legible(mix(accent, away, 0.26), away, [onAccent]),
    'on-accent': onAccent,
    'accent-soft': soft,
    'accent-text': text,
    focus: text,
    'meter-fill': accent,
  };
}

/**
 * All accents from one brand colour, for both schemes, each legible where it is used: a colour that is too pale or too dark is
 * moved until it is (ux.md 2.6).
 *
 * @returns declarations of custom properties
 */
export function brandDeclarations(brand: Rgb): string {
  const light = accentsOn(brand, LIGHT);
  const dark = accentsOn(brand, DARK);
  return Object.keys(light)
    .map((name) => `--sam-${name}: light-dark(${hexOf(light[name] ?? brand)}, ${hexOf(dark[name] ?? brand)});`)
    .join(' ');
}

/** Reads any colour that the browser understands; null for anything else. */
export function readColor(text: string): Rgb | null {
  if (!CSS.supports('color', text)) return null;
  const pen = new OffscreenCanvas(1, 1).getContext('2d');
  if (!pen) return null;
  pen.fillStyle = text;
  pen.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = pen.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
