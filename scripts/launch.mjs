// Starting child programs so that nothing is left behind: signals go on to the child, its exit code comes back.
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants as osConstants, tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { forgetFormerFiles } from './built-files.mjs';

/** Root folder of the repository, wherever the command was called from. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/** First Node that runs our TypeScript as it is and that every dependency accepts. */
const OLDEST_NODE = [22, 18];

/** Where turbo's tasks put what they make. */
const BUILDS = ['apps/web/dist', 'packages/widget/dist', 'packages/client/packed', 'packages/widget/packed'];

/** Signals that end us and that the child gets to hear as well. */
const ENDING_SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** Ctrl-C comes twice, from the terminal and from npm, which hands on what it gets: within this time it was pressed once. */
const ECHO_MS = 500;

/**
 * Environment of every child: our own tools first on PATH, a HOME that can be written to, no telemetry, and none of
 * the variables that npm sets about the script it runs (they confuse the npm and pnpm below it).
 * @returns {NodeJS.ProcessEnv}
 */
export function childEnvironment() {
  const env = { ...process.env };
  for (const key of Object.keys(env)) {
    if (/^npm_(package|lifecycle|config_(local_)?prefix)/i.test(key)) delete env[key];
  }
  const bin = join(root, 'node_modules', '.bin');
  return {
    ...env,
    HOME: writableHome(),
    PATH: [bin, env['PATH'] ?? ''].join(delimiter),
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
  };
}

/** npm and pnpm keep caches under HOME; without a usable one they get a folder of this user in the temporary folder. */
function writableHome() {
  const home = process.env['HOME'];
  if (home && isWritable(home)) return home;
  const substitute = join(tmpdir(), `tenantree-home-${process.getuid?.() ?? 0}`);
  mkdirSync(substitute, { recursive: true, mode: 0o700 });
  return substitute;
}

/** @param {string} folder */
function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The Node that runs the product: the one pinned in the lockfile, or, on platforms for which none is published, the
 * running one when it is new enough.
 * @returns {string} path of the executable
 */
export function findRuntime() {
  const pinned = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(pinned)) return realpathSync(pinned);
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return process.execPath;
  throw new Error(
    `There is no packaged Node for ${process.platform}-${process.arch}, and this one is ${process.version}. ` +
      `Install Node ${OLDEST_NODE.join('.')} or newer (24 recommended) and run the command again.`,
  );
}

/**
 * Where the server that `npm start` runs can be reached: it says so in its data folder. Without such a word, at the usual port.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string}
 */
export function serverUrl({ TENANTREE_URL, DATA_DIR, PORT }) {
  if (TENANTREE_URL) return TENANTREE_URL;
  const folder = DATA_DIR ? resolve(root, DATA_DIR) : join(root, '.data');
  try {
    return readFileSync(join(folder, 'url'), 'utf8').trim();
  } catch {
    return `http://localhost:${PORT || USUAL.port}`;
  }
}

/** What `apps/api/src/server/config.ts` takes where nothing is said. */
const USUAL = { host: '127.0.0.1', port: '7300' };

/**
 * Tries the port that the server is to have, before anything is installed or built for it. Whatever else is wrong with
 * the settings the server says by itself.
 * @param {NodeJS.ProcessEnv} env
 * @throws Error when another program listens there
 */
export async function checkPort({ HOST, PORT }) {
  const port = PORT || USUAL.port;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return;
  const server = createServer();
  const isTaken = await new Promise((resolve) => {
    server.once('error', (error) => resolve('code' in error && error.code === 'EADDRINUSE'));
    server.listen(Number(port), HOST || USUAL.host, () => server.close(() => resolve(false)));
  });
  if (isTaken) throw new Error(`PORT ${port} is in use by another program`);
}

