// The whole check of the repository: fast checks, types, builds, then one vitest run. Everything runs to the end, so
// that one run shows all there is to repair; the last line says how it went.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRuntime, root, run, runTurbo } from './launch.mjs';

/** What the tests of one run keep at most, with room for who else is there. */
const ENOUGH_BYTES = 8 * 2 ** 30;

/** @typedef {{ name: string, run: () => Promise<number> }} Check */
/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * @param {string[]} filters passed on to vitest (paths, `--project …`); with any of them only vitest runs
 * @returns {Promise<number>} exit code
 */
export async function runTests(filters) {
  const failedChecks = filters.length > 0 ? [] : await runChecks();
  if (filters.length > 0) await runTurbo(['build', 'pack']);
  const counts = await runVitest(filters);
  if (counts.skipped > 0) console.log(`${counts.skipped} tests were skipped on this machine`);
  for (const name of failedChecks) console.log(`check failed: ${name}`);
  const failed = counts.failed + failedChecks.length;
  console.log(`${counts.passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/**
 * What reads the sources and writes nothing, the longest first.
 * @returns {Check[]}
 */
function readingChecks() {
  const runtime = findRuntime();
  const options = {
    told: /** @type {const} */ ('atEnd'),
    // Of the tools, those written in Go do their work once for each thread: one core for each of two checks is faster.
    env: { GOMAXPROCS: '1' },
  };
  /** @type {(name: string, ...args: string[]) => Check} */
  const tool = (name, ...args) => ({
    name,
    run: () => run(join(root, 'node_modules', '.bin', args[0] ?? ''), args.slice(1), options),
  });
  /** @type {(name: string, file: string) => Check} */
  const script = (name, file) => ({ name, run: () => run(runtime, [join(root, 'scripts', file)], options) });
  return [
    tool('lint', 'oxlint', '--type-aware', '--quiet', '.'),
    { name: 'types', run: () => run('npm', ['run', '--silent', 'typecheck'], options) },
    tool('dead code', 'knip', '--no-progress', '--no-config-hints'),
    tool('format', 'biome', 'check', '--log-level=warn', '.'),
    script('dependency direction', 'check-dependencies.mjs'),
    script('names and habits', 'check-habits.mjs'),
  ];
}

/** @returns {Promise<string[]>} names of the checks that failed */
async function runChecks() {
  const reading = readingChecks();
  /** @type {string[]} */
  const failed = [];
  const next = async () => {
    for (let check = reading.shift(); check; check = reading.shift()) await runCheck(check, failed);
  };
  await Promise.all([next(), next()]);
  await runCheck({ name: 'build', run: () => runTurbo(['build', 'pack', '--continue']) }, failed);
  return failed;
}

/**
 * @param {Check} check
 * @param {string[]} failed gets its name when it fails
 */
async function runCheck(check, failed) {
  const started = performance.now();
  const code = await outcome(check);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? '✓' : '✗'} ${check.name} (${seconds} s)`);
  if (code !== 0) failed.push(check.name);
}

/**
 * A check that can't even start has failed; the others still run.
 * @param {Check} check
 */
async function outcome(check) {
  try {
    return await check.run();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

/**
 * Where tests keep what they make: in memory, where the machine has a folder of it with room from which programs may be started. Each test file
 * has a database of some 700 files, and a disk takes a tenth of the whole run to make and to remove them.
 */
function temporaryFolder() {
  const memory = '/dev/shm';
  try {
    const { bavail, bsize } = statfsSync(memory);
    if (bavail * bsize < ENOUGH_BYTES) return tmpdir();
    const probe = mkdtempSync(join(memory, 'tenantree-probe-'));
    try {
      const program = join(probe, 'starts');
      writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
      return spawnSync(program).status === 0 ? memory : tmpdir();
    } finally {
      rmSync(probe, { recursive: true, force: true });
    }
  } catch {
    return tmpdir();
  }
}

/**
 * Runs every test once (never from a cache). A run that ends without counts, such as a crash, is a failure.
 * @param {string[]} filters
 * @returns {Promise<Counts>}
 */
async function runVitest(filters) {
  const folder = mkdtempSync(join(temporaryFolder(), 'tenantree-test-'));
  const file = join(folder, 'counts.json');
  try {
    // The embedded database runs as another user.
    chmodSync(folder, 0o1777);
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    // Tests start the same server a hundred times: what one has compiled, the next ones have.
    const env = { TMPDIR: folder, TENANTREE_TEST_COUNTS: file, NODE_COMPILE_CACHE: join(folder, 'compiled') };
    const code = await run(findRuntime(), [vitest, 'run', ...filters], { env });
    /** @type {Counts} */
    const counts = JSON.parse(readFileSync(file, 'utf8'));
    return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } catch (error) {
    console.error(`The test run broke off: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
