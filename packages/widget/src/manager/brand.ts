import { css } from 'lit';
import { contrast, hexOf, mix, parseHex, type Rgb } from '../tokens/contrast.ts';

/** Text must stand out this much (WCAG 2.2 AA). */
const TEXT_CONTRAST = 4.5;
/** Edges, focus and meters must stand out this much. */
const EDGE_CONTRAST = 3;
const STEP = 0.04;

/** For a brand that has no single colour, such as one of two schemes: the browser derives the accents from `--sam-accent`. */
const DERIVED = css`
  @supports (color: oklch(from red l c h)) {
    :host([brand]) {
      --sam-accent-hover: oklch(from var(--sam-accent) calc(l - .06) c h);
      --sam-accent-soft: light-dark(oklch(from var(--sam-accent) .95 calc(c * .25) h), oklch(from var(--sam-accent) .3 calc(c * .5) h));
      --sam-accent-text: light-dark(oklch(from var(--sam-accent) min(l, .45) c h), oklch(from var(--sam-accent) max(l, .8) c h));
      --sam-focus: var(--sam-accent-text);
    }
  }
`.cssText;
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];

/** Surfaces and texts of the two schemes that accents meet (tokens.ts). */
const LIGHT = { surface: parseHex('#FFFFFF') ?? WHITE, selected: parseHex('#E3F1EE') ?? WHITE, away: BLACK };
const DARK = { surface: parseHex('#141D1A') ?? BLACK, selected: parseHex('#16322D') ?? BLACK, away: WHITE };

type Scheme = typeof LIGHT;

/** The colour, or the first one on its way to black or white that stands out enough from all others. */
function legible(color: Rgb, away: Rgb, others: readonly Rgb[], least = TEXT_CONTRAST): Rgb {
  for (let part = 0; part < 1; part += STEP) {
    const candidate = mix(color, away, part);
    if (others.every((other) => contrast(candidate, other) >= least)) return candidate;
  }
  return away;
}

function accentsOn(brand: Rgb, { surface, selected, away }: Scheme): Readonly<Record<string, Rgb>> {
  const onAccent = contrast(brand, WHITE) >= contrast(brand, BLACK) ? WHITE : BLACK;
  const fromText = onAccent === WHITE ? BLACK : WHITE;
  const soft = mix(surface, brand, 0.13);
  const text = legible(brand, away, [surface, soft, selected]);
  return {
    accent: brand,
    'accent-hover': mix(brand, fromText, 0.12),
    'accent-active': mix(brand, fromText, 0.24),
    'on-accent': onAccent,
    'accent-soft': soft,
    'accent-text': text,
    focus: text,
    'meter-fill': legible(brand, away, [surface], EDGE_CONTRAST),
  };
}

/**
 * All accents from one brand colour, for both schemes. What is filled with it keeps it, with black or white on top; what is
 * written in it is made darker or lighter until it is legible (rules/screens 16).
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

/** The style sheet of a brand, whose colour is written in any way that the browser understands. */
function brandSheet(text: string): string {
  const color = text.includes('light-dark(') ? null : readColor(text.trim());
  return color === null ? DERIVED : `.root { ${brandDeclarations(color)} }`;
}

/** An element that has a colour of its own. */
type Branded = HTMLElement & { readonly brand: string | null | undefined };

const sheets = new WeakMap<Branded, CSSStyleSheet>();

/** Gives an element the colours of its brand, or takes them away again. */
export function paintBrand(element: Branded): void {
  const { brand, shadowRoot } = element;
  let sheet = sheets.get(element);
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheets.set(element, sheet);
    shadowRoot?.adoptedStyleSheets.push(sheet);
  }
  const color = brand || getComputedStyle(element).getPropertyValue('--sam-accent');
  sheet.replaceSync(brand === null ? '' : brandSheet(color));
}

/** Reads any colour that the browser understands; null for anything else. */
function readColor(text: string): Rgb | null {
  if (!CSS.supports('color', text)) return null;
  const pen = new OffscreenCanvas(1, 1).getContext('2d');
  if (!pen) return null;
  pen.fillStyle = text;
  pen.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = pen.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
