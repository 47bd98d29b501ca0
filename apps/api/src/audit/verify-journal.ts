import { findFaults, type JournalFault, readJournalExtent } from '@tenantree/db';
import type { AccountId } from '@tenantree/domain';
import type { Hall } from '../hall/hall.ts';

/** Rows that one call looks at: a second of work or so. A longer journal is looked at in several. */
const ROWS_AT_ONCE = 100_000;
const ROWS_OF_A_PAGE = 10_000;
/** More faults than these say nothing new. */
const MOST_FAULTS = 100;

/** What a look at the journal found. */
export type Verification = {
  /** Numbers of the first and the last row that there should be; null before anything happened. */
  readonly rows: { readonly first: number; readonly last: number } | null;
  readonly faults: readonly JournalFault[];
  /** The number to go on from; null: everything has been looked at. */
  readonly next: number | null;
};

/**
 * Looks whether the journal of an account's tree is what was written, all of the tree, and names the rows that are not to who may read them;
 * of others it says when they were.
 *
 * @param from the row to begin with; null: the first
 */
export async function verifyJournal(hall: Hall, account: AccountId, from: number | null): Promise<Verification> {
  const rows = await hall.db.withTenant(account, readJournalExtent, { snapshot: true });
  if (rows === null) return { rows, faults: [], next: null };
  const faults: JournalFault[] = [];
  const begin = Math.max(from ?? rows.first, rows.first);
  const end = Math.min(rows.last, begin + ROWS_AT_ONCE - 1);
  let at = begin;
  for (; at <= end && faults.length < MOST_FAULTS; at += ROWS_OF_A_PAGE) {
    const page = { from: at, to: Math.min(at + ROWS_OF_A_PAGE - 1, end) };
    // What is written meanwhile is no fault: each page is of one moment, of which the head is a part.
    faults.push(...(await hall.db.withTenant(account, (trx) => findFaults(trx, page), { snapshot: true })));
  }
  return { rows, faults, next: at <= rows.last ? Math.min(at, end + 1) : null };
}
