import {
  type Database,
  DatabaseUnusableError,
  openDatabase,
  openUsageStore,
  storePlans,
  type UsageStore,
  unreachable,
} from '@tenantree/db';
import { type Clock, instantOf, NO_TAX, type TaxPort } from '@tenantree/domain';
import { accountImportsRoute } from '../accounts/imports/upload-route.ts';
import { createSortSettler } from '../accounts/sort-settler.ts';
import { type Auth, createAuth } from '../auth/auth.ts';
import { createGuessLimits } from '../auth/guess-limits.ts';
import { ARGON2, type Passwords } from '../auth/passwords.ts';
import type { Connection } from '../context/connection.ts';
import type { Context, Inspect } from '../context/context.ts';
import { createContext } from '../context/create-context.ts';
import type { Hall } from '../hall/hall.ts';
import type { Logger } from '../hall/log.ts';
import type { AnyJob } from '../jobs/define-job.ts';
import { JOBS } from '../jobs/jobs.ts';
import { jobBell } from '../jobs/shown-jobs.ts';
import { type Jobs, startJobs } from '../jobs/start-jobs.ts';
import { createAdmissions } from '../limits/admissions.ts';
import { nearOf } from '../limits/near-channel.ts';
import { limitsBell } from '../limits/watch-limits.ts';
import type { Hub } from '../live/hub.ts';
import { ProviderAway } from '../payments/payments.ts';
import { openStripe, type StripeProvider } from '../payments/stripe.ts';
import { appRouter } from '../router.ts';
import { stripeRoute } from '../transfers/stripe-route.ts';
import { cloudEventsRoute } from '../usage/cloud-events-route.ts';
import { showCounted } from '../usage/usage-channel.ts';
import { type OpenUsage, openUsage } from '../usage/usage-door.ts';
import { type Config, ConfigError } from './config.ts';
import { type ApiServer, createServer } from './create-server.ts';
import { makeHall } from './make-hall.ts';
import { type Among, createMetrics, type Metrics } from './metrics.ts';
import { type Live, openLive } from './open-live.ts';
import type { Folders } from './published.ts';

export type ComposeParts = {
  readonly config: Config;
  /** A migrated database, with a login that serves. */
  readonly database: Database['direct'];
  /** The same past a pooler; without one, `database` leads straight to PostgreSQL. */
  readonly direct?: Database['direct'] | null;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Shows a text to whoever runs the server, past the log; without, nobody is shown any. */
  readonly print?: (text: string) => void;
  /** The other servers behind its port, if there are any. */
  readonly among?: Among;
  /** Builds to serve instead of those of this repository. */
  readonly folders?: Folders;
  /** Looks at how every call ended. */
  readonly inspect?: Inspect;
  /** Jobs to be able to do instead of {@link JOBS}. */
  readonly jobs?: readonly AnyJob[];
  /** How passwords are stored, instead of {@link ARGON2}. */
  readonly passwords?: Passwords;
  /** Longest that a request may take to arrive, if not half a minute (ms). */
  readonly requestMs?: number;
  /** What decides about tax on invoices; without it there is none. */
  readonly tax?: TaxPort;
};

/** A running server. Several may run in one program, as long as nothing else than the database connects them. */
export type Composed = {
  /** Where it listens. */
  readonly url: string;
  readonly port: number;
  readonly hall: Hall;
  readonly auth: Auth;
  readonly jobs: Jobs;
  /** What it measured, in Prometheus' text format. */
  metrics(): Promise<string>;
  /** Stops in order: no new work, what was accepted is stored, clients go elsewhere, then the database is let go. Twice is once. */
  close(): Promise<void>;
};

const SYSTEM_CLOCK: Clock = { nowMs: () => Date.now() };

/**
 * Puts the whole platform together over a migrated database, and listens.
 *
 * @throws ConfigError when nobody may listen there
 * @throws DatabaseUnusableError when the database must not be served like this
 */
