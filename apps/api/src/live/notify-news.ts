import { type Database, listen, MAX_NOTIFY_BYTES, notify } from '@tenantree/db';
import type { News } from './ports.ts';

const CHANNEL = 'tenantree_live';
/** Stands between texts that travel together; JSON has none inside. */
const BETWEEN = '\n';

/**
 * News over the database's notifications. There is one channel, which every server hears: telling texts apart by subject would cost a LISTEN
 * per tree and save no work of the database. What waits while a notification is under way travels together.
 *
 * @param onError told when notifications could not be sent: they are lost
 */
export function notifyNews(db: Database, onError: (error: unknown) => void): News & { settle(): Promise<void> } {
  const waiting: string[] = [];
  let sending: Promise<void> | null = null;

  const sendAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      let payload = waiting.shift() ?? '';
      for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
        if (payload.length + BETWEEN.length + next.length > MAX_NOTIFY_BYTES) break;
        payload += BETWEEN + next;
        waiting.shift();
      }
      await db.onBehalfOf(null, () => notify(db, CHANNEL, payload)).catch(onError);
    }
    sending = null;
  };

  return {
    maxBytes: MAX_NOTIFY_BYTES,
    publish: (_subject, text) => {
      waiting.push(text);
      // One after the other: that keeps their order and takes one connection.
      sending ??= sendAll();
    },
    subscribe: (onText, onLost) =>
      listen(db, CHANNEL, {
        onMessage: (payload) => payload.split(BETWEEN).forEach(onText),
        onReconnect: onLost,
      }),
    settle: async () => {
      await sending;
    },
  };
}
