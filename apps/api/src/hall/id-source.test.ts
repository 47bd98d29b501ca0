import { describe, expect, it } from 'vitest';
import { createIds } from './id-source.ts';

describe('Ids', () => {
  it('sort in the order they were made, also within a millisecond and when the clock steps back', () => {
    let ms = 1_700_000_000_000;
    const newId = createIds({ nowMs: () => ms });
    const ids = Array.from({ length: 10_000 }, (_, i) => {
      if (i === 6_000) ms -= 5_000;
      if (i === 8_000) ms += 60_000;
      return newId();
    });
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids[0]).toMatch(/^018bcfe5-6800-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
