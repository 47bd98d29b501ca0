import { readdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { listFiles } from './built-files.mjs';

const TEXTS = new Set(['.css', '.html', '.js', '.json', '.svg', '.txt', '.webmanifest']);
/** Less than one network packet is not worth compressing. */
const LEAST_BYTES = 1_400;

const [toBrotli, toGzip] = [promisify(brotliCompress), promisify(gzip)];

/** Puts a compressed copy in brotli and in gzip beside every text of a build: the server hands out what the browser takes. */
export async function compressFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  await Promise.all(
    entries.map(async (entry) => {
      if (!entry.isFile() || !TEXTS.has(extname(entry.name))) return;
      const file = join(entry.parentPath, entry.name);
      const content = await readFile(file);
      if (content.byteLength < LEAST_BYTES) return;
      const [br, gz] = await Promise.all([toBrotli(content), toGzip(content, { level: 9 })]);
      await Promise.all([writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)]);
    }),
  );
}

/** As much of a plugin of Vite as this one is. */
type BuildPlugin = {
  readonly name: string;
  readonly apply: 'build';
  readonly configResolved: (config: { readonly root: string; readonly build: { readonly outDir: string } }) => void;
  readonly closeBundle: () => Promise<void>;
};

/** Compresses what a build wrote, and lists it. */
export function compressed(): BuildPlugin {
  let folder = '';
  return {
    name: 'compressed',
    apply: 'build',
    configResolved: ({ root, build }) => {
      folder = join(root, build.outDir);
    },
    closeBundle: async () => {
      await compressFiles(folder);
      listFiles(folder);
    },
  };
}
