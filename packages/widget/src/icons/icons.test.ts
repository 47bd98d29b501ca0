import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { drawIcons } from '../../../../scripts/draw-icons.ts';

it.each(Object.entries(drawIcons()))('the icons of %s are those of the pinned Lucide', (file, drawn) => {
  const words = (text: string): string => text.replaceAll(/\s+/g, ' ');
  expect(words(readFileSync(new URL(file, import.meta.url), 'utf8'))).toBe(words(drawn));
});
