import { findInvoiceOf, readInvoices } from '@tenantree/db';
import { z } from 'zod';
import type { Handlers } from '../guard/procedure.ts';
import { readCursor, rowPlace, writeCursor } from '../hall/cursor.ts';
import { closePeriod } from './close-period.ts';
import { creditInvoice, readToCredit } from './credit-invoice.ts';
import { invoiceExport } from './export-invoice.ts';
import { invoiceToCome } from './invoice-to-come.ts';
import { lateEventsOfInvoice } from './late-events.ts';
import { detailedInvoice, findIssued, linesOf, shownInvoice } from './read-invoices.ts';
import { readPeriod, shownPeriod } from './rebilling/customers.ts';

const lineNumber = z.number().int();

export const invoices: Handlers<'invoices'> = {
  list: async ({ ctx: { hall, access }, input: { cursor, limit } }) => {
    const place = `invoices:${access.id}`;
    const before = readCursor(hall.settings.secret, place, rowPlace, cursor);
    const found = await hall.db.withTenant(
      access.id,
      (trx) => readInvoices(trx, access.id, { before, limit: limit + 1 }),
      { snapshot: true },
    );
    const rows = found.slice(0, limit).map(shownInvoice);
    const last = found.length > limit ? rows.at(-1) : undefined;
    return { rows, nextCursor: last ? writeCursor(hall.settings.secret, place, last.id) : null };
  },

  get: ({ ctx: { hall, access }, input: { invoice: id, cursor, limit } }) => {
    const place = `invoice:${id}`;
    const after = readCursor(hall.settings.secret, place, lineNumber, cursor) ?? 0;
    return hall.db.withTenant(
      access.id,
      async (trx) => {
        const invoice = await findIssued(trx, access.id, id);
        const lines = await linesOf(trx, access.id, invoice, { after, limit });
        const last = lines.at(-1)?.n ?? 0;
        return {
          invoice: await detailedInvoice(trx, access.id, invoice),
          lines,
          nextCursor:
            lines.length < limit || last >= invoice.lines ? null : writeCursor(hall.settings.secret, place, last),
        };
      },
      { snapshot: true },
    );
  },

  lateEvents: ({ ctx: { hall, access }, input: { invoice: id, line, cursor, limit } }) => {
    const place = `late:${id}:${line}`;
    const skip = readCursor(hall.settings.secret, place, lineNumber, cursor) ?? 0;
    return hall.db.withTenant(
      access.id,
      async (trx) => {
        const invoice = await findIssued(trx, access.id, id);
        const { next, ...found } = await lateEventsOfInvoice(trx, access.id, invoice, { line, skip, limit });
        return { ...found, nextCursor: next === null ? null : writeCursor(hall.settings.secret, place, next) };
      },
      { snapshot: true },
    );
  },

  draft: ({ ctx: { hall, access }, input: { period: key, cursor, limit } }) => {
    const period = readPeriod(hall, key);
    const place = `draft-invoice:${access.id}:${period.key}`;
    const after = readCursor(hall.settings.secret, place, lineNumber, cursor) ?? 0;
    return hall.db.withTenant(
      access.id,
      async (trx) => {
        const of = { account: access.id, period };
        const invoice = await findInvoiceOf(trx, access.id, { kind: 'period', period: period.start, seq: 0 });
        const common = { period: shownPeriod(hall, period) };
        if (invoice?.issued) {
          const issued = { id: invoice.id, number: invoice.issued.number };
          return { ...common, issued, draft: null, lines: [], nextCursor: null };
        }
        const found = await invoiceToCome(trx, of, hall.settings.usageMaxAgeDays, { after, limit });
        const lines = found?.lines ?? [];
        const last = lines.at(-1)?.n ?? 0;
        return {
          ...common,
          issued: null,
          draft: found?.draft ?? null,
          lines,
          nextCursor:
            !found || lines.length < limit || last >= found.draft.lines
              ? null
              : writeCursor(hall.settings.secret, place, last),
        };
      },
      { snapshot: true },
    );
  },

  export: async ({ ctx: { hall, caller, access }, input: { invoice, format } }) => ({
    job: await invoiceExport.ask(hall, caller, access, { document: invoice, format }),
  }),

  closePeriod: async ({ ctx: { hall, caller, access }, input: { period } }) => ({
    invoice: await closePeriod(hall, caller, access, period),
  }),

  credit: async ({ ctx: { hall, caller, access }, input }) => {
    const { root, id: acting } = access;
    const invoice = await hall.db.withTenant(acting, (trx) => readToCredit(trx, acting, input.invoice), {
      snapshot: true,
    });
    return hall.change(caller, { root, acting }, async (change) => ({
      invoice: await creditInvoice(hall, change, acting, invoice, input),
    }));
  },
};
