import type { Instant, RowId, UserId } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import type { SignInTransaction } from './sessions.ts';

/** Somebody who can sign in with a password. */
export type NewPerson = {
  readonly id: UserId;
  readonly credential: RowId;
  /** The address as addresses are compared, unique. */
  readonly email: string;
  /** The address as it was typed. */
  readonly shownEmail: string;
  readonly name: string;
  /** The password's hash. */
  readonly password: string;
  readonly now: Instant;
};

/** Writes a person's name. */
export async function renamePerson(db: Database, user: UserId, name: string, now: Instant): Promise<void> {
  await sql`UPDATE users SET name = ${name}, updated_at = ${now} WHERE id = ${user}`.execute(db.auth);
}

/** What a new password takes the place of, and what of the person goes on. */
export type PasswordChange = {
  /** The stored text that has to be there still; null: whatever is. */
  readonly from: string | null;
  /** The session to go on in; null: none. */
  readonly keep: string | null;
};

/**
 * Writes the stored text of a person's new password, and ends their sessions and every link they were sent for a new one; false when the one
 * that it is to replace is there no more, and nothing happened.
 */
export async function writePassword(
  trx: SignInTransaction,
  user: UserId,
  stored: string,
  { from, keep }: PasswordChange,
  now: Instant,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE credentials SET password = ${stored}, updated_at = ${now} WHERE user_id = ${user} AND provider_id = 'credential'
      AND password = coalesce(${from}, password)`.execute(trx);
  if (numAffectedRows !== 1n) return false;
  // In statements of their own, which see the sessions that began until now: see `endOutdatedSession`.
  await sql`DELETE FROM sessions WHERE user_id = ${user} AND id IS DISTINCT FROM ${keep}::uuid`.execute(trx);
  await sql`DELETE FROM verifications WHERE value = ${user}`.execute(trx);
  return true;
}

/**
 * Ends a session that has just begun if the password it began with was replaced meanwhile; whether it did. Waits for whoever is replacing it,
 * and whoever does so later finds the session.
 */
export async function endOutdatedSession(db: Database, token: string, stored: string): Promise<boolean> {
  return db.auth.transaction().execute(async (trx) => {
    const { rows } = await sql<{ password: string }>`
      SELECT c.password FROM sessions s JOIN credentials c ON c.user_id = s.user_id AND c.provider_id = 'credential'
      WHERE s.token = ${token} FOR SHARE OF c`.execute(trx);
    if (rows[0]?.password === stored) return false;
    await sql`DELETE FROM sessions WHERE token = ${token}`.execute(trx);
    return true;
  });
}

/** Makes a person with a password, both or neither; false when somebody has the address already, or just got it. */
export async function insertPerson(db: Database, person: NewPerson): Promise<boolean> {
  const { rows } = await sql`
    WITH person AS (
      INSERT INTO users (id, name, email, shown_email, email_verified, created_at, updated_at)
      VALUES (${person.id}, ${person.name}, ${person.email}, ${person.shownEmail}, true, ${person.now}, ${person.now})
      ON CONFLICT (email) DO NOTHING RETURNING id
    )
    INSERT INTO credentials (id, user_id, account_id, provider_id, password, created_at, updated_at)
    SELECT ${person.credential}, id, id, 'credential', ${person.password}, ${person.now}, ${person.now} FROM person RETURNING id`.execute(
    db.auth,
  );
  return rows.length === 1;
}
