import { type Counted, isOutage, type TreeChange, type UncountedTree } from '@tenantree/db';
import { type AccountId, type Clock, type CountedMeter, msOf } from '@tenantree/domain';

/** Counts usage that was recorded, soon after it was, and tells live viewers. */
export type UsageCounter = {
  /** Usage was recorded and is committed. */
  wake(): void;
  /** Resolves when all that was recorded in a tree before the call is counted, or could not be. */
  settle(root: AccountId): Promise<void>;
  /** How far counting is behind. @throws what reading it fails with */
  backlog(): Promise<UsageBacklog>;
  /** Counts what is recorded by now, and begins no further count. */
  close(): Promise<void>;
};

/** What waits to be counted. Totals are exact all the same; live viewers don't see it yet. */
export type UsageBacklog = {
  /** For how long the oldest uncounted usage has been recorded; 0 when there is none. */
  readonly lagMs: number;
  /** Trees whose count failed here, and that are tried again by themselves. */
  readonly treesSetAside: number;
};

/** A tree whose count failed so many times in a row, at last with this error. */
export type SetAside = {
  readonly root: AccountId;
  readonly failures: number;
  readonly againInMs: number;
  readonly error: unknown;
};

type Options = {
  /** Everything is counted by these. */
  readonly meters: readonly CountedMeter[];
  readonly clock: Clock;
  /** Counts one tree. `wait` for somebody else who is counting it; otherwise it is left to them. */
  readonly count: (root: AccountId, meter: CountedMeter, wait: boolean) => Promise<Counted>;
  /** The trees that have something to count. */
  readonly waiting: () => Promise<readonly UncountedTree[]>;
  /** Called after each commit with the new totals of a tree; for each tree in the order of its commits. */
  readonly onCounted: (tree: TreeChange) => void;
  /** Called once a second at most, after counts: adds to the roll-ups what they noted. */
  readonly fold: () => Promise<void>;
  /** Called now and then between counts, to make the room free that counted usage took. */
  readonly tidy: () => Promise<void>;
  readonly onSetAside: (tree: SetAside) => void;
  /** A tree that was set aside is counted again. */
  readonly onTakenBack: (root: AccountId) => void;
  readonly onError: (error: unknown) => void;
};

/** Live viewers get one frame in such a time (rules/usage 9): counting more often would show them nothing. */
const TICK_MS = 50;
/** Another server may have died between recording and counting. */
const LOOK_EVERY_MS = 1_000;
/** What counts noted for the roll-ups is written together: the longer, the fewer rows, and the more a reader of series adds up. */
const FOLD_EVERY_MS = 1_000;
const COUNTS_PER_TIDY = 100;
/** Trees that one server counts at one time. */
const AT_ONCE = 2;
/** A tree that was set aside is tried again after the first of these, then after twice as long each time, up to the second. */
const [AGAIN_FIRST_MS, AGAIN_AT_MOST_MS] = [1_000, 60_000];

/** Trees whose count failed, until they are due again. */
class TreesAside {
  readonly #trees = new Map<AccountId, { readonly failures: number; readonly dueMs: number }>();

  get size(): number {
    return this.#trees.size;
  }

  roots(): Iterable<AccountId> {
    return this.#trees.keys();
  }

