import { randomUUID } from 'node:crypto';
import type { Database, JournalNews, TreeChange } from '@tenantree/db';
import type { AccountId, Clock } from '@tenantree/domain';
import type { Config } from '../config.ts';
import { dbSource } from '../live/db-source.ts';
import { Hub } from '../live/hub.ts';
import { notifyNews } from '../live/notify-news.ts';
import type { LiveMetrics } from '../live/ports.ts';

type LiveParts = {
  readonly config: Pick<Config, 'liveTickMs'>;
  readonly db: Database;
  readonly clock: Clock;
  readonly metrics: LiveMetrics;
  readonly settleUsage: (account: AccountId) => Promise<void>;
  readonly onError: (error: unknown) => void;
};

/** The hub, connected with the database and with the other servers on it. */
export type Live = {
  readonly hub: Hub;
  /** Usage was counted. */
  counted(trees: readonly TreeChange[]): void;
  /** Something was committed here. */
  happened(news: JournalNews): void;
  close(): Promise<void>;
};

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
  const counted: Live['counted'] = (trees) => {
    for (const tree of trees) hub.publishUsage(tree, tree.period);
  };
  const happened: Live['happened'] = ({ root, version, shows, moved, rights }) => {
    if (version !== null) hub.publishAccounts({ root, version, ids: shows ?? [], ...(moved && { usage: 'moved' }) });
    if (rights !== null) hub.accessChanged(rights).catch(onError);
  };
  const close = async (): Promise<void> => {
    hub.close();
    await listener.close();
    await news.settle();
  };
  return { hub, counted, happened, close };
}
