import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isEmail, normalEmail } from '@tenantree/contract';
import { EMBEDDED_CONNECTIONS, LEAST_CONNECTIONS, USUAL_CONNECTIONS } from '@tenantree/db';
import { leastRetentionDays } from '@tenantree/domain';
import { z } from 'zod';
import { type Network, parseNetwork } from '../hall/addresses.ts';
import type { StripeSettings } from '../payments/stripe.ts';
import { type PlansFile, readPlansFile } from './plans-file.ts';

/** What an operator may set (docs/operators.md), checked. */
export type Config = {
  /** 0: any free port. */
  readonly port: number;
  readonly host: string;
  /** Folder for the embedded database and the generated secret. */
  readonly dataDir: string;
  /** Address of a PostgreSQL of one's own, on one machine or several; null: the embedded one. */
  readonly databaseUrl: string | null;
  /** The same past a pooler; null: there is none. */
  readonly databaseDirectUrl: string | null;
  /** The same with the role that owns the tables; null: `databaseUrl` has it, or they are up to date. */
  readonly databaseOwnerUrl: string | null;
  /** Connections to the database that each server holds at the most. */
  readonly databasePool: number;
  /** How many servers share the port, each a process of its own. */
  readonly servers: number;
  /** Where people reach the web app, without a slash at the end, if the operator says so; null: where it listens. */
  readonly publicUrl: string | null;
  /** Signs session cookies and cursors; the same in all servers of a deployment. */
  readonly secret: string;
  readonly maxDepth: number;
  /** Who may make main accounts. */
  readonly mainAccountsBy: (typeof MAIN_ACCOUNTS_BY)[number];
  /** Addresses of those who alone may lower what is billed; none: whoever sends the bill may. */
  readonly billingOperators: readonly string[];
  readonly usageMaxAgeDays: number;
  /** Days that usage events are kept after their month; null: for ever. */
  readonly usageRetentionDays: number | null;
  readonly closedRetentionDays: number;
  /** Hours between the end of a billing period and its closing. */
  readonly invoiceGraceHours: number;
  /** Whether an account whose billing transfer ran out stays as it is, or is suspended. */
  readonly transferExpiry: (typeof TRANSFER_EXPIRY)[number];
  /** How Stripe is reached; null: accounts pay by invoice. */
  readonly stripe: StripeSettings | null;
  /** The plans that are offered, and who sends invoices. */
  readonly plans: PlansFile;
  readonly liveTickMs: number;
  /** For how long what trees changed is kept for viewers that resume. */
  readonly liveResumeMinutes: number;
  readonly liveMaxBufferBytes: number;
  readonly logLevel: LogLevel;
  /** The mail server; null: mails go to the outbox. */
  readonly smtp: { readonly url: string; readonly from: string } | null;
  /** Bearer token that /metrics asks for; null: none. */
  readonly metricsToken: string | null;
  /** Proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly Network[];
};

const MAIN_ACCOUNTS_BY = ['everyone', 'owners', 'nobody'] as const;
const TRANSFER_EXPIRY = ['stay', 'suspend'] as const;
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Settings that can't be used, all of them at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`These settings can't be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

// Ports from 32768 on are handed out by the system to outgoing connections.
const LAST_PORT = 32_767;
const LEAST_SECRET = 32;
const DEFAULT_DATA_DIR = fileURLToPath(new URL('../../../../.data', import.meta.url));

const number = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`);

const whole = (least: number, most: number, usual: number) => number(least, most).default(usual);

const isOrigin = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.hash === '';
};

function readNetworks(list: string, context: z.RefinementCtx): Network[] {
  return list.split(',').flatMap((text) => {
    if (text.trim() === '') return [];
    const network = parseNetwork(text);
    if (network) return [network];
    const message = `must be addresses or ranges such as 10.0.0.0/8, with commas between; “${text.trim()}” is neither`;
    context.addIssue({ code: 'custom', message });
    return [];
  });
}

const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
  .optional();

const SETTINGS = z.object({
  PORT: whole(0, LAST_PORT, 7300),
  HOST: z.string().default('127.0.0.1'),
  DATA_DIR: z.string().default(DEFAULT_DATA_DIR),
  DATABASE_URL: postgresUrl,
  DATABASE_DIRECT_URL: postgresUrl,
  DATABASE_OWNER_URL: postgresUrl,
  DATABASE_POOL: whole(LEAST_CONNECTIONS, 1_000, USUAL_CONNECTIONS),
  SERVERS: whole(1, 64, 1),
  PUBLIC_URL: z
    .string()
    .refine(isOrigin, 'must be http(s)://host, without a path')
    .transform((text) => new URL(text).origin)
    .optional(),
  SECRET: z.string().min(LEAST_SECRET, `must have at least ${LEAST_SECRET} characters`).optional(),
  MAX_DEPTH: whole(1, 32, 5),
  MAIN_ACCOUNTS_BY: z.enum(MAIN_ACCOUNTS_BY, `must be one of ${MAIN_ACCOUNTS_BY.join(', ')}`).default('everyone'),
  BILLING_OPERATORS: z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== ''),
    )
    .refine((all) => all.every(isEmail), 'must be e-mail addresses with commas between them')
    .transform((all) => all.map(normalEmail)),
  USAGE_MAX_AGE_DAYS: whole(1, 3_650, 35),
  USAGE_RETENTION_DAYS: number(1, 36_500).optional(),
  CLOSED_RETENTION_DAYS: whole(0, 3_650, 30),
  INVOICE_GRACE_HOURS: whole(0, 744, 12),
  PLANS: z.string().optional(),
  TRANSFER_EXPIRY: z.enum(TRANSFER_EXPIRY, `must be one of ${TRANSFER_EXPIRY.join(', ')}`).default('stay'),
  STRIPE_SECRET_KEY: z.string().startsWith('sk_', 'must begin with sk_').optional(),
  STRIPE_PUBLISHABLE_KEY: z.string().startsWith('pk_', 'must begin with pk_').optional(),
  STRIPE_WEBHOOK_SECRET: z.string().startsWith('whsec_', 'must begin with whsec_').optional(),
  STRIPE_URL: z.url().optional(),
  LIVE_TICK_MS: whole(10, 10_000, 50),
  LIVE_RESUME_MINUTES: whole(1, 1_440, 15),
  LIVE_MAX_BUFFER_BYTES: whole(65_536, 1_073_741_824, 1_048_576),
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, 'must begin with smtp:// or smtps://')
    .optional(),
  MAIL_FROM: z.string().includes('@', 'must be an address that mails come from').optional(),
  METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  TRUSTED_PROXIES: z.string().default('127.0.0.1,::1').transform(readNetworks),
});

type UsageDays = {
  readonly USAGE_MAX_AGE_DAYS: number;
  readonly INVOICE_GRACE_HOURS: number;
  readonly USAGE_RETENTION_DAYS?: number | undefined;
};

const leastKept = ({ USAGE_MAX_AGE_DAYS, INVOICE_GRACE_HOURS }: UsageDays): number =>
  leastRetentionDays(USAGE_MAX_AGE_DAYS, INVOICE_GRACE_HOURS);

const isKeptLongEnough = (days: UsageDays): boolean =>
  // What is no number is refused as such.
  days.USAGE_RETENTION_DAYS === undefined || !(days.USAGE_RETENTION_DAYS < leastKept(days));

const STRIPE = ['STRIPE_SECRET_KEY', 'STRIPE_PUBLISHABLE_KEY', 'STRIPE_WEBHOOK_SECRET'] as const;

const COMPLETE = SETTINGS.refine((settings) => settings.DATABASE_URL === undefined || settings.SECRET, {
  path: ['SECRET'],
  message: 'must be set together with DATABASE_URL, to the same text for every server of the deployment',
  // Said beside all the other problems, not only after they are gone.
  when: () => true,
})
  .refine(isKeptLongEnough, {
    path: ['USAGE_RETENTION_DAYS'],
    error: ({ input }) =>
      `must be at least ${leastKept(input as UsageDays)} where USAGE_MAX_AGE_DAYS is ${(input as UsageDays).USAGE_MAX_AGE_DAYS} and INVOICE_GRACE_HOURS is ${(input as UsageDays).INVOICE_GRACE_HOURS}: that long, events and idempotency keys are needed`,
  })
  .refine((settings) => settings.SMTP_URL === undefined || settings.MAIL_FROM, {
    path: ['MAIL_FROM'],
    message: 'must be set together with SMTP_URL, to the address that mails come from',
    when: () => true,
  })
  .refine(
    ({ DATABASE_URL, SERVERS, DATABASE_POOL }) => DATABASE_URL || SERVERS * DATABASE_POOL <= EMBEDDED_CONNECTIONS,
    {
      path: ['SERVERS'],
      message: `times DATABASE_POOL must be ${EMBEDDED_CONNECTIONS} at the most with the embedded database`,
    },
  )
  .superRefine((settings, context) => {
    const some = STRIPE.filter((name) => settings[name] !== undefined);
    for (const name of STRIPE)
      if (some.length > 0 && settings[name] === undefined)
        context.addIssue({ code: 'custom', path: [name], message: `must be set together with ${some.join(', ')}` });
    for (const name of ['DATABASE_DIRECT_URL', 'DATABASE_OWNER_URL'] as const)
      if (settings[name] !== undefined && settings.DATABASE_URL === undefined)
        context.addIssue({ code: 'custom', path: [name], message: 'must be set together with DATABASE_URL' });
  });

/**
 * Reads the settings from environment variables; empty ones count as not set. Without SECRET one is made in the data folder
 * the first time.
 *
 * @throws ConfigError naming everything that is wrong
 */
export async function readConfig(environment: Readonly<Record<string, string | undefined>>): Promise<Config> {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = COMPLETE.safeParse(given);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map(sentence));
  const settings = parsed.data;
  const dataDir = resolve(settings.DATA_DIR);
  return {
    port: settings.PORT,
    host: settings.HOST,
    dataDir,
    databaseUrl: settings.DATABASE_URL ?? null,
    databaseDirectUrl: settings.DATABASE_DIRECT_URL ?? null,
    databaseOwnerUrl: settings.DATABASE_OWNER_URL ?? null,
    databasePool: settings.DATABASE_POOL,
    servers: settings.SERVERS,
    publicUrl: settings.PUBLIC_URL ?? null,
    secret: settings.SECRET ?? (await keptSecret(dataDir)),
    maxDepth: settings.MAX_DEPTH,
    mainAccountsBy: settings.MAIN_ACCOUNTS_BY,
    billingOperators: settings.BILLING_OPERATORS,
    usageMaxAgeDays: settings.USAGE_MAX_AGE_DAYS,
    usageRetentionDays: settings.USAGE_RETENTION_DAYS ?? null,
    closedRetentionDays: settings.CLOSED_RETENTION_DAYS,
    invoiceGraceHours: settings.INVOICE_GRACE_HOURS,
    transferExpiry: settings.TRANSFER_EXPIRY,
    stripe: stripeOf(settings),
    plans: await readPlansFile(settings.PLANS).catch((error: unknown) => {
      throw new ConfigError([`PLANS ${error instanceof Error ? error.message : String(error)}`]);
    }),
    liveTickMs: settings.LIVE_TICK_MS,
    liveResumeMinutes: settings.LIVE_RESUME_MINUTES,
    liveMaxBufferBytes: settings.LIVE_MAX_BUFFER_BYTES,
    logLevel: settings.LOG_LEVEL,
    smtp: settings.SMTP_URL === undefined ? null : { url: settings.SMTP_URL, from: settings.MAIL_FROM ?? '' },
    metricsToken: settings.METRICS_TOKEN ?? null,
    trustedProxies: settings.TRUSTED_PROXIES,
  };
}

