import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const sources = globSync('src/**/*.ts', { cwd: path('.') }).map((file) => readFileSync(path(file), 'utf8'));

/** Whether anything but the list of tokens itself uses one. Tokens that only the web app uses stay out of the widget. */
const isUsed = (token: string): boolean => sources.some((source) => source.includes(`var(${token}`));

/** Takes the white space out of `css` and `html` templates, and unused tokens out of the list: to the minifier these are just strings. */
function tightTemplates(): Plugin {
  const tight = (text: string): string => text.replace(/\s*\n\s*/g, ' ').replace(/ {2,}/g, ' ');
  const tightCss = (text: string): string =>
    tight(text.replace(/\/\*[\s\S]*?\*\//g, ''))
      .replace(/\s*([{};,])\s*/g, '$1')
      .replace(/: /g, ':')
      .replace(/;}/g, '}');
  const tightTokens = (text: string): string =>
    tightCss(text).replace(/(--[\w-]+):[^;}]*[;}]/g, (all, token: string) =>
      isUsed(token) ? all : all.endsWith('}') ? '}' : '',
    );
  return {
    name: 'tight-templates',
    transform(code, id) {
      if (!/\/widget\/src\/.*\.ts$/.test(id)) return null;
      const tightened = code
        .replace(/\bcss`[^`]*`/g, tightCss)
        .replace(/(?<=TOKENS = )`[^`]*`/, tightTokens)
        .replace(/\b(?:html|svg)`(?:[^`$]|\$(?!\{))*/g, tight);
      return { code: tightened, map: null };
    },
  };
}

/** Writes the integrity of every file beside it, for `<script integrity>`. */
function integrity(): Plugin {
  return {
    name: 'integrity',
    generateBundle(_, bundle) {
      const sums = Object.entries(bundle).map(([name, file]) => {
        const content = file.type === 'chunk' ? file.code : file.source;
        return [name, `sha384-${createHash('sha384').update(content).digest('base64')}`] as const;
      });
      this.emitFile({
        type: 'asset',
        fileName: 'integrity.json',
        source: `${JSON.stringify(Object.fromEntries(sums), null, 2)}\n`,
      });
    },
  };
}

export default defineConfig({
  plugins: [tightTemplates(), integrity()],
  build: {
    target: 'es2022',
    sourcemap: false,
    copyPublicDir: false,
    modulePreload: false,
    lib: { entry: path('src/manager/entry.ts'), formats: ['es'], fileName: () => 'subaccount-manager.js' },
    rolldownOptions: {
      preserveEntrySignatures: 'allow-extension',
      output: {
        minify: true,
        comments: false,
        chunkFileNames: 'subaccount-manager-[name]-[hash].js',
        // what lazy parts share with the list stays in the one file that pages name: nothing waits for a second one
        codeSplitting: { groups: [{ name: 'subaccount-manager', tags: ['$initial'] }] },
      },
    },
  },
});
