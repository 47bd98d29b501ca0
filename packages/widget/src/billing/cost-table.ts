import type { AccountId, RowId } from '@tenantree/domain';
import type { Cell, Table } from '../parts/sam-table.ts';
import type { Texts } from '../strings/texts.ts';
import { moneyWords, monthWords } from './amounts.ts';
import type { CustomerMargins } from './billing-source.ts';

type Period = CustomerMargins['periods'][number];

/** What an account costs whoever sells to it, brings and leaves, by period. @param open opens its statement; null: there is no page for it */
export function costTable(
  { seller, periods }: CustomerMargins,
  { say, locale }: Texts,
  open: ((seller: AccountId, statement: RowId) => void) | null,
): Table<Period> {
  const money = (amount: Period['cost'], state = ''): Cell =>
    amount === null
      ? { text: '–', tone: 'quiet' }
      : { text: moneyWords(amount, locale), ...(state && { lines: [state] }) };
  const soFar = (isFinal: boolean): string => (isFinal ? '' : say('costSoFar'));
  return {
    columns: [
      { label: say('costPeriod'), cell: ({ period }) => ({ text: monthWords(period.key, locale), tone: 'strong' }) },
      { label: say('costCosts'), cell: ({ cost, costs }) => money(cost, soFar(costs === 'final')) },
      {
        label: say('costBrings'),
        cell: ({ revenue, statement }) =>
          money(revenue, statement.refused?.message ?? statement.number ?? soFar(statement.state === 'frozen')),
      },
      {
        label: say('costLeaves'),
        cell: ({ margin }) => ({
          ...money(margin?.amount ?? null),
          ...(margin?.percent && { aside: `${margin.percent} %` }),
        }),
      },
    ],
    // Of earlier periods only those of which something is known.
    rows: periods.filter(({ cost, revenue }, n) => n === 0 || cost || revenue),
    keyOf: ({ period }) => period.key,
    ...(open && {
      actsOf: ({ statement: { id, number } }: Period) =>
        id === null || number === null
          ? []
          : [
              {
                label: say('costStatement'),
                name: `${say('costStatement')} ${number}`,
                act: () => open(seller.id, id),
              },
            ],
      actsLabel: say('costStatement'),
    }),
  };
}
