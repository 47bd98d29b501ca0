import type { Database } from '../database.ts';
import type { Handlers, Listener } from './line.ts';

/** Listens on a channel, and keeps doing so when the connection is lost. Resolves once listening. */
export const listen = (db: Database, channel: string, handlers: Handlers): Promise<Listener> =>
  db.line.listen(channel, handlers);

/** Longest payload PostgreSQL carries (bytes). */
export const MAX_NOTIFY_BYTES = 7_999;

/** Sends one notification. Never inside a business transaction: NOTIFY makes commits queue for one global lock (rules/live 8). */
export async function notify(db: Database, channel: string, payload: string): Promise<void> {
  await db.pool.query({ name: 'notify', text: 'SELECT pg_notify($1, $2)', values: [channel, payload] });
}
