import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findText, plainText } from './find-text.ts';

const found = (text: string, wanted: string): string | null => {
  const range = findText(text, wanted);
  return range && text.slice(...range);
};

describe('A text that somebody looks for', () => {
  it('is found without regard to case and diacritics, on either side', () => {
    expect(plainText('MÜNCHEN')).toBe('munchen');
    expect(plainText('İstanbul ISI ısı')).toBe('istanbul isi isi');
    expect(plainText('Éclair Łódź Ærø Straße')).toBe('eclair lodz aero strasse');
    expect(plainText('éclair'.normalize('NFD'))).toBe(plainText('ÉCLAIR'.normalize('NFC')));
    for (const [text, wanted, is] of [
      ['Praxis München', 'munch', 'Münch'],
      ['Praxis Munchen', 'MÜNCH', 'Munch'],
      ['Zu\u0308rich', 'zur', 'Zu\u0308r'],
      ['Zu\u0308rich', 'zu', 'Zu\u0308'],
      ['İstanbul', 'istanbul', 'İstanbul'],
      ['Große Straße 7', 'strasse', 'Straße'],
      ['Acme 🦷 Nord', 'nord', 'Nord'],
      ['O’Hara', "o'h", 'O’H'],
      ['कुमार', 'कुमा', 'कुमा'],
      ['कमल', 'कुम', null],
      ['Acme', 'north', null],
    ] as const)
      expect(found(text, wanted), `${wanted} in ${text}`).toBe(is);
  });

  it('is found where it stands, whatever is around it', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, text, (before, wanted, after) => {
        const range = findText(before + wanted + after, wanted);
        expect(range).not.toBeNull();
        expect(plainText((before + wanted + after).slice(...range!))).toContain(plainText(wanted));
      }),
    );
  });
});
