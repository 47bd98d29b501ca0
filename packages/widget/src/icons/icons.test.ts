import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { drawIcons } from '../../../../scripts/draw-icons.ts';

it('icons are those of the pinned Lucide', () => {
  const words = (text: string): string => text.replaceAll(/\s+/g, ' ');
  expect(words(readFileSync(new URL('icons.ts', import.meta.url), 'utf8'))).toBe(words(drawIcons()));
});
