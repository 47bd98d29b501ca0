import { insertJob, type JobAsker, type TenantTransaction } from '@tenantree/db';
import type { AccountId, Instant, ReminderDays, RowId, TransferNews, UserId } from '@tenantree/domain';
import { THE_SYSTEM } from '../../jobs/enqueue.ts';
import type { Hall } from '../hall.ts';

/** Whom a mail goes to: an address, or somebody as long as they look after the account where they do. */
export type Addressee = { readonly email: string } | { readonly user: UserId; readonly member: AccountId };

/** What somebody is told of a transfer. */
export type Told = {
  readonly to: Addressee;
  readonly side: 'parent' | 'child';
  readonly what: TransferNews;
  readonly transfer: RowId;
  readonly name: string;
  readonly recipient: string;
  readonly until: Instant;
  readonly days: ReminderDays | null;
  readonly reason: string | null;
};

/** Jobs that what happens to a transfer asks for, by their stored names. */
export type TransferJobs = {
  'transfers.complete': { readonly transfer: RowId };
  /** A mail with a link that proves the address; who gets it, and the link, are known when it is sent. */
  'transfers.invite': { readonly transfer: RowId };
  'transfers.tell': Told;
  'transfers.inviteAgency': { readonly invitation: RowId };
  /** `transfer` null: of an account that pays for itself already. */
  'payments.begin': { readonly transfer: RowId | null; readonly method: string };
  'payments.detach': { readonly method: string };
  /** That a payment method is gone; `method` in words. */
  'payments.tellLost': { readonly to: Addressee; readonly name: string; readonly method: string };
};

type Order<Kind extends keyof TransferJobs> = {
  readonly account: AccountId;
  readonly items: readonly TransferJobs[Kind][];
  readonly by?: JobAsker;
};

/**
 * Asks for a job as a part of what happens to a transfer, whose own row of the journal says so. When that is not kept, neither is the job.
 */
export async function orderJob<Kind extends keyof TransferJobs>(
  hall: Pick<Hall, 'newId'>,
  { trx, now }: { readonly trx: TenantTransaction; readonly now: Instant },
  kind: Kind,
  { account, items, by = THE_SYSTEM }: Order<Kind>,
): Promise<void> {
  if (items.length === 0) return;
  await insertJob(trx, {
    account,
    job: hall.newId(),
    kind,
    key: null,
    askedBy: by,
    items: items.map((payload) => ({ target: null, payload })),
    now,
  });
}
