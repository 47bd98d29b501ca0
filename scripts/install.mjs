// Installing dependencies once: a stamp in node_modules says what is there, so that a second start costs nothing.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnvironment, root } from './launch.mjs';

/** @typedef {'production' | 'full'} Mode production: what the server needs; full: the test tools and a browser too */

const STAMP = join('node_modules', '.tenantree-install.json');
const LOCK = join('node_modules', '.tenantree-install.lock');
const WORKSPACE_FOLDERS = ['apps', 'packages', 'examples'];
const LOCK_STALE_MS = 10 * 60_000;

/**
 * Installs what the lockfile says unless it is installed already. A full installation satisfies a production one and
 * is never taken back by it.
 * @param {Mode} mode
 */
export async function installDependencies(mode) {
  const wanted = fingerprint(root, workspaceManifests());
  if (isSatisfied(root, wanted, mode)) return;
  const release = await takeLock();
  try {
    if (isSatisfied(root, wanted, mode)) return; // another command installed while we waited
    // whoever has the test tools, from us or from an installation by hand, keeps them
    const kept = existsSync(join(root, 'node_modules', '.bin', 'vitest')) ? 'full' : mode;
    console.log(`Installing ${kept === 'full' ? 'all' : 'production'} dependencies …`);
    runPnpm(root, kept === 'full' ? [] : ['--prod']);
    writeStamp(root, { fingerprint: wanted, mode: kept });
  } finally {
    release();
  }
}

/** Installs the benchmarks' own workspace: the peers that only `npm run bench` needs. */
export async function installBench() {
  const folder = join(root, 'bench');
  const wanted = fingerprint(folder, ['package.json']);
  if (isSatisfied(folder, wanted, 'full')) return;
  console.log('Installing the benchmarks and their peers …');
  runPnpm(folder, []);
  writeStamp(folder, { fingerprint: wanted, mode: 'full' });
}

/** Manifests of the workspace, relative to the root. */
function workspaceManifests() {
  const found = ['package.json'];
  for (const folder of WORKSPACE_FOLDERS) {
    for (const name of readdirSync(join(root, folder)).toSorted()) {
      const manifest = join(folder, name, 'package.json');
      if (existsSync(join(root, manifest))) found.push(manifest);
    }
  }
  return found;
}

/**
 * What an installation depends on, as one hash.
 * @param {string} folder
 * @param {string[]} manifests
 */
function fingerprint(folder, manifests) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests]) {
    hash.update(`\n${file}\n`).update(readFileSync(join(folder, file)));
  }
  return hash.digest('hex');
}

/**
 * @param {string} folder
 * @returns {{ fingerprint: string, mode: Mode } | undefined}
 */
function readStamp(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, STAMP), 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * @param {string} folder
 * @param {{ fingerprint: string, mode: Mode }} stamp
 */
function writeStamp(folder, stamp) {
  writeFileSync(join(folder, STAMP), `${JSON.stringify(stamp)}\n`);
}

/**
 * @param {string} folder
 * @param {string} wanted
 * @param {Mode} mode
 */
function isSatisfied(folder, wanted, mode) {
  const stamp = readStamp(folder);
  return stamp?.fingerprint === wanted && (stamp.mode === 'full' || mode === 'production');
}

/**
 * @param {string} folder
 * @param {string[]} options
 */
function runPnpm(folder, options) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const args = ['--yes', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only', ...options];
  // CI: pnpm then never asks before it replaces a node_modules folder
  const env = { ...childEnvironment(), CI: 'true' };
  const done = spawnSync('npx', args, { cwd: folder, env, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (done.error) throw done.error;
  if (done.status !== 0) {
    throw new Error(
      `${done.stdout}${done.stderr}\nInstalling dependencies failed (exit ${done.status ?? done.signal}).`,
    );
  }
}

/**
 * Two commands started at once (say, start and test on a fresh clone) must not install into each other.
 * @returns {Promise<() => void>} call it to let the next one in
 */
async function takeLock() {
  const lock = join(root, LOCK);
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  for (let waited = false; ; waited = true) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, 'pid'), String(process.pid));
      return () => rmSync(lock, { recursive: true, force: true });
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
    }
    if (isStale(lock)) rmSync(lock, { recursive: true, force: true });
    else if (!waited) console.log('Another command is installing dependencies; waiting for it …');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** @param {string} lock */
function isStale(lock) {
  try {
    if (Date.now() - statSync(lock).mtimeMs > LOCK_STALE_MS) return true;
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
