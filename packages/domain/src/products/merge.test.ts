import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { RowId } from '../ids.ts';
import type { JsonValue } from '../json.ts';
import { copyOf, differencesOf, refsWithin, withIds } from './copy.ts';
import { type Document, filled, refsOf } from './document.ts';
import { PRODUCT_KINDS, productKind } from './kinds.ts';
import { merge } from './merge.ts';

const ANY = { schema: z.strictObject({}) };
const merged = (
  base: JsonValue | undefined,
  source: JsonValue | undefined,
  local: JsonValue | undefined,
  take: string[] = [],
) => {
  const of = (value: JsonValue | undefined): Document => (value === undefined ? {} : { v: value });
  const { document, changes } = merge(
    ANY,
    { base: of(base), source: of(source), local: of(local) },
    { take: new Set(take) },
  );
  return { v: document['v'], how: changes.map(({ at, how }) => `${at.slice(2)} ${how}`.trim()) };
};
const steps = (...ids: string[]) => ids.map((id) => ({ id }));
const idsOf = (value: JsonValue | undefined) => (value as { id: string }[]).map(({ id }) => id).join(' ');

describe('A three-way merge (rules/products 14)', () => {
  it('takes what only the source changed, keeps what only the copy did, and where both did (G1–G5)', () => {
    const [base, source, local] = [
      { prompt: 'A', voice: 'x' },
      { prompt: 'B', voice: 'x' },
      { prompt: 'A', voice: 'y' },
    ];
    expect(merged(base, source, local)).toEqual({
      v: { prompt: 'B', voice: 'y' },
      how: ['/prompt updated', '/voice local'],
    });
    expect(merged('A', 'B', 'C')).toEqual({ v: 'C', how: ['conflict'] });
    expect(merged('A', 'B', 'C', ['/v'])).toEqual({ v: 'B', how: ['conflict'] });
    expect(merged('A', 'B', 'B')).toEqual({ v: 'B', how: ['both_same'] });
    expect(merged({ b: 2 }, {}, { b: 3 })).toEqual({ v: { b: 3 }, how: ['/b conflict'] });
    expect(merged({ b: 2 }, {}, { b: 2 })).toEqual({ v: {}, how: ['/b updated'] });
    expect(merged({ b: 2 }, 'text', null)).toEqual({ v: null, how: ['conflict'] });
  });

  it('merges lists whose entries have ids entry by entry, and their order; other lists are one value (G6–G10)', () => {
    const edited = merged(steps('s1', 's2', 's3'), steps('s1', 's2', 's4', 's3'), [
      { id: 's1' },
      { id: 's3', text: 'mine' },
    ]);
    expect(edited).toEqual({
      v: [{ id: 's1' }, { id: 's4' }, { id: 's3', text: 'mine' }],
      how: ['/s3/text local', '/s2 local', '/s4 updated'],
    });
    const sorted = merged(steps('s1', 's2', 's3'), steps('s3', 's1', 's2'), steps('s1', 's2', 'x1', 's3'));
    expect(idsOf(sorted.v)).toBe('s3 s1 s2 x1');
    const twice = merged(steps('a', 'b', 'c'), steps('c', 'b', 'a'), steps('b', 'a', 'c'));
    expect([idsOf(twice.v), twice.how]).toEqual(['b a c', ['conflict']]);
    expect(idsOf(merged(steps('a', 'b', 'c'), steps('c', 'b', 'a'), steps('b', 'a', 'c'), ['/v']).v)).toBe('c b a');
    expect(merged(['a', 'b'], ['a', 'b', 'c'], ['b'])).toEqual({ v: ['b'], how: ['conflict'] });
    const goal = (w: string, x: string) => [{ id: 'g1', w, x }];
    expect(merged(goal('w1', 'x'), goal('w2', 'x'), goal('w1', 'y')).v).toEqual(goal('w2', 'y'));
  });

  it('never mixes two entries of different types', () => {
    const header = (entry: object) =>
      filled(productKind('tool'), { name: 'T', headers: [{ id: 'h', name: 'X', ...entry }] as never });
    const [base, source, local] = [
      header({ type: 'plain', value: 'v' }),
      header({ type: 'secret' }),
      header({ type: 'plain', value: 'w' }),
    ];
    const { document, changes } = merge(productKind('tool'), { base, source, local });
    expect(document).toEqual(local);
    expect(changes.map(({ at, how }) => [at, how])).toEqual([['/headers/h', 'conflict']]);
  });

  it('changes nothing when it is done again, and takes nothing that a side didn’t say', () => {
    const leaf = fc.constantFrom<JsonValue>('a', 'b', 1, null);
    const list = fc.uniqueArray(fc.record({ id: fc.constantFrom('p', 'q', 'r', 's'), t: leaf }), {
      selector: ({ id }) => id,
    });
    const document = fc.record(
      { x: leaf, o: fc.dictionary(fc.constantFrom('k', 'l'), leaf), list, tags: fc.array(leaf, { maxLength: 2 }) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(document, document, document, (base, source, local) => {
        const once = merge(ANY, { base, source, local });
        const again = merge(ANY, { base: source, source, local: once.document });
        expect(again.document).toEqual(once.document);
        expect(again.changes.every(({ how }) => how === 'local')).toBe(true);
        expect(merge(ANY, { base, source, local: base }).document).toEqual(source);
        expect(merge(ANY, { base, source: base, local }).document).toEqual(local);
        expect(
          merge(
            ANY,
            { base: source, source, local: once.document },
            { take: new Set(again.changes.map(({ at }) => at)) },
          ).document,
        ).toEqual(source);
      }),
      { numRuns: 100 },
    );
  });
});

describe('A copy', () => {
  const kind = productKind('agent');
  const id = (n: number) => `018f0000-0000-7000-8000-00000000000${n}` as RowId;
  const agent = filled(kind, {
    name: 'Desk',
    prompt: { greeting: 'Hello' },
    knowledge: { bases: [id(1), id(2)] },
    tools: { items: [{ id: 't', tool: id(3) }] },
    callFlow: { number: id(4), transferTo: [id(5), id(6)], hours: id(7) },
  });

  it('names what the target has in place of what the source names, and nothing else (rules/products 13)', () => {
    const ids = new Map([
      [id(1), id(8)],
      [id(3), id(9)],
      [id(6), id(0)],
    ]);
    const copy = withIds(kind, agent, ids);
    expect(copy).toMatchObject({
      knowledge: { bases: [id(8)] },
      tools: { items: [{ id: 't', tool: id(9) }] },
      callFlow: { number: null, transferTo: [id(0)], hours: null },
    });
    const there = new Set<string>(ids.values());
    for (const ref of refsOf(kind, copy)) expect(there.has(ref.id)).toBe(true);
    for (const one of PRODUCT_KINDS)
      expect(refsOf(one, withIds(one, filled(one, { name: 'X' }), new Map()))).toEqual([]);
  });

  it('is of the wanted parts, begins as its kind does, and switched off while it waits for secrets', () => {
    const rest = filled(kind, { name: 'Mine', prompt: { greeting: 'Hi' } });
    const wanted = { document: agent, parts: ['prompt'], name: 'Mine', ids: new Map(), isWaiting: false };
    expect(copyOf(kind, wanted, rest)).toEqual({ ...rest, prompt: agent['prompt'] });
    expect(refsWithin(kind, agent, ['prompt', 'tools']).map(({ place }) => place)).toEqual(['/tools/items/t/tool']);
    const of = (key: 'campaign' | 'integration' | 'sipTrunk', isWaiting: boolean) =>
      copyOf(
        productKind(key),
        {
          ...wanted,
          document: { name: 'C', ...(key === 'campaign' && { status: 'running' }) },
          parts: null,
          isWaiting,
        },
        {},
      );
    expect(of('campaign', false)['status']).toBe('paused');
    expect(of('sipTrunk', false)['active']).toBe(false);
    expect([of('integration', false)['active'], of('integration', true)['active']]).toEqual([true, false]);
    expect(differencesOf(kind, agent, { ...agent, name: 'Other' }).map(({ at }) => at)).toEqual(['/name']);
  });
});
