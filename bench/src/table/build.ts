import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { build } from 'vite';

export type BuiltPage = { readonly name: string; readonly script: string; readonly gzKilobytes: number };

const STYLE =
  '*{box-sizing:border-box}body{margin:0;font:14px/20px system-ui,sans-serif}#root{width:1200px;height:720px;margin:20px}';

const html = (name: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${name}</title><style>${STYLE}</style><div id="root"></div><script type="module" src="${name}.js"></script>`;

/** Bundles one page for production, as one minified file. @param file where its script is */
export async function buildPage(name: string, file: string): Promise<BuiltPage> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    mode: 'production',
    root: import.meta.dirname,
    plugins: [react()],
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      target: 'es2022',
      minify: process.env['BENCH_DEBUG'] === undefined,
      modulePreload: false,
      rollupOptions: { input: file, output: { codeSplitting: false } },
    },
  });
  const outputs = Array.isArray(result) ? result : [result];
  const scripts = outputs
    .flatMap((output) => ('output' in output ? output.output : []))
    .filter((part) => part.type === 'chunk');
  const [script] = scripts;
  if (script === undefined || scripts.length > 1) throw new Error(`${name} became ${scripts.length} files`);
  return { name, script: script.code, gzKilobytes: gzipSync(script.code, { level: 9 }).length / 1024 };
}

/** Serves the pages, each at /name. */
export async function servePages(
  pages: readonly BuiltPage[],
): Promise<{ readonly url: string; readonly server: Server }> {
  const scripts = new Map(pages.map((page) => [`/${page.name}.js`, page.script]));
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '/';
    const script = scripts.get(path);
    response.setHeader('cache-control', 'no-store');
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
    response.end(script ?? html(path.slice(1)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, server };
}

/** Writes the bundles out, for looking into them. */
export async function savePages(folder: string, pages: readonly BuiltPage[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const page of pages) await writeFile(join(folder, `${page.name}.js`), page.script);
}

/** Kilobytes of a file, gzipped. */
export async function gzKilobytes(file: string): Promise<number> {
  return gzipSync(await readFile(file), { level: 9 }).length / 1024;
}
