import type { AccountId, RowId } from '@tenantree/domain';
import type { Table } from '../parts/sam-table.ts';
import type { Texts } from '../strings/texts.ts';
import type { TransferList } from './billing-source.ts';

/** A transfer below an account: under way, or over. */
export type Departure = TransferList['underWay'][number] | TransferList['ended'][number];

/** Transfers below an account, those under way first. @param openLeft opens what is kept of one that has left; null: there is no page for it */
export function belowTable(
  rows: readonly Departure[],
  { say, numbers }: Texts,
  open: (account: AccountId) => void,
  openLeft: ((from: AccountId, departure: RowId) => void) | null,
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
    actsOf: (row) => {
      const { id, name } = row.account;
      const opens = (act: () => void) => [{ label: say('open'), name: say('belowOpenName', { name }), act }];
      if (!('outcome' in row)) return opens(() => open(id));
      const { from } = row;
      return from && openLeft ? opens(() => openLeft(from.id, row.id)) : [];
    },
    actsLabel: say('open'),
  };
}
