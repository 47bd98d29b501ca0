import { randomUUID } from 'node:crypto';
import { type Database, listen, notify } from '@tenantree/db';
import type { AccountId, Clock } from '@tenantree/domain';
import type { Config } from '../config.ts';
import type { Announce } from '../hall/hall.ts';
import { dbSource } from '../live/db-source.ts';
import { Hub } from '../live/hub.ts';
import type { LiveMetrics } from '../live/ports.ts';

const CHANNEL = 'tenantree_live';

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
  let told: Promise<unknown> = Promise.resolve();
  const hub = new Hub({
    source: dbSource(db, settleUsage),
    clock,
    tickMs: config.liveTickMs,
    serverId: randomUUID(),
    // One after the other: that keeps their order and takes one connection. What is lost here the others find by the versions.
    tell: (text) => {
      told = told.then(() => db.onBehalfOf(null, () => notify(db, CHANNEL, text))).catch(onError);
    },
    metrics,
    onError,
  });
  const listener = await listen(db, CHANNEL, {
    onMessage: (text) => hub.receive(text),
    onReconnect: () => hub.resync(),
  });
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
    await told;
  };
  return { hub, announce, close };
}
