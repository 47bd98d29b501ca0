import { nameNumber, renewLease } from '@tenantree/db';
import {
  type AcquiredKindKey,
  type Decimal,
  limitKind,
  limitReached,
  type RowId,
  shownOf,
  usageSuspended,
} from '@tenantree/domain';
import type { Access } from '../guard/admit.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { Refused, refuseWith } from '../hall/refused.ts';
import { wantedOf } from './read-limits.ts';

type Acting = Pick<Access, 'id' | 'root' | 'name' | 'chain' | 'reached' | 'heldSince'>;

/** What is asked for. */
export type Wish = {
  readonly kind: AcquiredKindKey;
  readonly want: string;
  readonly key: string;
  readonly leaseSeconds: number;
  /** Of calls: the phone number that is on the line. */
  readonly number?: RowId | undefined;
};

/**
 * Admits what is wanted, or of metered kinds as much of it as is free, until its lease ends (rules/limits 11). The same key again is the same
 * lease.
 *
 * @throws Refused LIMIT_REACHED, LIMIT_INVALID, IDEMPOTENCY_CONFLICT, USAGE_SUSPENDED, ACCOUNT_CLOSED, NOT_FOUND of a number
 */
export async function acquire(hall: Hall, acting: Acting, { want, number, ...wish }: Wish): Promise<Decimal> {
  refuseWhileHeld(hall, acting);
  if (acting.chain.at(-1)?.status === 'closed') refuseClosed(acting);
  const kind = { ...limitKind(wish.kind), key: wish.kind };
  const nanos = wantedOf(kind, want);
  const { key, leaseSeconds } = wish;
  if (number !== undefined && kind.counts !== 'concurrent')
    refuseWith('LIMIT_INVALID', 'Only calls are on the line with a phone number.', 'number');
  // Before anything is taken for it.
  if (number !== undefined) await name(hall, acting, number, null);
  const admitted = await hall.admissions.acquire(acting.root, kind, {
    account: acting.id,
    want: nanos,
    key,
    leaseSeconds,
  });
  switch (admitted.outcome) {
    case 'granted':
      if (number !== undefined) await nameGranted(hall, acting, number, wish);
      return shownOf(kind, admitted.n);
    case 'refused': {
      const { account: id, max, used, held, free } = admitted;
      const link = acting.chain.find((one) => one.id === id);
      const account = link && acting.reached.includes(id) ? { id, name: link.name } : null;
      throw new Refused(limitReached(kind, { account, max, used, held }, { wanted: nanos, free }));
    }
    case 'taken':
      return refuseWith('IDEMPOTENCY_CONFLICT', 'This key names a lease of another kind.', 'key');
    case 'gone':
      return refuseClosed(acting);
  }
}

/** Notes the number that a lease is on the line with; one that moved away in that moment, and nothing is granted. @throws Refused */
async function nameGranted(
  hall: Hall,
  acting: Acting,
  number: RowId,
  { kind, key }: Pick<Wish, 'kind' | 'key'>,
): Promise<void> {
  try {
    await name(hall, acting, number, key);
  } catch (error) {
    if (error instanceof Refused && error.refusal.code === 'NOT_FOUND') await release(hall, acting, kind, key);
    throw error;
  }
}

/** @param key null: it is only asked whether there is such a number @throws Refused NOT_FOUND, IDEMPOTENCY_CONFLICT */
async function name(hall: Hall, { id }: Acting, number: RowId, key: string | null): Promise<void> {
  switch (await hall.db.onBehalfOf(null, () => nameNumber(hall.db, id, number, key))) {
    case 'missing':
      return refuseWith('NOT_FOUND', 'This account has no such phone number.', 'number');
    case 'other':
      return refuseWith('IDEMPOTENCY_CONFLICT', 'This key names a call on another phone number.', 'key');
    case 'named':
  }
}

/** Lets a lease live longer, from now on. @throws Refused LEASE_LOST when it has ended, or never was: acquire anew, or stop; USAGE_SUSPENDED */
export async function renew(hall: Hall, acting: Acting, key: string, leaseSeconds: number): Promise<void> {
  refuseWhileHeld(hall, acting);
  const lives = await hall.db.onBehalfOf(null, () => renewLease(hall.db, acting.id, key, leaseSeconds));
  if (!lives) refuseWith('LEASE_LOST', 'This lease has ended, or never was. Stop, or acquire anew.', 'key');
}

/** Gives a lease back; of one that has ended there is nothing to give back. */
export const release = (hall: Hall, { root, id }: Acting, kind: AcquiredKindKey, key: string): Promise<void> =>
  hall.admissions.release(root, limitKind(kind), { account: id, key });

function refuseWhileHeld(hall: Hall, { name, heldSince }: Acting): void {
  if (heldSince !== null && nowOf(hall) >= heldSince) refuseWith('USAGE_SUSPENDED', usageSuspended(name));
}

const refuseClosed = ({ name }: Acting): never =>
  refuseWith('ACCOUNT_CLOSED', `“${name}” is closed: nothing begins in it.`, 'account');
