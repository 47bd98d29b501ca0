import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalPassword, PASSWORD_LENGTH, parsePassword } from './password.ts';

describe('a password', () => {
  it('is the same however its characters are composed', () => {
    const typed = 'Zürich ﬁel auf';
    expect(normalPassword(typed.normalize('NFD'))).toBe(normalPassword(typed));
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD'])
          expect(normalPassword(text.normalize(form))).toBe(normalPassword(text));
      }),
    );
  });

  it('has its length counted after that, in characters', () => {
    const { least, most } = PASSWORD_LENGTH;
    expect(parsePassword('é'.normalize('NFD').repeat(least - 1)).ok).toBe(false);
    expect(parsePassword('é'.normalize('NFD').repeat(least)).ok).toBe(true);
    expect(parsePassword('é'.normalize('NFD').repeat(most)).ok).toBe(true);
    expect(parsePassword('é'.repeat(most + 1)).ok).toBe(false);
    expect(parsePassword('🌲'.repeat(least - 1)).ok).toBe(false);
    expect(parsePassword('🌲'.repeat(most)).ok).toBe(true);
  });
});
