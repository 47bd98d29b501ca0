import type { Refusal } from '@tenantree/domain';
import type { AccessChange, Entitlement, Viewer } from './ports.ts';

/** A running stream, as far as its viewer's right to it is concerned. */
export type Watched = {
  readonly viewer: Viewer;
  /** What entitles the viewer, as it was answered last. */
  entitlement: Entitlement;
  /** Cuts the stream with the refusal as its error. */
  cut(refusal: Refusal): void;
};

type Options = {
  readonly nowMs: () => number;
  readonly onError: (error: unknown) => void;
  readonly onCut: () => void;
};

/** So many viewers are asked about at one time. */
const CONCURRENT = 32;
/** Who could not be asked about (the database was away) is asked again after this long. */
const RETRY_MS = 1_000;

/**
 * Streams outlive the check at their beginning. Whenever access may have changed, here or in another server, or when a token or a
 * suspension reaches its time, their viewers are asked about again, each distinct one once, and cut when nothing entitles them any more
 * (product.md 3.7: within a second; reliability.md 2, I26).
 */
export class AccessWatch {
  readonly #options: Options;
  readonly #entries = new Set<Watched>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Watches over a stream until it is removed. */
  add(watched: Watched): void {
    this.#entries.add(watched);
  }

  remove(watched: Watched): void {
    this.#entries.delete(watched);
  }

  /** Asks again about everybody whom a change may concern. Resolves when those who lost access are cut. */
  async changed(change: AccessChange): Promise<void> {
    const concerned = concernedBy(change);
    await this.#ask([...this.#entries].filter(concerned));
  }

  /** Asks about everybody: changes may have been missed. */
  async recheckAll(): Promise<void> {
    await this.#ask([...this.#entries]);
  }

  /** Asks about those whose access ends, or may change, at a time that has come. */
  async sweep(): Promise<void> {
    const nowMs = this.#options.nowMs();
    const due = [...this.#entries].filter(
      ({ entitlement: { changesAtMs } }) => changesAtMs !== null && changesAtMs <= nowMs,
    );
    await this.#ask(due);
  }

  async #ask(entries: readonly Watched[]): Promise<void> {
    const groups = [...Map.groupBy(entries, ({ viewer }) => viewer.key).values()];
    const next = async (): Promise<void> => {
      for (let group = groups.pop(); group; group = groups.pop()) await this.#askGroup(group);
    };
    await Promise.all(Array.from({ length: CONCURRENT }, next));
  }

  async #askGroup(group: readonly Watched[]): Promise<void> {
    const [first] = group;
    if (!first) return;
    let answer: Entitlement | Refusal;
    try {
      answer = await first.viewer.ask();
    } catch (error) {
      this.#options.onError(error);
      const changesAtMs = this.#options.nowMs() + RETRY_MS;
      for (const entry of group) entry.entitlement = { ...entry.entitlement, changesAtMs };
      return;
    }
    for (const entry of group) {
      if (!this.#entries.has(entry)) continue;
      if (!('code' in answer)) entry.entitlement = answer;
      else {
        this.#options.onCut();
        entry.cut(answer);
      }
    }
  }
}

function concernedBy(change: AccessChange): (entry: Watched) => boolean {
  const has = <T>(list: readonly T[] | undefined, value: T | null): boolean =>
    value !== null && list !== undefined && list.includes(value);
  return ({ viewer, entitlement }) =>
    has(change.users, viewer.user) ||
    has(change.sessions, viewer.session) ||
    has(change.keys, viewer.apiKey) ||
    has(change.tokens, viewer.token) ||
    (change.subtree !== undefined && entitlement.path.includes(change.subtree));
}