/**
 * Runs a program to its end and returns its exit code (128 + number for a death by signal, as a shell does).
 * The child stands in a process group of its own: Ctrl-C in a terminal reaches it once, through us, and in order.
 * `untilParentEnds` is for servers: the child gets an IPC channel and hears `disconnect` when we vanish without a
 * word (SIGKILL); and when the npm that started us vanishes, we end too.
 * `told: 'atEnd'` is for tools that run beside others: what one says stands together. `'onFailure'` is for those that nobody has to read.
 * A tool that was told to end did not do its work, whatever exit code it ends with: turbo says 0.
 * @param {string} command
 * @param {string[]} args
 * @param {{ untilParentEnds?: boolean, told?: 'atEnd' | 'onFailure', env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>}
 */
export function run(command, args, options = {}) {
  const guarded = options.untilParentEnds === true;
  const child = spawn(command, args, {
    cwd: root,
    env: { ...childEnvironment(), ...options.env },
    stdio: stdioFor(options),
    detached: true,
  });
  /** @type {Buffer[]} */
  const said = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (/** @type {Buffer} */ part) => said.push(part));
  /**
   * When each signal came last: another one may arrive between a signal and its echo.
   * @type {Map<NodeJS.Signals, number>}
   */
  const cameMs = new Map();
  /** @type {NodeJS.Signals | null} */
  let asked = null;
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    const nowMs = performance.now();
    const isEcho = nowMs - (cameMs.get(signal) ?? Number.NEGATIVE_INFINITY) < ECHO_MS;
    cameMs.set(signal, nowMs);
    asked = signal;
    if (!isEcho) endGroup(child.pid, guarded, signal);
  };
  for (const signal of ENDING_SIGNALS) process.on(signal, forward);
  const watch = guarded ? watchParent(() => forward('SIGTERM')) : undefined;
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearInterval(watch);
      for (const ending of ENDING_SIGNALS) process.off(ending, forward);
      const ended = code ?? 128 + (signal === null ? 1 : osConstants.signals[signal]);
      const outcome = ended === 0 && asked !== null && !guarded ? 128 + osConstants.signals[asked] : ended;
      if (options.told !== 'onFailure' || (outcome !== 0 && asked === null)) process.stdout.write(Buffer.concat(said));
      resolve(outcome);
    });
  });
}

/**
 * @param {{ untilParentEnds?: boolean, told?: 'atEnd' | 'onFailure' }} options
 * @returns {import('node:child_process').StdioOptions}
 */
function stdioFor({ untilParentEnds, told }) {
  const output = told ? 'pipe' : 'inherit';
  return untilParentEnds ? ['ignore', output, output, 'ipc'] : ['ignore', output, output];
}

/**
 * A server ends its own children in order, so only it hears the signal; of a tool the whole group does.
 * @param {number | undefined} pid
 * @param {boolean} alone
 * @param {NodeJS.Signals} signal
 */
function endGroup(pid, alone, signal) {
  if (pid === undefined) return;
  try {
    process.kill(alone ? pid : -pid, signal);
  } catch {
    // it has just ended by itself
  }
}

/**
 * npm killed with SIGKILL forwards nothing; started by npm we therefore look whether it is still there.
 * @param {() => void} end
 */
function watchParent(end) {
  if (process.env['npm_lifecycle_event'] === undefined) return undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) end();
  }, 500);
  timer.unref();
  return timer;
}

/**
 * Builds the web app, the widget and the packages to install; turbo answers from its cache when nothing changed.
 * @returns {Promise<number>} exit code
 */
export function runFrontEndBuild() {
  console.log('Building what has changed …');
  return runTurbo(['build', 'pack'], { told: 'onFailure' });
}

/**
 * @param {string[]} args tasks and options of `turbo run`
 * @param {Parameters<typeof run>[2]} [options]
 * @returns {Promise<number>} exit code
 */
export async function runTurbo(args, options) {
  const turbo = join(root, 'node_modules', '.bin', 'turbo');
  const quietly = ['--output-logs=errors-only', '--log-order=grouped', '--no-update-notifier'];
  const outcome = await run(turbo, ['run', ...args, ...quietly], options);
  for (const folder of BUILDS) forgetFormerFiles(join(root, folder));
  return outcome;
}
