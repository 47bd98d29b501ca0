import type { Instant, RowId } from '@tenantree/domain';
import { sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';

/** What is wrong with one row of a tree's journal. */
export type JournalFault = {
  /** It says something else than was written; it was never written; it is gone. */
  readonly fault: 'changed' | 'added' | 'missing';
  /** Its number; null where the reader may not know which row it is: above their account, or beside it. */
  readonly seq: number | null;
  /** Its id, where the reader may read the row. */
  readonly id: RowId | null;
  /** When it was; of one that is gone, when the one before it was. Null before the first. */
  readonly at: Instant | null;
};

/** Numbers of the first and the last row of the acting account's tree; null before anything happened in it. */
export async function readJournalExtent(
  trx: TenantTransaction,
): Promise<{ readonly first: number; readonly last: number } | null> {
  const { rows } = await sql<{ first_seq: string; last_seq: string }>`SELECT * FROM journal_extent()`.execute(trx);
  return rows[0] ? { first: Number(rows[0].first_seq), last: Number(rows[0].last_seq) } : null;
}

/**
 * Looks whether some rows of the journal of the acting account's tree are what was written: finds any that was changed, added, swapped or
 * taken away. Both ends count.
 */
export async function findFaults(
  trx: TenantTransaction,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<JournalFault[]> {
  type Raw = { seq: string | null; fault: JournalFault['fault']; id: RowId | null; at: Date | null };
  const { rows } = await sql<Raw>`SELECT * FROM verify_journal(${from}, ${to})`.execute(trx);
  return rows.map(({ seq, fault, id, at }) => ({
    fault,
    seq: seq === null ? null : Number(seq),
    id,
    at: instantOrNull(at),
  }));
}
