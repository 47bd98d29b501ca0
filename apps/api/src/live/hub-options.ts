import type { AccountId, Clock } from '@tenantree/domain';
import type { LiveMetrics, LiveSource, Viewer } from './ports.ts';

/** What a hub is given. */
export type HubOptions = {
  readonly source: LiveSource;
  readonly clock: Clock;
  /** Least time between two frames of one topic, in milliseconds. */
  readonly tickMs: number;
  /** Names this server among those that share the database. */
  readonly serverId: string;
  /** Hands a notification to the other servers. */
  readonly tell?: (text: string) => void;
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
export type AccountsWatch = Watch & { readonly sight?: 'part' };

/** The same, of minutes: of the whole subtree, or of some accounts of it. */
export type UsageWatch = Watch & { readonly only?: readonly AccountId[] };

/** For a hub that nobody measures. */
export const UNCOUNTED: LiveMetrics = {
  subscriptions: () => undefined,
  frames: () => undefined,
  skipped: () => undefined,
  revoked: () => undefined,
};
