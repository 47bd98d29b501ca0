import { expect, it } from 'vitest';
import { Overscan } from './overscan.ts';

const SEEN = 18;

function started(): Overscan {
  const overscan = new Overscan();
  overscan.start();
  return overscan;
}

it('keeps no row beyond the screen before the first paint', () => {
  expect(new Overscan().around(0, SEEN, 1_000)).toEqual({ from: 0, to: 18 });
});

it('keeps more rows ahead of the scrolling than behind it', () => {
  const overscan = started();
  expect(overscan.around(100, SEEN, 1_000)).toEqual({ from: 98, to: 124 });
  expect(overscan.around(97, SEEN, 1_000)).toEqual({ from: 91, to: 117 });
  expect(overscan.around(97, SEEN, 1_000), 'while it rests').toEqual({ from: 91, to: 117 });
});

it('keeps to the rows that there are', () => {
  const overscan = started();
  expect(overscan.around(0, SEEN, 1_000)).toEqual({ from: 0, to: 24 });
  expect(overscan.around(982, SEEN, 1_000)).toEqual({ from: 980, to: 1_000 });
  expect(overscan.around(0, SEEN, 3)).toEqual({ from: 0, to: 3 });
});
