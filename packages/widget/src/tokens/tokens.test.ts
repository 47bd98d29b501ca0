import { describe, expect, it } from 'vitest';
import { contrast, parseHex } from './contrast.ts';
import { TOKENS } from './page-tokens.ts';

const colors = new Map(
  [...TOKENS.matchAll(/--sam-([\w-]+):\s*light-dark\((#[0-9A-F]{6}), (#[0-9A-F]{6})\)/gi)].map(
    ([, name, light, dark]) => [name, { light, dark }] as const,
  ),
);

/** Foreground, background, least contrast: 4.5 for text, 3 for edges, focus and meters (rules/screens 16). */
const PAIRS: readonly (readonly [string, string, number])[] = [
  ...['surface', 'canvas', 'selected', 'sunken', 'raised', 'hover'].map((on) => ['text', on, 4.5] as const),
  ...['surface', 'canvas', 'hover', 'selected', 'sunken', 'raised'].map((on) => ['text-2', on, 4.5] as const),
  ...['surface', 'canvas', 'hover', 'sunken', 'selected', 'raised'].map((on) => ['text-3', on, 4.5] as const),
  ...['surface', 'accent-soft', 'selected', 'hover', 'raised'].map((on) => ['accent-text', on, 4.5] as const),
  ...['accent', 'accent-hover', 'accent-active'].map((on) => ['on-accent', on, 4.5] as const),
  ...['info', 'warn', 'ok', 'danger'].map((name) => [name, `${name}-soft`, 4.5] as const),
  ...['info', 'warn', 'ok', 'danger'].map((name) => [name, 'surface', 4.5] as const),
  ['danger', 'raised', 4.5],
  ['on-danger', 'danger', 4.5],
  ['on-acting', 'acting', 4.5],
  ['acting-line', 'acting-soft', 4.5],
  ['acting-line', 'canvas', 3],
  ['border-strong', 'surface', 3],
  ['border-strong', 'canvas', 3],
  ['border-strong', 'raised', 3],
  ['focus', 'surface', 3],
  ['focus', 'canvas', 3],
  ['focus', 'selected', 3],
  ['focus', 'raised', 3],
  ...['meter-fill', 'meter-warn', 'meter-over'].map((name) => [name, 'meter-track', 3] as const),
  ['live', 'surface', 3],
  ...[1, 2, 3, 4, 5, 6].map((series) => [`s${series}`, 'surface', 3] as const),
];

describe('design tokens', () => {
  it.each(PAIRS)('%s stands out from %s by at least %s, light and dark', (front, back, least) => {
    for (const scheme of ['light', 'dark'] as const) {
      const a = parseHex(colors.get(front)?.[scheme] ?? '');
      const b = parseHex(colors.get(back)?.[scheme] ?? '');
      expect(a && b && contrast(a, b), `${front} on ${back}, ${scheme}`).toBeGreaterThanOrEqual(least);
    }
  });
});
