import type { AccountId } from '@tenantree/domain';
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { type LiveReader, refusalFrom, type SourceRefusal } from '../data/account-source.ts';

/** Soonest that something is asked for again by itself, in milliseconds. */
export const AGAIN_MS = 1_500;

/** Of which account something is to be shown, and where it comes from: another account or source begins anew. */
export type Wanted<Source> = {
  readonly source: Source;
  readonly account: AccountId;
  /** Where what is shown follows the account: another one of the same account loads again. */
  readonly version?: number;
};

/** The steps in which an element shows something of an account. */
export type LoadingSteps<Source, Answer> = {
  /** What is to be shown now; null: nothing yet. */
  readonly wanted: () => Wanted<Source> | null;
  readonly ask: (wanted: Wanted<Source>, signal: AbortSignal) => Promise<Answer>;
  /**
   * The answer has come, and is still wanted.
   *
   * @param signal ends when something else is to be shown, or the element is taken out
   */
  readonly show: (answer: Answer, signal: AbortSignal) => void;
  /** After the first answer since it began: begins what lasts until `signal` ends, such as following it live. */
  readonly follow?: (answer: Answer, wanted: Wanted<Source>, signal: AbortSignal) => void;
  /** It can't be had. What can't be had now is asked for again by itself. */
  readonly fail: (refusal: SourceRefusal) => void;
  /** Nothing of what is shown holds for what is to be shown now. */
  readonly forget: () => void;
};

/**
 * Loads what an element shows of an account: anew when it is of another one or from elsewhere, again while it is shown, and nothing any
 * more once the element is taken out.
 */
export class Loading<Source, Answer> implements ReactiveController {
  readonly #steps: LoadingSteps<Source, Answer>;
  #wanted: Wanted<Source> | null = null;
  #place: 'out' | 'in' = 'out';
  #began = new AbortController();
  #isFollowed = false;
  #underWay: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: ReactiveControllerHost, steps: LoadingSteps<Source, Answer>) {
    this.#steps = steps;
    host.addController(this);
  }

  hostConnected(): void {
    this.#place = 'in';
    if (this.#wanted) void this.begin();
  }

  hostDisconnected(): void {
    this.#place = 'out';
    this.#end();
  }

  hostUpdate(): void {
    const before = this.#wanted;
    const wanted = this.#steps.wanted();
    this.#wanted = wanted;
    if (before?.source !== wanted?.source || before?.account !== wanted?.account) {
      this.#steps.forget();
      void this.begin();
    } else if (before?.version !== wanted?.version) void this.again();
  }

  /** Begins anew: what is under way or followed ends, and what is shown stays until the answer comes. */
  begin(): Promise<void> {
    this.#end();
    this.#began = new AbortController();
    this.#isFollowed = false;
    this.#underWay = this.#load();
    return this.#underWay;
  }

  /** Loads again, after what is under way; what is shown stays until the answer comes, and is followed on. */
  again(): Promise<void> {
    const { signal } = this.#began;
    this.#next ??= this.#underWay.then(() => {
      if (signal.aborted) return;
      this.#next = null;
      this.#underWay = this.#load();
      return this.#underWay;
    });
    return this.#next;
  }

  /** Loads again after so many milliseconds, or somewhat later, if nothing else makes it do so before. */
  soon(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.again(), Math.max(AGAIN_MS, ms));
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#began.abort();
    this.#next = null;
  }

  async #load(): Promise<void> {
    const { ask, show, follow, fail, wanted: now } = this.#steps;
    const wanted = now();
    const { signal } = this.#began;
    if (!wanted || this.#place === 'out') return;
    clearTimeout(this.#timer);
    try {
      const answer = await ask(wanted, signal);
      if (signal.aborted) return;
      show(answer, signal);
      if (this.#isFollowed) return;
      this.#isFollowed = true;
      follow?.(answer, wanted, signal);
    } catch (error) {
      if (signal.aborted) return;
      const refusal = refusalFrom(error);
      if (refusal.retryable) this.soon(AGAIN_MS * (1 + Math.random()));
      fail(refusal);
    }
  }
}

/** Follows something live until `signal` ends. What is refused for now is asked for again by itself. */
export function followLive<Frame>(
  follow: (reader: LiveReader<Frame>) => () => void,
  signal: AbortSignal,
  { onFrame, onRefused }: LiveReader<Frame>,
): void {
  const again = (): void => {
    if (!signal.aborted) followLive(follow, signal, { onFrame, onRefused });
  };
  const stop = follow({
    onFrame,
    onRefused: (refusal) => {
      if (signal.aborted) return;
      if (refusal.retryable) setTimeout(again, AGAIN_MS * (1 + Math.random()));
      else onRefused(refusal);
    },
  });
  signal.addEventListener('abort', stop);
}
