import type { ObservedCall } from '../context/connection.ts';
import type { Logger } from '../hall/log.ts';
import { rounded } from './calls.ts';

/** Failures of one kind are one line in this time. */
const PERIOD_MS = 1_000;

/** Writes calls over sockets to the log, where no request's line tells of them. */
export type CallLog = (requestId: string, call: ObservedCall) => void;

type Failures = { count: number; last: string };

/**
 * Each call that succeeded is a line. Of those that were refused the first is one, and those that follow are counted: at most one line a
 * second for one procedure and code, however many sockets ask, so that nobody can fill the log.
 */
export function createCallLog(log: Logger): CallLog {
  const open = new Map<string, Failures>();

  const close = (kind: string, path: string, outcome: string): void => {
    const { count, last } = open.get(kind) ?? { count: 0, last: '' };
    open.delete(kind);
    if (count === 0) return;
    log.info({ requestId: last, path, outcome, count }, 'calls');
    wait(kind, path, outcome);
  };
  const wait = (kind: string, path: string, outcome: string): void => {
    open.set(kind, { count: 0, last: '' });
    setTimeout(() => close(kind, path, outcome), PERIOD_MS).unref();
  };

  return (requestId, call) => {
    const { path, outcome, durationMs } = call;
    const kind = `${path} ${outcome}`;
    const failures = open.get(kind);
    if (failures) {
      failures.count += 1;
      failures.last = requestId;
      return;
    }
    log.info({ requestId, ...call, durationMs: rounded(durationMs) }, 'call');
    if (outcome !== 'ok') wait(kind, path, outcome);
  };
}
