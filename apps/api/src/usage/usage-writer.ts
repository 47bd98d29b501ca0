import type { EventOutcome, EventToRecord } from '@tenantree/db';
import type { CountedMeter } from '@tenantree/domain';
import { Refused } from '../hall/refused.ts';

/** The one way by which usage enters the database: many callers, one transaction per flush. */
export type UsageWriter = {
  /**
   * Stores events; resolves after the commit with one outcome per event, in order. Events of other months than most are stored in flushes
   * of their own, because those wait for all others.
   *
   * @throws WriterFullError when more is waiting than the writer may hold
   * @throws the driver's error when the events could not be stored; those of a month are stored together or not at all
   */
  record(meter: CountedMeter, events: readonly EventToRecord[]): Promise<EventOutcome[]>;
  /** Resolves when everything accepted so far is stored. */
  drain(): Promise<void>;
};

/** More events wait for the database than the writer may hold in memory. Try again later. */
export class WriterFullError extends Refused {
  constructor() {
    super({ code: 'UNAVAILABLE', message: 'Too much usage is waiting to be stored. Send it again in a moment.' });
  }
}

type Options = {
  readonly store: (meter: CountedMeter, events: readonly EventToRecord[]) => Promise<EventOutcome[]>;
  /** Called after each commit. */
  readonly onCommitted: (events: number) => void;
};

/** What is stored in one flush: events of one meter and of one month (`2026-11`). */
type Lane = { readonly meter: CountedMeter; readonly month: string };

type Call = Lane & {
  readonly events: readonly EventToRecord[];
  readonly resolve: (outcomes: EventOutcome[]) => void;
  readonly reject: (error: unknown) => void;
};

const MAX_EVENTS_PER_FLUSH = 3_000;
/** Flushes at one time: while the next of one is put together here, the others keep the database at work. */
const MAX_FLUSHES = 3;
/** Events that have to wait before a flush is begun beside others. */
const WORTH_A_FLUSH = 500;
const MAX_EVENTS_WAITING = 200_000;
const MAX_ATTEMPTS = 3;
const DEADLOCK = '40P01';

/**
 * In-process group commit (rules/usage 16): while flushes are at the database, further calls queue up and leave together in the next.
 * Another is begun beside them when enough waits to be worth one.
 */
export function createUsageWriter({ store, onCommitted }: Options): UsageWriter {
  let queue: Call[] = [];
  let waiting = 0;
  const running = new Set<Promise<void>>();

  const takeBatch = (): Call[] => {
    const { batch, others, events } = nextBatch(queue);
    waiting -= events;
    queue = others;
    return batch;
  };

  const flush = async (calls: readonly Call[]): Promise<void> => {
    const events = calls.flatMap((call) => call.events);
    let outcomes: EventOutcome[];
    try {
      outcomes = await retryDeadlocks(() => store(calls[0]!.meter, events));
    } catch (error) {
      // What the database refuses of one caller must not fail the others: everybody once more, alone.
      if (calls.length > 1 && isRefusedData(error)) return flushEachAlone(calls);
      for (const call of calls) call.reject(error);
      return;
    }
    onCommitted(events.length);
    answer(calls, outcomes);
  };

  const flushEachAlone = async (calls: readonly Call[]): Promise<void> => {
    for (const call of calls) await flush([call]);
  };

  const run = async (): Promise<void> => {
    // Let everything that arrives in this turn of the event loop join the flush.
    await new Promise((next) => setImmediate(next));
    while (queue.length > 0) await flush(takeBatch());
  };

  const start = (): void => {
    if (running.size === MAX_FLUSHES || (running.size > 0 && waiting < WORTH_A_FLUSH)) return;
    const flushing = run().finally(() => {
      running.delete(flushing);
      // Somebody may have called after the last look at the queue, when this flush still counted as running.
      if (queue.length > 0) start();
    });
    running.add(flushing);
  };

  return {
    record: (meter, events) => {
      if (events.length === 0) return Promise.resolve([]);
      if (waiting + events.length > MAX_EVENTS_WAITING) {
        return Promise.reject(new WriterFullError());
      }
      waiting += events.length;
      const parts = inMonths(events).map(({ month, part }) => {
        const stored = Promise.withResolvers<EventOutcome[]>();
        queue.push({ meter, month, events: part, resolve: stored.resolve, reject: stored.reject });
        return stored.promise;
      });
      start();
      return parts.length === 1 ? parts[0]! : Promise.all(parts).then((outcomes) => inOrder(events, outcomes));
    },
    drain: async () => {
      await Promise.all(running);
    },
  };
}

/** Gives each call the outcomes of its events, from those of all in a row. */
function answer(calls: readonly Call[], outcomes: readonly EventOutcome[]): void {
  let from = 0;
  for (const call of calls) {
    call.resolve(outcomes.slice(from, from + call.events.length));
    from += call.events.length;
  }
}

/** The first call that waits, and as many others of its lane as a flush takes. */
function nextBatch(queue: readonly Call[]): { batch: Call[]; others: Call[]; events: number } {
  const [{ meter, month }] = queue as [Call];
  const batch: Call[] = [];
  const others: Call[] = [];
  let events = 0;
  for (const call of queue) {
    const isTaken =
      call.meter === meter &&
      call.month === month &&
      (batch.length === 0 || events + call.events.length <= MAX_EVENTS_PER_FLUSH);
    (isTaken ? batch : others).push(call);
    if (isTaken) events += call.events.length;
  }
  return { batch, others, events };
}

const monthOf = ({ occurredAt }: EventToRecord): string => occurredAt.slice(0, '2026-11'.length);

/** Events by the month in which they happened: nearly always all in one. */
function inMonths(events: readonly EventToRecord[]): { month: string; part: readonly EventToRecord[] }[] {
  const first = monthOf(events[0]!);
  if (events.every(({ occurredAt }) => occurredAt.startsWith(first))) return [{ month: first, part: events }];
  return [...Map.groupBy(events, monthOf)].map(([month, part]) => ({ month, part }));
}

/** The outcomes of all events, from those of each month. */
function inOrder(events: readonly EventToRecord[], outcomes: readonly EventOutcome[][]): EventOutcome[] {
  const months = [...new Set(events.map(monthOf))];
  const rest = new Map(months.map((month, i) => [month, outcomes[i]![Symbol.iterator]()]));
  return events.map((event) => rest.get(monthOf(event))!.next().value!);
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Classes 22 (data) and 23 (constraint): the statement itself is at fault, not the connection. */
const isRefusedData = (error: unknown): boolean => /^2[23]/.test(codeOf(error));

async function retryDeadlocks<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (codeOf(error) !== DEADLOCK || tries === MAX_ATTEMPTS) throw error;
    }
  }
}
