import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLog } from '../hall/log.ts';
import { createCallLog } from './call-log.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('refused calls are one line a second for a procedure and code, with how many there were', () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ level: 'info', destination: { write: (line) => lines.push(JSON.parse(line)) } });
  const logCall = createCallLog(log);
  const refused = { path: 'session.me', type: 'query', outcome: 'UNAUTHORIZED', durationMs: 0.123 };
  for (let second = 0; second < 2; second += 1) {
    for (let call = 0; call < 1_000; call += 1) logCall(`socket-${call}`, refused);
    vi.advanceTimersByTime(1_000);
  }
  logCall('socket-1', { ...refused, outcome: 'ok' });
  logCall('socket-1', { ...refused, outcome: 'ok' });
  logCall('socket-2', { ...refused, outcome: 'FORBIDDEN' });
  vi.advanceTimersByTime(5_000);
  logCall('socket-3', refused);
  expect(lines).toMatchObject([
    { requestId: 'socket-0', path: 'session.me', outcome: 'UNAUTHORIZED', durationMs: 0.1 },
    { requestId: 'socket-999', path: 'session.me', outcome: 'UNAUTHORIZED', count: 999 },
    { requestId: 'socket-999', path: 'session.me', outcome: 'UNAUTHORIZED', count: 1_000 },
    { requestId: 'socket-1', outcome: 'ok' },
    { requestId: 'socket-1', outcome: 'ok' },
    { requestId: 'socket-2', outcome: 'FORBIDDEN' },
    { requestId: 'socket-3', outcome: 'UNAUTHORIZED' },
  ]);
});
