import { DRIFT_STATES, instantOf, LIST_COLUMNS, parseAccountId, type RowId } from '@tenantree/domain';
import { DEFAULT_VIEW, SORT_KEYS, STATUSES } from '@tenantree/widget';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readView, writeView } from './view-state.ts';

const instants = fc.integer({ min: 0, max: 4e12 }).map((ms) => instantOf(ms));
const views = fc
  .record(
    {
      query: fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => text.trim()),
      order: fc.record({ sort: fc.constantFrom(...SORT_KEYS), direction: fc.constantFrom('asc', 'desc') }),
      status: fc.subarray([...STATUSES], { minLength: 1 }),
      limits: fc.constantFrom('near' as const, 'full' as const),
      caps: fc.constantFrom('restricted' as const, 'unreviewed' as const),
      billing: fc.constantFrom('parent' as const, 'direct' as const),
      transfer: fc.constantFrom('in_progress' as const, 'none' as const),
      members: fc.constantFrom('none' as const, 'some' as const),
      agents: fc.constantFrom('none' as const, 'some' as const),
      createdFrom: instants,
      createdBefore: instants,
      level: fc.integer({ min: 1, max: 32 }),
      kept: fc.record(
        {
          blueprint: fc.constant('0193a1b2-0000-7000-8000-000000000003' as RowId),
          drift: fc.constantFrom(...DRIFT_STATES),
        },
        { requiredKeys: ['blueprint'] },
      ),
      under: fc.constant(parseAccountId('0193a1b2-0000-7000-8000-000000000001')!),
      layout: fc.constant('flat' as const),
      columns: fc.uniqueArray(
        fc.record(
          { column: fc.constantFrom(...LIST_COLUMNS), width: fc.integer({ min: 48, max: 800 }) },
          { requiredKeys: ['column'] },
        ),
        { selector: ({ column }) => column },
      ),
      saved: fc.constantFrom('near', '0193a1b2-0000-7000-8000-000000000002'),
    },
    { requiredKeys: ['query', 'order', 'status'] },
  )
  // What accounts are to be like to a blueprint is asked of one.
  .map(({ kept, ...view }) => ({ ...view, ...kept }));

describe('the view of the table in the address', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(views, (view) => {
        expect(readView(writeView('', view))).toEqual(view);
      }),
    );
  });

  it('leaves out what is as it is at first', () => {
    expect(writeView('', DEFAULT_VIEW)).toBe('');
    expect(writeView('?q=dental&sort=-minutes', DEFAULT_VIEW)).toBe('');
  });

  it('can be read by people', () => {
    const view = {
      query: 'dental',
      order: { sort: 'minutes', direction: 'desc' },
      status: ['active', 'closed'],
    } as const;
    expect(writeView('', view)).toBe('?q=dental&sort=-minutes&status=active,closed');
  });

  it('leaves other parameters of the address alone', () => {
    expect(writeView('?from=mail&q=old', { ...DEFAULT_VIEW, query: 'new' })).toBe('?from=mail&q=new');
  });

  it.each([
    '?sort=colour',
    '?sort=',
    '?sort=--name',
    '?status=gone',
    '?status=',
    '?status=,',
    '?q=%20%20',
    '?q',
    '?caps=',
    '?limits=far',
    '?level=0',
    '?level=x',
    '?under=me',
    '?createdFrom=yesterday',
    '?layout=tree',
    '?columns=',
    '?columns=colour:9',
    '?view=',
  ])('takes %s for the view at first', (search) => expect(readView(search)).toEqual(DEFAULT_VIEW));

  it('reads any address', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { query, status } = readView(`?${text}`);
        expect(query.length).toBeLessThanOrEqual(120);
        expect(status.length).toBeGreaterThan(0);
      }),
    );
  });
});
