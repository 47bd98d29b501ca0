import type { Snapshot } from './subscription.ts';

type Waiting<State> = {
  readonly since: number | null;
  readonly resolve: (snapshot: Snapshot<State>) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * First states for the viewers of one topic. While one read is under way, whoever arrives waits for the next one and shares it, so that
 * a thousand reconnecting viewers cost a handful of reads. (They can't share the one under way: what was published between its
 * instant and their arrival would be lost to them.)
 */
export class SnapshotReads<State> {
  readonly #load: (since: number | null) => Promise<Snapshot<State>>;
  #waiting: Waiting<State>[] = [];
  #running = false;

  /** @param load reads what changed after a version; 0: everything; null: nothing but the present version */
  constructor(load: (since: number | null) => Promise<Snapshot<State>>) {
    this.#load = load;
  }

  /** Reads the state for somebody who listens already. The answer may hold more than what changed after `since`. */
  read(since: number | null): Promise<Snapshot<State>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ since, resolve, reject });
      if (this.#running) return;
      this.#running = true;
      // Everybody of this turn of the event loop joins.
      setImmediate(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      await Promise.all([
        this.#answer(batch.filter(({ since }) => since === null)),
        this.#answer(batch.filter(({ since }) => since === 0)),
        this.#answer(batch.filter(({ since }) => since !== null && since > 0)),
      ]);
    }
    this.#running = false;
  }

  async #answer(group: readonly Waiting<State>[]): Promise<void> {
    const [first] = group;
    if (!first) return;
    try {
      const since = first.since === null ? null : Math.min(...group.map((one) => one.since ?? 0));
      let snapshot = await this.#load(since);
      // An id from the future comes from a database that was restored since: only a full state helps.
      if (since !== null && group.some((one) => (one.since ?? 0) > snapshot.version)) snapshot = await this.#load(0);
      for (const one of group) one.resolve(snapshot);
    } catch (error) {
      for (const one of group) one.reject(error);
    }
  }
}
