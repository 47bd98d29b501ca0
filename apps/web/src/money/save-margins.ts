import type { Margins } from '@tenantree/contract';
import { amountText, type CsvColumn, csvHeader, csvLines } from '@tenantree/domain';
import type { ShownMoney } from '@tenantree/widget/money';
import { tenantree } from '../server.ts';
import { saveCsv } from './save-job.ts';

type Row = Margins['rows'][number];
/** Whose part the seller’s own fee is. */
export type FeePart = 'nobodys' | 'byQuantity';

const decimalOf = (money: ShownMoney | null): string | null =>
  money && amountText({ currency: { code: money.currency, exponent: money.exponent }, minor: BigInt(money.minor) });

/** Amounts in major units with all of their digits. */
const COLUMNS: readonly CsvColumn<Row>[] = [
  { name: 'customerId', kind: 'text', of: ({ customer }) => customer.id },
  { name: 'customerName', kind: 'text', of: ({ customer }) => customer.name },
  { name: 'priceBook', kind: 'text', of: ({ book }) => book && `${book.name} v${book.version}` },
  { name: 'cost', kind: 'number', of: ({ cost }) => decimalOf(cost) },
  { name: 'costCurrency', kind: 'text', of: ({ cost }) => cost?.currency ?? null },
  { name: 'revenue', kind: 'number', of: ({ revenue }) => decimalOf(revenue) },
  { name: 'revenueCurrency', kind: 'text', of: ({ revenue }) => revenue?.currency ?? null },
  { name: 'margin', kind: 'number', of: ({ margin }) => decimalOf(margin?.amount ?? null) },
  { name: 'marginPercent', kind: 'number', of: ({ margin }) => margin?.percent ?? null },
  { name: 'statement', kind: 'text', of: ({ statement }) => statement.number ?? statement.state },
];

/** Saves what all customers of a period cost, bring and leave as CSV. */
export async function saveMargins(account: string, period: string, fee: FeePart): Promise<void> {
  const rows: Row[] = [];
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const asked = { account, period, fee, limit: 500, ...(cursor !== null && { cursor }) };
    const page: Margins = await tenantree.trpc.margins.get.query(asked);
    rows.push(...page.rows);
    cursor = page.nextCursor;
  }
  saveCsv(`margins-${period}.csv`, csvHeader(COLUMNS) + csvLines(COLUMNS, rows));
}
