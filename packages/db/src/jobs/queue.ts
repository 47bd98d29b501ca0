import { type AccountId, isId, isRecord, type RowId } from '@tenantree/domain';
import { Logger, runMigrations, runTaskList, type WorkerPool } from 'graphile-worker';
import { sql } from 'kysely';
import pg from 'pg';
import type { Database } from '../database.ts';
import { listen } from '../live/listen.ts';
import { isOutage } from '../unavailable.ts';
import { saying } from '../unusable.ts';

/** A job that is to have its next step. */
export type JobRef = { readonly account: AccountId; readonly job: RowId };

export type QueueOptions = {
  /** Does a step of a job. What it throws is logged; the job is woken again. */
  readonly step: (job: JobRef) => Promise<void>;
  /** Steps at one time. */
  readonly atOnce: number;
  readonly onError: (error: unknown) => void;
  /** Servers fell silent, and what they had begun goes on elsewhere. */
  readonly onSilent: (servers: number) => void;
};

/** A server's part in the work on jobs. */
export type Queue = {
  /** Says that this server lives, and hands on what those that don't had begun. Done by itself every few seconds. */
  tend(): Promise<void>;
  /** Takes no further step; resolves when those under way have ended. */
  close(): Promise<void>;
};

const SCHEMA = 'graphile_worker';
const STEP = 'job.step';
/** How often new jobs are looked for where nobody tells of them. */
const POLL_MS = 2_000;
const TEND_MS = 5_000;
/** A server that wasn't seen for so long has ended, or stands still (rules/jobs 7). */
export const SILENT_MS = 30_000;
/** After which a queue that ended by itself, because the database was away, is opened again. */
const REOPEN_MS = 1_000;

/** Brings the schema of graphile-worker up to date. For the role that owns it. */
export const installQueue = (pool: pg.Pool): Promise<void> =>
  runMigrations({ pgPool: pool, schema: SCHEMA, logger: new Logger(() => () => undefined) });

/** The code of a failure after which graphile-worker tells again how a step ended, soon and for minutes. */
const TELL_AGAIN = '40001';

/** An outage as graphile-worker knows it: of lost connections it would keep the step locked for ever, and leave a rejection to nobody. */
const failing = (error: unknown): never => {
  throw isOutage(error) ? Object.assign(new Error(saying(error), { cause: error }), { code: TELL_AGAIN }) : error;
};

/** A connection whose outages are told as graphile-worker knows them. */
const tellingAgain = (client: pg.PoolClient): pg.PoolClient =>
  new Proxy(client, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name !== 'query') return value.bind(target);
      return async (...args: unknown[]) => Promise.resolve(Reflect.apply(value, target, args)).catch(failing);
    },
  });

/**
 * The server's pool as graphile-worker is given it. It asks for a connection that it keeps and listens with by a callback, which is never
 * called: we listen ourselves, past a pooler, and come back by ourselves.
 */
class BorrowedPool extends pg.Pool {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    super();
    this.#pool = pool;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: (error: Error | undefined) => void): void;
  override connect(callback?: (error: Error | undefined) => void): Promise<pg.PoolClient> | undefined {
    return callback ? undefined : this.#pool.connect().then(tellingAgain, failing);
  }
}

/** Workers of this server, opened again whenever they ended by themselves. */
type Workers = {
  /** Who they are now. */
  id(): string;
  /** Lets at most so many look for work. */
  nudge(most: number): void;
  close(): Promise<void>;
};

type WorkersParts = Pick<QueueOptions, 'step' | 'atOnce' | 'onError'> & {
  /** Other workers take the place of those that ended, which may have left something locked. */
  readonly onReplaced: (former: string) => void;
};

/** Does something as the server itself, and not in the turns of whoever called. */
const asServer = <T>(db: Database, work: () => Promise<T>): Promise<T> => db.onBehalfOf(null, work);

