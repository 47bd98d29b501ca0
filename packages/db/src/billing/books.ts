import type { AccountId, BookInput, Instant, PlanInput, RowId } from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';

/** A version of a price book, by name. */
export type BookVersion = { readonly id: RowId; readonly version: number };

/** A version of a price book as it is stored: it never changes. */
export type StoredBook = BookVersion & {
  readonly name: string;
  readonly terms: BookInput;
  readonly savedAt: Instant;
};

type RawBook = { id: RowId; version: number; name: string; terms: BookInput; saved_at: Date };
const bookOf = ({ saved_at, ...book }: RawBook): StoredBook => ({
  ...book,
  savedAt: saved_at.toISOString() as Instant,
});
const BOOK_COLUMNS = sql`b.id, b.version, b.name, b.terms, b.saved_at`;

/** Writes a version of a book of the acting account. */
export async function writeBook(trx: TenantTransaction, account: AccountId, book: StoredBook): Promise<void> {
  await sql`INSERT INTO books (account_id, id, version, name, terms, saved_at)
    VALUES (${account}, ${book.id}, ${book.version}, ${book.name}, ${JSON.stringify(book.terms)}::jsonb, ${book.savedAt}::timestamptz)`.execute(
    trx,
  );
}

/** Finds a version of a book of the acting account. @param version null: the newest */
export async function findBook(
  trx: TenantTransaction,
  account: AccountId,
  id: RowId,
  version: number | null,
): Promise<StoredBook | null> {
  const { rows } = await sql<RawBook>`SELECT ${BOOK_COLUMNS} FROM books b
    WHERE b.account_id = ${account} AND b.id = ${id} AND (${version}::int IS NULL OR b.version = ${version}::int) ORDER BY b.version DESC LIMIT 1`.execute(
    trx,
  );
  return rows[0] ? bookOf(rows[0]) : null;
}

/** Finds the book of the acting account that is called so now. */
export async function findBookNamed(trx: TenantTransaction, account: AccountId, name: string): Promise<RowId | null> {
  const { rows } = await sql<{
    id: RowId;
  }>`SELECT b.id FROM books b WHERE b.account_id = ${account} AND b.name = ${name}
    AND b.version = (SELECT max(n.version) FROM books n WHERE n.account_id = ${account} AND n.id = b.id) LIMIT 1`.execute(
    trx,
  );
  return rows[0]?.id ?? null;
}

/** Reads which versions of a book of the acting account there are, newest first. */
export async function readBookVersions(trx: TenantTransaction, account: AccountId, id: RowId): Promise<StoredBook[]> {
  const { rows } =
    await sql<RawBook>`SELECT ${BOOK_COLUMNS} FROM books b WHERE b.account_id = ${account} AND b.id = ${id} ORDER BY b.version DESC LIMIT 500`.execute(
      trx,
    );
  return rows.map(bookOf);
}

/** Reads the books of the acting account in their newest versions, newest book first, and how many customers have each of them at an instant. */
export async function readBooks(
  trx: TenantTransaction,
  account: AccountId,
  { before, limit, now }: { readonly before: RowId | null; readonly limit: number; readonly now: Instant },
): Promise<(StoredBook & { readonly customers: number })[]> {
  const { rows } = await sql<RawBook & { customers: number }>`
    SELECT ${BOOK_COLUMNS}, (SELECT count(*)::int FROM book_assignments g WHERE g.account_id = ${account} AND g.book_id = b.id
      AND g.valid_from <= ${now}::timestamptz AND (g.valid_to IS NULL OR g.valid_to > ${now}::timestamptz)) AS customers
    FROM books b WHERE b.account_id = ${account} AND (${before}::uuid IS NULL OR b.id < ${before}::uuid)
      AND b.version = (SELECT max(n.version) FROM books n WHERE n.account_id = ${account} AND n.id = b.id)
    ORDER BY b.id DESC LIMIT ${limit}`.execute(trx);
  return rows.map(({ customers, ...book }) => ({ ...bookOf(book), customers }));
}

