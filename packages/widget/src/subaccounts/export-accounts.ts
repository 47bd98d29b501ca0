import type { AccountRow } from '@tenantree/domain';
import type { Selected } from './selected.ts';

/** By this mark spreadsheets know that the file is UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';

const COLUMNS: readonly (readonly [string, (row: AccountRow) => string | number | null])[] = [
  ['id', ({ id }) => id],
  ['parent', ({ parentId }) => parentId],
  ['external_id', ({ externalId }) => externalId],
  ['name', ({ name }) => name],
  ['status', ({ status }) => status],
  ['billing', ({ billingMode }) => billingMode],
  ['subaccounts', ({ subaccounts }) => subaccounts],
  ['members', ({ members }) => members.total],
  ['agents', ({ agents }) => agents.total],
  ['minutes', ({ minutes }) => minutes?.total ?? null],
  ['minutes_limit', ({ minutesMax }) => minutesMax],
  ['created', ({ createdAt }) => createdAt],
];

/** A cell that no spreadsheet takes for a formula. */
function cell(value: string | number | null): string {
  if (value === null) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The accounts as CSV: a line each, with what the table shows of them. */
export const csvOf = (rows: readonly AccountRow[]): string =>
  [COLUMNS.map(([name]) => name), ...rows.map((row) => COLUMNS.map(([, of]) => cell(of(row))))]
    .map((line) => line.join(','))
    .join('\r\n');

/** Saves the selected accounts as a CSV file. */
export function exportAccounts({ account, rows }: Pick<Selected, 'account' | 'rows'>): void {
  const url = URL.createObjectURL(new Blob([BYTE_ORDER_MARK, csvOf(rows)], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${account.name.replaceAll(/[^\p{L}\p{N}]+/gu, '-')}-accounts.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
