import type { DocumentLine } from '@tenantree/contract';
import { type LinesOf, sumLines, type TenantTransaction } from '@tenantree/db';
import {
  type AccountId,
  amountText,
  billingPeriodOf,
  type CsvColumn,
  type Currency,
  csvHeader,
  csvLines,
  quoted,
} from '@tenantree/domain';
import type { DrawnLine } from './draw-document.ts';
import { inUnitOf, moneyOf, shownMeter } from './shown-plan.ts';

/** Lines in one part of a CSV file. */
const PART_LINES = 1_000;
/** Lines that a PDF has: of a document with more, it has those of each account directly below whoever pays as one. */
const MOST_DRAWN = 500;

/** Reads lines of an invoice or statement, from behind one of them. */
export type ReadLines = (page: { readonly after: number; readonly limit: number }) => Promise<readonly DocumentLine[]>;

const COLUMNS: readonly CsvColumn<DocumentLine>[] = [
  { name: 'line', kind: 'number', of: ({ n }) => String(n) },
  { name: 'type', kind: 'text', of: ({ type }) => type },
  { name: 'description', kind: 'text', of: ({ says }) => says },
  { name: 'accountId', kind: 'text', of: ({ account }) => account?.id ?? null },
  { name: 'accountName', kind: 'text', of: ({ account }) => account?.name ?? null },
  { name: 'path', kind: 'text', of: ({ account }) => account && pathOf(account.above) },
  { name: 'meter', kind: 'text', of: ({ meter }) => meter },
  { name: 'unit', kind: 'text', of: ({ unit }) => unit },
  { name: 'period', kind: 'text', of: ({ ofPeriod }) => ofPeriod },
  { name: 'from', kind: 'instant', of: ({ from }) => from },
  { name: 'to', kind: 'instant', of: ({ to }) => to },
  { name: 'quantity', kind: 'number', of: ({ quantity }) => quantity },
  { name: 'amount', kind: 'number', of: ({ amount }) => amountText(moneyOf(amount)) },
  { name: 'currency', kind: 'text', of: ({ amount }) => amount.currency },
];

const pathOf = (above: readonly (string | null)[]): string => above.map((name) => name ?? '…').join(' / ');

/**
 * An invoice or statement as a CSV file with every line, in parts.
 *
 * @param document how its number is called, and the number, which stand on each line
 */
export async function documentCsv(
  document: { readonly column: 'invoiceNumber' | 'statementNumber'; readonly number: string | null },
  read: ReadLines,
): Promise<string[]> {
  const columns: readonly CsvColumn<DocumentLine>[] = [
    { name: document.column, kind: 'text', of: () => document.number },
    ...COLUMNS,
  ];
  const parts: string[] = [];
  for (let after = 0; ; after += PART_LINES) {
    const lines = await read({ after, limit: PART_LINES });
    if (lines.length > 0 || after === 0) parts.push((after === 0 ? csvHeader(columns) : '') + csvLines(columns, lines));
    if (lines.length < PART_LINES) return parts;
  }
}

/**
 * What a PDF says of an invoice or statement, a row each.
 *
 * @param payer the account that lines are summed up below, where there are too many
 */
export async function linesToDraw(
  trx: TenantTransaction,
  of: LinesOf,
  document: { readonly lines: number; readonly currency: Currency; readonly payer: AccountId },
  read: ReadLines,
): Promise<DrawnLine[]> {
  if (document.lines > MOST_DRAWN) return summed(trx, of, document);
  const lines = await read({ after: 0, limit: MOST_DRAWN });
  return lines.map(({ says, account, quantity, unit, amount }) => ({
    says,
    path: account ? pathOf(account.above) : '',
    quantity: quantity === null || unit === null ? null : { amount: quantity, unit },
    amount: moneyOf(amount),
  }));
}

async function summed(
  trx: TenantTransaction,
  of: LinesOf,
  { currency, payer }: { readonly currency: Currency; readonly payer: AccountId },
): Promise<DrawnLine[]> {
  const sums = await sumLines(trx, of, payer);
  return sums.map(({ type, meter, ofPeriod, name, quantity, amount, lines }) => ({
    says: [
      WORDS[type],
      type === 'late' && ofPeriod ? `of ${billingPeriodOf(ofPeriod).key}:` : '',
      meter ? `${shownMeter(meter).label} ${name === null ? 'of its own' : `of ${quoted(name)} and below`}` : '',
    ]
      .filter(Boolean)
      .join(' '),
    path: meter ? (lines === 1 ? '1 line' : `${lines} lines`) : '',
    quantity: meter && quantity !== null ? { amount: inUnitOf(meter, quantity), unit: shownMeter(meter).unit } : null,
    amount: { currency, minor: amount },
  }));
}

const WORDS = { fee: 'Monthly fee', usage: '', late: 'Late usage', credit: 'Credit', tax: 'Tax' } as const;
