import { readAssignments, readBooks, readBookVersions } from '@tenantree/db';
import type { AccountId, Instant } from '@tenantree/domain';
import { z } from 'zod';
import type { Handlers } from '../../guard/procedure.ts';
import { readCursor, rowPlace, writeCursor } from '../../hall/cursor.ts';
import { nowOf } from '../../hall/hall.ts';
import { assignBook, previewAssignment, shownAssignment, unassignBook } from './assign-book.ts';
import { findCustomer } from './customers.ts';
import { readOwnTerms } from './rate-period.ts';
import { findVersion, readBookTerms, saveBook } from './save-book.ts';
import { shownBook } from './shown-book.ts';

const assignmentPlace = z.object({
  from: z.string().transform((text) => text as Instant),
  customer: z.string().transform((text) => text as AccountId),
});

export const books: Handlers<'books'> = {
  list: ({ ctx: { hall, access }, input: { cursor, limit } }) => {
    const place = `books:${access.id}`;
    const before = readCursor(hall.settings.secret, place, rowPlace, cursor);
    const now = nowOf(hall);
    return hall.db.withTenant(
      access.id,
      async (trx) => {
        const found = await readBooks(trx, access.id, { before, limit: limit + 1, now });
        const own = await readOwnTerms(trx, access.id, now);
        const rows = found.slice(0, limit).map(({ customers, ...book }) => ({ ...shownBook(book, own), customers }));
        const last = found.length > limit ? rows.at(-1) : undefined;
        return { rows, nextCursor: last ? writeCursor(hall.settings.secret, place, last.id) : null };
      },
      { snapshot: true },
    );
  },

  get: ({ ctx: { hall, access }, input: { book, version } }) =>
    hall.db.withTenant(
      access.id,
      async (trx) => {
        const found = await findVersion(trx, access.id, book, version ?? null);
        const versions = await readBookVersions(trx, access.id, book);
        return {
          book: shownBook(found, await readOwnTerms(trx, access.id, nowOf(hall))),
          versions: versions.map((one) => ({ version: one.version, name: one.name, savedAt: one.savedAt })),
        };
      },
      { snapshot: true },
    ),

  save: ({ ctx: { hall, caller, access }, input }) => {
    readBookTerms(input.terms);
    return hall.change(caller, { root: access.root, acting: access.id }, async (change) => {
      const saved = await saveBook(hall, change, access.id, input);
      return { book: shownBook(saved, await readOwnTerms(change.trx, access.id, change.now)) };
    });
  },

  assignments: ({ ctx: { hall, access }, input: { customer, book, only, cursor, limit } }) => {
    const place = `assignments:${access.id}:${customer}:${book}:${only}`;
    const after = readCursor(hall.settings.secret, place, assignmentPlace, cursor);
    const now = nowOf(hall);
    return hall.db.withTenant(
      access.id,
      async (trx) => {
        const of = customer === undefined ? null : await findCustomer(trx, access.id, customer);
        const sold = book === undefined ? null : (await findVersion(trx, access.id, book, null)).id;
        const openAt = only === 'open' ? now : null;
        const found = await readAssignments(trx, access.id, {
          customer: of,
          book: sold,
          openAt,
          after,
          limit: limit + 1,
        });
        const rows = found.slice(0, limit).map((one) => shownAssignment(one, now));
        const last = found.length > limit ? rows.at(-1) : undefined;
        const next = last && { from: last.from, customer: last.customer.id };
        return { rows, nextCursor: next ? writeCursor(hall.settings.secret, place, next) : null };
      },
      { snapshot: true },
    );
  },

  previewAssignment: ({ ctx: { hall, access }, input }) => previewAssignment(hall, access.id, input),

  assign: ({ ctx: { hall, caller, access }, input }) =>
    hall.change(caller, { root: access.root, acting: access.id }, (change) =>
      assignBook(hall, change, access.id, input),
    ),

  unassign: ({ ctx: { hall, caller, access }, input: { customers, to } }) =>
    hall.change(caller, { root: access.root, acting: access.id }, (change) =>
      unassignBook(change, access.id, customers, to ?? null),
    ),
};
