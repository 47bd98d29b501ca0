import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Plugin, rolldown } from 'rolldown';
import type { TestProject } from 'vitest/node';
import { root } from './launch.mjs';

const MAIN = join(root, 'apps/api/src/main.ts');

/** Packages that look for files of their own beside them: they stay where they are. */
const APART =
  /[\\/]node_modules[\\/](@node-rs|fontkit|graphile-worker|harfbuzzjs|nodemailer|pdfkit|pino|stripe|subset-font|thread-stream)[\\/]/;

/** Every module keeps the address of its own file, by which it finds what lies beside it. */
const inPlace: Plugin = {
  name: 'in-place',
  resolveId: {
    order: 'pre',
    async handler(id, from, options) {
      const found = await this.resolve(id, from, { ...options, skipSelf: true });
      return found !== null && APART.test(found.id) ? { id: pathToFileURL(found.id).href, external: true } : found;
    },
  },
  transform: {
    filter: { code: 'import.meta.url' },
    handler: (code, id) => code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)),
  },
};

/**
 * Global set-up of a test run: links the server once. Tests start it a hundred times, and to find and read its fifteen hundred modules is
 * most of what a start takes.
 */
export default async function linkServer(run: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (run.vitest.projects.every((project) => project.isBrowserEnabled())) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'tenantree-linked-'));
  const file = join(folder, 'main.mjs');
  const build = await rolldown({ input: MAIN, platform: 'node', plugins: [inPlace], logLevel: 'warn' });
  try {
    await build.write({ file, format: 'esm', codeSplitting: false });
  } finally {
    await build.close();
  }
  run.provide('program', file);
  return () => rm(folder, { recursive: true, force: true });
}
