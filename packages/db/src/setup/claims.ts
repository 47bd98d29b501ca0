import type { Instant, RowId, UserId } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';

/** Whether somebody owns this deployment: its first account has a member. One question, or part of a transaction. */
export async function isClaimed(db: Database | TenantTransaction): Promise<boolean> {
  const { rows } = await sql<{ claimed: boolean }>`SELECT public.is_claimed() AS claimed`.execute(
    'app' in db ? db.app : db,
  );
  return rows[0]?.claimed ?? false;
}

/** Makes a one-time link valid (by the SHA-256 of its token) while nobody owns the deployment; false when somebody does. */
export async function offerClaim(db: Database, tokenHash: Buffer, now: Instant): Promise<boolean> {
  const { rows } = await sql<{
    offered: boolean;
  }>`SELECT public.offer_claim(${tokenHash}, ${now}::timestamptz) AS offered`.execute(db.app);
  return rows[0]?.offered ?? false;
}

/** Uses a one-time link: false when somebody owns the deployment already or the link was never offered. Others wait until this transaction ends. */
export async function takeClaim(trx: TenantTransaction, tokenHash: Buffer): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`SELECT take_claim(${tokenHash}) AS taken`.execute(trx);
  return rows[0]?.taken ?? false;
}

export type FirstPerson = {
  /** Ids for the person and for what they sign in with, if they are new. */
  readonly id: UserId;
  readonly credential: RowId;
  /** The address as addresses are compared. */
  readonly email: string;
  /** The address as it was typed. */
  readonly shownEmail: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly now: Instant;
};

/** Makes the person who takes the deployment, in the transaction that does; @returns the id of an earlier one with this address, who has this password now */
export async function makeFirstPerson(trx: TenantTransaction, person: FirstPerson): Promise<UserId> {
  const { id, credential, email, shownEmail, name, passwordHash, now } = person;
  const { rows } = await sql<{ person: UserId }>`
    SELECT make_first_person(${id}, ${email}, ${shownEmail}, ${name}, ${credential}, ${passwordHash}, ${now}::timestamptz) AS person`.execute(
    trx,
  );
  return rows[0]?.person ?? id;
}
