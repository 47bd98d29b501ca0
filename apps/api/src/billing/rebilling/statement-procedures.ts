import type { CustomerMargins } from '@tenantree/contract';
import {
  findStatement,
  readAssignmentsIn,
  readCustomerName,
  readReceived,
  readStatements,
  type StoredStatement,
} from '@tenantree/db';
import { type AccountId, billingPeriodOf, periodBefore } from '@tenantree/domain';
import { z } from 'zod';
import type { Handlers } from '../../guard/procedure.ts';
import { readCursor, rowPlace, writeCursor } from '../../hall/cursor.ts';
import { type Hall, nowOf } from '../../hall/hall.ts';
import { refuseWith } from '../../hall/refused.ts';
import { shownMoney } from '../shown-plan.ts';
import { findCustomer, readPeriod, shownPeriod } from './customers.ts';
import { statementExport } from './export-statement.ts';
import { freezeByHand, statedIn } from './freeze-statement.ts';
import { marginsOfDeparted, readMarginOf, readMargins } from './margins.ts';
import { ratePeriod, sumOf } from './rate-period.ts';
import {
  detailsOf,
  frozen,
  lateEventsOfStatement,
  lateOf,
  linesToCome,
  type StatementReader,
  shownDetails,
  shownStatement,
  statementLines,
} from './read-statements.ts';
import { supposeBook } from './what-if.ts';

const lineNumber = z.number().int();
const customerPlace = z.string().transform((text) => text as AccountId);

/** A page of statements that were read with one more than fits. */
function pageOf(hall: Hall, reader: StatementReader, place: string, found: readonly StoredStatement[], limit: number) {
  const rows = found.slice(0, limit).map((one) => shownStatement(reader, one));
  const last = found.length > limit ? rows.at(-1) : undefined;
  return { rows, nextCursor: last ? writeCursor(hall.settings.secret, place, last.id) : null };
}

