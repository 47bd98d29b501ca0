import {
  type Admitted,
  type Ask,
  admitTick,
  type Database,
  endOverdueLeases,
  type GivenBack,
  periodOf,
  readTreePlaces,
  type TreePlaces,
} from '@tenantree/db';
import { type AccountId, type Clock, instantOf, type LimitKind } from '@tenantree/domain';
import type { Admissions } from '../hall/hall.ts';

/** What takes and gives back, for whoever runs the server. */
export type OpenAdmissions = Admissions & {
  /** Ends no further lease whose time is over. */
  close(): Promise<void>;
};

type Parts = {
  readonly db: Database;
  readonly clock: Clock;
  /** Called after each commit with the tree in which something was taken or given back. */
  readonly onDecided: (root: AccountId) => void;
  readonly onError: (error: unknown) => void;
};

/** Asks that are decided by one statement. */
const MOST_PER_TICK = 512;
const MAX_ATTEMPTS = 3;
const DEADLOCK = '40P01';
/** Leases whose time is over are looked for so often (ms). Whoever would be refused finds them by themselves. */
const LOOK_MS = 1_000;
/** Places that are remembered of one tree and kind. */
const MOST_PLACES = 50_000;

type Waiting<What, Answer> = {
  readonly what: What;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * In-process group commit, tree by tree and kind by kind (rules/limits 16): while one statement is at the database, whoever asks meanwhile
 * waits, and all of them leave together in the next. Where accounts stand and what limits them is remembered with the number of the tree's shape; the
 * database says when that is another by now.
 */
export function createAdmissions({ db, clock, onDecided, onError }: Parts): OpenAdmissions {
  const places = new Map<string, TreePlaces>();
  const gates = new Map<string, Gate>();

  const placesFor = async (root: AccountId, kind: LimitKind, accounts: readonly AccountId[]): Promise<TreePlaces> => {
    const known = places.get(nameOf(root, kind));
    const unknown = accounts.filter((account) => !known?.paths.has(account));
    if (known && unknown.length === 0) return known;
    const read = await readTreePlaces(db, root, kind, [...new Set(unknown)]);
    if (!known || known.shape !== read.shape || known.paths.size > MOST_PLACES) {
      const others = accounts.filter((account) => !read.paths.has(account));
      const all = known && others.length > 0 ? await readTreePlaces(db, root, kind, [...new Set(accounts)]) : read;
      places.set(nameOf(root, kind), all);
      return all;
    }
    for (const [account, path] of read.paths) known.paths.set(account, path);
    for (const [account, limiting] of read.limits) known.limits.set(account, limiting);
    return known;
  };

  const decide = async (root: AccountId, kind: LimitKind, asks: readonly Ask[], back: readonly GivenBack[]) => {
    const accounts = [...asks, ...back].map(({ account }) => account);
    for (let attempt = 1; ; attempt += 1) {
      const tick = { root, kind, period: periodOf(kind, instantOf(clock.nowMs())), asks, back };
      try {
        const outcomes = await admitTick(db, { ...tick, places: await placesFor(root, kind, accounts) });
        if (outcomes) {
          onDecided(root);
          return outcomes;
        }
        places.delete(nameOf(root, kind));
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !isDeadlock(error)) throw error;
      }
    }
  };

  const gateOf = (root: AccountId, kind: LimitKind): Gate => {
    const name = nameOf(root, kind);
    const known = gates.get(name);
    if (known) return known;
    // What is decided is many callers'.
    const gate = new Gate(
      (asks, back) => db.onBehalfOf(null, () => decide(root, kind, asks, back)),
      () => gates.delete(name),
    );
    gates.set(name, gate);
    return gate;
  };

  let looking: Promise<void> = Promise.resolve();
  const look = setInterval(() => {
    looking = looking.then(() => db.onBehalfOf(null, () => endOverdueLeases(db))).catch(onError);
  }, LOOK_MS);
  look.unref();

  return {
    acquire: (root, kind, ask) => gateOf(root, kind).acquire(ask),
    release: (root, kind, back) => gateOf(root, kind).release(back),
    close: async () => {
      clearInterval(look);
      await looking;
    },
  };
}

const nameOf = (root: AccountId, kind: LimitKind): string => `${root} ${kind.stored}`;

const isDeadlock = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === DEADLOCK;

type Decide = (asks: readonly Ask[], back: readonly GivenBack[]) => Promise<readonly Admitted[]>;

/** Those who wait for one tree and kind. */
class Gate {
  readonly #decide: Decide;
  readonly #onQuiet: () => void;
  #asks: Waiting<Ask, Admitted>[] = [];
  #back: Waiting<GivenBack, void>[] = [];
  #isRunning = false;

  constructor(decide: Decide, onQuiet: () => void) {
    this.#decide = decide;
    this.#onQuiet = onQuiet;
  }

  acquire(what: Ask): Promise<Admitted> {
    return new Promise((resolve, reject) => {
      this.#asks.push({ what, resolve, reject });
      this.#start();
    });
  }

  release(what: GivenBack): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#back.push({ what, resolve, reject });
      this.#start();
    });
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    // Whoever asks in this turn of the event loop joins.
    setImmediate(() => {
      void this.#run().finally(() => {
        this.#isRunning = false;
        if (this.#asks.length + this.#back.length > 0) this.#start();
        else this.#onQuiet();
      });
    });
  }

  async #run(): Promise<void> {
    while (this.#asks.length + this.#back.length > 0) {
      const asks = this.#takeAsks();
      const back = this.#back.splice(0, MOST_PER_TICK);
      try {
        const outcomes = await this.#decide(
          asks.map(({ what }) => what),
          back.map(({ what }) => what),
        );
        for (const [index, { resolve }] of asks.entries()) resolve(outcomes[index]!);
        for (const { resolve } of back) resolve();
      } catch (error) {
        for (const { reject } of [...asks, ...back]) reject(error);
      }
    }
  }

  /** The first who wait, of each lease one: whoever asks for the same again learns what became of it. */
  #takeAsks(): Waiting<Ask, Admitted>[] {
    const taken: Waiting<Ask, Admitted>[] = [];
    const later: Waiting<Ask, Admitted>[] = [];
    const names = new Set<string>();
    for (const one of this.#asks) {
      const name = one.what.account + one.what.key;
      const isTaken = taken.length < MOST_PER_TICK && !names.has(name);
      (isTaken ? taken : later).push(one);
      names.add(name);
    }
    this.#asks = later;
    return taken;
  }
}
