import cluster, { type Worker } from 'node:cluster';
import { setTimeout as pass } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DatabaseConfig } from '@tenantree/db';
import type { Logger } from '../hall/log.ts';

/** What is said to one of several servers. */
export type ToServer =
  | { readonly kind: 'announce' | 'stop' }
  /** It is to say its metrics. */
  | { readonly kind: 'measure'; readonly gathering: number }
  /** It asked for the metrics of all. */
  | { readonly kind: 'gathered'; readonly asked: number; readonly texts: readonly string[] };

/** What one of several servers says. */
export type FromServer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'gather'; readonly asked: number }
  | { readonly kind: 'measured'; readonly gathering: number; readonly text: string };

/** The variable that tells a server what it can't know from its settings, as JSON. */
export const ONE_OF_SEVERAL = 'TENANTREE_ONE_OF_SEVERAL';

/** Which of several servers one is, and what it needs beside its settings to reach the database: the embedded one's place, the login that serves. */
export type OneOfSeveral = {
  readonly number: number;
  readonly database: Pick<DatabaseConfig, 'host' | 'port' | 'database' | 'user' | 'password'>;
};

/** Servers that share a port, each a process of its own. */
export type SeveralServers = {
  /** Lets one of them say where they are. */
  announce(): Promise<void>;
  /** Lets all of them stop in order. */
  close(): Promise<void>;
  /** Ends them at once. */
  kill(): void;
};

type Options = {
  readonly count: number;
  /** With the login that serves. */
  readonly database: DatabaseConfig;
  readonly log: Logger;
};

/** The first server ended before it was ready. It has said why. */
export class ServerNotStartedError extends Error {
  override readonly name = 'ServerNotStartedError';
}

/** What a process ended with. */
type Ended = { readonly code: number | null; readonly by: string | null };
/** A server that was started: whether it gets ready, and its end. */
type Started = { readonly isReady: Promise<boolean>; readonly ended: Promise<Ended> };

const PROGRAM = fileURLToPath(new URL('./one-server.ts', import.meta.url));
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
/** Longest that a server may take to say its metrics; whoever stands still is left out (ms). */
const MEASURE_MS = 2_000;

/**
 * Starts servers behind one port: this process accepts the connections and hands each to the next server, and starts another server when one
 * ends by itself. Resolves when all are ready.
 *
 * @throws ServerNotStartedError when the first one doesn't get there; the others are not started then
 */
export async function startServers({ count, database, log }: Options): Promise<SeveralServers> {
  cluster.setupPrimary({ exec: PROGRAM, args: [] });
  const running = new Map<number, Worker>();
  const ready = new Set<Worker>();
  const stopping = new AbortController();
  gatherMetrics(ready);
  const start = (number: number): Started => startServer(number, database, { running, ready });

  // Alone, so that what keeps all of them from starting is said once.
  const first = start(1);
  if (!(await first.isReady)) throw new ServerNotStartedError('The first server did not start.');
  const others = Array.from({ length: count - 1 }, (_, place) => ({ number: place + 2, server: start(place + 2) }));
  const all = [{ number: 1, server: first }, ...others];
  const keeping = { start, log, signal: stopping.signal };
  const kept = all.map(({ number, server }) => keepRunning(number, server, keeping));
  await Promise.all(all.map(({ server }) => server.isReady));

  return {
    announce: async () => {
      const [server] = ready;
      if (server) tell(server, { kind: 'announce' });
    },
    close: async () => {
      stopping.abort();
      for (const server of running.values()) {
        if (ready.has(server)) tell(server, { kind: 'stop' });
        // Hears nothing yet, and has accepted nothing.
        else server.process.kill('SIGKILL');
      }
      await Promise.all(kept);
    },
    kill: () => {
      stopping.abort();
      for (const server of running.values()) server.process.kill('SIGKILL');
    },
  };
}

/** Servers of this process: those that run, and which of them are ready. */
type Known = { readonly running: Map<number, Worker>; readonly ready: Set<Worker> };

function startServer(number: number, database: DatabaseConfig, { running, ready }: Known): Started {
  const { host, port, user, password, database: name } = database;
  const told: OneOfSeveral = { number, database: { host, port, user, password, database: name } };
  const server = cluster.fork({ [ONE_OF_SEVERAL]: JSON.stringify(told) });
  running.set(number, server);
  const ended = new Promise<Ended>((resolve) => {
    server.once('exit', (code: number | null, by: string | null) => {
      running.delete(number);
      ready.delete(server);
      resolve({ code, by });
    });
  });
  const isReady = new Promise<boolean>((resolve) => {
    server.on('message', ({ kind }: FromServer) => {
      if (kind !== 'ready') return;
      ready.add(server);
      resolve(true);
    });
    void ended.then(() => resolve(false));
  });
  return { isReady, ended };
}

type Keeping = {
  readonly start: (number: number) => Started;
  readonly log: Logger;
  /** Aborted, nothing is started any more. */
  readonly signal: AbortSignal;
};

/** Starts another server whenever one has ended by itself; resolves when it need not any more. */
async function keepRunning(number: number, first: Started, { start, log, signal }: Keeping): Promise<void> {
  let delayMs = FIRST_RETRY_MS;
  for (let server = first; ; server = start(number)) {
    const wasReady = await server.isReady;
    const { code, by } = await server.ended;
    if (signal.aborted) return;
    delayMs = wasReady ? FIRST_RETRY_MS : Math.min(delayMs * 2, LAST_RETRY_MS);
    log.error(
      { server: number, code, signal: by, againInMs: delayMs },
      'a server ended by itself; starting another one',
    );
    await pass(delayMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
  }
}

/** Whoever is told something may have ended at this moment. */
const tell = (server: Worker, message: ToServer): void => void server.send(message, () => undefined);

/** Asks all servers for their metrics whenever one of them is asked for everybody's. */
function gatherMetrics(ready: ReadonlySet<Worker>): void {
  const gatherings = new Map<number, (text: string) => void>();
  let last = 0;

  const gather = async (): Promise<string[]> => {
    const gathering = (last += 1);
    const texts: string[] = [];
    const servers = [...ready];
    const all = new Promise<void>((resolve) => {
      gatherings.set(gathering, (text) => {
        texts.push(text);
        if (texts.length === servers.length) resolve();
      });
    });
    for (const server of servers) tell(server, { kind: 'measure', gathering });
    const late = new AbortController();
    await Promise.race([all, pass(MEASURE_MS, undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
    gatherings.delete(gathering);
    return texts;
  };

  cluster.on('message', (server, message: FromServer) => {
    if (message.kind === 'measured') gatherings.get(message.gathering)?.(message.text);
    if (message.kind === 'gather') {
      const { asked } = message;
      void gather().then((texts) => tell(server, { kind: 'gathered', asked, texts }));
    }
  });
}
