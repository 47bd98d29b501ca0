import { insertJob, type JobAsker, type NewJob, type TenantTransaction } from '@tenantree/db';
import type { AccountId, RowId } from '@tenantree/domain';
import type { Access } from '../guard/admit.ts';
import { type Change, SYSTEM } from '../hall/change.ts';
import type { Caller, Hall } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { resolveAll } from '../hall/resolve-all.ts';
import type { Job } from './define-job.ts';

/** The platform itself: nobody's user. */
export const THE_SYSTEM: JobAsker = { ...SYSTEM, user: null, key: null };

/** Things to be done to an account, by a job of it. */
export type Order<Payload> = {
  readonly by: JobAsker;
  readonly account: AccountId;
  /** What is to be done, and the account that each item is about, if it is about one. None: there is no job. */
  readonly items: readonly { readonly payload: Payload; readonly target?: AccountId }[];
  /** Of the live jobs of a kind in an account one at the most has it. */
  readonly key?: string;
} & Pick<NewJob, 'subject' | 'stopOn' | 'inMs'>;

/**
 * Asks for a job as a part of the change that needs it, and says so in the log of the account: when that is not kept, neither is the job.
 *
 * @returns its id; null when there is none to do, or a live one has its key
 */
export async function enqueue<Payload>(
  hall: Pick<Hall, 'newId'>,
  { trx, now, account: stateOf, happened }: Change,
  job: Job<Payload>,
  { by, account, items, key, ...when }: Order<Payload>,
): Promise<RowId | null> {
  if (items.length === 0) return null;
  const { name } = await stateOf(account);
  const id = hall.newId();
  const isNew = await insertJob(trx, {
    account,
    job: id,
    kind: job.name,
    key: key ?? null,
    askedBy: by,
    items: items.map(({ payload, target }) => ({ target: target ?? null, payload })),
    now,
    ...when,
  });
  if (!isNew) return null;
  happened('job.queued', account, { job: job.label, account: name, total: items.length }, { id, name: job.label });
  return id;
}

/** Accounts below the acting one, each once: nobody does to their own what is done from above. @throws Refused NOT_FOUND, BAD_REQUEST */
export async function accountsBelow(
  trx: TenantTransaction,
  acting: AccountId,
  asked: readonly string[],
): Promise<AccountId[]> {
  const accounts = [...new Set(await resolveAll(trx, asked, 'accounts'))];
  if (accounts.includes(acting)) refuseWith('BAD_REQUEST', 'That is done to an account from above it.', 'accounts');
  return accounts;
}

/**
 * Asks for the same to be done to many accounts below the acting one, each as an item of a job.
 *
 * @param payloadOf what is to be done to one of them
 * @param subject what all of it is about, by name
 * @throws Refused NOT_FOUND, BAD_REQUEST
 */
export function enqueueForEach<Payload>(
  hall: Hall,
  caller: Caller,
  access: Pick<Access, 'id' | 'root'>,
  asked: readonly string[],
  job: Job<Payload>,
  payloadOf: (account: AccountId) => Payload,
  subject?: string,
): Promise<{ readonly job: RowId }> {
  return hall.change(caller, { root: access.root, acting: access.id }, async (change) => {
    const accounts = await accountsBelow(change.trx, access.id, asked);
    const { actor, user, key, requestId } = caller;
    const items = accounts.map((account) => ({ payload: payloadOf(account), target: account }));
    const by = { actor, user, key, requestId };
    const id = await enqueue(hall, change, job, { by, account: access.id, items, ...(subject && { subject }) });
    return { job: id ?? refuseWith('BAD_REQUEST', 'Name accounts.', 'accounts') };
  });
}
