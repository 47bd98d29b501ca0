import { DAY_MS, type Instant } from '@tenantree/domain';
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Texts } from '../strings/texts.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** Within this time of its end seconds are counted. */
const CLOSE_MS = 10 * MINUTE_MS;
/** When those who listen are told how much is left. */
const TOLD_AT_MS = [DAY_MS, HOUR_MS, CLOSE_MS];

/** How much time is left, in words. @param ms milliseconds; 0 or less: it is over */
export function leftWords(ms: number, { say }: Texts): string {
  if (ms <= 0) return say('leftOver');
  const [d, h, m, s] = [
    Math.floor(ms / DAY_MS),
    Math.floor(ms / HOUR_MS) % 24,
    Math.floor(ms / MINUTE_MS) % 60,
    Math.floor(ms / SECOND_MS) % 60,
  ];
  if (d > 0) return say('leftDays', { d, h });
  if (h > 0) return say('leftHours', { h, m });
  return ms > CLOSE_MS ? say('leftMinutes', { m }) : say('leftSeconds', { m, s });
}

/**
 * Counts down to an instant by the clock of the server, whatever that of the reader says: per minute, and per second in the last ten.
 */
export class Countdown implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #aheadMs = 0;
  #endMs: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #before = 0;
  /** Milliseconds that were left when somebody was last to be told; null: nothing to tell yet. */
  told: number | null = null;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    this.#wait();
  }

  hostDisconnected(): void {
    clearTimeout(this.#timer);
  }

  /** @param now the time of the server; @param end null: nothing is counted */
  set(now: Instant, end: Instant | null): void {
    this.#aheadMs = Date.parse(now) - Date.now();
    this.#endMs = end === null ? null : Date.parse(end);
    this.told = null;
    this.#before = this.leftMs;
    this.#wait();
  }

  /** Milliseconds (UTC, since 1970) of the server. */
  get nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  /** Milliseconds until the end; less than 0 once it is over. */
  get leftMs(): number {
    return this.#endMs === null ? 0 : this.#endMs - this.nowMs;
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const left = this.leftMs;
    if (this.#endMs === null || left <= 0) return;
    const step = left > CLOSE_MS ? MINUTE_MS : SECOND_MS;
    // On the instant at which the words change, and a little after it.
    this.#timer = setTimeout(() => this.#pass(), (left % step) + 20);
  }

  #pass(): void {
    const left = this.leftMs;
    if (TOLD_AT_MS.some((mark) => left <= mark && this.#before > mark)) this.told = left;
    this.#before = left;
    this.#host.requestUpdate();
    this.#wait();
  }
}
