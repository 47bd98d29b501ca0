import type { DetailedInvoice } from '@tenantree/contract';
import { findStatement, type StoredStatement } from '@tenantree/db';
import { billingPeriodOf } from '@tenantree/domain';
import { drawInvoice } from '../draw-invoice.ts';
import { documentExport } from '../export-document.ts';
import { shownMoney } from '../shown-plan.ts';
import { frozen, statementLines } from './read-statements.ts';
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
      draw: (lines) => drawInvoice(shownAsInvoice(statement, number), lines, 'Statement'),
    };
  },
});

/** What is drawn of a statement, in the words of an invoice. */
function shownAsInvoice(statement: StoredStatement, number: string): DetailedInvoice {
  const { currency, total, customer, customerName, frozen: is, period, id } = statement;
  const nobody = { country: null, address: [], taxId: null };
  return {
    id,
    number,
    issuedAt: is?.at ?? null,
    kind: 'period',
    period: billingPeriodOf(period).key,
    total: shownMoney(currency, total),
    applied: shownMoney(currency, 0n),
    due: shownMoney(currency, total),
    lines: statement.lines,
    credits: null,
    seller: { ...nobody, name: readStatementTerms(statement.terms).seller },
    buyer: { ...nobody, name: customerName ?? customer },
    plan: null,
    used: [],
    tax: null,
    reason: null,
    credited: shownMoney(currency, 0n),
  };
}
