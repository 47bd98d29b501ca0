import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type JsonValue } from '../json.ts';
import { parseMetadata, sameMetadata } from './metadata.ts';

const codeOf = (value: unknown) => {
  const parsed = parseMetadata(value);
  return parsed.ok ? 'ok' : parsed.refusal.code;
};
const nested = (levels: number): unknown => (levels === 1 ? {} : { a: nested(levels - 1) });

describe('metadata', () => {
  it('has at most 50 keys', () => {
    const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]));
    expect(codeOf(keys(50))).toBe('ok');
    expect(codeOf(keys(51))).toBe('METADATA_TOO_LARGE');
  });

  it('has at most 8 kB as JSON in UTF-8', () => {
    expect(codeOf({ a: 'x'.repeat(8_192 - 8) })).toBe('ok');
    expect(codeOf({ a: 'x'.repeat(8_192 - 7) })).toBe('METADATA_TOO_LARGE');
    expect(codeOf({ a: 'ä'.repeat(4_100) })).toBe('METADATA_TOO_LARGE');
  });

  it('is at most 32 deep', () => {
    expect(codeOf(nested(32))).toBe('ok');
    expect(codeOf(nested(33))).toBe('BAD_REQUEST');
    expect(codeOf(nested(5_000))).toBe('BAD_REQUEST');
  });

  it.each([
    null,
    [],
    'text',
    { a: Number.NaN },
    { a: Number.POSITIVE_INFINITY },
    { a: -0 },
    { a: 2 ** 53 },
    { a: [-(2 ** 53)] },
    JSON.parse('{"a":9007199254740993}'),
    { a: undefined },
    { a: new Date(0) },
    { a: '\uD800' },
    { a: '\0' },
    { '\0': 1 },
    JSON.parse('{"a":{"__proto__":{"admin":true}}}'),
  ])('is plain JSON: refuses case %#', (value) => {
    expect(codeOf(value)).toBe('BAD_REQUEST');
  });

  it('keeps whole numbers up to 2⁵³ − 1 and all fractions', () => {
    for (const a of [2 ** 53 - 1, 1 - 2 ** 53, 0.1, 1e-300]) expect(codeOf({ a })).toBe('ok');
  });

  it('names the place of a fault', () => {
    const parsed = parseMetadata({ a: { b: [1, Number.NaN] } });
    expect(parsed).toMatchObject({ ok: false, refusal: { field: 'metadata.a.b[1]' } });
  });

  it('is the same in any order of names, and different in any other content', () => {
    expect(sameMetadata({ a: 1, b: { c: [1, 2], d: null } }, { b: { d: null, c: [1, 2] }, a: 1 })).toBe(true);
    expect(sameMetadata({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
    expect(sameMetadata({ a: '1' }, { a: 1 })).toBe(false);
  });

  it('has one canonical text that reads back as the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value as JsonValue);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });
});