export const statements: Handlers<'statements'> = {
  list: ({ ctx: { hall, access }, input: { customer, period: key, cursor, limit } }) => {
    const place = `statements:${access.id}:${customer}:${key}`;
    const before = readCursor(hall.settings.secret, place, rowPlace, cursor);
    const period = key === undefined ? null : readPeriod(hall, key).start;
    return hall.db.withTenant(
      access.id,
      async (trx) => {
        const of = customer === undefined ? null : await findCustomer(trx, access.id, customer);
        const found = await readStatements(trx, access.id, { customer: of, period, before, limit: limit + 1 });
        return pageOf(hall, access, place, found, limit);
      },
      { snapshot: true },
    );
  },

  received: async ({ ctx: { hall, access }, input: { cursor, limit } }) => {
    const place = `received:${access.id}`;
    const before = readCursor(hall.settings.secret, place, rowPlace, cursor);
    const found = await hall.db.withTenant(
      access.id,
      (trx) => readReceived(trx, access.id, { before, limit: limit + 1 }),
      { snapshot: true },
    );
    return pageOf(hall, access, place, found, limit);
  },

  get: ({ ctx: { hall, access }, input: { statement: id, cursor, limit } }) => {
    const place = `statement:${id}`;
    const after = readCursor(hall.settings.secret, place, lineNumber, cursor) ?? 0;
    return hall.db.withTenant(
      access.id,
      async (trx) => {
        const stored = frozen(await findStatement(trx, id));
        const lines = await statementLines(trx, stored, { after, limit });
        const last = lines.at(-1)?.n ?? 0;
        const isLast = lines.length < limit || last >= stored.lines;
        return {
          statement: shownStatement(access, stored),
          details: detailsOf(hall, access, stored),
          lines,
          nextCursor: isLast ? null : writeCursor(hall.settings.secret, place, last),
        };
      },
      { snapshot: true },
    );
  },

  lateEvents: ({ ctx: { hall, access }, input: { statement: id, line, cursor, limit } }) => {
    const place = `late:${id}:${line}`;
    const skip = readCursor(hall.settings.secret, place, lineNumber, cursor) ?? 0;
    return hall.db.withTenant(
      access.id,
      async (trx) => {
        const stored = frozen(await findStatement(trx, id));
        const { next, ...found } = await lateEventsOfStatement(trx, stored, { line, skip, limit });
        return { ...found, nextCursor: next === null ? null : writeCursor(hall.settings.secret, place, next) };
      },
      { snapshot: true },
    );
  },

  drafts: ({ ctx: { hall, access }, input: { period: key, cursor, limit } }) => {
    const period = readPeriod(hall, key);
    const place = `drafts:${access.id}:${period.key}`;
    const after = readCursor(hall.settings.secret, place, customerPlace, cursor);
    return hall.db.withTenant(
      access.id,
      async (trx) => {
        const stated = await statedIn(trx, access.id, period);
        const held = await readAssignmentsIn(trx, access.id, { from: period.start, to: period.end });
        const open = [...new Map(held.map(({ customer, customerName }) => [customer, customerName]))].filter(
          ([customer]) => !stated.get(customer)?.frozen && (after === null || customer > after),
        );
        const rows = [];
        for (const [customer, name] of open.slice(0, limit)) {
          const of = { seller: access.id, customer, period };
          const own = held.filter((one) => one.customer === customer);
          const rated = await ratePeriod(trx, of, hall.settings.usageMaxAgeDays, own);
          const sum = rated.ok && rated.value ? sumOf(rated.value.parts) + lateOf(rated.value) : null;
          rows.push({
            customer: { id: customer, name },
            period: shownPeriod(hall, period),
            total: rated.ok && rated.value && sum !== null ? shownMoney(rated.value.currency, sum) : null,
            refused: rated.ok ? null : rated.refusal,
          });
        }
        const last = open.length > limit ? rows.at(-1) : undefined;
        return { rows, nextCursor: last ? writeCursor(hall.settings.secret, place, last.customer.id) : null };
      },
      { snapshot: true },
    );
  },

  draft: ({ ctx: { hall, access }, input: { customer: asked, period: key, cursor, limit } }) => {
    const period = readPeriod(hall, key);
    const place = `draft:${access.id}:${asked}:${period.key}`;
    const after = readCursor(hall.settings.secret, place, lineNumber, cursor) ?? 0;
    return hall.db.withTenant(
      access.id,
      async (trx) => {
        const customer = await findCustomer(trx, access.id, asked);
        const of = { seller: access.id, customer, period };
        const rated = await ratePeriod(trx, of, hall.settings.usageMaxAgeDays);
        const shown = { customer: { id: customer, name: await readCustomerName(trx, customer) } };
        if (!rated.ok || !rated.value)
          return { ...shown, details: null, refused: rated.ok ? null : rated.refusal, lines: [], nextCursor: null };
        const { currency, parts } = rated.value;
        const lines = await linesToCome(trx, of, rated.value, { after, limit: limit + 1 });
        const page = lines.slice(0, limit);
        const last = lines.length > limit ? page.at(-1) : undefined;
        return {
          ...shown,
          details: shownDetails(hall, 'seller', { period, currency, parts }, lateOf(rated.value)),
          refused: null,
          lines: page,
          nextCursor: last ? writeCursor(hall.settings.secret, place, last.n) : null,
        };
      },
      { snapshot: true },
    );
  },

  freeze: async ({ ctx: { hall, caller, access }, input: { customer: asked, period: key } }) => {
    const period = readPeriod(hall, key);
    const customer = await hall.db.withTenant(access.id, (trx) => findCustomer(trx, access.id, asked), {
      snapshot: true,
    });
    return { statement: await freezeByHand(hall, caller, access, { customer, period }) };
  },

  export: async ({ ctx: { hall, caller, access }, input: { statement, format } }) => ({
    job: await statementExport.ask(hall, caller, access, { document: statement, format }),
  }),

  whatIf: async ({ ctx: { hall, access }, input: { customer: asked, period: key, book, terms } }) => {
    const period = readPeriod(hall, key);
    const customer = await hall.db.withTenant(access.id, (trx) => findCustomer(trx, access.id, asked), {
      snapshot: true,
    });
    return supposeBook(hall, access, { customer, period }, { book, terms });
  },
};

/** How many periods before the running one are shown of a customer. */
const PERIODS_BEFORE = 2;

export const margins: Handlers<'margins'> = {
  ofCustomer: async ({ ctx: { hall, access } }) => {
    const parent = access.chain.at(-2) ?? refuseWith('NOT_FOUND', 'There is no account above it.', 'account');
    const seller = { id: parent.id, chain: access.chain.slice(0, -1) };
    const periods: CustomerMargins['periods'][number][] = [];
    let period = billingPeriodOf(nowOf(hall));
    for (let n = 0; n <= PERIODS_BEFORE; n += 1) {
      periods.push(await readMarginOf(hall, seller, access, period));
      period = periodBefore(period);
    }
    return { seller: { id: parent.id, name: parent.name }, periods };
  },

  ofDeparted: ({ ctx: { hall, access }, input: { departure } }) => marginsOfDeparted(hall, access, departure),

  get: async ({ ctx: { hall, access }, input: { period: key, fee, cursor, limit } }) => {
    const period = readPeriod(hall, key);
    const place = `margins:${access.id}:${period.key}`;
    const after = readCursor(hall.settings.secret, place, lineNumber, cursor) ?? 0;
    const { next, ...read } = await readMargins(hall, access, period, { after, limit, fee });
    return { ...read, nextCursor: next === null ? null : writeCursor(hall.settings.secret, place, next) };
  },
};
