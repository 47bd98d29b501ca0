import type { Trace } from '@tenantree/db';
import type { AuditEntry, Clock, RowId } from '@tenantree/domain';
import { instantOf } from '@tenantree/domain';
import { actorIn, type By } from './change.ts';
import { Refused, refuseWith } from './refused.ts';

/** What leaves a trace: an entry in the log of an account. */
export type NewTrace = AuditEntry & Pick<Trace, 'account' | 'target'>;

/** Where what is frequent and changes nothing that is shown enters the journal. */
export type Traces = {
  /**
   * Writes a trace; resolves after the commit.
   *
   * @throws Refused NOT_FOUND when its account is not there any more, UNAVAILABLE when more waits than may
   * @throws the driver's error when nothing was written
   */
  readonly trace: (by: By, trace: NewTrace) => Promise<void>;
  /** Resolves when everything accepted so far is written, or refused. */
  readonly drain: () => Promise<void>;
};

type Parts = {
  readonly clock: Clock;
  readonly newId: () => RowId;
  readonly append: (traces: readonly Trace[]) => Promise<('written' | 'gone')[]>;
};

type Waiting = { readonly trace: Trace; readonly resolve: () => void; readonly reject: (error: unknown) => void };

const MOST_AT_ONCE = 500;
const MOST_WAITING = 20_000;

/** Group commit: while some traces are written, more come together, and leave with the next transaction. */
export function createTraces({ clock, newId, append }: Parts): Traces {
  let waiting: Waiting[] = [];
  let running: Promise<void> | null = null;

  const write = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const outcomes = await append(batch.map(({ trace }) => trace));
      for (const [index, { resolve, reject }] of batch.entries()) {
        if (outcomes[index] === 'written') resolve();
        else reject(gone());
      }
    } catch (error) {
      // What the database refuses of one must not fail the others: each once more, alone.
      if (batch.length > 1 && isOfOne(error)) for (const one of batch) await write([one]);
      else for (const one of batch) one.reject(error);
    }
  };

  const run = async (): Promise<void> => {
    // Everything of this turn of the event loop leaves together.
    await new Promise((next) => setImmediate(next));
    while (waiting.length > 0) await write(waiting.splice(0, MOST_AT_ONCE));
    running = null;
  };

  return {
    trace: (by, { account, target, ...entry }) => {
      if (waiting.length >= MOST_WAITING)
        refuseWith('UNAVAILABLE', 'Too much is waiting to be written. Try again in a moment.');
      const at = instantOf(clock.nowMs());
      const happening = { ...entry, id: newId(), at, actor: actorIn(account, by), requestId: by.requestId };
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push({ trace: { ...happening, account, target }, resolve, reject });
      running ??= run();
      return promise;
    },
    drain: async () => {
      await running;
    },
  };
}

/** Classes 22 (data), 23 (constraint) and 40 (it stood in somebody's way): one of the traces is at fault, not the connection. */
const isOfOne = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^(2[23]|40)/.test(error.code);

const gone = (): Refused => new Refused({ code: 'NOT_FOUND', message: 'There is no such account.', field: 'account' });