/** Which book a customer has over which time. */
export type StoredAssignment = {
  readonly customer: AccountId;
  /** Null: nobody knows any more. */
  readonly customerName: string | null;
  readonly book: StoredBook;
  readonly from: Instant;
  /** Not in it any more; null: it goes on. */
  readonly to: Instant | null;
};

type RawAssignment = RawBook & {
  customer_id: AccountId;
  customer_name: string | null;
  valid_from: Date;
  valid_to: Date | null;
};

/** Reads assignments of the acting account, as far as a condition goes. */
async function readSome(
  trx: TenantTransaction,
  account: AccountId,
  where: RawBuilder<unknown>,
): Promise<StoredAssignment[]> {
  const { rows } = await sql<RawAssignment>`
    SELECT g.customer_id, name_then(g.customer_id) AS customer_name, g.valid_from, g.valid_to, ${BOOK_COLUMNS}
    FROM book_assignments g JOIN books b ON b.account_id = g.account_id AND b.id = g.book_id AND b.version = g.book_version
    WHERE g.account_id = ${account} AND ${where}`.execute(trx);
  return rows.map(({ customer_id, customer_name, valid_from, valid_to, ...book }) => ({
    customer: customer_id,
    customerName: customer_name,
    book: bookOf(book),
    from: valid_from.toISOString() as Instant,
    to: instantOrNull(valid_to),
  }));
}

/** Reads all assignments of some customers of the acting account, in the order of time. */
export const readAssignmentsOf = (
  trx: TenantTransaction,
  account: AccountId,
  customers: readonly AccountId[],
): Promise<StoredAssignment[]> =>
  readSome(trx, account, sql`g.customer_id = ANY (${[...customers]}::uuid[]) ORDER BY g.valid_from, g.customer_id`);

/** Reads the assignments of the acting account that hold for some of a time, by customer and in the order of time. */
export const readAssignmentsIn = (
  trx: TenantTransaction,
  account: AccountId,
  { from, to }: { readonly from: Instant; readonly to: Instant },
): Promise<StoredAssignment[]> =>
  readSome(
    trx,
    account,
    sql`g.valid_from < ${to}::timestamptz AND (g.valid_to IS NULL OR g.valid_to > ${from}::timestamptz) ORDER BY g.customer_id, g.valid_from`,
  );

/** A place in a list of assignments. */
export type AssignmentPlace = { readonly from: Instant; readonly customer: AccountId };

/** Reads assignments of the acting account, newest first, from behind one of them. @param endedBy only those that don't end by then */
export const readAssignments = (
  trx: TenantTransaction,
  account: AccountId,
  {
    customer,
    book,
    openAt,
    after,
    limit,
  }: {
    readonly customer: AccountId | null;
    readonly book: RowId | null;
    readonly openAt: Instant | null;
    readonly after: AssignmentPlace | null;
    readonly limit: number;
  },
): Promise<StoredAssignment[]> =>
  readSome(
    trx,
    account,
    sql`(${customer}::uuid IS NULL OR g.customer_id = ${customer}::uuid) AND (${book}::uuid IS NULL OR g.book_id = ${book}::uuid)
      AND (${openAt}::timestamptz IS NULL OR g.valid_to IS NULL OR g.valid_to > ${openAt}::timestamptz)
      AND (${after?.from ?? null}::timestamptz IS NULL OR (g.valid_from, g.customer_id) < (${after?.from ?? null}::timestamptz, ${after?.customer ?? null}::uuid))
    ORDER BY g.valid_from DESC, g.customer_id DESC LIMIT ${limit}`,
  );

