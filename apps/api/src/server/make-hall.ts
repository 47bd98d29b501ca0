import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { appendTraces, type Database, type JournalNews, type UsageStore } from '@tenantree/db';
import type { Clock, TaxPort } from '@tenantree/domain';
import { setUpInCreation, setUpRows } from '../blueprints/in-creation.ts';
import { createChanges } from '../hall/change.ts';
import type { Admissions, Hall, Settings, UsageDoor } from '../hall/hall.ts';
import { createIds } from '../hall/id-source.ts';
import { createTraces, type Traces } from '../hall/traces.ts';
import { createOutbox, createSmtp } from '../mail/send-mail.ts';
import { createPayments } from '../payments/payments.ts';
import type { StripeProvider } from '../payments/stripe.ts';
import type { Config } from './config.ts';

const SECRET_BYTES = 32;
const HOUR_MS = 3_600_000;

export type HallParts = {
  readonly config: Pick<
    Config,
    | 'maxDepth'
    | 'mainAccountsBy'
    | 'billingOperators'
    | 'usageMaxAgeDays'
    | 'usageRetentionDays'
    | 'closedRetentionDays'
    | 'liveResumeMinutes'
    | 'invoiceGraceHours'
    | 'plans'
    | 'transferExpiry'
    | 'secret'
    | 'smtp'
    | 'dataDir'
  >;
  readonly db: Database;
  /** Through whom accounts may pay, where the deployment is set up for it. */
  readonly stripe: StripeProvider | null;
  readonly usage: UsageStore;
  readonly clock: Clock;
  /** Told of what was committed. */
  readonly happened: (news: JournalNews) => void;
  readonly usageDoor: UsageDoor;
  readonly admissions: Admissions;
  /** What decides about tax on invoices. */
  readonly tax: TaxPort;
  /** Asked every time: with PORT=0 the address is known only when the server listens. */
  readonly publicUrl: () => string;
  /** Shows mails to whoever runs the server, where no mail server takes them. */
  readonly print: (text: string) => void;
};

/** The same, when the transaction of what is told is committed: a call may keep it open for its answer. */
const afterCommit =
  <Told extends readonly unknown[]>(db: Database, tell: (...told: Told) => void) =>
  (...told: Told): void =>
    db.afterCommit(() => tell(...told));

/** What every slice is given, with the system's randomness. */
export function makeHall(parts: HallParts): { readonly hall: Hall; readonly traces: Traces } {
  const { config, db, stripe, usage, clock, happened, usageDoor, admissions, tax, publicUrl, print } = parts;
  const settings: Settings = {
    maxDepth: config.maxDepth,
    mainAccountsBy: config.mainAccountsBy,
    billingOperators: config.billingOperators,
    usageMaxAgeDays: config.usageMaxAgeDays,
    usageRetentionDays: config.usageRetentionDays,
    closedRetentionDays: config.closedRetentionDays,
    liveResumeMinutes: config.liveResumeMinutes,
    closingGraceMs: config.invoiceGraceHours * HOUR_MS,
    invoiceSender: config.plans.sender,
    transferExpiry: config.transferExpiry,
    secret: config.secret,
    get publicUrl() {
      return publicUrl();
    },
  };
  const newId = createIds(clock);
  const traces = createTraces({
    clock,
    newId,
    // The traces of many callers.
    append: (some) => db.onBehalfOf(null, () => appendTraces(db, some)),
  });
  const hall: Hall = {
    db,
    usage,
    clock,
    settings,
    tax,
    payments: createPayments(stripe === null ? [] : [stripe]),
    ...createChanges({ db, clock, newId, happened: afterCommit(db, happened) }),
    trace: traces.trace,
    admissions,
    usageDoor: { ...usageDoor, recorded: afterCommit(db, () => usageDoor.recorded()) },
    sendMail: config.smtp
      ? createSmtp(config.smtp)
      : createOutbox({ folder: join(config.dataDir, 'outbox'), newId, print }),
    setUp: setUpInCreation,
    setUpRows,
    newId,
    newSecret: () => randomBytes(SECRET_BYTES).toString('base64url'),
  };
  return { hall, traces };
}
