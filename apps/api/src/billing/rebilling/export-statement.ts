import { findStatement, type StoredStatement } from '@tenantree/db';
import { billingPeriodOf } from '@tenantree/domain';
import { amountWords, periodWords, ROUNDED, ratedWords, spanWords, summedWords } from '../document-words.ts';
import { type DrawnDocument, type DrawnLine, drawDocument } from '../draw-document.ts';
import { documentExport } from '../export-document.ts';
import { frozen, shownParts, statementLines } from './read-statements.ts';
import { readStatementTerms } from './statement-terms.ts';

/** Writes a statement into a file. */
export const statementExport = documentExport({
  name: 'statements.export',
  label: 'Statement as a file',
  procedure: 'statements.export',
  column: 'statementNumber',
  find: async (trx, _account, id) => {
    const statement = frozen(await findStatement(trx, id));
    const number = statement.frozen?.number ?? '';
    return {
      number,
      lines: statement.lines,
      currency: statement.currency,
      payer: statement.customer,
      of: { table: 'statement_lines', account: statement.seller, document: statement.id },
      read: (page) => statementLines(trx, statement, page),
      draw: (lines) => drawDocument(statementDocument(statement, lines)),
    };
  },
});

/** What is drawn of a statement: what its customer may see, whoever asks. */
function statementDocument(statement: StoredStatement, lines: readonly DrawnLine[]): DrawnDocument {
  const { currency, total, customer, customerName, period } = statement;
  const { seller, parts } = readStatementTerms(statement.terms);
  const nowhere = { country: null, address: [], taxId: null };
  return {
    title: 'Statement',
    number: statement.frozen?.number ?? '',
    at: statement.frozen?.at ?? null,
    facts: [['Period', periodWords(billingPeriodOf(period))]],
    parties: [
      { ...nowhere, heading: 'Billed to', name: customerName ?? customer },
      { ...nowhere, heading: 'From', name: seller },
    ],
    worked: shownParts('customer', currency, parts).flatMap(({ from, to, fee, used }) => [
      ['Fee', `${spanWords(from, to)}: ${amountWords(fee)}`] as const,
      ...used.map((one) => [one.label, ratedWords({ ...one, price: one.prices[0] ?? null })] as const),
    ]),
    lines,
    sums: [[total < 0n ? 'To have back' : 'To be paid', { currency, minor: total < 0n ? -total : total }]],
    pay: null,
    notes: [
      ...summedWords(lines.length, statement.lines),
      ...(total < 0n
        ? ['More is taken back than was used: it is the customer’s to have back, and no later statement takes it off.']
        : []),
      ROUNDED,
    ],
  };
}