/** Gives a customer of the acting account a book over a time. The database refuses what overlaps another one. */
export async function writeAssignment(
  trx: TenantTransaction,
  account: AccountId,
  {
    customer,
    book,
    from,
    to,
  }: {
    readonly customer: AccountId;
    readonly book: BookVersion;
    readonly from: Instant;
    readonly to: Instant | null;
  },
): Promise<void> {
  await sql`
    INSERT INTO book_assignments (account_id, customer_id, valid_from, valid_to, book_id, book_version, stated_to)
    VALUES (${account}, ${customer}, ${from}::timestamptz, ${to}::timestamptz, ${book.id}, ${book.version}, date_trunc('month', ${from}::timestamptz, 'UTC'))`.execute(
    trx,
  );
}

/** Ends what a customer of the acting account has, and what it would have later. */
export async function cutAssignments(
  trx: TenantTransaction,
  account: AccountId,
  customer: AccountId,
  at: Instant,
): Promise<void> {
  await sql`DELETE FROM book_assignments WHERE account_id = ${account} AND customer_id = ${customer} AND valid_from >= ${at}::timestamptz`.execute(
    trx,
  );
  await sql`UPDATE book_assignments SET valid_to = ${at}::timestamptz WHERE account_id = ${account} AND customer_id = ${customer}
    AND (valid_to IS NULL OR valid_to > ${at}::timestamptz)`.execute(trx);
}

/** Ends the books of an account of the acting subtree: whoever sold to it does no more. */
export async function endAssignments(trx: TenantTransaction, customer: AccountId, at: Instant): Promise<void> {
  await sql`SELECT end_assignments(${customer}, ${at}::timestamptz)`.execute(trx);
}

/** How usage of an account is paid for while it stands in one place, from whoever pays for the tree down to itself. */
export type SalesAbove = {
  readonly from: Instant;
  readonly to: Instant;
  /** Null: the payer has none. */
  readonly plan: PlanInput | null;
  readonly books: readonly (readonly {
    readonly from: Instant;
    readonly to: Instant | null;
    readonly terms: BookInput;
  }[])[];
};

/** Reads how usage of an account is paid for in a period, in the order of time; nobody below those accounts is told of it. */
export async function readSalesAbove(
  trx: TenantTransaction,
  account: AccountId,
  { from, to }: { readonly from: Instant; readonly to: Instant },
): Promise<SalesAbove[]> {
  type Raw = { from: string; to: string; plan: PlanInput | null; books: RawHeld[][] };
  type RawHeld = { from: string; to: string | null; terms: BookInput };
  const { rows } = await sql<{
    sales: Raw[];
  }>`SELECT sales_above(${account}, ${from}::timestamptz, ${to}::timestamptz) AS sales`.execute(trx);
  const instant = (text: string): Instant => new Date(text).toISOString() as Instant;
  return rows[0]!.sales.map(({ plan, books, ...span }) => ({
    from: instant(span.from),
    to: instant(span.to),
    plan,
    books: books.map((held) =>
      held.map(({ terms, ...one }) => ({
        from: instant(one.from),
        to: one.to === null ? null : instant(one.to),
        terms,
      })),
    ),
  }));
}

/** A direct subaccount by name. */
export type DirectSubaccount = { readonly id: AccountId; readonly name: string };

/** Reads the live direct subaccounts of the acting account, by name. */
export async function readDirectSubaccounts(trx: TenantTransaction, account: AccountId): Promise<DirectSubaccount[]> {
  return trx
    .selectFrom('accounts')
    .select(['id', 'name'])
    .where('parent_id', '=', account)
    .where('status', '<>', 'closed')
    .orderBy('name_key')
    .orderBy('id')
    .$castTo<DirectSubaccount>()
    .execute();
}

/** What an account is called, or was called where it left the acting subtree; null: nobody knows any more. */
export async function readCustomerName(trx: TenantTransaction, customer: AccountId): Promise<string | null> {
  const { rows } = await sql<{ name: string | null }>`SELECT name_then(${customer}) AS name`.execute(trx);
  return rows[0]?.name ?? null;
}
