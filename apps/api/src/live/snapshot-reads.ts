import type { FairQueue } from '@tenantree/domain';
import type { Snapshot } from './subscription.ts';

type Waiting<State> = {
  readonly since: number | null;
  readonly actor: string;
  readonly resolve: (snapshot: Snapshot<State>) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * First states for the viewers of one topic. While one read is under way, whoever arrives waits for the next one and shares it, so that
 * a thousand reconnecting viewers cost a handful of reads. (They can't share the one under way: what was published between its
 * instant and their arrival would be lost to them.) The first of them whose turn it is reads for all.
 */
export class SnapshotReads<State> {
  readonly #load: (since: number | null) => Promise<Snapshot<State>>;
  readonly #turns: FairQueue;
  #waiting: Waiting<State>[] = [];
  /** Actors who stand in the queue for this topic. */
  readonly #queued = new Set<string>();
  #reading = false;

  /** @param load reads what changed after a version; 0: what there is; null: nothing but the present version */
  constructor(load: (since: number | null) => Promise<Snapshot<State>>, turns: FairQueue) {
    this.#load = load;
    this.#turns = turns;
  }

  /** Reads the state for somebody who listens already. The answer may hold more than what changed after `since`. */
  read(since: number | null, actor: string): Promise<Snapshot<State>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ since, actor, resolve, reject });
      if (!this.#reading) this.#queue(actor);
    });
  }

  #queue(actor: string): void {
    if (this.#queued.has(actor)) return;
    this.#queued.add(actor);
    void this.#turns.run(actor, async () => {
      // Everybody of this turn of the event loop joins.
      await new Promise((next) => setImmediate(next));
      this.#queued.delete(actor);
      await this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#reading || this.#waiting.length === 0) return;
    this.#reading = true;
    const batch = this.#waiting;
    this.#waiting = [];
    await Promise.all([
      this.#answer(batch.filter(({ since }) => since === null)),
      this.#answer(batch.filter(({ since }) => since === 0)),
      this.#answer(
        batch.filter(({ since }) => since !== null && since > 0).toSorted((a, b) => (a.since ?? 0) - (b.since ?? 0)),
      ),
    ]);
    this.#reading = false;
    for (const { actor } of this.#waiting) this.#queue(actor);
  }

  /** @param group of those who have something, oldest first */
  async #answer(group: readonly Waiting<State>[]): Promise<void> {
    const [first, last] = [group[0], group.at(-1)];
    if (!first || !last) return;
    try {
      let snapshot = await this.#load(first.since);
      // An id from the future comes from a database that was restored since: nothing of what it stands for is known.
      if (last.since !== null && last.since > snapshot.version) snapshot = { ...(await this.#load(0)), gap: true };
      // Who was away for too long is no reason for the others to read everything again.
      else if (snapshot.gap && first.since !== last.since && !(await this.#load(last.since)).gap) {
        const half = group.length >> 1;
        await Promise.all([this.#answer(group.slice(0, half)), this.#answer(group.slice(half))]);
        return;
      }
      for (const one of group) one.resolve(snapshot);
    } catch (error) {
      for (const one of group) one.reject(error);
    }
  }
}
