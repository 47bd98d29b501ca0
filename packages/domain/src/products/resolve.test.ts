import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameKey } from '../hierarchy/names.ts';
import type { RowId } from '../ids.ts';
import { freeName } from './free-name.ts';
import { type ClashAnswer, nameIn, type Resolved, resolve, type SourceItem, type TargetState } from './resolve.ts';

type Ref = readonly [id: string, kind: string, need: 'required' | 'optional', place?: string];
const item = (
  id: string,
  kind: string,
  refs: readonly Ref[] = [],
  more: Partial<Pick<SourceItem, 'name' | 'secrets' | 'fromParent' | 'version' | 'refused'>> = {},
): SourceItem => ({
  id: id as RowId,
  kind,
  name: `${kind} ${id}`,
  version: 1,
  fromParent: 'copy',
  secrets: [],
  refs: refs.map(([to, ofKind, need, place = `/${to}`]) => ({ place, kind: ofKind, id: to as RowId, need })),
  ...more,
});

/** The world of the worked examples (rules/products 12). */
const WORLD = [
  item('A1', 'agent', [
    ['K1', 'knowledgeBase', 'required'],
    ['T1', 'tool', 'required'],
    ['S1', 'schedule', 'required'],
    ['W1', 'webhook', 'optional'],
    ['P1', 'phoneNumber', 'optional'],
    ['A2', 'agent', 'optional'],
  ]),
  item('A2', 'agent', [
    ['K1', 'knowledgeBase', 'required'],
    ['A1', 'agent', 'required'],
  ]),
  item('T1', 'tool', [['N1', 'integration', 'required']], { secrets: ['/auth/apiKey'] }),
  item('K1', 'knowledgeBase'),
  item('S1', 'schedule', [], { name: 'Office hours' }),
  item('N1', 'integration', [], { secrets: ['/credentials'] }),
  item('W1', 'webhook', [], { fromParent: 'never' }),
  item('P1', 'phoneNumber', [], { fromParent: 'move' }),
  item('B1', 'agent', [['B2', 'agent', 'required']]),
  item('B2', 'agent', [['B1', 'agent', 'required']]),
  item('D1', 'agent', [['Z9', 'tool', 'required', '/tools/0']]),
];
const SOURCE = new Map(WORLD.map((one) => [one.id, one]));
const EMPTY: TargetState = { links: new Map(), names: new Map(), singles: new Map(), secrets: new Map() };
const linked = (links: Record<string, number>): TargetState['links'] =>
  new Map(Object.entries(links).map(([id, version]) => [id as RowId, { product: `${id}'` as RowId, version }]));

const of = (
  chosen: readonly string[],
  target: Partial<TargetState> = {},
  answers: Record<string, ClashAnswer> = {},
  source: ReadonlyMap<RowId, SourceItem> = SOURCE,
): Resolved =>
  resolve({
    chosen: chosen as readonly RowId[],
    source,
    target: { ...EMPTY, ...target },
    answerTo: ({ id }) => answers[id],
  });

const told = ({ components, notCopied, blocked }: Resolved) => ({
  order: components
    .map((component) => component.map(({ id, act }) => (act === 'new' ? id : `${id} ${act}`)).join('+'))
    .join(', '),
  not: notCopied.map(({ id, why }) => `${id} ${why}`).join(', '),
  blocked: blocked.map(({ id, needs, why }) => `${id} ${needs?.place ?? ''} ${why}`).join(', '),
});
const named = (resolved: Resolved, id: string) => resolved.components.flat().find((one) => one.id === id);
const OFFICE: Partial<TargetState> = { names: new Map([[nameIn('schedule', nameKey('office HOURS')), 'S0' as RowId]]) };

