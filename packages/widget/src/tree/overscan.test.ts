import { expect, it } from 'vitest';
import { Overscan } from './overscan.ts';

const SEEN = 18;

function started(): Overscan {
  const overscan = new Overscan();
  overscan.wanted = true;
  return overscan;
}

it('keeps no row beyond the screen before the first paint', () => {
  expect(new Overscan().around(0, SEEN)).toEqual([0, 18]);
});

it('keeps more rows ahead of the scrolling than behind it', () => {
  const overscan = started();
  expect(overscan.around(100, SEEN)).toEqual([98, 124]);
  expect(overscan.around(97, SEEN)).toEqual([91, 117]);
  expect(overscan.around(97, SEEN), 'while it rests').toEqual([91, 117]);
});

it('keeps none above the first one', () => {
  expect(started().around(0, SEEN)).toEqual([0, 24]);
});
