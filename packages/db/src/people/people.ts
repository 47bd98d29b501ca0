import type { Instant, RowId, UserId } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

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

/**
 * Writes the hash of a person's new password and, in the same statement, ends their sessions and every link they were sent for a new one.
 *
 * @param keep the session to go on in; null: none
 */
export async function writePassword(
  db: Database,
  user: UserId,
  hash: string,
  keep: string | null,
  now: Instant,
): Promise<void> {
  await sql`
    WITH ended AS (DELETE FROM sessions WHERE user_id = ${user} AND id IS DISTINCT FROM ${keep}::uuid),
      links AS (DELETE FROM verifications WHERE value = ${user})
    UPDATE credentials SET password = ${hash}, updated_at = ${now} WHERE user_id = ${user} AND provider_id = 'credential'`.execute(
    db.auth,
  );
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
