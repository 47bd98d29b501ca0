import type { Instant, UserId } from '@tenantree/domain';
import type { Database } from '../database.ts';

/** What of schema `auth` a session consists of. */
type AuthTables = {
  sessions: { id: string; user_id: string; token: string; expires_at: Date; updated_at: Date; proved_at: Date };
  users: { id: UserId; name: string; shown_email: string };
};

/** A session with its person. Whether it has ended is the reader's question. */
export type StoredSession = {
  readonly id: string;
  readonly user: { readonly id: UserId; readonly name: string; readonly email: string };
  readonly expiresAt: Instant;
  /** When its person last gave the password. */
  readonly provedAt: Instant;
};

const tables = (db: Database) => db.auth.withTables<AuthTables>();

/** Finds a session by the token of its cookie: one indexed query, some ten times as fast as the sign-in library's. */
export async function findSession(db: Database, token: string): Promise<StoredSession | null> {
  const row = await tables(db)
    .selectFrom('sessions as s')
    .innerJoin('users as u', 'u.id', 's.user_id')
    .select(['s.id', 's.expires_at', 's.proved_at', 'u.id as user', 'u.name', 'u.shown_email'])
    .where('s.token', '=', token)
    .executeTakeFirst();
  return row
    ? {
        id: row.id,
        user: { id: row.user, name: row.name, email: row.shown_email },
        expiresAt: row.expires_at.toISOString() as Instant,
        provedAt: row.proved_at.toISOString() as Instant,
      }
    : null;
}

/** Gives a session more time. */
export async function extendSession(db: Database, id: string, expiresAt: Instant, now: Instant): Promise<void> {
  await tables(db)
    .updateTable('sessions')
    .set({ expires_at: new Date(expiresAt), updated_at: new Date(now) })
    .where('id', '=', id)
    .execute();
}

/** Notes that a session's person gave the password again. */
export async function noteProof(db: Database, id: string, now: Instant): Promise<void> {
  await tables(db)
    .updateTable('sessions')
    .set({ proved_at: new Date(now) })
    .where('id', '=', id)
    .execute();
}

/** Deletes sessions that ended before an instant. */
export async function deleteEndedSessions(db: Database, before: Instant): Promise<void> {
  await tables(db).deleteFrom('sessions').where('expires_at', '<', new Date(before)).execute();
}
