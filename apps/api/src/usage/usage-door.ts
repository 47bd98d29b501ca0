import type { Database, TreeChange, UsageStore } from '@tenantree/db';
import { type AccountId, type Clock, COUNTED_METERS, DAY_MS, type Instant, instantOf } from '@tenantree/domain';
import type { Hall, Settings, UsageDoor } from '../hall/hall.ts';
import { createUsageCounter, type SetAside, type UsageBacklog } from './usage-counter.ts';
import { createUsageWriter } from './usage-writer.ts';

/** What is behind the door, for whoever runs the server. */
export type OpenUsage = UsageDoor & {
  /** How far counting is behind. @throws when the database doesn't answer */
  readonly backlog: () => Promise<UsageBacklog>;
  /** Resolves when everything accepted so far is stored. */
  drain(): Promise<void>;
  /** Counts what is recorded by now, and begins no further count. */
  close(): Promise<void>;
};

/** Who is told of what happens to usage. */
export type UsageObserver = {
  /** Events were committed. */
  recorded(events: number): void;
  /** Usage of a tree was counted and is committed; of each tree in the order of its commits. */
  counted(tree: TreeChange): void;
  /** A tree can't be counted. */
  setAside(tree: SetAside): void;
  /** It is counted again. */
  takenBack(root: AccountId): void;
  /** Something failed that is tried again. */
  failed(error: unknown): void;
};

type Parts = {
  readonly db: Database;
  readonly store: UsageStore;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'usageMaxAgeDays'>;
  readonly observer: UsageObserver;
};

/** Opens the door: one writer through which all events enter, and one counter behind it. */
export function openUsage({ db, store, clock, settings, observer }: Parts): OpenUsage {
  // What is stored and counted is many callers'.
  const forAll = <T>(work: () => Promise<T>): Promise<T> => db.onBehalfOf(null, work);
  const counter = createUsageCounter({
    meters: COUNTED_METERS,
    clock,
    count: (root, meter, wait) => forAll(() => store.count(root, { meter, now: instantOf(clock.nowMs()), wait })),
    waiting: () => forAll(() => store.waiting()),
    fold: () => forAll(() => store.fold()),
    tidy: () => forAll(() => store.tidy()),
    onCounted: (tree) => observer.counted(tree),
    onSetAside: (tree) => observer.setAside(tree),
    onTakenBack: (root) => observer.takenBack(root),
    onError: (error) => observer.failed(error),
  });
  const writer = createUsageWriter({
    store: (meter, events) => forAll(() => store.append(events, { meter, ...recordedNow({ clock, settings }) })),
    onCommitted: (events) => {
      observer.recorded(events);
      counter.wake();
    },
  });
  return {
    record: (meter, events) => writer.record(meter, events),
    recorded: () => counter.wake(),
    settle: async (account) => {
      const root = await store.treeOf(account);
      if (root !== null) await counter.settle(root);
    },
    backlog: () => counter.backlog(),
    drain: () => writer.drain(),
    close: () => counter.close(),
  };
}

/** What usage that is recorded now has in common: the instant, and since when its keys are kept (rules/usage 15). */
export function recordedNow({ clock, settings }: Pick<Parts, 'clock' | 'settings'>): {
  readonly now: Instant;
  readonly keysSince: Instant;
} {
  const nowMs = clock.nowMs();
  return { now: instantOf(nowMs), keysSince: instantOf(nowMs - settings.usageMaxAgeDays * DAY_MS) };
}

/**
 * Makes room for the usage of the months to come, and forgets the events of months that are over for longer than they are kept, with their
 * idempotency keys; totals and series by quarters of an hour stay. Every server does, at its own pace: what is there or gone already is left.
 *
 * @returns how many months were forgotten here
 */
export function keepUsage({ usage, clock, settings }: Hall): Promise<number> {
  const nowMs = clock.nowMs();
  const days = settings.usageRetentionDays;
  return usage.keepMonths({
    now: instantOf(nowMs),
    eventsSince: days === null ? null : instantOf(nowMs - days * DAY_MS),
  });
}
