import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';

/** A browser of the machine where there is one, else the one that comes as a package. */
export async function findChromium(): Promise<string> {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') return named;
  const debian = '/usr/bin/chromium';
  return existsSync(debian) ? debian : unpacked();
}

/**
 * The packaged browser, unpacked once for each user and version. The package by itself has one place for all of the machine, where the
 * first user's files lock out the others, an older version stays for ever, and half a file of a run that was cut off counts as a whole.
 */
async function unpacked(): Promise<string> {
  const place = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const version = createHash('sha256').update(place).digest('hex').slice(0, 12);
  const folder = join(tmpdir(), `tenantree-chromium-${process.getuid?.() ?? 0}-${version}`);
  const file = join(folder, 'chromium');
  if (existsSync(file)) return file;
  const fresh = await mkdtemp(`${folder}-`);
  const usual = process.env['TMPDIR'];
  process.env['TMPDIR'] = fresh;
  try {
    await chromium.executablePath();
  } finally {
    if (usual === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = usual;
  }
  await rename(fresh, folder).catch(async (error: unknown) => {
    await rm(fresh, { recursive: true, force: true });
    if (!existsSync(file)) throw error; // else another run was first
  });
  return file;
}

/** What every Chromium of a test is started with. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * The same for a browser in which one page is looked at after the other: it stays in the process of the one before. To start another for each
 * page is a quarter of what an end-to-end test takes.
 */
export const ONE_PROCESS_ARGS = [...CHROMIUM_ARGS, '--disable-site-isolation-trials', '--process-per-site'];
