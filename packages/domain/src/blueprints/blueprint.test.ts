import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driftOf, driftOfAll, lineUp } from './blueprint.ts';

const rows = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 2 }), { maxKeys: 4 });

describe('A section of a blueprint', () => {
  it('is as set up, changed here, newer, both or the same by hand (rules/blueprints 9; worked example D1)', () => {
    expect(driftOf({ agents: 5 }, { agents: 5 }, { agents: 5, members: 1 })).toBe('as_set_up');
    expect(driftOf({ agents: 5 }, { agents: 5 }, { agents: 8 })).toBe('changed_here');
    expect(driftOf({ agents: 5 }, { agents: 6 }, { agents: 5 })).toBe('newer_available');
    expect(driftOf({ agents: 5 }, { agents: 6 }, { agents: 8 })).toBe('both');
    expect(driftOf({ agents: 5 }, { agents: 6 }, { agents: 6 })).toBe('same_by_hand');
    expect(driftOf(null, null, {})).toBeNull();
    expect(lineUp({ agents: 5 }, { agents: 6 }, { agents: 8 })).toEqual({ taken: {}, kept: ['agents'] });
  });

  it('brought in line takes what only the blueprint changed, and is never further from it (rules/blueprints 10)', () => {
    fc.assert(
      fc.property(rows, rows, rows, (applied, newest, present) => {
        const { taken, kept } = lineUp(applied, newest, present);
        const after = { ...present, ...taken };
        for (const [key, wish] of Object.entries(newest)) expect(after[key] === wish || kept.includes(key)).toBe(true);
        for (const key of kept) expect([after[key], applied[key] === present[key]]).toEqual([present[key], false]);
        for (const key of Object.keys(present)) if (!(key in newest)) expect(after[key]).toBe(present[key]);
        expect(driftOf(newest, newest, after)).toBe(kept.length === 0 ? 'as_set_up' : 'changed_here');
      }),
    );
  });

  it('counts for the whole of an account by what the most of them asks for', () => {
    expect(driftOfAll(['as_set_up', null])).toBe('as_set_up');
    expect(driftOfAll(['changed_here', 'newer_available'])).toBe('both');
    expect(driftOfAll(['same_by_hand', 'newer_available'])).toBe('newer_available');
    expect(driftOfAll(['same_by_hand', 'as_set_up'])).toBe('same_by_hand');
  });
});
