import type { AccountId, AuditAction, Instant, NotedVisit, RowId, UserId } from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import { ACTING_ROOT, atOrBelow } from '../accounts/place.ts';
import type { TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';
import type { AuditActor } from '../journal/append.ts';
import type { JournalTable } from '../schema.ts';

/** An entry as it was written, with the account whose log it stands in under its present name. */
export type AuditRow = {
  readonly id: RowId;
  readonly at: Instant;
  readonly account: { readonly id: AccountId; readonly name: string };
  readonly action: string;
  readonly actor: AuditActor;
  readonly target: { readonly id: string; readonly name: string } | null;
  readonly details: Record<string, unknown>;
  readonly requestId: string | null;
};

/** Which entries of an account's log are asked for. */
export type AuditQuery = {
  readonly root: AccountId;
  /** The acting one. */
  readonly account: AccountId;
  /** `nested`: also those of every account below it. */
  readonly scope: 'own' | 'nested';
  /** Only what was done so; null: everything. */
  readonly actions: readonly AuditAction[] | null;
  /** Only what this person, key or embedded screen's key did; null: everybody. */
  readonly actor: RowId | null;
  /** Only what is older than this entry; null: from the newest one on. */
  readonly before: RowId | null;
  readonly limit: number;
};

/** Accounts up to which each is asked for its newest entries; of more, the tree's entries are gone through. */
const FEW_ACCOUNTS = 500;

/**
 * Reads entries of an account, or of all its branch, newest first: every row about it, in whatever tree it was written. Row-level security
 * keeps them to the acting account's subtree.
 */
export async function readAudit(trx: TenantTransaction, query: AuditQuery): Promise<AuditRow[]> {
  const accounts = query.scope === 'own' ? [query.account] : await branchOf(trx, query.account);
  const entries = accounts.length > FEW_ACCOUNTS ? entriesOfTree(query) : entriesOfEach(accounts, query);
  // A tree younger than what the planner knows seems to have no entry, and sorting all of them cheap; only an index's order spares it.
  await sql`SET LOCAL enable_sort = off`.execute(trx);
  const { rows } = await sql<StoredEntry>`${entries}`.execute(trx);
  return rows.map((row) => ({
    id: row.id as RowId,
    at: row.at.toISOString() as Instant,
    account: { id: row.account_id as AccountId, name: row.account_name },
    action: row.kind,
    actor: {
      kind: row.actor_kind,
      id: row.actor_id,
      name: row.actor_name,
      via: row.via_id === null ? null : { id: row.via_id as AccountId, name: row.via_name ?? '' },
    },
    target: row.target_id === null ? null : { id: row.target_id, name: row.target_name ?? '' },
    details: row.details,
    requestId: row.request_id,
  }));
}

type StoredEntry = Omit<JournalTable, 'at' | 'details'> & {
  readonly at: Date;
  readonly details: Record<string, unknown>;
  readonly account_name: string;
};

/**
 * When people last did something in the acting account or below it: their newest entry there, also that they entered an account. Whoever
 * only looks at their own account leaves no trace, and what somebody does elsewhere is nobody's business here.
 */
export async function readLastActivity(
  trx: TenantTransaction,
  people: readonly UserId[],
): Promise<ReadonlyMap<UserId, Instant>> {
  const { rows } = await sql<{ id: UserId; at: Date }>`
    SELECT p.id, e.at FROM unnest(${people}::uuid[]) p(id) CROSS JOIN LATERAL (
      SELECT l.at FROM journal l WHERE l.root_id = ${ACTING_ROOT} AND l.actor_id = p.id AND l.actor_kind = 'person'
      ORDER BY l.id DESC LIMIT 1
    ) e`.execute(trx);
  return new Map(rows.map(({ id, at }) => [id, at.toISOString() as Instant]));
}

/** A visit to an account from above it, as the journal has it. */
export type VisitRow = NotedVisit & {
  readonly id: RowId;
  readonly actor: AuditActor;
  /** How much they did that left a trace. */
  readonly acts: number;
};

/** Reads visits to the acting account, newest first. @param before only older ones than this; null: from the newest on */
export async function readVisits(
  trx: TenantTransaction,
  account: AccountId,
  before: RowId | null,
  limit: number,
): Promise<VisitRow[]> {
  type Raw = Pick<StoredEntry, 'id' | 'at' | 'actor_kind' | 'actor_id' | 'actor_name' | 'via_id' | 'via_name'> & {
    readonly next_kind: string | null;
    readonly next_at: Date | null;
    readonly last_at: Date | null;
    readonly acts: number;
  };
  const { rows } = await sql<Raw>`
    SELECT e.id, e.at, e.actor_kind, e.actor_id, e.actor_name, e.via_id, e.via_name, n.kind AS next_kind, n.at AS next_at, l.last_at, l.acts
    FROM journal e
    LEFT JOIN LATERAL (
      SELECT x.id, x.kind, x.at FROM journal x WHERE x.account_id = e.account_id AND x.id > e.id AND x.actor_id = e.actor_id
        AND x.kind IN ('account.entered', 'account.left') ORDER BY x.id LIMIT 1
    ) n ON true
    CROSS JOIN LATERAL (
      SELECT max(x.at) AS last_at, count(*)::int AS acts FROM journal x
      WHERE x.account_id = e.account_id AND x.id > e.id AND x.actor_id = e.actor_id AND (n.id IS NULL OR x.id < n.id)
    ) l
    WHERE e.account_id = ${account} AND e.kind = 'account.entered' AND (${before}::uuid IS NULL OR e.id < ${before}::uuid)
    ORDER BY e.id DESC LIMIT ${limit}`.execute(trx);
  return rows.map((row) => ({
    id: row.id as RowId,
    actor: {
      kind: row.actor_kind,
      id: row.actor_id,
      name: row.actor_name,
      via: row.via_id === null ? null : { id: row.via_id as AccountId, name: row.via_name ?? '' },
    },
    enteredAt: row.at.toISOString() as Instant,
    next:
      row.next_at === null
        ? null
        : { kind: row.next_kind === 'account.left' ? 'left' : 'entered', at: row.next_at.toISOString() as Instant },
    lastActAt: instantOrNull(row.last_at),
    acts: row.acts,
  }));
}

/** An account with everything below it; one more than few when there are too many to ask each. */
async function branchOf(trx: TenantTransaction, account: AccountId): Promise<string[]> {
  const rows = await trx
    .selectFrom('accounts as a')
    .select('a.id')
    .where(atOrBelow('a', account))
    .limit(FEW_ACCOUNTS + 1)
    .execute();
  return rows.map(({ id }) => id);
}

const asked = ({ before, actions, actor }: AuditQuery): RawBuilder<unknown> => sql`
  (${before}::uuid IS NULL OR l.id < ${before}::uuid)
  AND (${actions}::text[] IS NULL OR l.kind = ANY (${actions}::text[]))
  AND (${actor}::uuid IS NULL OR l.actor_id = ${actor}::uuid)`;

/** For few accounts in a busy tree: the newest entries of each, and of those the newest. */
const entriesOfEach = (accounts: readonly string[], query: AuditQuery): RawBuilder<unknown> => sql`
  SELECT e.*, a.name AS account_name FROM accounts a CROSS JOIN LATERAL (
    SELECT l.* FROM journal l WHERE l.account_id = a.id AND ${asked(query)} ORDER BY l.id DESC LIMIT ${query.limit}
  ) e WHERE a.root_id = ${ACTING_ROOT} AND a.id = ANY (${accounts}::uuid[]) ORDER BY e.id DESC LIMIT ${query.limit}`;

/**
 * For many accounts, of which the newest entry can't be far: those of the tree one after the other, and beside them those that its accounts
 * brought along from other trees, until there are enough. Row-level security leaves those of the acting account's subtree, and nothing is
 * looked up twice.
 */
const entriesOfTree = (query: AuditQuery): RawBuilder<unknown> => sql`
  SELECT e.*, (SELECT a.name FROM accounts a WHERE a.root_id = ${ACTING_ROOT} AND a.id = e.account_id LIMIT 1) AS account_name
  FROM (
    (SELECT l.* FROM journal l WHERE l.root_id = ${query.root} AND ${asked(query)} ORDER BY l.id DESC LIMIT ${query.limit})
    UNION ALL
    (SELECT j.* FROM (
      SELECT l.chain_id, l.seq FROM carried_entries l WHERE l.root_id = ${query.root} AND ${asked(query)} ORDER BY l.id DESC LIMIT ${query.limit}
    ) c CROSS JOIN LATERAL (SELECT x.* FROM journal x WHERE x.root_id = c.chain_id AND x.seq = c.seq LIMIT 1) j)
  ) e ORDER BY e.id DESC LIMIT ${query.limit}`;