export async function compose(given: ComposeParts): Promise<Composed> {
  const { config, log, clock = SYSTEM_CLOCK, jobs: kinds = JOBS, print = () => undefined } = given;
  const db = await openAnswering(given);
  const stripe = await openPayments(config, log, db);
  await storePlans(db, config.plans.plans, instantOf(clock.nowMs()));
  if (!config.smtp) log.info('no mail server is set (SMTP_URL): mails are files in the folder outbox, and go nowhere');
  const metrics = createMetrics(given.among ?? null);
  const onError = (error: unknown, where: object = {}): void =>
    log.error({ err: error, ...where }, 'failed in the background');
  const admissions = createAdmissions({ db, clock, onDecided: (root) => live.hub.ring(limitsBell(root)), onError });
  const ground: Ground = { config, db, clock, log, metrics, onError };
  const { usage, usageDoor, settler, live } = openUsageAndLive(ground);
  let url = '';
  const { hall, traces } = makeHall({
    config,
    db,
    stripe,
    usage,
    clock,
    happened: (news) => live.hub.happened(news),
    usageDoor,
    admissions,
    tax: given.tax ?? NO_TAX,
    publicUrl: () => config.publicUrl ?? url,
    print,
  });
  const drain = async (): Promise<void> => {
    await Promise.all([usageDoor.drain(), traces.drain()]);
  };
  const { auth, server } = openEntrance(given, { ...ground, hall, stripe, kinds, usageDoor, hub: live.hub, drain });
  const jobs = await startJobs(hall, {
    jobs: kinds,
    sessions: auth,
    metrics: metrics.jobs,
    onProgress: (job) => live.hub.ring(jobBell(job)),
    onError,
    onSilent: (servers) => log.warn({ servers }, 'servers fell silent; what they had begun of jobs goes on elsewhere'),
  });

  const stop = async (): Promise<void> => {
    // Both at once: no further item of a job is begun while callers get their answers.
    await Promise.all([server.close(), jobs.stop()]);
    await usageDoor.close();
    await settler.close();
    await admissions.close();
    await live.close();
    await db.close();
  };
  try {
    await live.listen();
    const address = await server.listen();
    url = address.url;
    let stopping: Promise<void> | null = null;
    const close = (): Promise<void> => (stopping ??= stop());
    return { url, port: address.port, hall, auth, jobs, metrics: () => metrics.own(), close };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What everything else stands on. */
type Ground = {
  readonly config: Config;
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly onError: (error: unknown, where?: object) => void;
};

/** A database that answers. @throws DatabaseUnusableError when it does not, or must not be served */
async function openAnswering({ config, database, direct = null }: ComposeParts): Promise<Database> {
  const db = openDatabase(database, { connections: config.databasePool, direct });
  await db.ping().catch(async (error: unknown) => {
    await db.close();
    throw error instanceof DatabaseUnusableError ? error : unreachable(error);
  });
  return db;
}

/**
 * Stripe, where the deployment is set up for it, once it has taken the key. One that can't be reached now is asked when somebody needs it.
 *
 * @throws ConfigError when Stripe refuses the key
 */
async function openPayments(config: Config, log: Logger, db: Database): Promise<StripeProvider | null> {
  if (config.stripe === null) return null;
  const stripe = await openStripe(config.stripe);
  try {
    await stripe.check();
  } catch (error) {
    if (!(error instanceof ProviderAway)) {
      await db.close();
      throw new ConfigError([
        `STRIPE_SECRET_KEY is refused: ${error instanceof Error ? error.message : String(error)}`,
      ]);
    }
    log.warn({ err: error }, 'Stripe can’t be reached now; payment methods wait until it can');
  }
  return stripe;
}

/** What works behind the calls: usage is stored and counted, and who watches and what is sorted by it hears of each count. */
function openUsageAndLive({ config, db, clock, log, metrics, onError }: Ground): {
  readonly usage: UsageStore;
  readonly usageDoor: OpenUsage;
  readonly settler: ReturnType<typeof createSortSettler>;
  readonly live: Live;
} {
  const settler = createSortSettler({ db, clock, onError });
  const usage = openUsageStore(db);
  const usageDoor = openUsage({
    db,
    store: usage,
    clock,
    settings: config,
    observer: {
      recorded: (events) => metrics.usage(events),
      counted: (tree) => {
        showCounted(live.hub, tree, nearOf(tree));
        settler.counted(tree);
        live.hub.ring(limitsBell(tree.root));
      },
      setAside: ({ root, error, ...often }) =>
        log.error({ err: error, tree: root, ...often }, 'usage of a tree can’t be counted: it is set aside'),
      takenBack: (root) => log.info({ tree: root }, 'usage of a tree is counted again'),
      failed: onError,
    },
  });
  const source = { db, usageDoor };
  const live = openLive({ source, clock, tickMs: config.liveTickMs, metrics: metrics.live, onError });
  metrics.watchUsage(usageDoor.backlog);
  return { usage, usageDoor, settler, live };
}

type EntranceParts = Ground & {
  readonly hall: Hall;
  readonly stripe: StripeProvider | null;
  readonly kinds: readonly AnyJob[];
  readonly usageDoor: OpenUsage;
  readonly hub: Hub;
  /** Resolves when all that callers were promised is stored. */
  readonly drain: () => Promise<void>;
};

/** Where everybody comes in: who they are, and the ways by which they call. */
function openEntrance(given: ComposeParts, parts: EntranceParts): { readonly auth: Auth; readonly server: ApiServer } {
  const { folders, requestMs, inspect = null, passwords = ARGON2 } = given;
  const { config, log, metrics, onError, hall, stripe, kinds, usageDoor, hub, drain } = parts;
  const limits = createGuessLimits(hall);
  const auth = createAuth(hall, { limits, publicUrl: config.publicUrl, passwords, onError });
  const callers = { hall, people: auth, sessions: auth, limits, hub, jobs: kinds, inspect };
  const contextOf = (connection: Connection): Context => createContext(callers, connection);
  const server = createServer({
    config,
    hall,
    log,
    metrics,
    usageBacklog: usageDoor.backlog,
    auth,
    router: appRouter,
    createContext: contextOf,
    recognises: async (connection) => {
      const actor = await contextOf(connection).authenticate();
      return actor !== null && actor !== 'invalid';
    },
    mount: (app) => {
      cloudEventsRoute(contextOf)(app);
      accountImportsRoute(contextOf)(app);
      if (stripe) stripeRoute(hall, stripe)(app);
    },
    drain,
    ...(folders && { folders }),
    ...(requestMs && { requestMs }),
  });
  return { auth, server };
}
