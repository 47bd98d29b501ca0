import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contrast, parseHex, type Rgb } from '../tokens/contrast.ts';
import { brandDeclarations } from './brand.ts';

const channel = fc.integer({ min: 0, max: 255 });
const color = fc.tuple(channel, channel, channel);

function read(declarations: string, scheme: 0 | 1): (name: string) => Rgb {
  return (name) => {
    const match = new RegExp(`--sam-${name}: light-dark\\((#\\w+), (#\\w+)\\)`).exec(declarations);
    const rgb = parseHex(match?.[scheme + 1] ?? '');
    if (!rgb) throw new Error(`no ${name}`);
    return rgb;
  };
}

describe('a brand colour', () => {
  it.each([
    ['light', 0, '#FFFFFF', '#E3F1EE'],
    ['dark', 1, '#141D1A', '#16322D'],
  ] as const)('gives accents that are legible wherever they are used: %s', (_, scheme, surfaceHex, selectedHex) => {
    fc.assert(
      fc.property(color, (brand) => {
        const at = read(brandDeclarations(brand), scheme);
        const surface = parseHex(surfaceHex) ?? brand;
        const selected = parseHex(selectedHex) ?? brand;
        const pairs: [Rgb, Rgb][] = [
          [at('on-accent'), at('accent')],
          [at('on-accent'), at('accent-hover')],
          [at('on-accent'), at('accent-active')],
          [at('accent-text'), surface],
          [at('accent-text'), at('accent-soft')],
          [at('accent-text'), selected],
        ];
        for (const [a, b] of pairs) expect(contrast(a, b)).toBeGreaterThan(4.45);
      }),
    );
  });

  it('stays as it is where something is filled with it, however pale', () => {
    expect(brandDeclarations([255, 212, 0])).toContain('--sam-accent: light-dark(#ffd400, #ffd400)');
  });
});
