import {
  findTransfer,
  giveInvitationLink,
  giveTransferLink,
  readAccountState,
  readAlertAddress,
  readPayerMethods,
} from '@tenantree/db';
import {
  type AccountId,
  isId,
  type RetryPolicy,
  type RowId,
  TRANSFER_STEPS,
  type Transfer,
  type UserId,
} from '@tenantree/domain';
import { z } from 'zod';
import { SYSTEM } from '../hall/change.ts';
import { hashSecret, secretOf } from '../hall/secrets.ts';
import { act } from '../hall/transfer/act.ts';
import type { TransferJobs } from '../hall/transfer/order-job.ts';
import { defineJob, type ItemOutcome, type JobItem } from '../jobs/define-job.ts';
import { THE_SYSTEM } from '../jobs/enqueue.ts';
import { type Letter, mailOf } from '../mail/letter.ts';
import { beginPayerMethod } from '../payments/payer.ts';
import { methodOf } from '../payments/payments.ts';
import { complete } from './complete-transfer.ts';
import { invitationLetter, newsLetter } from './letters.ts';
import { beginPayment } from './set-payment.ts';

/** A mail server, or a provider, that is away for a night is asked again in the morning. */
const PATIENT: RetryPolicy = { attempts: 8, firstMs: 5_000, factor: 4 };
/** Whatever stands in the way of completing is gone soon, or a refusal. */
const SOON: RetryPolicy = { attempts: 8, firstMs: 500, factor: 3 };

const idOf = <Id extends string>() => z.custom<Id>((value) => typeof value === 'string' && isId(value));
const ofTransfer = z.strictObject({ transfer: idOf<RowId>() });

/** Completes a transfer whose last step is done, for whoever did it. */
export const completeTransferJob = defineJob({
  name: 'transfers.complete' satisfies keyof TransferJobs,
  label: 'Complete a billing transfer',
  procedure: 'transfers.complete',
  payload: ofTransfer,
  retry: SOON,
  run: ({ hall, job: { account, root }, by, payload, done }) =>
    hall.change(by, { root, acting: root, counting: 'stops' }, async (scope): Promise<ItemOutcome> => {
      const stored = await findTransfer(scope.trx, account);
      if (stored?.transfer.id !== payload.transfer || stored.transfer.state !== 'in_progress')
        return { skipped: 'It has ended meanwhile.' };
      // Before it: the account takes its job along.
      await done(scope.trx);
      await complete(hall, scope, by, account);
      return 'done';
    }),
});

/** Invites whoever is to complete a transfer. The link is made when the mail is: what is stored of it is a hash. */
export const mailInvitationJob = defineJob({
  name: 'transfers.invite' satisfies keyof TransferJobs,
  label: 'Mail an invitation to a billing transfer',
  procedure: 'transfers.get',
  payload: ofTransfer,
  retry: PATIENT,
  run: (item) => mailInvitation(item),
});

async function mailInvitation({
  hall,
  job: { account },
  payload: { transfer: id },
  done,
}: JobItem<TransferJobs['transfers.invite']>): Promise<ItemOutcome> {
  const token = secretOf('transfer', hall.newSecret());
  const found = await hall.db.withTenant(account, async (trx) => {
    const stored = await findTransfer(trx, account);
    const state = await readAccountState(trx, account);
    if (!stored || !state || stored.transfer.id !== id) return null;
    const isOpen = await giveTransferLink(trx, account, stored.transfer, hashSecret(token));
    return isOpen ? { transfer: stored.transfer, name: state.name } : null;
  });
  if (!found) return { skipped: 'It has ended meanwhile.' };
  const url = `${hall.settings.publicUrl}/transfer/${token}`;
  try {
    await hall.sendMail(mailOf(invitationLetter(found.name, found.transfer, url)));
  } catch (error) {
    if (!isRefusedForGood(error)) throw error;
    await bounced(hall, account, found.transfer);
  }
  await hall.db.withTenant(account, (trx) => done(trx));
  return 'done';
}

