import type { AccountId, FairQueue } from '@tenantree/domain';
import type { AccessWatch } from './access-watch.ts';
import type { Channel, Item } from './channel.ts';
import type { Loaded } from './lane.ts';
import type { LiveMetrics, StateQuery } from './ports.ts';

/** What one channel's board needs of the hub. */
export type BoardOptions<State, Frame> = {
  readonly channel: Channel<State, Frame>;
  readonly access: AccessWatch;
  /** Whose state is read next. */
  readonly turns: FairQueue;
  readonly metrics: LiveMetrics;
  readonly nowMs: () => number;
  readonly load: (query: StateQuery) => Promise<Loaded<State>>;
  readonly version: (account: AccountId) => Promise<number>;
  /** What an account that left looks like; null on a channel that doesn't tell. */
  readonly departed: ((account: AccountId, version: number) => Item<State>) | null;
  /** Something waits for the next tick. */
  readonly schedule: () => void;
  readonly onError: (error: unknown) => void;
};
