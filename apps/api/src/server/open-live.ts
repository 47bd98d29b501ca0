import { randomUUID } from 'node:crypto';
import { countServers, readHeads, readLiveVersion, readNews } from '@tenantree/db';
import type { Clock } from '@tenantree/domain';
import { ACCOUNTS } from '../accounts/accounts-channel.ts';
import type { Hall } from '../hall/hall.ts';
import { NEAR } from '../limits/near-channel.ts';
import { type Hub, openHub } from '../live/hub.ts';
import { notifyNews } from '../live/news.ts';
import type { LiveMetrics } from '../live/ports.ts';
import { PERMISSIONS_LIVE } from '../permissions/permissions-channel.ts';
import { USAGE } from '../usage/usage-channel.ts';

/** A server that said nothing for so long is none (rules/jobs 7). */
const SILENT_MS = 30_000;

/** All that can be watched. */
const CHANNELS = [USAGE, ACCOUNTS, PERMISSIONS_LIVE, NEAR];

type LiveParts = {
  readonly source: Pick<Hall, 'db' | 'usageDoor'>;
  readonly clock: Clock;
  readonly tickMs: number;
  readonly metrics: LiveMetrics;
  readonly onError: (error: unknown) => void;
};

/** The hub, connected with the database and with the other servers on it. */
export type Live = {
  readonly hub: Hub;
  /** Resolves when it hears the other servers. */
  listen(): Promise<void>;
  close(): Promise<void>;
};

/** Opens the hub of a server. */
export function openLive({ source, clock, tickMs, metrics, onError }: LiveParts): Live {
  const { db } = source;
  // What is lost here the others find by the journal.
  const news = notifyNews(db, onError);
  const hub = openHub(CHANNELS, {
    source,
    version: (account) => db.onBehalfOf(null, () => readLiveVersion(db, account)),
    journal: {
      heads: (roots) => db.onBehalfOf(null, () => readHeads(db, roots)),
      after: (root, seq, limit) => db.onBehalfOf(null, () => readNews(db, root, seq, limit)),
    },
    clock,
    tickMs,
    serverId: randomUUID(),
    servers: () => db.onBehalfOf(null, () => countServers(db, SILENT_MS)),
    news,
    metrics,
    onError,
  });
  let listener: { close(): Promise<void> } | null = null;
  return {
    hub,
    listen: async () => {
      listener = await news.subscribe(
        (text) => hub.receive(text),
        () => hub.resync(),
      );
    },
    close: async () => {
      hub.close();
      await listener?.close();
      await news.settle();
    },
  };
}
