import type { AccountId } from '@tenantree/domain';
import type { Table } from '../parts/sam-table.ts';
import type { Texts } from '../strings/texts.ts';
import type { TransferList } from './billing-source.ts';

/** A transfer below an account: under way, or over. */
export type Departure = TransferList['underWay'][number] | TransferList['ended'][number];

/** Transfers below an account, those under way first. */
export function belowTable(
  rows: readonly Departure[],
  { say, numbers }: Texts,
  open: (account: AccountId) => void,
): Table<Departure> {
  return {
    columns: [
      { label: say('account'), cell: ({ account }) => ({ text: account.name, tone: 'strong' }) },
      {
        label: say('belowState'),
        cell: (row) =>
          'outcome' in row
            ? { text: say(`outcome_${row.outcome}`), lines: row.reason === null ? [] : [row.reason] }
            : {
                text: say('stage_in_progress'),
                lines:
                  row.missing.length === 0
                    ? []
                    : [say('belowMissing', { steps: row.missing.map((step) => say(`check_${step}`)).join(', ') })],
              },
      },
      {
        label: say('when'),
        cell: (row) =>
          'outcome' in row
            ? { text: numbers.dateTime(row.at), at: row.at }
            : { text: say('until', { date: numbers.dateTime(row.expiresAt) }), at: row.expiresAt },
      },
    ],
    rows,
    keyOf: (row) => ('outcome' in row ? row.id : row.account.id),
    // One that has left is not reached any more.
    actsOf: (row) =>
      'outcome' in row
        ? []
        : [
            {
              label: say('open'),
              name: say('belowOpenName', { name: row.account.name }),
              act: () => open(row.account.id),
            },
          ],
    actsLabel: say('open'),
  };
}
