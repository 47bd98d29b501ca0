import type { AccountId, AuditAction, Brand, Instant, RowId, TouchedRights } from '@tenantree/domain';
import { type Kysely, sql } from 'kysely';
import { keyText } from '../accounts/place.ts';
import type { TreeVersion } from '../accounts/tree-version.ts';
import type { TenantTransaction } from '../database.ts';

/** Who did something: a person, an API key, an embedded screen, or the platform itself. */
export type AuditActor = {
  readonly kind: 'person' | 'key' | 'embed' | 'system';
  readonly id: string | null;
  readonly name: string;
  /** The account of the membership by which the actor might; of a row, only where that stands above its account (rules/audit 2). */
  readonly via: { readonly id: AccountId; readonly name: string } | null;
};

/** What an entry is about. */
export type Target = { readonly id: string; readonly name: string };

/** Something that happened, as it is written. */
export type Happening = {
  readonly action: AuditAction;
  /** The words that its sentence needs, and more (`AuditDetails`). */
  readonly details: Readonly<Record<string, unknown>>;
  readonly id: RowId;
  readonly at: Instant;
  readonly actor: AuditActor;
  readonly target: Target | null;
  readonly requestId: string | null;
};

/** A happening in the log of an account. */
export type NewRow = Happening & {
  readonly account: AccountId;
  /** The way down to where the target stood that stands there no more. */
  readonly left: readonly AccountId[] | null;
};

/** What a change of a tree means to those who watch, and to those who were away. */
export type Shown = {
  /** Accounts whose rows changed, ancestors whose numbers changed with them included. */
  readonly shows: readonly AccountId[];
  /** Accounts came to where their minutes are news; those of the accounts above them may have changed, too. */
  readonly usage?: 'moved';
};

const columnsOf = ({ id, at, action, actor, target, details, requestId }: Happening) => ({
  id,
  at,
  kind: action,
  actor_kind: actor.kind,
  actor_id: actor.id,
  actor_name: actor.name,
  via_id: actor.via?.id,
  via_name: actor.via?.name,
  target_id: target?.id,
  target_name: target?.name,
  details,
  request_id: requestId,
});

/** Rows of a tree's journal as they are sent. */
export type JournalText = Brand<string, 'JournalText'>;

/** Makes the text of some rows, the first of which says whose access may have changed with all of the change; null: nobody's. */
export function journalText(rows: readonly NewRow[], rights: TouchedRights | null): JournalText {
  const entries = rows.map(({ account, left, ...row }, n) => ({
    ...columnsOf(row),
    account_id: account,
    ...(left && { left_key: keyText(left) }),
    ...(n === 0 && { rights }),
  }));
  return JSON.stringify(entries) as JournalText;
}

/**
 * Ends a change of a tree: writes what happened into its journal. The last statement of the change's transaction; whoever else changes
 * the tree's journal waits for its commit.
 *
 * @param text of one row at least
 * @returns the number of the last row
 */
export async function endChange(
  trx: TenantTransaction,
  root: AccountId,
  version: TreeVersion,
  text: JournalText,
  { shows, usage }: Shown,
): Promise<number> {
  const { rows: written } = await sql<{
    seq: string;
  }>`SELECT end_change(${root}, ${version}, ${[...new Set(shows)]}::uuid[],
    ${usage === 'moved'}, ${text}::jsonb) AS seq`.execute(trx);
  return Number(written[0]!.seq);
}

/**
 * Ends a change of somebody's sign-in, in the transaction of it: its journal is of no tree.
 *
 * @param trx of the sign-in data
 * @returns the number of the row
 */
export async function endSignInChange(
  trx: Kysely<unknown>,
  happening: Happening,
  rights: TouchedRights | null,
): Promise<number> {
  const entry = { ...columnsOf(happening), rights };
  const { rows } = await sql<{
    seq: string;
  }>`SELECT public.end_sign_in_change(${JSON.stringify([entry])}::jsonb) AS seq`.execute(trx);
  return Number(rows[0]!.seq);
}

/** The columns of a happening that only leaves a trace. */
export const traceOf = (account: AccountId, happening: Happening) => ({
  ...columnsOf(happening),
  account_id: account,
});
