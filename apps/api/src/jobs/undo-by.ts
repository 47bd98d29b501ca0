import type { JobConflict } from '@tenantree/contract';
import type { TenantTransaction } from '@tenantree/db';
import type { AccountId, JsonValue } from '@tenantree/domain';
import type { Hall } from '../hall/hall.ts';
import { CHANGED_SINCE, type Done, type Job, type Left, type Undo } from './define-job.ts';
import { enqueue } from './enqueue.ts';

/** An account that was changed since stays as it is. */
export const changedSince = (conflict: readonly JobConflict[] = []): Left => ({
  left: { code: 'VERSION_CONFLICT', message: CHANGED_SINCE },
  conflict,
});

/**
 * Undoes a job by another one, from the results that it left.
 *
 * @param undo reads of a result what it takes to undo it (null: nothing was changed), and tells why accounts stay as they are, one for each
 */
export function undoBy<Payload>(undo: {
  readonly job: Job<Payload>;
  readonly payloadOf: (account: AccountId, result: JsonValue) => Payload | null;
  readonly foresee: (hall: Hall, trx: TenantTransaction, payloads: readonly Payload[]) => Promise<Left[]>;
}): Undo {
  const itemsOf = (done: readonly Done[]) =>
    done.flatMap(({ account, result }) => {
      const payload = undo.payloadOf(account, result);
      return payload === null ? [] : [{ payload, target: account }];
    });
  return {
    foresee: async (hall, trx, done) => {
      const items = itemsOf(done);
      const left = await undo.foresee(
        hall,
        trx,
        items.map(({ payload }) => payload),
      );
      return items.map(({ target }, n) => ({ account: target, ...(left[n] ?? { left: null }) }));
    },
    ask: (hall, change, { done, ...order }) => enqueue(hall, change, undo.job, { ...order, items: itemsOf(done) }),
  };
}
