import type { AccountId, Clock } from '@tenantree/domain';
import type { LiveMetrics, LiveSource, News, Viewer } from './ports.ts';

/** What a hub is given. */
export type HubOptions = {
  readonly source: LiveSource;
  readonly clock: Clock;
  /** Least time between two frames of one topic, in milliseconds. */
  readonly tickMs: number;
  /** Names this server among those that share the database. */
  readonly serverId: string;
  /** Carries texts to the other servers; what they send is given to `receive`. None for a server that is alone. */
  readonly news?: Pick<News, 'maxBytes' | 'publish'>;
  readonly metrics?: LiveMetrics;
  /** Told what went wrong behind the scenes; nothing of it is lost, it is tried again. */
  readonly onError?: (error: unknown) => void;
};

/** What somebody wants to watch. The guard has checked that they may; `viewer` is how it is asked again. */
export type Watch = {
  readonly account: AccountId;
  readonly viewer: Viewer;
  /** Version that the viewer has everything up to, or null. */
  readonly since: number | null;
};

/** The same, of accounts: by somebody who sees all that is above them, unless it is said that they see it in part. */
export type AccountsWatch = Watch & {
  readonly sight?: 'part';
  /** No others than these, and the children of those in `childrenOf`. */
  readonly only?: readonly AccountId[];
  readonly childrenOf?: readonly AccountId[];
};

/** The same, of minutes: of the whole subtree, or of some accounts of it. */
export type UsageWatch = Watch & { readonly only?: readonly AccountId[] };

/** News of a server that is alone. */
export const NO_NEWS: Pick<News, 'maxBytes' | 'publish'> = {
  maxBytes: Number.POSITIVE_INFINITY,
  publish: () => undefined,
};

/** For a hub that nobody measures. */
export const UNCOUNTED: LiveMetrics = {
  subscriptions: () => undefined,
  frames: () => undefined,
  skipped: () => undefined,
  revoked: () => undefined,
};
