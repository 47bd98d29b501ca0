import { describe, expect, it } from 'vitest';
import { initialsOf } from './initials.ts';

describe('initials', () => {
  it.each([
    ['Acme North', 'AN'],
    ['acme/north.east', 'AN'],
    ['(Old) “Harbour” Ltd', 'OH'],
    ['7 Seas', '7S'],
    ['Borealis', 'B'],
    ['straße', 'S'],
    ['E\u0301cole E\u0301lan', 'E\u0301E\u0301'],
    ['北京 公司', '北公'],
    ['क्षेत्र नगर', 'क्षेन'],
    ['🏳️‍🌈', '🏳️‍🌈'],
    ['– ·', '–'],
    ['', ''],
  ])('of %s are %s', (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });
});
