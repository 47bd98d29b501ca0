import { describe, expect, it } from 'vitest';
import { defaultTexts } from '../strings/texts.ts';
import type { Entry } from './activity-source.ts';
import { activityTable } from './activity-table.ts';
import { activityTexts } from './activity-texts.ts';

const texts = defaultTexts();
texts.complete(activityTexts);

const entry = (at: Date, details: Entry['details'] = {}): Entry => ({
  id: at.toISOString() as Entry['id'],
  at: at.toISOString() as Entry['at'],
  account: { id: 'north' as Entry['account']['id'], name: 'Acme North' },
  kind: 'accounts',
  action: 'account.suspended',
  sentence: 'suspended Acme North',
  actor: { kind: 'person', id: 'olivia', name: 'Olivia Owner', via: null },
  target: null,
  details,
  requestId: null,
});

const table = (entries: readonly Entry[]) => activityTable(entries, 'own', texts, { onlyBy: null, onlyOf: null });
const factsOf = (one: Entry): Record<string, string> =>
  Object.fromEntries((table([one]).factsOf?.(one) ?? []).map(({ name, text }) => [name, text]));

describe('the table of what was done', () => {
  it('puts entries under the days of the reader, which are called so while they are near', () => {
    const at = (daysAgo: number): Entry => {
      const day = new Date();
      day.setDate(day.getDate() - daysAgo);
      return entry(day);
    };
    const entries = [at(0), at(1), at(400)];
    const titles = entries.map((one) => table(entries).groupOf?.(one) ?? '');
    expect(titles[0]).toMatch(/^Today, /);
    expect(titles[1]).toMatch(/^Yesterday, /);
    expect(titles[2]).toMatch(/ 20\d\d$/);
    expect(titles[2]).not.toMatch(/^(Today|Yesterday)/);
  });

  it('tells all that was written down, the account once unless it had another name then', () => {
    const now = new Date();
    expect(factsOf(entry(now, { account: 'Acme North', suspendedFrom: 'now', count: 3 }))).toMatchObject({
      'Suspended from': 'now',
      Count: '3',
    });
    expect(Object.keys(factsOf(entry(now, { account: 'Acme North' })))).not.toContain('Called then');
    expect(factsOf(entry(now, { account: 'Acme' }))).toMatchObject({ 'Called then': 'Acme' });
  });

  it('tells field by field what was changed, and nothing of what was not', () => {
    const before = JSON.stringify({ max: null, reserve: 0, thresholds: [] });
    const after = JSON.stringify({ max: 5, reserve: 0, thresholds: [80, 95] });
    const changed = entry(new Date(), { account: 'Acme North', before, after });
    const turns = (table([changed]).factsOf?.(changed) ?? []).flatMap(({ name, was, text }) =>
      was === undefined ? [] : [[name, was, text]],
    );
    expect(turns).toEqual([
      ['Max', '–', '5'],
      ['Thresholds', '[]', '[80,95]'],
    ]);
    const renamed = entry(new Date(), { before: 'Acme', after: 'Acme North' });
    expect((table([renamed]).factsOf?.(renamed) ?? []).find(({ was }) => was)).toMatchObject({
      was: 'Acme',
      text: 'Acme North',
    });
  });
});
