import { parseCsv } from './csv.ts';

/** One call of the file. */
export type Call = {
  /** Line, call id, date and time of entry: together they are one call's and no other's. */
  readonly key: string;
  readonly line: string;
  readonly customerId: string;
  readonly type: string;
  readonly outcome: string;
  /** Whole seconds of service; 0 when nobody was served. */
  readonly seconds: number;
  /** Who served; null when nobody did. */
  readonly agent: string | null;
  /** When the call came in, in milliseconds since the month began, in the call centre's own time. */
  readonly enteredMs: number;
};

/** Length of the month of the file, in milliseconds. */
export const MONTH_MS = 31 * 86_400_000;

const COLUMNS = [
  'line',
  'call_id',
  'customer_id',
  'type',
  'date',
  'entered_at',
  'outcome',
  'service_start',
  'service_end',
  'service_seconds',
  'agent',
] as const;

const DATE = /^1999-08-(\d{2})$/;
const TIME = /^(\d{1,2}):(\d{2}):(\d{2})$/;
const WHOLE = /^\d+$/;
const NOBODY = 'NO_SERVER';

/**
 * Reads `calls-1999-08.csv`, in the order in which the calls came in (the file itself is sorted by text, `9:59` after `10:00`).
 *
 * @throws when a row isn't a call of August 1999 or two rows are the same call
 */
export function parseCalls(text: string): readonly Call[] {
  const seen = new Set<string>();
  const calls = parseCsv(text, COLUMNS).map((row): Call => {
    const key = [row.line, row.call_id, row.date, row.entered_at].join('/');
    if (seen.has(key)) throw new Error(`The call ${key} is in the file twice.`);
    seen.add(key);
    if (!WHOLE.test(row.service_seconds)) throw new Error(`The call ${key} lasted “${row.service_seconds}”.`);
    return {
      key,
      line: row.line,
      customerId: row.customer_id,
      type: row.type,
      outcome: row.outcome,
      seconds: Number(row.service_seconds),
      agent: row.agent === NOBODY ? null : row.agent,
      enteredMs: msIntoMonth(row.date, row.entered_at),
    };
  });
  return calls.sort((a, b) => a.enteredMs - b.enteredMs || (a.key < b.key ? -1 : 1));
}

function msIntoMonth(date: string, time: string): number {
  const day = DATE.exec(date);
  const clock = TIME.exec(time);
  if (!day || !clock) throw new Error(`${date} ${time} is not in August 1999.`);
  const [hours, minutes, seconds] = clock.slice(1).map(Number);
  return ((((Number(day[1]) - 1) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1_000;
}
