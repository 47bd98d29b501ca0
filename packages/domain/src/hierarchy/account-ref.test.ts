import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAccountRef } from './account-ref.ts';
import { parseExternalId } from './external-id.ts';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';

describe('an account reference', () => {
  it('is an id or ext:THEIR-ID', () => {
    expect(parseAccountRef(ID)).toEqual({ ok: true, value: { kind: 'id', id: ID } });
    expect(parseAccountRef('ext:DE-BY')).toEqual({ ok: true, value: { kind: 'external', externalId: 'DE-BY' } });
  });

  it.each(['', 'DE-BY', ID.toUpperCase(), `${ID}0`, 'ext:', 'ext:ext:1', 'ext: 1', 'ext:a\nb', 'x'.repeat(5_000)])(
    'in any other form is not found: %j',
    (text) => {
      expect(parseAccountRef(text)).toMatchObject({ ok: false, refusal: { code: 'NOT_FOUND', field: 'account' } });
    },
  );

  it('is echoed shortened, so that no input floods a message', () => {
    const answer = parseAccountRef('x'.repeat(5_000));
    expect(answer.ok ? '' : answer.refusal.message.length).toBeLessThan(200);
  });
});

describe('an external id', () => {
  it('has 1 to 120 printable characters, no space around it, no ext: before it', () => {
    expect(parseExternalId('ä'.repeat(120)).ok).toBe(true);
    expect(parseExternalId('𝒳'.repeat(120)).ok).toBe(true);
    for (const bad of ['', 'a'.repeat(121), ' a', 'a ', 'a\u200Bb', 'a\u0000', '\uD800', 'ext:a']) {
      expect(parseExternalId(bad)).toMatchObject({ ok: false, refusal: { code: 'BAD_REQUEST', field: 'externalId' } });
    }
  });

  it('is what its reference names', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const id = parseExternalId(text);
        if (id.ok) {
          const named = { ok: true, value: { kind: 'external', externalId: id.value } };
          expect(parseAccountRef(`ext:${id.value}`)).toEqual(named);
        }
      }),
    );
  });
});
