import type { Product, ShownBlueprint } from '@tenantree/contract';
import type { AccountId, Instant, RowId } from '@tenantree/domain';
import { describe, expect, it } from 'vitest';
import { contentOf, draftOf, findVariables, placed, withProducts } from './draft.ts';

const AGENT = '0190a000-0000-7000-8000-000000000001' as RowId;
const PRESET = '0190a000-0000-7000-8000-000000000002' as RowId;
const BOOK = '0190a000-0000-7000-8000-000000000003' as RowId;

const shown: ShownBlueprint = {
  id: '0190a000-0000-7000-8000-000000000004' as RowId,
  version: 2,
  newest: 2,
  name: 'Practice',
  from: { id: '0190a000-0000-7000-8000-000000000005' as AccountId, name: 'Here' },
  sections: ['caps', 'limits', 'priceBook', 'products'],
  variables: [{ key: 'company', label: 'Company', type: 'text', required: true, secret: false }],
  savedBy: null,
  savedAt: '2026-11-01T00:00:00.000Z' as Instant,
  caps: { preset: { id: PRESET, version: 3 }, levels: { tasks: 'read' } },
  limits: { agents: { max: 5, reserve: 1, atLimit: 'notify', thresholds: [50] } },
  priceBook: { book: BOOK, name: 'Retail', version: 1, from: 'now' },
  products: [
    { product: AGENT, kind: 'agent', name: 'Desk', version: 4, parts: null, chosen: true, answer: 'keep_both' },
    { product: BOOK, kind: 'tool', name: 'Calendar', version: 1, parts: null, chosen: false, answer: null },
  ],
  places: [{ key: 'company', product: AGENT, place: '/name' }],
  versions: [],
};

const product = (document: Product['document'], refs: Product['refs'] = []) => ({ id: AGENT, document, refs });

describe('What is written of a blueprint', () => {
  it('is sent as it was read, where nothing is changed', () => {
    expect(contentOf(draftOf(shown, [{ id: PRESET }]))).toEqual({
      caps: { preset: { id: PRESET } },
      limits: { agents: { max: 5, reserve: 1, atLimit: 'notify', thresholds: [50] } },
      priceBook: { book: BOOK, from: 'now' },
      products: [{ product: AGENT, answer: 'keep_both' }],
      variables: [
        {
          key: 'company',
          label: 'Company',
          type: 'text',
          required: true,
          secret: false,
          at: [{ product: AGENT, place: '/name' }],
        },
      ],
    });
  });

  it('asks for nothing of a product that is left out: its secrets go with it, a text may stand elsewhere', () => {
    const draft = draftOf(shown, []);
    const secret = { key: 'apiKey', label: 'Key', type: 'text', required: true, secret: true } as const;
    const both = [
      { product: AGENT, place: '/secret' },
      { product: BOOK, place: '/secret' },
    ];
    const variables = [...draft.variables, { ...secret, at: both.slice(0, 1) }, { ...secret, key: 'other', at: both }];
    const left = withProducts({ ...draft, variables }, []);
    expect(left.products).toEqual([]);
    expect(left.variables.map(({ key, at }) => [key, at])).toEqual([
      ['company', []],
      ['other', both.slice(1)],
    ]);
  });

  it('says at which percents of a maximum, and of what is unlimited none', () => {
    const draft = draftOf(shown, []);
    const agents = (more: object) =>
      contentOf({
        ...draft,
        limits: draft.limits.map((one) => (one.kind === 'agents' ? { ...one, ...more } : one)),
      }).limits?.agents;
    expect(draft.limits.find(({ kind }) => kind === 'calls')?.thresholds).toBe('80, 95, 100');
    expect(agents({ thresholds: '60, 90;100 %' })).toMatchObject({ thresholds: [60, 90, 100] });
    expect(agents({ thresholds: '' })).toMatchObject({ thresholds: [] });
    expect(agents({ max: '' })).not.toHaveProperty('thresholds');
  });

  it('has the levels of a preset that is offered no more, and names nothing that isn’t set up', () => {
    expect(contentOf(draftOf(shown, [])).caps).toEqual({ levels: { tasks: 'read' } });
    expect(contentOf(draftOf(null, []))).toEqual({ name: '', variables: [] });
  });
});

describe('What a blueprint can ask for', () => {
  it('is what texts have in braces, by the ids of entries, and secrets that are set', () => {
    const document = {
      name: 'Desk of {{company}}, {{company}}',
      prompt: { 'a/b': 'Hello {{who}} at {{company}}' },
      goals: [{ id: 'g1', words: 'Of {{company}}' }, 'no {{1}} name'],
      auth: { apiKey: { set: true, last4: '1234' }, other: { set: false } },
    };
    const { texts, secrets } = findVariables([product(document)]);
    expect(Object.fromEntries(texts)).toEqual({
      company: [
        { product: AGENT, place: '/name' },
        { product: AGENT, place: '/prompt/a~1b' },
        { product: AGENT, place: '/goals/g1/words' },
      ],
      who: [{ product: AGENT, place: '/prompt/a~1b' }],
    });
    expect(secrets).toEqual([{ product: AGENT, place: '/auth/apiKey' }]);
  });

  it('follows the texts of products that were read, and stays where it was in others', () => {
    const found = findVariables([product({ name: 'Desk', greeting: 'Hello {{company}}' })]);
    const [variable] = draftOf(shown, []).variables;
    const elsewhere = { product: BOOK, place: '/name' };
    const moved = placed([{ ...variable!, at: [...variable!.at, elsewhere] }], found, new Set([AGENT]));
    expect(moved[0]!.at).toEqual([elsewhere, { product: AGENT, place: '/greeting' }]);
  });
});
