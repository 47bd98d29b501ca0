import type { AccountId, AuditEntry, Instant, RowId } from '@tenantree/domain';
import type { TenantTransaction } from '../database.ts';

/** Who did something: a person, an API key, an embedded screen, or the platform itself. */
export type AuditActor = {
  readonly kind: 'person' | 'key' | 'embed' | 'system';
  readonly id: string | null;
  readonly name: string;
  /** The account the actor came from when it acted inside another one (product.md 2.6). */
  readonly via: { readonly id: AccountId; readonly name: string } | null;
};

export type NewAuditEntry = AuditEntry & {
  readonly id: RowId;
  readonly account: AccountId;
  readonly at: Instant;
  readonly actor: AuditActor;
  readonly target: { readonly id: string; readonly name: string } | null;
  readonly requestId: string | null;
};

/** Appends one entry, in the transaction of the change that it tells of. */
export async function appendAudit(trx: TenantTransaction, entry: NewAuditEntry): Promise<void> {
  await trx
    .insertInto('audit_log')
    .values({
      account_id: entry.account,
      id: entry.id,
      at: entry.at,
      action: entry.action,
      actor_kind: entry.actor.kind,
      actor_id: entry.actor.id,
      actor_name: entry.actor.name,
      via_id: entry.actor.via?.id ?? null,
      via_name: entry.actor.via?.name ?? null,
      target_id: entry.target?.id ?? null,
      target_name: entry.target?.name ?? null,
      details: JSON.stringify(entry.details),
      request_id: entry.requestId,
    })
    .execute();
}

/** An entry as it was written. */
export type AuditRow = {
  readonly id: RowId;
  readonly at: Instant;
  readonly action: string;
  readonly actor: AuditActor;
  readonly target: { readonly id: string; readonly name: string } | null;
  readonly details: Record<string, unknown>;
  readonly requestId: string | null;
};

/** Reads an account's own entries, newest first. */
export async function readAudit(
  trx: TenantTransaction,
  account: AccountId,
  before: RowId | null,
  limit: number,
): Promise<AuditRow[]> {
  const rows = await trx
    .selectFrom('audit_log')
    .selectAll()
    .where('account_id', '=', account)
    .$if(before !== null, (query) => query.where('id', '<', before))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id as RowId,
    at: row.at.toISOString() as Instant,
    action: row.action,
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
