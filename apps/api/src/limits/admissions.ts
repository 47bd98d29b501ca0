import {
  type AdmissionTick,
  type Admitted,
  type Ask,
  admitTick,
  type CountersOf,
  type Database,
  endOverdueLeases,
  type GivenBack,
  type Place,
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
/** From so many on, the two halves of a tree have a statement each: they meet at the main account alone, when the other's is committed. */
const LARGE_TICK = 64;
const HALVES = [0, 1];
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
 * In-process group commit, tree by tree and kind by kind (rules/limits 16): while they are at the database, whoever asks meanwhile
 * waits, and all of them leave together in the next. Where accounts stand and what limits them is remembered with the number of the tree's shape; the
 * database says when that is another by now.
 */
export function createAdmissions({ db, clock, onDecided, onError }: Parts): OpenAdmissions {
  const places = new Map<string, TreePlaces>();
  const gates = new Map<string, Gate>();

  const placesFor = async (of: CountersOf, accounts: readonly AccountId[]): Promise<TreePlaces> => {
    const name = nameOf(of.root, of.kind);
    const kept = places.get(name);
    const known = kept && kept.of.size <= MOST_PLACES ? kept : undefined;
    const unknown = known ? accounts.filter((account) => !known.of.has(account)) : accounts;
    if (known && unknown.length === 0) return known;
    const read = await readTreePlaces(db, of, [...new Set(unknown)], known);
    // Of another shape than what was known: the others are to be read again, too.
    const isWhole = !known || read === known || unknown.length === accounts.length;
    const all = isWhole ? read : await readTreePlaces(db, of, [...new Set(accounts)], read);
    places.set(name, all);
    return all;
  };

  const decide = async (root: AccountId, kind: LimitKind, { asks, back, isTight }: Together) => {
    const accounts = [...asks, ...back].map(({ account }) => account);
    for (let attempt = 1; ; attempt += 1) {
      const of = { root, kind, period: periodOf(kind, instantOf(clock.nowMs())) };
      try {
        const outcomes = await admitTick(db, { ...of, asks, back, isTight, places: await placesFor(of, accounts) });
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
    const gate = new Gate({
      // What is decided is many callers'.
      decide: (together) => db.onBehalfOf(null, () => decide(root, kind, together)),
      halfOf: (account) => halfOf(places.get(name)?.of.get(account)),
      onQuiet: () => gates.delete(name),
    });
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

/** The half that an account stands in, by the account directly below the main one that it stands at or below. */
function halfOf(place: Place | undefined): number {
  let at = place;
  while (at?.up?.up) at = at.up;
  return at?.up ? Number.parseInt(at.id.slice(-1), 16) % HALVES.length : 0;
}

const isDeadlock = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === DEADLOCK;

/** What is decided by one statement. */
type Together = Required<Pick<AdmissionTick, 'asks' | 'back' | 'isTight'>>;

/** Who waits for it. */
type Tick = { readonly asks: readonly Waiting<Ask, Admitted>[]; readonly back: readonly Waiting<GivenBack, void>[] };

type GateParts = {
  readonly decide: (together: Together) => Promise<readonly Admitted[]>;
  readonly halfOf: (account: AccountId) => number;
  /** Called when nobody waits any more. */
  readonly onQuiet: () => void;
};

/** Those who wait for one tree and kind. */
class Gate {
  readonly #parts: GateParts;
  #asks: Waiting<Ask, Admitted>[] = [];
  #back: Waiting<GivenBack, void>[] = [];
  #isRunning = false;
  /** Somebody got less than they wanted, just now. */
  #isTight = false;

  constructor(parts: GateParts) {
    this.#parts = parts;
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
    // Whoever asks in this turn of the event loop joins, as those may do who just got an answer.
    setImmediate(() => {
      void this.#run().finally(() => {
        this.#isRunning = false;
        if (this.#asks.length + this.#back.length > 0) this.#start();
        else this.#parts.onQuiet();
      });
    });
  }

  async #run(): Promise<void> {
    const tick = { asks: this.#takeAsks(), back: this.#back.splice(0, MOST_PER_TICK) };
    const short = await Promise.all(this.#statementsOf(tick).map((one) => this.#answer(one)));
    this.#isTight = short.includes(true);
  }

  #statementsOf({ asks, back }: Tick): Tick[] {
    if (asks.length + back.length < LARGE_TICK) return [{ asks, back }];
    return HALVES.map((half) => {
      const isIn = ({ what }: { readonly what: GivenBack }): boolean => this.#parts.halfOf(what.account) === half;
      return { asks: asks.filter(isIn), back: back.filter(isIn) };
    }).filter((one) => one.asks.length + one.back.length > 0);
  }

  /** @returns whether somebody got less than they wanted */
  async #answer({ asks, back }: Tick): Promise<boolean> {
    const together = {
      asks: asks.map(({ what }) => what),
      back: back.map(({ what }) => what),
      isTight: this.#isTight,
    };
    try {
      const outcomes = await this.#parts.decide(together);
      for (const [index, { resolve }] of asks.entries()) resolve(outcomes[index]!);
      for (const { resolve } of back) resolve();
      return outcomes.some((one, index) => isShort(one, together.asks[index]!));
    } catch (error) {
      for (const { reject } of [...asks, ...back]) reject(error);
      return false;
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

/** Whether somebody got less than they wanted. */
const isShort = (admitted: Admitted, { want }: Ask): boolean =>
  admitted.outcome === 'refused' || (admitted.outcome === 'granted' && admitted.n < want);
