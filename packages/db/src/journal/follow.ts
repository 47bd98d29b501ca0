import type { AccountId, TouchedRights } from '@tenantree/domain';
import type { Database } from '../database.ts';

/** The chain of what people do with their sign-in, which is of no tree. */
export const SIGN_IN_CHAIN = '00000000-0000-0000-0000-000000000000' as AccountId;

/** What rows of a tree's journal mean to those who watch: those after `after` up to `seq`. Numbers come in commit order, without holes. */
export type JournalNews = {
  readonly root: AccountId;
  readonly after: number;
  readonly seq: number;
  /** The version of the tree that the change is; null: nothing changed that is shown live. */
  readonly version: number | null;
  /** Accounts whose rows changed; null: more than are listed. */
  readonly shows: readonly AccountId[] | null;
  /** Accounts came to where their minutes are news. */
  readonly moved?: true;
  /** Whose access may have changed; null: nobody's. */
  readonly rights: TouchedRights | null;
};

/** How far a tree is: the number of its last row, and its version. Both 0 before anything happened. */
export type Head = {
  /** Which history of the database these numbers are of: another one after a backup was restored, or a standby took over. */
  readonly epoch: string;
  readonly root: AccountId;
  readonly seq: number;
  readonly version: number;
};

/** Reads how far some trees are, by one statement. */
export async function readHeads(db: Database, roots: readonly AccountId[]): Promise<Head[]> {
  type Raw = { epoch: string; root_id: AccountId; seq: string; version: string };
  const { rows } = await db.pool.query<Raw>({
    name: 'heads_of',
    text: 'SELECT * FROM public.heads_of($1::uuid[])',
    values: [[...roots]],
  });
  return rows.map(({ epoch, root_id: root, ...numbers }) => ({
    epoch,
    root,
    seq: Number(numbers.seq),
    version: Number(numbers.version),
  }));
}

/** Reads what happened in a tree after a row, oldest first. */
export async function readNews(db: Database, root: AccountId, after: number, limit: number): Promise<JournalNews[]> {
  type Raw = {
    seq: string;
    version: string | null;
    shows: AccountId[] | null;
    is_moved: boolean;
    rights: TouchedRights | null;
  };
  const { rows } = await db.pool.query<Raw>({
    name: 'journal_after',
    text: 'SELECT * FROM public.journal_after($1, $2, $3)',
    values: [root, after, limit],
  });
  return rows.map(({ seq, version, shows, is_moved, rights }) => ({
    root,
    after: Number(seq) - 1,
    seq: Number(seq),
    version: version === null ? null : Number(version),
    shows,
    ...(is_moved && { moved: true as const }),
    rights,
  }));
}