const stripeOf = (settings: z.infer<typeof COMPLETE>): StripeSettings | null =>
  settings.STRIPE_SECRET_KEY === undefined
    ? null
    : {
        secretKey: settings.STRIPE_SECRET_KEY,
        publishableKey: settings.STRIPE_PUBLISHABLE_KEY ?? '',
        webhookSecret: settings.STRIPE_WEBHOOK_SECRET ?? '',
        url: settings.STRIPE_URL ?? null,
      };

const sentence = (issue: { readonly path: readonly PropertyKey[]; readonly message: string }): string =>
  `${String(issue.path[0])} ${issue.message}`;

/** The secret of this data folder, made by whoever comes first. */
async function keptSecret(dataDir: string): Promise<string> {
  const file = join(dataDir, 'secret');
  const kept = await keepFirst(file, randomBytes(48).toString('base64url')).catch((error: unknown) => {
    throw new ConfigError([`DATA_DIR can't be used: ${error instanceof Error ? error.message : String(error)}`]);
  });
  if (kept.length < LEAST_SECRET)
    throw new ConfigError([`SECRET can't be read from ${file}; delete the file to make a new one`]);
  return kept;
}

/** Writes a text to a file unless there is one already. @returns what the file holds */
async function keepFirst(file: string, text: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  // Whole before it has its name: another one that starts now must not read half of it.
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(draft, `${text}\n`, { mode: 0o600, flag: 'wx' });
    await link(draft, file);
    return text;
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return (await readFile(file, 'utf8')).trim();
}

const isAlreadyThere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EEXIST';
