import { readAccountState, readAlertAddress } from '@tenantree/db';
import {
  type AccountId,
  isId,
  limitKindStoredAs,
  parseDecimal,
  type RetryPolicy,
  shownOf,
  type UserId,
} from '@tenantree/domain';
import { z } from 'zod';
import { defineJob, type ItemOutcome, type JobItem } from '../jobs/define-job.ts';
import { type Letter, mailOf } from '../mail/letter.ts';

/** A mail server that is away for a night gets them in the morning. */
const PATIENT: RetryPolicy = { attempts: 8, firstMs: 5_000, factor: 4 };

/** As `mail_alerts` writes it. */
const payload = z.strictObject({
  user: z.custom<UserId>((value) => typeof value === 'string' && isId(value)),
  /** Where they are owner or admin. */
  member: z.custom<AccountId>((value) => typeof value === 'string' && isId(value)),
  /** The kind of the limit, as it is stored. */
  kind: z.string(),
  /** Percent. */
  threshold: z.number(),
  /** What the maximum was, as it is stored. */
  max: z.string().nullable(),
  /** The row of the journal that says that it was reached. */
  reached: z.string(),
});
type Reached = z.infer<typeof payload>;

/**
 * Tells those who look after an account that it reached a threshold of a limit (rules/limits 19): a mail for each of them. The database asks
 * for it where the threshold is judged. A server that ends between the sending and its mark sends again, under the same key.
 */
export const mailReachedJob = defineJob({
  name: 'limits.mail',
  label: 'Mail a reached limit',
  procedure: 'limits.setDefaults',
  payload,
  retry: PATIENT,
  run: (item) => mailReached(item),
});

async function mailReached({ hall, job: { account }, payload: reached, done }: JobItem<Reached>): Promise<ItemOutcome> {
  const { to, state } = await hall.db.withTenant(account, async (trx) => ({
    to: await readAlertAddress(trx, account, reached),
    state: await readAccountState(trx, account),
  }));
  if (to === null || state === null) return { skipped: 'It is not for them any more.' };
  await hall.sendMail(
    mailOf({
      to,
      key: `${reached.reached}.${reached.user}`,
      ...letterAbout(
        state.name,
        reached,
        `${hall.settings.publicUrl}/a/${reached.member}/subaccounts/${account}/limits`,
      ),
    }),
  );
  await hall.db.withTenant(account, (trx) => done(trx));
  return 'done';
}

/** What is said of a limit that was reached. */
function letterAbout(
  name: string,
  { kind: stored, threshold, max }: Reached,
  url: string,
): Pick<Letter, 'subject' | 'says'> {
  const kind = limitKindStoredAs(stored);
  const cap = kind && max !== null ? `${shownOf(kind, parseDecimal(max) ?? 0n)} ` : '';
  const what = `${threshold} % of its limit of ${cap}${kind?.many ?? stored}${kind?.counts === 'metered' ? ' a month' : ''}`;
  return {
    subject: `“${name}” has reached ${what}`,
    says: [
      `“${name}” has reached ${what}, with everything below it.`,
      { label: 'See its limits', url },
      'You are told because you are an owner or admin there.',
    ],
  };
}
