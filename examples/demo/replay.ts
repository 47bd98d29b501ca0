import type { Call } from './calls-file.ts';

/** Times faster than the month really went, or as fast as the server takes the calls. */
export type Speed = number | 'max';

/** Most events of one request; the procedure takes up to 5 000. */
export const MAX_BATCH = 2_000;
/** How often the replay looks which calls are due, in milliseconds. */
export const TICK_MS = 100;

export type Replay<Event> = {
  readonly calls: readonly Pick<Call, 'enteredMs'>[];
  /** The event of each call. */
  readonly events: readonly Event[];
  /** How many of them, from the first, were counted before: those are sent again at once and not played. */
  readonly counted: number;
  readonly speed: Speed;
  /** Records a batch; resolves when all of it is counted, whatever it takes. */
  readonly record: (events: readonly Event[]) => Promise<void>;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly stopped: () => boolean;
  /** Called after every look: how many calls are counted, and the moment of the month that has been reached. */
  readonly onProgress?: (sent: number, monthMs: number) => void;
};

/** The first place from `from` on whose call came in after `monthMs`; no further than one batch. */
export function dueUntil(calls: Replay<never>['calls'], from: number, monthMs: number): number {
  let until = from;
  const last = Math.min(calls.length, from + MAX_BATCH);
  while (until < last && (calls[until]?.enteredMs ?? 0) <= monthMs) until += 1;
  return until;
}

/**
 * Plays the calls in their order: one batch in flight, a batch per tick. Because the next batch begins only when the last is counted, what
 * the server has counted is at every moment a first part of the list, and its length says where to go on.
 *
 * @returns how many calls were sent and counted; all of them unless it was stopped
 */
export async function replay<Event>(options: Replay<Event>): Promise<number> {
  const { calls, events, counted, speed, record, nowMs, stopped, onProgress } = options;
  let sent = 0;
  while (sent < Math.min(counted, events.length) && !stopped()) {
    const until = Math.min(sent + MAX_BATCH, counted, events.length);
    await record(events.slice(sent, until));
    sent = until;
    onProgress?.(sent, calls[sent - 1]?.enteredMs ?? 0);
  }
  const startedMs = nowMs();
  const fromMs = sent === 0 ? 0 : (calls[sent]?.enteredMs ?? 0);
  while (sent < events.length && !stopped()) {
    const lookMs = nowMs();
    const monthMs = speed === 'max' ? Number.POSITIVE_INFINITY : fromMs + (lookMs - startedMs) * speed;
    const until = dueUntil(calls, sent, monthMs);
    if (until > sent) await record(events.slice(sent, until));
    const behind = until - sent === MAX_BATCH;
    sent = until;
    onProgress?.(sent, behind || sent === events.length ? (calls[sent - 1]?.enteredMs ?? 0) : monthMs);
    if (!behind && sent < events.length) {
      await options.sleep(Math.max(0, TICK_MS - (nowMs() - lookMs)));
    }
  }
  return sent;
}
