import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '@tenantree/db';
import type { Clock, TaxPort } from '@tenantree/domain';
import { parseNetwork } from '../../src/hall/addresses.ts';
import { createLog } from '../../src/hall/log.ts';
import type { AnyJob } from '../../src/jobs/define-job.ts';
import { type Composed, compose } from '../../src/server/compose.ts';
import type { Config } from '../../src/server/config.ts';
import { SAMPLE_PLANS } from '../../src/server/plans-file.ts';
import type { Folders } from '../../src/server/published.ts';
import { createAgreement } from './agreed.ts';
import { REMEMBERED } from './remembered-passwords.ts';

export const TEST_SECRET = 'the secret that all servers of a test share';

/** This machine as a proxy that is trusted, so that a test can say with `x-forwarded-for` where a request comes from. */
export const TRUSTED = ['127.0.0.1', '::1'].map(parseNetwork).filter((network) => network !== null);

const TEST_CONFIG: Omit<Config, 'dataDir'> = {
  port: 0,
  host: '127.0.0.1',
  databaseUrl: null,
  databaseDirectUrl: null,
  databaseOwnerUrl: null,
  databasePool: 17,
  servers: 1,
  publicUrl: null,
  secret: TEST_SECRET,
  maxDepth: 5,
  mainAccountsBy: 'everyone',
  billingOperators: [],
  usageMaxAgeDays: 35,
  usageRetentionDays: null,
  closedRetentionDays: 30,
  invoiceGraceHours: 12,
  plans: SAMPLE_PLANS,
  transferExpiry: 'stay',
  stripe: null,
  liveResumeMinutes: 15,
  liveTickMs: 50,
  liveMaxBufferBytes: 1_048_576,
  logLevel: 'silent',
  smtp: null,
  metricsToken: null,
  trustedProxies: [],
};

const NOTHING_BUILT: Folders = {
  app: join(import.meta.dirname, 'nothing'),
  widget: join(import.meta.dirname, 'nothing'),
};

export type StartOptions = {
  readonly config?: Partial<Config>;
  readonly clock?: Clock;
  /** What is built, `BUILDS` for what there is; where it is left out, nothing is: each server would read and copy all of it. */
  readonly folders?: Folders;
  readonly requestMs?: number;
  readonly jobs?: readonly AnyJob[];
  readonly tax?: TaxPort;
  /** How to get to the database past a pooler. */
  readonly direct?: Database['direct'];
  /** Called with every line of the log. */
  readonly onLog?: (line: string) => void;
};

/**
 * Starts a whole server over a migrated test database: `startApi((await createTestDatabase(inject('database'))).serving)`. Its data folder
 * goes with it, unless the test has one of its own. Closing fails when a call ended otherwise than the contract says.
 */
export async function startApi(
  database: Database['direct'],
  { config: overrides, clock, folders = NOTHING_BUILT, requestMs, jobs, tax, direct, onLog }: StartOptions = {},
): Promise<Composed> {
  const dataDir = overrides?.dataDir ?? (await mkdtemp(join(tmpdir(), 'tenantree-api-')));
  const config = { ...TEST_CONFIG, ...(onLog ? { logLevel: 'info' as const } : {}), ...overrides, dataDir };
  const destination = { write: (line: string) => onLog?.(line) };
  const agreement = createAgreement();
  const log = createLog({ level: config.logLevel, destination });
  const composed = await compose({
    config,
    database,
    log,
    inspect: agreement.inspect,
    ...(clock ? { clock } : {}),
    folders,
    passwords: REMEMBERED,
    ...(requestMs ? { requestMs } : {}),
    ...(jobs ? { jobs } : {}),
    ...(tax ? { tax } : {}),
    ...(direct ? { direct } : {}),
  });
  const close = async (): Promise<void> => {
    await composed.close();
    if (overrides?.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    agreement.check();
  };
  return { ...composed, close };
}
