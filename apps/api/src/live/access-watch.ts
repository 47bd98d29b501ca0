import type { AccountId, Refusal, TouchedRights } from '@tenantree/domain';
import type { Entitlement, SupposedCaps, Viewer } from './ports.ts';

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
/** Between being let in and listening there is no more than this, and there are no more changes. */
const RECENT_MS = 30_000;
const MOST_RECENT = 500;

/** An account stands in another tree than when it was asked for, or its tree's numbers went back. */
const ELSEWHERE: Refusal = { code: 'UNAVAILABLE', message: 'This account stands elsewhere now. Watch it anew.' };

/**
 * Streams outlive the check at their beginning. Whenever access may have changed, here or in another server, or when a token or a
 * suspension reaches its time, their viewers are asked about again, each distinct one once, and cut when nothing entitles them any more
 * (rules/permissions 14).
 */
export class AccessWatch {
  readonly #options: Options;
  readonly #entries = new Set<Watched>();
  #recent: { readonly atMs: number; readonly concerns: (entry: Watched) => boolean }[] = [];

  constructor(options: Options) {
    this.#options = options;
  }

  /** Watches over a stream until it is removed. Its viewer was let in a while ago: what changed since then is asked about. */
  add(watched: Watched): void {
    this.#entries.add(watched);
    if (this.#recent.some(({ concerns }) => concerns(watched))) void this.#ask([watched]);
  }

  remove(watched: Watched): void {
    this.#entries.delete(watched);
  }

  /** Asks again about everybody whom a change may concern. Resolves when those who lost access are cut. */
  async changed(change: TouchedRights): Promise<void> {
    const concerns = concernedBy(change);
    const now = performance.now();
    this.#recent = [
      ...this.#recent.filter(({ atMs }) => atMs > now - RECENT_MS).slice(1 - MOST_RECENT),
      { atMs: now, concerns },
    ];
    await this.#ask([...this.#entries].filter(concerns));
  }

  /** How many streams other caps of an account would cut. */
  countCuts(supposed: SupposedCaps): number {
    let cut = 0;
    for (const { entitlement } of this.#entries)
      if (entitlement.path.includes(supposed.account) && entitlement.holdsWith?.(supposed) === false) cut += 1;
    return cut;
  }

  /** Ends all streams of a tree whose numbers began anew. Clients watch anew. */
  cutTree(root: AccountId): void {
    for (const entry of this.#entries) if (entry.viewer.path[0] === root) entry.cut(ELSEWHERE);
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
      if ('code' in answer) {
        this.#options.onCut();
        entry.cut(answer);
      } else if (answer.path[0] !== entry.viewer.path[0]) entry.cut(ELSEWHERE);
      else entry.entitlement = answer;
    }
  }
}

function concernedBy(change: TouchedRights): (entry: Watched) => boolean {
  const has = <T>(list: readonly T[] | undefined, value: T | null): boolean =>
    value !== null && list !== undefined && list.includes(value);
  return ({ viewer, entitlement }) =>
    has(change.users, viewer.user) ||
    has(change.sessions, viewer.session) ||
    has(change.keys, viewer.apiKey) ||
    has(change.tokens, viewer.token) ||
    (change.subtree !== undefined && entitlement.path.includes(change.subtree));
}
