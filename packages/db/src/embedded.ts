import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { type Cluster, type Durability, identity, own, takeCluster } from './cluster.ts';
import { ownerOf, ownerText, readNumbers } from './pids.ts';
import { DatabaseUnusableError, saying } from './unusable.ts';

/** How to reach a PostgreSQL server: the fields of a `pg` connection. */
export type Connection = { host: string; port: number; user: string; database: string };

/** A PostgreSQL server that this program started and must stop. */
export type EmbeddedServer = { readonly connection: Connection; stop(): Promise<void> };

type Options = {
  /** Folder that keeps the cluster between starts. */
  readonly dataDir: string;
  readonly durability: Durability;
  /** Called with PostgreSQL's last words when it ended by itself; it is started again. */
  readonly onLost?: (lastWords: string) => void;
};

/** Connections that the embedded database has for servers; a few more are for their start and for whoever looks after it. */
export const EMBEDDED_CONNECTIONS = 190;

const PORT = 5432;
const SETTINGS = ['-c', 'listen_addresses=', '-c', `max_connections=${EMBEDDED_CONNECTIONS + 10}`];
const FAST = ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'];
const LAST_WORDS = 4_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

/** A PostgreSQL that accepts connections. */
type Postgres = {
  /** Resolves with its last words when it has ended. */
  readonly ended: Promise<string>;
};

/** Starts PostgreSQL on its files, until it ends by itself or is told to stop. @throws DatabaseUnusableError with its last words when it never accepted connections */
async function launch(
  { bin, folder }: Cluster,
  socketDir: string,
  settings: readonly string[],
  stop: AbortSignal,
): Promise<Postgres> {
  const args = ['-D', folder, '-p', `${PORT}`, '-k', socketDir, ...SETTINGS];
  // A process group of its own: Ctrl-C in the terminal must reach us, not the database that we still have to drain into.
  const child = spawn(join(bin, 'postgres'), [...args, ...settings], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...identity(),
  });
  const end = (): void => {
    child.ref();
    child.kill('SIGINT');
  };
  stop.addEventListener('abort', end);
  let said = '';
  const accepting = Promise.withResolvers<null>();
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-LAST_WORDS);
    if (said.includes('ready to accept connections')) accepting.resolve(null);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('exit', () => resolve(said.trim()));
  }).finally(() => stop.removeEventListener('abort', end));
  const lastWords = await Promise.race([accepting.promise, ended]);
  if (lastWords !== null) throw new DatabaseUnusableError(`The embedded database did not start: ${lastWords}`);
  child.unref();
  if ('unref' in child.stderr && typeof child.stderr.unref === 'function') child.stderr.unref();
  return { ended };
}

/**
 * Starts the PostgreSQL that comes with the packages, creating its cluster the first time. It listens on a Unix socket
 * in a private folder only, so that no other user of the machine can reach it. When it ends by itself (a full disk, the
 * system short of memory) it is started again until it runs.
 *
 * @throws DatabaseUnusableError when the folder can't be used, by another living server's being there for one
 */
export async function startEmbedded({ dataDir, durability, onLost }: Options): Promise<EmbeddedServer> {
  const cluster = await takeCluster(dataDir, durability);
  const socketDir = await makeSocketDir();
  const stopping = new AbortController();
  const { signal } = stopping;
  const start = (): Promise<Postgres> => launch(cluster, socketDir, durability === 'fast' ? FAST : [], signal);

  const startAgain = async (): Promise<Postgres | null> => {
    for (let delayMs = FIRST_RETRY_MS; !signal.aborted; delayMs = Math.min(delayMs * 2, LAST_RETRY_MS)) {
      try {
        return await start();
      } catch (error) {
        onLost?.(saying(error));
      }
      await pause(delayMs, signal);
    }
    return null;
  };
  const keepRunning = async (first: Postgres): Promise<void> => {
    for (let postgres: Postgres | null = first; postgres !== null; postgres = await startAgain()) {
      const lastWords = await postgres.ended;
      if (!signal.aborted) onLost?.(lastWords);
    }
  };

  const leave = async (): Promise<void> => {
    await rm(socketDir, { recursive: true, force: true });
    await cluster.release();
  };

  let running: Promise<void>;
  try {
    running = keepRunning(await start());
  } catch (error) {
    await leave();
    throw error;
  }
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
    await leave();
  };
  return { connection: { host: socketDir, port: PORT, user: 'postgres', database: 'postgres' }, stop };
}

/** What the folders of our sockets are called; in each stands whose it is. */
const SOCKET_DIR = 'tenantree-socket-';
const OWNER = 'owner';
/** A folder that says nothing for so long belonged to somebody who was killed before they could write it (ms). */
const SILENT_MS = 60_000;

async function makeSocketDir(): Promise<string> {
  try {
    await removeLeftBehind();
    const folder = await mkdtemp(join(tmpdir(), SOCKET_DIR));
    await writeFile(join(folder, OWNER), await ownerText());
    await own(folder, 0o700);
    return folder;
  } catch (error) {
    throw new DatabaseUnusableError(`The folder for temporary files can’t be used (TMPDIR): ${saying(error)}`);
  }
}

/** Removes the folders of servers that were killed; those of others who live, or are somebody else's, stay. */
async function removeLeftBehind(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(SOCKET_DIR)) continue;
    const folder = join(tmpdir(), name);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    const isKnown = (await readNumbers(join(folder, OWNER))).length > 0;
    const isLeft = isKnown ? (await ownerOf(join(folder, OWNER))) === null : Date.now() - mtimeMs > SILENT_MS;
    // The number may be of another container, which shares the folder with us.
    if (isLeft && !(await isListenedTo(folder)))
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

const isListenedTo = (folder: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(join(folder, `.s.PGSQL.${PORT}`));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

/** Passes the time, or less when the signal comes. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  pass(ms, undefined, { signal, ref: false }).catch(() => undefined);
