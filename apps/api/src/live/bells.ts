import type { AccountId, Refusal } from '@tenantree/domain';
import { toTRPCError } from '../guard/error-shape.ts';
import type { Watched } from './access-watch.ts';
import type { Entitlement, Viewer } from './ports.ts';

/** What has no versions, such as how a job goes, and may have changed: of which kind it is, and which one. */
export type Bell = {
  readonly of: string;
  readonly id: string;
  /** Whoever looked has rest for so long (ms) from looks that nothing rang for, only in case that it was not heard; without, none. */
  readonly restMs?: number;
};

/** A bell as servers tell each other of it. */
export const bellText = ({ of, id }: Bell): string => `${of}:${id}`;

/** Somebody who looks again whenever a bell rings. */
export class Listening implements Watched {
  readonly viewer: Viewer;
  entitlement: Entitlement;
  readonly bell: Bell;
  /** The first look is at once. */
  #rang = true;
  #lookedAtMs = 0;
  #over: { readonly error: Error | null } | null = null;
  #wake: (() => void) | null = null;

  constructor(bell: Bell, viewer: Viewer) {
    this.bell = bell;
    this.viewer = viewer;
    this.entitlement = viewer;
  }

  ring(): void {
    this.#rang = true;
    this.#wake?.();
  }

  /** Looks in case that a ring was not heard, unless it looked lately. */
  ringInCase(nowMs: number): void {
    if (nowMs - this.#lookedAtMs >= (this.bell.restMs ?? 0)) this.ring();
  }

  /** Ends it because nothing entitles its viewer any more. */
  cut(refusal: Refusal): void {
    this.end(toTRPCError(refusal));
  }

  end(error: Error | null = null): void {
    this.#over ??= { error };
    this.#wake?.();
  }

  /** Waits until it is worth looking. @returns false when the viewer has left @throws what it was cut with */
  async next(): Promise<boolean> {
    while (!this.#rang && !this.#over) {
      const woken = Promise.withResolvers<void>();
      this.#wake = woken.resolve;
      await woken.promise;
    }
    if (this.#over?.error) throw this.#over.error;
    this.#rang = false;
    this.#lookedAtMs = performance.now();
    return this.#over === null;
  }
}

/** Who listens to which bell of a server, and which have rung since the last tick. */
export class Bells {
  readonly #listening = new Map<string, Set<Listening>>();
  readonly #rung = new Set<string>();

  /** All who listen to any. */
  *[Symbol.iterator](): Generator<Listening> {
    for (const those of this.#listening.values()) yield* those;
  }

  add(listening: Listening): void {
    const bell = bellText(listening.bell);
    const those = this.#listening.get(bell);
    if (those) those.add(listening);
    else this.#listening.set(bell, new Set([listening]));
  }

  remove(listening: Listening): void {
    const bell = bellText(listening.bell);
    const those = this.#listening.get(bell);
    if (those?.delete(listening) && those.size === 0) this.#listening.delete(bell);
  }

  /** A bell rang. @returns whether somebody here listens to it */
  ring(bell: string): boolean {
    const isHeard = this.#listening.has(bell);
    if (isHeard) this.#rung.add(bell);
    return isHeard;
  }

  /** Has those look whose bell rang since the last time. */
  flush(): void {
    for (const bell of this.#rung) for (const one of this.#listening.get(bell) ?? []) one.ring();
    this.#rung.clear();
  }

  /** Something happened in a tree: all bells that are the tree's ring. */
  ringTree(root: AccountId): void {
    for (const { bell } of this) if (bell.id === root) this.#rung.add(bellText(bell));
  }

  /** Has those look who didn't lately: some of what rang may not have been heard. */
  ringInCase(nowMs: number): void {
    for (const one of this) one.ringInCase(nowMs);
  }

  /** Has everybody look: some of what rang was not heard. */
  ringAll(): void {
    for (const one of this) one.ring();
  }
}
