import pg from 'pg';
import type { Database } from '../database.ts';
import { DatabaseClient, onAnyHost } from '../hosts.ts';
import { checkServing } from '../serving.ts';

/** A PostgreSQL channel that is listened to until closed. */
export type Listener = { close(): Promise<void> };

type Handlers = {
  readonly onMessage: (payload: string) => void;
  /** Called after every reconnection: messages may have been missed, so state has to be read again. */
  readonly onReconnect: () => void;
};

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;

/** Listens on a channel with a connection of its own and keeps reconnecting when it is lost. Resolves once listening. */
export async function listen(db: Database, channel: string, handlers: Handlers): Promise<Listener> {
  let client: DatabaseClient | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;

  const connect = async (): Promise<void> => {
    const next = new DatabaseClient(db.direct);
    const lost = (): void => {
      if (client !== next) return;
      client = null;
      retry(FIRST_RETRY_MS);
    };
    next.on('error', lost);
    next.on('end', lost);
    next.on('notification', (message) => handlers.onMessage(message.payload ?? ''));
    await next.connect();
    try {
      await checkServing(next, 'direct');
      await next.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      next.cut();
      throw error;
    }
    if (closed) return next.end();
    client = next;
  };

  const retry = (delayMs: number): void => {
    if (closed) return;
    timer = setTimeout(() => {
      connect().then(
        () => handlers.onReconnect(),
        () => retry(Math.min(delayMs * 2, LAST_RETRY_MS)),
      );
    }, delayMs);
  };

  await onAnyHost(db.direct.hosts, connect);
  return {
    close: async () => {
      closed = true;
      if (timer) clearTimeout(timer);
      const last = client;
      client = null;
      await last?.end();
    },
  };
}

/** Longest payload PostgreSQL carries (bytes). */
export const MAX_NOTIFY_BYTES = 7_999;

/** Sends one notification. Never inside a business transaction: NOTIFY makes commits queue for one global lock (performance.md 7). */
export async function notify(db: Database, channel: string, payload: string): Promise<void> {
  await db.pool.query({ name: 'notify', text: 'SELECT pg_notify($1, $2)', values: [channel, payload] });
}
