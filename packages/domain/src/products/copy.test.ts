import { describe, expect, it } from 'vitest';
import type { RowId } from '../ids.ts';
import { namedPlaces, withIds, withIdsAt } from './copy.ts';
import { filled } from './document.ts';
import { productKind } from './kinds.ts';

const idOf = (n: number): RowId => `01940000-0000-7000-8000-${String(n).padStart(12, '0')}` as RowId;

describe('A document with the ids of another account', () => {
  it('is the same whether its places are looked for or known, and text that is an id stays as it is', () => {
    const kind = productKind('agent');
    const [first, second, tool, hours, other] = [1, 2, 3, 4, 5].map(idOf) as [RowId, RowId, RowId, RowId, RowId];
    const document = filled(kind, {
      name: 'Front desk',
      prompt: { greeting: first, instructions: tool },
      knowledge: { bases: [first, second] },
      tools: { items: [{ id: 'calendar', tool }] },
      callFlow: { hours, transferTo: [other] },
    });
    const kept = JSON.stringify(document);
    const ids = new Map([first, second, tool, hours, other].map((id, n) => [id, idOf(100 + n)]));
    const copy = withIdsAt(document, namedPlaces(kind, document), ids);
    expect(copy).toEqual(withIds(kind, document, ids));
    expect(copy).toMatchObject({ prompt: { greeting: first }, knowledge: { bases: [idOf(100), idOf(101)] } });
    expect(JSON.stringify(document)).toBe(kept);
    const plain = filled(productKind('schedule'), { name: 'Office hours' });
    expect(withIdsAt(plain, namedPlaces(productKind('schedule'), plain), ids)).toEqual(plain);
  });
});
