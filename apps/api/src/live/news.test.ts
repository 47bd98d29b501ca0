import { randomBytes } from 'node:crypto';
import { type AccountId, newId } from '@tenantree/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Parts, readNews, type TreeNews, writeTree } from './news.ts';

const ids = Array.from({ length: 1_200 }, () => newId<AccountId>(Date.now(), randomBytes(10)));
const MOST_BYTES = 7_999;

const some = fc.oneof(
  fc.constant(null),
  fc.integer({ min: 0, max: ids.length }).map((count) => ids.slice(0, count)),
);
const news = fc.record({
  root: fc.constantFrom(...ids.slice(0, 3)),
  versions: fc.uniqueArray(fc.integer({ min: 1, max: 1e9 }), { minLength: 1, maxLength: 40 }),
  changed: fc.record({ usage: some, accounts: some }),
});

/** What one hears of these texts. */
const hear = (texts: readonly string[]): TreeNews[] => {
  const parts = new Parts();
  return texts.flatMap((text) => {
    const heard = readNews(text);
    return (heard?.trees ?? []).flatMap((tree) => parts.take(heard?.from ?? '', tree) ?? []);
  });
};

describe('what a server tells of a tree', () => {
  it('arrives whole, in texts that fit, whatever else is told between them', () => {
    fc.assert(
      fc.property(news, news, (one, other) => {
        const [mine, theirs] = [writeTree('here', one, MOST_BYTES), writeTree('there', other, MOST_BYTES)];
        const mixed = Array.from({ length: Math.max(mine.length, theirs.length) }, (_, n) => [mine[n], theirs[n]]);
        const texts = mixed.flat().flatMap((telling) => (telling ? [telling.text] : []));
        expect(Math.max(...texts.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(MOST_BYTES);
        expect(hear(texts)).toHaveLength(2);
        expect(hear(texts)).toEqual(expect.arrayContaining([one, other]));
        expect(new Set(mine.map(({ subject }) => subject))).toEqual(new Set([one.root]));
      }),
      { numRuns: 60 },
    );
  });

  it('lists nothing when a text of it was lost: then it is read what changed', () => {
    const tree: TreeNews = { root: ids[0]!, versions: [7, 8], changed: { usage: ids, accounts: [] } };
    const texts = writeTree('here', tree, MOST_BYTES).map(({ text }) => text);
    expect(texts.length).toBeGreaterThan(4);
    const next: TreeNews = { root: ids[0]!, versions: [9], changed: { usage: ids.slice(3), accounts: [] } };
    const later = writeTree('here', next, MOST_BYTES).map(({ text }) => text);
    for (let lost = 0; lost < texts.length - 1; lost++)
      expect(hear([...texts.toSpliced(lost, 1), ...later])).toEqual([
        { ...tree, changed: { usage: null, accounts: null } },
        next,
      ]);
    expect(hear([...texts.slice(0, -1), ...later])).toEqual([next]);
  });
});
