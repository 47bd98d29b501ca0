import type { AccountsFrame, UsageFrame } from '@tenantree/domain';
import { HeldFrames } from './held-frames.ts';

/**
 * Decides when live frames are let in: at once, or after a pause. It remembers the ones that came while pages were on their way,
 * because a page may be older than they are.
 */
export class LiveInbox {
  readonly #expected = new Set<object>();
  #unanswered: AccountsFrame[] = [];
  #held: HeldFrames | null = null;

  get paused(): boolean {
    return this.#held !== null;
  }

  /** A page was asked for. */
  expect(page: object): void {
    this.#expected.add(page);
  }

  /** A page came, or won't come. */
  settle(page: object): void {
    this.#expected.delete(page);
    if (this.#expected.size === 0) this.#unanswered = [];
  }

  /** Frames that a page of this version can't know about. */
  newerThan(version: number): readonly AccountsFrame[] {
    return this.#unanswered.filter((frame) => frame.version > version);
  }

  /** @returns whether the frame is to be taken now */
  admitsUsage(frame: UsageFrame): boolean {
    this.#held?.holdUsage(frame);
    return this.#held === null;
  }

  /** @returns whether the frame is to be taken now */
  admitsAccounts(frame: AccountsFrame): boolean {
    this.#held?.holdAccounts(frame);
    if (this.#held === null && this.#expected.size > 0) this.#unanswered.push(frame);
    return this.#held === null;
  }

  pause(): void {
    this.#held ??= new HeldFrames();
  }

  /** @returns what was held back, in the order in which it is to be taken */
  resume(): ReturnType<HeldFrames['release']> {
    const held = this.#held?.release() ?? { accounts: [], usage: [] };
    this.#held = null;
    return held;
  }
}
