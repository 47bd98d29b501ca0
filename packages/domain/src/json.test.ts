import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNestedDeeper, type JsonValue } from './json.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const depthOf = (value: JsonValue): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

describe('the depth of a JSON text', () => {
  it('is told by its bytes as by its value, whatever stands in its texts', () => {
    const texts = fc.oneof(fc.constantFrom('"[{', '\\"[', '\\\\', ']]}}', 'ü[{“'), fc.string({ unit: 'binary' }));
    const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 8, depthSize: 'medium' },
        texts,
        fc.integer(),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(texts, tie('value'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(value, fc.nat({ max: 9 }), fc.boolean(), (json, levels, isSpaced) => {
        const bytes = bytesOf(JSON.stringify(json, null, isSpaced ? 1 : 0));
        expect(isNestedDeeper(bytes, levels)).toBe(depthOf(json) > levels);
      }),
    );
  });

  it('is told of what is no JSON, as far as it would be read', () => {
    expect(isNestedDeeper(bytesOf('[[['), 2)).toBe(true);
    expect(isNestedDeeper(bytesOf('"[[['), 2)).toBe(false);
    expect(isNestedDeeper(bytesOf('"[[[\\'), 2)).toBe(false);
  });
});
