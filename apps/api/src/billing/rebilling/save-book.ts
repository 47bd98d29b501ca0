import { isDeepStrictEqual } from 'node:util';
import type { BookTermsInput } from '@tenantree/contract';
import { findBook, findBookNamed, type StoredBook, type TenantTransaction, writeBook } from '@tenantree/db';
import {
  type AccountId,
  type Book,
  type BookInput,
  type Decision,
  parseBook,
  quoted,
  type RowId,
} from '@tenantree/domain';
import type { Change } from '../../hall/change.ts';
import type { Hall } from '../../hall/hall.ts';
import { Refused, refuseWith } from '../../hall/refused.ts';

/** A price book, or the next version of one. */
export type BookToSave = {
  readonly book?: RowId | undefined;
  readonly name: string;
  readonly terms: BookTermsInput;
  readonly version?: number | undefined;
};

/** Reads terms as they were sent. @throws Refused CURRENCY_UNKNOWN, PRICE_INVALID, TIERS_INVALID, QUANTITY_INVALID, METER_UNKNOWN */
export function readBookTerms(terms: BookInput): Book {
  const book: Decision<Book> = parseBook(terms);
  if (book.ok) return book.value;
  const { field } = book.refusal;
  throw new Refused(field === undefined ? book.refusal : { ...book.refusal, field: `terms.${field}` });
}

/**
 * Saves a version of a book, inside a change of its seller (rules/money 16). Terms that are those of the newest version already make no other
 * one.
 *
 * @throws Refused NOT_FOUND, NAME_TAKEN, VERSION_CONFLICT
 */
export async function saveBook(
  { newId }: Pick<Hall, 'newId'>,
  { trx, now, happened }: Change,
  seller: AccountId,
  { book, name, terms, version }: BookToSave,
): Promise<StoredBook> {
  const before = book === undefined ? null : await findNewest(trx, seller, book);
  if (before && version !== undefined && version !== before.version)
    refuseWith(
      'VERSION_CONFLICT',
      'This price book has another version since it was shown. Look at it again.',
      'version',
    );
  const named = await findBookNamed(trx, seller, name);
  if (named !== null && named !== before?.id)
    refuseWith('NAME_TAKEN', `There is a price book ${quoted(name)} already.`, 'name');
  if (before && before.name === name && isSame(before.terms, terms)) return before;
  const saved = { id: before?.id ?? newId(), version: (before?.version ?? 0) + 1, name, terms, savedAt: now };
  await writeBook(trx, seller, saved);
  happened('book.saved', seller, { book: name, version: saved.version }, { id: saved.id, name });
  return saved;
}

/** The newest version of a book. @throws Refused NOT_FOUND */
export const findNewest = (trx: TenantTransaction, seller: AccountId, book: RowId): Promise<StoredBook> =>
  findVersion(trx, seller, book, null);

/** A version of a book. @throws Refused NOT_FOUND */
export async function findVersion(
  trx: TenantTransaction,
  seller: AccountId,
  book: RowId,
  version: number | null,
): Promise<StoredBook> {
  const found = await findBook(trx, seller, book, version);
  return found ?? refuseWith('NOT_FOUND', 'There is no such price book.', 'book');
}

/** Whether two terms say the same, however they are written: `1.50` and `1.5`, meters in another order. */
const isSame = (one: BookInput, other: BookInput): boolean => isDeepStrictEqual(byMeter(one), byMeter(other));

function byMeter(terms: BookInput): unknown {
  const { rates, ...book } = readBookTerms(terms);
  return { ...book, rates: new Map(rates.map((one) => [one.meter, one])) };
}
