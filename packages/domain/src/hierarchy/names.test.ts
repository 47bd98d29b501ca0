import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameKey, parseName } from './names.ts';

const nameOf = (text: string) => {
  const parsed = parseName(text);
  return parsed.ok ? parsed.value.name : parsed.refusal.code;
};

describe('a name', () => {
  it('is trimmed and brought to NFC', () => {
    expect(nameOf('  Cafe\u0301 \n')).toBe('Café');
  });

  it('has 2 to 120 characters as people count them', () => {
    const family = '👨‍👩‍👧‍👦';
    expect(nameOf('a')).toBe('NAME_INVALID');
    expect(nameOf('ab')).toBe('ab');
    expect(nameOf(family)).toBe('NAME_INVALID');
    expect(nameOf(family.repeat(120))).toBe(family.repeat(120));
    expect(nameOf('x'.repeat(121))).toBe('NAME_INVALID');
    expect(nameOf('x'.repeat(100_000))).toBe('NAME_INVALID');
  });

  it('loses bidi controls, which nobody sees', () => {
    expect(nameOf('Acme\u202Etxt.exe\u2066')).toBe('Acmetxt.exe');
    expect(nameOf('\u202E \u2069')).toBe('NAME_INVALID');
  });

  it.each(['a\u0000b', 'a\tb', 'a\nb', 'a\u007Fb', 'a\u2028b', 'a\uD800b'])('has no control characters: %j', (text) => {
    expect(nameOf(text)).toBe('NAME_INVALID');
  });

  it('shows at least one character', () => {
    expect(nameOf('\u200B\u200B\u200B')).toBe('NAME_INVALID');
    expect(nameOf('\u3164\u3164')).toBe('NAME_INVALID');
    expect(nameOf(`a${'\u0301'.repeat(1_500)}b`)).toBe('NAME_INVALID');
  });

  it('read again is the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 130 }), (text) => {
        const once = parseName(text);
        if (once.ok) expect(parseName(once.value.name)).toEqual(once);
        else expect(once.refusal.field).toBe('name');
      }),
    );
  });
});

describe('the sibling key', () => {
  it.each([
    ['ACME', 'acme'],
    ['Straße', 'STRASSE'],
    ['STRAẞE', 'strasse'],
    ['Cafe\u0301', 'CAFÉ'],
    ['ΟΔΟΣ', 'οδος'],
    ['Acme  West', 'acme west'],
    ['Ac\u200Bme', 'Acme'],
  ])('of %s is that of %s', (a, b) => {
    expect(nameKey(a)).toBe(nameKey(b));
  });

  it.each([
    ['Acme', 'Acme 2'],
    ['Müller', 'Muller'],
    ['🏴󠁧󠁢󠁳󠁣󠁴󠁿 Unit', '🏴󠁧󠁢󠁷󠁬󠁳󠁿 Unit'],
  ])('tells %s from %s', (a, b) => {
    expect(nameKey(a)).not.toBe(nameKey(b));
  });

  it('of a key is the key, and case never matters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const key = nameKey(text);
        expect(nameKey(key)).toBe(key);
        expect(nameKey(text.toLowerCase())).toBe(key);
      }),
    );
  });
});