function openWorkers(db: Database, { step, atOnce, onError, onReplaced }: WorkersParts): Workers {
  const pgPool = new BorrowedPool(db.pool);
  const logger = new Logger(() => (level, message, meta) => {
    if (level === 'error') onError(meta?.['error'] ?? new Error(message));
  });
  const options = {
    schema: SCHEMA,
    logger,
    concurrency: atOnce,
    pollInterval: POLL_MS,
    // A pooler forgets what has a name.
    noPreparedStatements: true,
    noHandleSignals: true,
  };
  const tasks = {
    [STEP]: async (payload: unknown) => {
      const job = readRef(payload);
      if (job) await asServer(db, () => step(job));
    },
  };
  let isClosed = false;
  let hasEnded = false;
  let workers: WorkerPool;
  let reopening: NodeJS.Timeout | undefined;

  // Without the turns of whoever opens it: its timers would keep them.
  const open = (): void =>
    void asServer(db, async () => {
      workers = runTaskList(options, tasks, pgPool);
      hasEnded = false;
      const { id } = workers;
      const ended = (): void => {
        hasEnded = true;
        if (isClosed) return;
        reopening = setTimeout(() => {
          open();
          onReplaced(id);
        }, REOPEN_MS).unref();
      };
      workers.promise.then(ended, (error: unknown) => {
        onError(error);
        ended();
      });
    });
  open();

  return {
    id: () => workers.id,
    nudge: (most) => {
      try {
        if (!isClosed) workers.nudge(most);
      } catch {
        // It is about to end by itself, and says so by throwing. What has come is found when it is opened again.
      }
    },
    close: async () => {
      isClosed = true;
      clearTimeout(reopening);
      if (!hasEnded) await workers.gracefulShutdown();
    },
  };
}

/** Works on jobs until it is closed. */
export async function openQueue(db: Database, options: QueueOptions): Promise<Queue> {
  const { atOnce, onError, onSilent } = options;
  /** Workers of this server that ended by themselves, and may have left something locked. */
  let former: readonly string[] = [];
  const workers = openWorkers(db, {
    ...options,
    onReplaced: (id) => {
      former = [...former, id];
      tend().catch(onError);
    },
  });
  const tend = (): Promise<void> =>
    asServer(db, async () => {
      const ended = former;
      const { rows } = await sql<{ silent: number }>`
        SELECT public.tend_jobs(${workers.id()}, ${[...ended]}::text[], ${SILENT_MS}) AS silent`.execute(db.app);
      former = former.filter((id) => !ended.includes(id));
      const silent = rows[0]?.silent ?? 0;
      if (silent > 0) onSilent(silent);
      if (silent + ended.length > 0) workers.nudge(atOnce);
    });
  const tending = setInterval(() => void tend().catch(onError), TEND_MS).unref();
  const nudgeOne = (): void => workers.nudge(1);
  const listener = await listen(db, 'jobs:insert', { onMessage: nudgeOne, onReconnect: nudgeOne });
  // At once, so that the others know of whoever is killed in the first seconds, too.
  await tend();
  return {
    tend,
    close: async () => {
      clearInterval(tending);
      await listener.close();
      await workers.close();
    },
  };
}

function readRef(payload: unknown): JobRef | null {
  if (!isRecord(payload)) return null;
  const { account, job } = payload;
  if (typeof account !== 'string' || typeof job !== 'string' || !isId(account) || !isId(job)) return null;
  return { account: account as AccountId, job: job as RowId };
}

/** What waits, for metrics: jobs that have not ended, and for how long the one that is overdue the longest waits for its next step (ms). */
export async function readJobBacklog(db: Database): Promise<{ readonly live: number; readonly overdueMs: number }> {
  const { rows } = await sql<{ live: number; overdue_ms: number }>`SELECT * FROM public.job_backlog()`.execute(db.app);
  return { live: rows[0]?.live ?? 0, overdueMs: rows[0]?.overdue_ms ?? 0 };
}
