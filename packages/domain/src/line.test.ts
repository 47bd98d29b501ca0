import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLine } from './line.ts';

const BOUNDS = { least: 1, most: 20 };
const read = (text: string): string | null => {
  const parsed = parseLine(text, BOUNDS);
  return parsed.ok ? parsed.value : null;
};

describe('One line of text (rules/server 4)', () => {
  it('loses direction controls and outer space, and is composed', () => {
    expect(read('  unpaid \u202Einvoice\u202C ')).toBe('unpaid invoice');
    expect(read('Zu\u0308rich')).toBe('Zürich');
  });

  it('is refused with control characters, line breaks, lone surrogates, or nothing to be seen', () => {
    for (const text of ['a\nb', 'a\u0000', 'a\u2028b', 'a\uD800', '', '   ', '\u200B\u2060', '\u0301'])
      expect(read(text), JSON.stringify(text)).toBeNull();
  });

  it('has as many characters as people count', () => {
    expect(read('👩‍👩‍👧'.repeat(20))).not.toBeNull();
    expect(read('👩‍👩‍👧'.repeat(21))).toBeNull();
    expect(parseLine('x'.repeat(21), BOUNDS, 'A reason')).toEqual({
      ok: false,
      refusal: { code: 'BAD_REQUEST', message: 'A reason has 1 to 20 characters; this one has 21.' },
    });
    expect(read(`a${'\u0301'.repeat(400)}`)).toBeNull();
  });

  it('is not changed by being read again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
        const once = read(text);
        if (once !== null) expect(read(once)).toBe(once);
      }),
    );
  });
});
