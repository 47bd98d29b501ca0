import type { Instant } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';

/** Whether somebody owns this deployment: its first account has a member. */
export async function isClaimed(db: Database): Promise<boolean> {
  const { rows } = await sql<{ claimed: boolean }>`SELECT is_claimed() AS claimed`.execute(db.app);
  return rows[0]?.claimed ?? false;
}

/** Makes a one-time link valid (by the SHA-256 of its token) while nobody owns the deployment; false when somebody does. */
export async function offerClaim(db: Database, tokenHash: Buffer, now: Instant): Promise<boolean> {
  const { rows } = await sql<{
    offered: boolean;
  }>`SELECT offer_claim(${tokenHash}, ${now}::timestamptz) AS offered`.execute(db.app);
  return rows[0]?.offered ?? false;
}

/** Uses a one-time link: false when somebody owns the deployment already or the link was never offered. Others wait until this transaction ends. */
export async function takeClaim(trx: TenantTransaction, tokenHash: Buffer): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`SELECT take_claim(${tokenHash}) AS taken`.execute(trx);
  return rows[0]?.taken ?? false;
}