/** Whether a mail server says that there is no such address, or that it never takes mail for it. */
const isRefusedForGood = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'responseCode' in error &&
  typeof error.responseCode === 'number' &&
  error.responseCode >= 500;

async function bounced(
  hall: JobItem<unknown>['hall'],
  account: AccountId,
  { id, recipient }: Pick<Transfer, 'id' | 'recipient'>,
): Promise<void> {
  const { root } = await hall.db.withTenant(account, async (trx) => {
    const state = await readAccountState(trx, account);
    return { root: state?.rootId ?? account };
  });
  await hall.change(SYSTEM, { root, acting: root }, async (scope) => {
    const present = (await findTransfer(scope.trx, account))?.transfer;
    // Another transfer, or somebody else is invited by now: of them nothing came back.
    if (present?.id !== id || present.recipient !== recipient) return;
    await act(hall, scope, THE_SYSTEM, account, { event: 'mailBounced' });
  });
}

const NEWS = [
  'started',
  'completed',
  'cancelled',
  'declined',
  'expired',
  'extended',
  'reminder',
  'mailBounced',
  ...TRANSFER_STEPS.map((step) => `${step}Cleared` as const),
] as const;

/** Tells one side what became of a transfer. */
export const tellTransferJob = defineJob({
  name: 'transfers.tell' satisfies keyof TransferJobs,
  label: 'Mail news of a billing transfer',
  procedure: 'transfers.get',
  payload: z.strictObject({
    to: z.union([
      z.strictObject({ email: z.string() }),
      z.strictObject({ user: idOf<UserId>(), member: idOf<AccountId>() }),
    ]),
    side: z.enum(['parent', 'child']),
    what: z.enum(NEWS),
    transfer: idOf<RowId>(),
    name: z.string(),
    recipient: z.string(),
    until: z.custom<TransferJobs['transfers.tell']['until']>((value) => typeof value === 'string'),
    days: z.union([z.literal(7), z.literal(3), z.literal(1)]).nullable(),
    reason: z.string().nullable(),
  }),
  retry: PATIENT,
  run: async ({ hall, job: { id, account }, payload: told, done }) => {
    const { to } = told;
    const address =
      'email' in to ? to.email : await hall.db.withTenant(account, (trx) => readAlertAddress(trx, account, to));
    if (address === null) return { skipped: 'It is not for them any more.' };
    const key = `${id}.${'email' in to ? 'recipient' : to.user}.${told.what}`;
    await hall.sendMail(mailOf({ to: address, key, ...newsLetter(told, hall.settings, account) }));
    await hall.db.withTenant(account, (trx) => done(trx));
    return 'done';
  },
});

/** Invites somebody who looked after an account from above to go on from outside. */
export const mailAgencyJob = defineJob({
  name: 'transfers.inviteAgency' satisfies keyof TransferJobs,
  label: 'Mail an invitation to an agency',
  procedure: 'transfers.get',
  payload: z.strictObject({ invitation: idOf<RowId>() }),
  retry: PATIENT,
  run: async ({ hall, job: { account }, payload: { invitation }, done }) => {
    const token = secretOf('invite', hall.newSecret());
    const found = await hall.db.withTenant(account, async (trx) => {
      const open = await giveInvitationLink(trx, account, invitation, hashSecret(token));
      const state = await readAccountState(trx, account);
      return open && state ? { to: open.email, name: state.name } : null;
    });
    if (!found) return { skipped: 'The invitation is not open any more.' };
    const letter: Letter = {
      to: found.to,
      subject: `“${found.name}” is an independent account now, and invites you as agency admin`,
      says: [
        `“${found.name}” pays for itself now, and has left the accounts it stood below. Agency access was kept: you are invited as agency admin, with everything but billing and usage.`,
        { label: 'Accept the invitation', url: `${hall.settings.publicUrl}/invite/${token}` },
      ],
    };
    await hall.sendMail(mailOf(letter));
    await hall.db.withTenant(account, (trx) => done(trx));
    return 'done';
  },
});

