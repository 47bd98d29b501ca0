import {
  type AdmissionTick,
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
/** Fewer are not worth a statement of their own. */
const LEAST_PER_TICK = 8;
/** Statements of one tree and kind at one time: what one writes before it waits for the other's commit is written meanwhile. */
const TICKS_AT_ONCE = 2;
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
 * In-process group commit, tree by tree and kind by kind (rules/limits 16): while two statements are at the database, whoever asks meanwhile
 * waits, and all of them leave together in the next. Where accounts stand and what limits them is remembered with the number of the tree's shape; the
 * database says when that is another by now.
 */
export function createAdmissions({ db, clock, onDecided, onError }: Parts): OpenAdmissions {
  const places = new Map<string, TreePlaces>();
  const gates = new Map<string, Gate>();

  const placesFor = async (root: AccountId, kind: LimitKind, accounts: readonly AccountId[]): Promise<TreePlaces> => {
    const name = nameOf(root, kind);
    const kept = places.get(name);
    const known = kept && kept.of.size <= MOST_PLACES ? kept : undefined;
    const unknown = known ? accounts.filter((account) => !known.of.has(account)) : accounts;
    if (known && unknown.length === 0) return known;
    const read = await readTreePlaces(db, root, kind, [...new Set(unknown)], known);
    // Of another shape than what was known: the others are to be read again, too.
    const isWhole = !known || read === known || unknown.length === accounts.length;
    const all = isWhole ? read : await readTreePlaces(db, root, kind, [...new Set(accounts)], read);
    places.set(name, all);
    return all;
  };

  const decide = async (root: AccountId, kind: LimitKind, { asks, back, isTight }: Together) => {
    const accounts = [...asks, ...back].map(({ account }) => account);
    for (let attempt = 1; ; attempt += 1) {
      const tick = { root, kind, period: periodOf(kind, instantOf(clock.nowMs())), asks, back, isTight };
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
      (together) => db.onBehalfOf(null, () => decide(root, kind, together)),
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

/** What is decided by one statement. */
type Together = Required<Pick<AdmissionTick, 'asks' | 'back' | 'isTight'>>;

/** Who waits for it. */
type Tick = { readonly asks: readonly Waiting<Ask, Admitted>[]; readonly back: readonly Waiting<GivenBack, void>[] };

type Decide = (together: Together) => Promise<readonly Admitted[]>;

/** Those who wait for one tree and kind. */
class Gate {
  readonly #decide: Decide;
  readonly #onQuiet: () => void;
  #asks: Waiting<Ask, Admitted>[] = [];
  #back: Waiting<GivenBack, void>[] = [];
  #isStarting = false;
  #running = 0;
  /** Leases that are at the database: whoever asks for the same, or gives it back, comes after that. */
  readonly #deciding = new Set<string>();
  /** Somebody got less than they wanted, just now. */
  #isTight = false;

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
    if (this.#isStarting || this.#running === TICKS_AT_ONCE) return;
    this.#isStarting = true;
    // Whoever asks in this turn of the event loop joins.
    setImmediate(() => {
      this.#isStarting = false;
      for (let free = TICKS_AT_ONCE - this.#running; free > 0; free -= 1) {
        const tick = this.#take(free);
        if (tick.asks.length + tick.back.length > 0) void this.#run(tick);
      }
      if (this.#running === 0) this.#onQuiet();
    });
  }

  /** A share of those who wait for so many statements. */
  #take(free: number): Tick {
    const back = takeFrom(this.#back, free, this.#deciding);
    const asks = takeFrom(this.#asks, free, this.#deciding);
    this.#back = back.left;
    this.#asks = asks.left;
    return { asks: asks.taken, back: back.taken };
  }

  async #run({ asks, back }: Tick): Promise<void> {
    this.#running += 1;
    const together = { asks: asks.map(({ what }) => what), back: back.map(({ what }) => what), isTight: this.#isTight };
    try {
      const outcomes = await this.#decide(together);
      this.#isTight = outcomes.some((one, index) => isShort(one, together.asks[index]!));
      for (const [index, { resolve }] of asks.entries()) resolve(outcomes[index]!);
      for (const { resolve } of back) resolve();
    } catch (error) {
      for (const { reject } of [...asks, ...back]) reject(error);
    } finally {
      for (const { what } of [...asks, ...back]) this.#deciding.delete(leaseOf(what));
      this.#running -= 1;
      this.#start();
    }
  }
}

const leaseOf = ({ account, key }: GivenBack): string => account + key;

/** Whether somebody got less than they wanted. */
const isShort = (admitted: Admitted, { want }: Ask): boolean =>
  admitted.outcome === 'refused' || (admitted.outcome === 'granted' && admitted.n < want);

/** Takes the first who wait, of each lease one: whoever asks for the same again learns afterwards what became of it. */
function takeFrom<What extends GivenBack, Answer>(
  waiting: readonly Waiting<What, Answer>[],
  free: number,
  deciding: Set<string>,
): { readonly taken: Waiting<What, Answer>[]; readonly left: Waiting<What, Answer>[] } {
  const most = Math.min(Math.max(Math.ceil(waiting.length / free), LEAST_PER_TICK), MOST_PER_TICK);
  const taken: Waiting<What, Answer>[] = [];
  const left: Waiting<What, Answer>[] = [];
  for (const one of waiting) {
    const lease = leaseOf(one.what);
    const isTaken = taken.length < most && !deciding.has(lease);
    if (isTaken) deciding.add(lease);
    (isTaken ? taken : left).push(one);
  }
  return { taken, left };
}
