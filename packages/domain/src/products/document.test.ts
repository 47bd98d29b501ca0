import { describe, expect, it } from 'vitest';
import { nameKey } from '../hierarchy/names.ts';
import type { Level } from '../permissions/registry.ts';
import { type Document, parseDocument, partLevels, refsOf, rowsChanged, shownDocument } from './document.ts';
import { freeName } from './free-name.ts';
import { productKind } from './kinds.ts';

const [AGENT, TOOL] = [productKind('agent'), productKind('tool')];
const ID = '018f0000-0000-7000-8000-000000000001';

const parsed = (kind: typeof AGENT, sent: unknown, kept: Document | null = null) => {
  const decision = parseDocument(kind, sent, kept);
  if (!decision.ok) throw new Error(decision.refusal.message);
  return decision.value;
};

describe('A document', () => {
  it('is whole when nobody says more than a name, and keeps the parts that are not sent', () => {
    const { document } = parsed(AGENT, { name: ' Avi ' });
    expect(document).toMatchObject({ name: 'Avi', general: { voice: { speed: 1 } }, notifications: { sets: [] } });
    const { document: next } = parsed(AGENT, { prompt: { style: 'Short' } }, document);
    expect(next).toEqual({ ...document, prompt: { ...(document['prompt'] as Document), style: 'Short' } });
    // Of a kind without parts it is the whole.
    const tool = parsed(TOOL, { name: 'T', description: 'Old', method: 'GET' });
    expect(parsed(TOOL, { name: 'T' }, tool.document).document).toMatchObject({ description: '', method: 'POST' });
  });

  it('names places by the ids of entries, wherever these stand', () => {
    const items = [
      { id: 'b', tool: ID },
      { id: 'a', tool: ID },
    ];
    const { document, refs } = parsed(AGENT, { name: 'A', tools: { items }, callFlow: { transferTo: [ID] } });
    expect(refs).toEqual([
      { place: '/tools/items/b/tool', kind: 'tool', id: ID, need: 'required' },
      { place: '/tools/items/a/tool', kind: 'tool', id: ID, need: 'required' },
      { place: '/callFlow/transferTo/0', kind: 'agent', id: ID, need: 'optional' },
    ]);
    expect(refsOf(AGENT, document)).toEqual(refs);
  });

  it('says of secrets which are set, cleared and may be there, and has none', () => {
    const secret = (id: string, value: unknown) => ({ id, type: 'secret', name: id, value });
    const headers = [
      secret('a', 'one'),
      secret('b', null),
      secret('c', { set: true, last4: 'x' }),
      secret('d', undefined),
    ];
    const { document, secrets, secretPlaces } = parsed(TOOL, { name: 'T', auth: { apiKey: 'two' }, headers });
    expect(secrets).toEqual([
      { place: '/headers/b/value', value: null },
      { place: '/auth/apiKey', value: 'two' },
      { place: '/headers/a/value', value: 'one' },
    ]);
    expect(secretPlaces).toEqual(['/auth/apiKey', ...['a', 'b', 'c', 'd'].map((id) => `/headers/${id}/value`)]);
    expect(JSON.stringify(document)).not.toMatch(/"one"|"two"|last4/);
    const shown = shownDocument(TOOL, document, new Map([['/headers/c/value', 'tail']]), {});
    expect(shown['headers']).toMatchObject([{}, {}, { value: { set: true, last4: 'tail' } }, {}]);
  });

  it('is shown without the parts that somebody may not read, and asks for the rows of those that differ', () => {
    const levels = partLevels(AGENT, (row): Level => (row === 'agents.prompt' ? 'none' : 'read'));
    const before = parsed(AGENT, { name: 'A', prompt: { greeting: 'Hi' } });
    expect(Object.keys(shownDocument(AGENT, before.document, new Map(), levels))).not.toContain('prompt');
    const rowsOf = (sent: object) => rowsChanged(AGENT, before.document, parsed(AGENT, sent, before.document));
    expect(rowsOf({})).toEqual([]);
    expect(rowsOf({ prompt: { greeting: 'Hi' } })).toEqual([]);
    expect(rowsOf({ name: 'B', analytics: { record: true } })).toEqual(['agents.general', 'agents.analytics']);
    // One of which little is kept, as agents of before, differs by what is said now alone.
    expect(rowsChanged(AGENT, { name: 'A' }, before)).toEqual(['agents.prompt']);
  });
});

it('A name that is taken gets the first free number, cut to fit (rules/products 1)', () => {
  const free = (wished: string, ...taken: string[]) => freeName(wished, (key) => taken.map(nameKey).includes(key));
  const long = 'x'.repeat(120);
  expect(free('Desk', 'bell')).toBe('Desk');
  expect(free('Desk', 'desk', 'Desk (2)')).toBe('Desk (3)');
  expect(free('Desk (2)', 'Desk (2)')).toBe('Desk (3)');
  expect(free(long, long)).toBe(`${'x'.repeat(116)} (2)`);
});