  isDue(root: AccountId): boolean {
    return (this.#trees.get(root)?.dueMs ?? 0) <= performance.now();
  }

  put(root: AccountId): Pick<SetAside, 'failures' | 'againInMs'> {
    const failures = (this.#trees.get(root)?.failures ?? 0) + 1;
    const againInMs = Math.min(AGAIN_FIRST_MS * 2 ** (failures - 1), AGAIN_AT_MOST_MS);
    this.#trees.set(root, { failures, dueMs: performance.now() + againInMs });
    return { failures, againInMs };
  }

  /** @returns whether it was one of them */
  takeBack(root: AccountId): boolean {
    return this.#trees.delete(root);
  }
}

type CountParts = Pick<Options, 'meters' | 'count' | 'onCounted' | 'onSetAside' | 'onTakenBack' | 'onError'> & {
  readonly aside: TreesAside;
};

/** Counts a tree by every meter; what fails sets it aside. @returns what each count came to, as far as they came */
async function countMeters(
  root: AccountId,
  wait: boolean,
  { meters, count, aside, onCounted, onSetAside, onTakenBack, onError }: CountParts,
): Promise<readonly ('counted' | 'elsewhere' | 'nothing')[]> {
  const counts: ('counted' | 'elsewhere' | 'nothing')[] = [];
  try {
    for (const meter of meters) {
      const change = await count(root, meter, wait);
      if (typeof change === 'object') onCounted(change);
      counts.push(typeof change === 'object' ? 'counted' : change);
    }
    if (aside.takeBack(root)) onTakenBack(root);
  } catch (error) {
    // Nothing is the matter with the tree: it is counted as soon as the database answers again.
    if (isOutage(error)) onError(error);
    else onSetAside({ root, ...aside.put(root), error });
  }
  return counts;
}

/** Counts of trees that somebody waits for. */
type Settling = {
  readonly settle: (root: AccountId) => Promise<void>;
  /** Resolves when those under way have ended. */
  end(): Promise<void>;
};

/** A count under way may have begun too early; the one after it serves everybody who asks until it begins. */
function createSettling(count: (root: AccountId) => Promise<void>): Settling {
  /** Those who wait for a tree, until their count begins; and the counts of those who waited. */
  const asked = new Map<AccountId, Promise<void>>();
  const underWay = new Map<AccountId, Promise<void>>();
  const settle = async (root: AccountId): Promise<void> => {
    await underWay.get(root);
    asked.delete(root);
    const done = count(root).finally(() => underWay.delete(root));
    underWay.set(root, done);
    await done;
  };
  return {
    settle: (root) => {
      const waits = asked.get(root) ?? settle(root);
      asked.set(root, waits);
      return waits;
    },
    end: async () => {
      await Promise.all(underWay.values());
    },
  };
}

/** When counts begin: at once after a quiet time, then once a tick for as long as somebody wakes it. */
type Rhythm = {
  readonly wake: () => void;
  /** Begins no further one; resolves when the one under way has ended. */
  stop(): Promise<void>;
};

function createRhythm(count: () => Promise<void>): Rhythm {
  let wanted = false;
  let counting: Promise<void> | null = null;
  let pause: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const run = async (): Promise<void> => {
    const started = performance.now();
    wanted = false;
    await count();
    const tookMs = performance.now() - started;
    counting = null;
    if (stopped) return;
    const goOn = (): void => {
      pause = undefined;
      if (wanted) wake();
    };
    pause = setTimeout(goOn, Math.abs(TICK_MS - tookMs));
  };
  const wake = (): void => {
    wanted = true;
    if (counting === null && pause === undefined && !stopped) counting = run();
  };
  return {
    wake,
    stop: async () => {
      stopped = true;
      clearTimeout(pause);
      await counting;
    },
  };
}

/**
 * Counts at once when usage comes in after a quiet time, then once a tick as long as more comes. A count that takes longer than a tick is
 * followed by a rest, as much longer: then more events share the writing of one account. Longer rests would leave more to readers, who
 * add up what is uncounted. Nobody waits for a count: totals are exact for every reader, counted or not
 * (docs/decisions/0004-usage-is-counted-after-it-is-recorded.md).
 *
 * Trees are counted one by one, a few beside each other, and whoever finds a tree being counted by another server goes on to the next: so
 * servers share the work. A tree whose count fails is set aside, and holds up no other; not when the database is away.
 */
export function createUsageCounter(options: Options): UsageCounter {
  const { clock, waiting, fold, tidy, onError } = options;
  let counts = 0;
  let foldDueMs = 0;
  let closed = false;
  const aside = new TreesAside();

  /** @returns whether there was something to count */
  const countTree = async (root: AccountId, wait: boolean): Promise<boolean> => {
    const ended = await countMeters(root, wait, { ...options, aside });
    // Whoever counts it may have begun before the last of it was recorded.
    if (ended.includes('elsewhere')) rhythm.wake();
    return ended.includes('counted');
  };

  const countAll = async (): Promise<void> => {
    const recorded = (await waiting()).map(({ root }) => root);
    const roots = [...new Set([...recorded, ...aside.roots()])].filter((root) => aside.isDue(root));
    let counted = false;
    const countNext = async (): Promise<void> => {
      for (let root = roots.shift(); root !== undefined; root = roots.shift())
        if (await countTree(root, false)) counted = true;
    };
    await Promise.all(Array.from({ length: AT_ONCE }, countNext));
    if (performance.now() >= foldDueMs) {
      foldDueMs = performance.now() + FOLD_EVERY_MS;
      await fold();
    }
    if (counted && ++counts % COUNTS_PER_TIDY === 0) await tidy();
  };

  // What is not counted stays where it is, and the next look counts it.
  const countOnce = (): Promise<void> => countAll().catch(onError);
  const rhythm = createRhythm(countOnce);
  const settling = createSettling(async (root) => {
    if (!closed && aside.isDue(root)) await countTree(root, true);
  });
  const look = setInterval(rhythm.wake, LOOK_EVERY_MS);
  look.unref();
  rhythm.wake();

  return {
    wake: rhythm.wake,
    settle: settling.settle,
    backlog: async () => {
      const [oldest] = await waiting();
      const lagMs = oldest ? Math.max(clock.nowMs() - msOf(oldest.since), 0) : 0;
      return { lagMs, treesSetAside: aside.size };
    },
    close: async () => {
      closed = true;
      clearInterval(look);
      await rhythm.stop();
      await settling.end();
      await countOnce();
    },
  };
}