describe('What comes along with what is imported', () => {
  it('is what it needs, in the order in which it is needed, with why, what isn’t copied, and the secrets to set (R1, R2, R3)', () => {
    const first = of(['A1']);
    expect(told(first)).toEqual({
      order: 'K1, S1, N1, T1, A1',
      not: 'A2 not_chosen, P1 moves_when_chosen, W1 never',
      blocked: '',
    });
    expect(['A1', 'K1', 'T1', 'N1'].map((id) => named(first, id)?.because)).toEqual([null, 'A1', 'A1', 'T1']);
    expect(named(first, 'N1')?.needsValue).toEqual(['/credentials']);
    expect(named(first, 'T1')?.needsValue).toEqual(['/auth/apiKey']);
    expect(told(of(['P1', 'A2', 'A1', 'A1']))).toEqual({
      order: 'K1, P1 move, S1, N1, T1, A1+A2',
      not: 'W1 never',
      blocked: '',
    });
    const both = of(['B1']);
    expect(told(both).order).toBe('B1+B2');
    expect(named(both, 'B2')?.because).toBe('B1');
  });

  it('is not what the target has a copy of, which brings nothing along; one of the same name is a clash (R4, R6)', () => {
    const target = { ...OFFICE, links: linked({ K1: 1, T1: 0 }) };
    const resolved = of(['A1'], target);
    expect(told(resolved).order).toBe('K1 use_existing, S1 clash, T1 use_existing, A1');
    expect(named(resolved, 'T1')).toMatchObject({ updateAvailable: [0, 1], into: "T1'" });
    expect(resolved.unanswered).toEqual(['S1']);
    expect(told(of(['T1', 'A1'], { links: linked({ T1: 0 }) })).order).toBe('K1, S1, N1, T1 update, A1');
    // What may be missing is used where it is there, or the next update would take it out.
    expect(told(of(['A1'], { links: linked({ A2: 1 }) })).order).toBe('A2 use_existing, K1, S1, N1, T1, A1');
  });

  it('is as the answers to clashes say, one for each', () => {
    const as = (answer: ClashAnswer) => of(['A1'], OFFICE, { S1: answer });
    expect(named(as('keep_both'), 'S1')).toMatchObject({ act: 'new', name: 'Office hours (2)', into: null });
    expect(named(as('replace'), 'S1')).toMatchObject({ act: 'replace', into: 'S0' });
    expect(named(as('use_existing'), 'S1')).toMatchObject({ act: 'use_existing', into: 'S0', needsValue: [] });
    expect(told(as('skip'))).toEqual({ order: '', not: '', blocked: 'A1 /S1 skipped, S1  skipped' });
    for (const answer of ['keep_both', 'replace', 'use_existing', 'skip'] as const)
      expect(as(answer).unanswered).toEqual([]);
  });

  it('can’t be had where something required is gone, hidden or not to be written, with all that needs it (R5)', () => {
    expect(told(of(['D1']))).toEqual({ order: '', not: '', blocked: 'D1 /tools/0 missing' });
    expect(told(of(['D1', 'K1', 'gone'])).order).toBe('K1');
    expect(told(of(['W1'])).blocked).toBe('W1  never');
    const hidden = new Map([...SOURCE, ['N1' as RowId, item('N1', 'integration', [], { refused: 'hidden' })]]);
    const resolved = of(['A1', 'S1'], {}, {}, hidden);
    expect(told(resolved)).toEqual({ order: 'S1', not: '', blocked: 'A1 /T1 blocked, N1  hidden, T1 /N1 hidden' });
    expect(resolved.blocked.find(({ id }) => id === 'N1')?.name).toBeNull();
  });

  it('gives names the first free number, cut to fit (N)', () => {
    const taken =
      (...names: string[]) =>
      (key: string) =>
        names.map(nameKey).includes(key);
    expect(freeName('Desk', taken('desk', 'Desk (2)'))).toBe('Desk (3)');
    expect(freeName('Desk (2)', taken('Desk (2)'))).toBe('Desk (3)');
    expect(freeName('x'.repeat(120), taken('x'.repeat(120)))).toHaveLength(120);
  });

  it('stands after what it needs, whatever names whatever, and is told once', () => {
    const ids = Array.from({ length: 12 }, (_, n) => `p${String(n).padStart(2, '0')}` as RowId);
    const world = fc.array(
      fc.record({ from: fc.constantFrom(...ids), to: fc.constantFrom(...ids, 'gone' as RowId), must: fc.boolean() }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(world, fc.subarray(ids, { minLength: 1 }), (refs, chosen) => {
        const refsFrom = (id: RowId): Ref[] =>
          refs.flatMap(({ from, to, must }) =>
            from === id ? [[to, 'agent', must ? 'required' : 'optional'] as const] : [],
          );
        const source = new Map(ids.map((id) => [id, item(id, 'agent', refsFrom(id))]));
        const { components, blocked } = of(chosen, {}, {}, source);
        const place = new Map(components.flatMap((component, n) => component.map(({ id }) => [id, n] as const)));
        expect(place.size).toBe(components.flat().length);
        for (const { from, to, must } of refs) {
          if (place.has(from) && place.has(to) && (must || chosen.includes(to)))
            expect(place.get(to)).toBeLessThanOrEqual(place.get(from)!);
          if (place.has(from) && must) expect(place.has(to)).toBe(true);
        }
        for (const id of chosen) expect(place.has(id)).toBe(!blocked.some((one) => one.id === id));
      }),
    );
  });
});