/** Takes a payment method away at its provider. */
export const detachPaymentJob = defineJob({
  name: 'payments.detach' satisfies keyof TransferJobs,
  label: 'Take a payment method away',
  procedure: 'transfers.setPayment',
  payload: z.strictObject({ method: z.string() }),
  retry: PATIENT,
  run: async ({ hall, job: { account }, payload, done }) => {
    const { provider, method } = methodOf(payload.method);
    const found = hall.payments.find(provider);
    if (!found) return { skipped: 'This deployment has no such provider any more.' };
    await found.detach(method);
    await hall.db.withTenant(account, (trx) => done(trx));
    return 'done';
  },
});

/** Begins at a provider what could not be begun there before. */
export const beginPaymentJob = defineJob({
  name: 'payments.begin' satisfies keyof TransferJobs,
  label: 'Set a payment method up',
  procedure: 'transfers.setPayment',
  payload: z.strictObject({ transfer: idOf<RowId>().nullable(), method: z.string() }),
  retry: PATIENT,
  run: async ({ hall, job: { account, root }, payload: { transfer, method }, done }) => {
    if (transfer === null) return beginForPayer({ hall, account, root, method, done });
    const stored = await hall.db.withTenant(account, (trx) => findTransfer(trx, account));
    // Begun meanwhile by whoever waits for it, or another one was chosen.
    if (stored?.transfer.steps.payment?.method !== method) return { skipped: 'It is not waited for any more.' };
    await beginPayment(hall, THE_SYSTEM, { id: account, root }, { transfer, method, over: 'itself' });
    await hall.db.withTenant(account, (trx) => done(trx));
    return 'done';
  },
});

type ForPayer = Pick<JobItem<unknown>, 'hall' | 'done'> & {
  readonly account: AccountId;
  readonly root: AccountId;
  readonly method: string;
};

async function beginForPayer({ hall, account, root, method, done }: ForPayer): Promise<ItemOutcome> {
  const { next } = await hall.db.withTenant(account, (trx) => readPayerMethods(trx, account));
  if (next?.method !== method) return { skipped: 'It is not waited for any more.' };
  await beginPayerMethod(hall, SYSTEM, { id: account, root }, method);
  await hall.db.withTenant(account, (trx) => done(trx));
  return 'done';
}

/** Tells an owner that their account has to pay another way. */
export const tellLostJob = defineJob({
  name: 'payments.tellLost' satisfies keyof TransferJobs,
  label: 'Mail that a payment method is gone',
  procedure: 'billing.setPayment',
  payload: z.strictObject({
    to: z.strictObject({ user: idOf<UserId>(), member: idOf<AccountId>() }),
    name: z.string(),
    method: z.string(),
  }),
  retry: PATIENT,
  run: async ({ hall, job: { id, account }, payload: { to, name, method }, done }) => {
    const address = await hall.db.withTenant(account, (trx) => readAlertAddress(trx, account, to));
    if (address === null) return { skipped: 'It is not for them any more.' };
    const letter: Letter = {
      to: address,
      key: `${id}.${to.user}`,
      subject: `“${name}” has no payment method`,
      says: [
        `The payment method of “${name}” (${method}) is gone or expired. Nothing changes for the account: it gets its invoices, which are paid by bank transfer until another method is set.`,
        { label: 'Set another one', url: `${hall.settings.publicUrl}/a/${account}/billing` },
      ],
    };
    await hall.sendMail(mailOf(letter));
    await hall.db.withTenant(account, (trx) => done(trx));
    return 'done';
  },
});

/** Every job that a transfer asks for. */
export const TRANSFER_JOB_KINDS = [
  completeTransferJob,
  mailInvitationJob,
  tellTransferJob,
  mailAgencyJob,
  detachPaymentJob,
  beginPaymentJob,
  tellLostJob,
] as const;
