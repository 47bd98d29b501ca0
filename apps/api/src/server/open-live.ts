import { randomUUID } from 'node:crypto';
import type { Database } from '@tenantree/db';
import type { AccountId, Clock } from '@tenantree/domain';
import type { Announce } from '../hall/hall.ts';
import { dbSource } from '../live/db-source.ts';
import { Hub } from '../live/hub.ts';
import { notifyNews } from '../live/notify-news.ts';
import type { LiveMetrics } from '../live/ports.ts';
import type { Config } from './config.ts';

type LiveParts = {
  readonly config: Pick<Config, 'liveTickMs'>;
  readonly db: Database;
  readonly clock: Clock;
  readonly metrics: LiveMetrics;
  readonly settleUsage: (account: AccountId) => Promise<void>;
  readonly onError: (error: unknown) => void;
};

/** The hub, connected with the database and with the other servers on it. */
export type Live = { readonly hub: Hub; readonly announce: Announce; close(): Promise<void> };

/** Opens the hub of a server. Resolves when it hears the other servers. */
export async function openLive({ config, db, clock, metrics, settleUsage, onError }: LiveParts): Promise<Live> {
  // What is lost here the others find by the versions.
  const news = notifyNews(db, onError);
  const hub = new Hub({
    source: dbSource(db, settleUsage),
    clock,
    tickMs: config.liveTickMs,
    serverId: randomUUID(),
    news,
    metrics,
    onError,
  });
  const listener = await news.subscribe(
    (text) => hub.receive(text),
    () => hub.resync(),
  );
  const announce: Announce = {
    usage: (trees) => {
      for (const tree of trees) hub.publishUsage(tree, tree.period);
    },
    accounts: (change) => hub.publishAccounts(change),
    access: (change) => {
      hub.accessChanged(change).catch(onError);
    },
  };
  const close = async (): Promise<void> => {
    hub.close();
    await listener.close();
    await news.settle();
  };
  return { hub, announce, close };
}
