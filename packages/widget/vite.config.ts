import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Takes the white space out of `css` and `html` templates: to the minifier they are just strings. */
function tightTemplates(): Plugin {
  const tight = (text: string): string => text.replace(/\s*\n\s*/g, ' ').replace(/ {2,}/g, ' ');
  const tightCss = (text: string): string =>
    tight(text.replace(/\/\*[\s\S]*?\*\//g, ''))
      .replace(/\s*([{};])\s*/g, '$1')
      .replace(/;}/g, '}');
  return {
    name: 'tight-templates',
    transform(code, id) {
      if (!/\/widget\/src\/.*\.ts$/.test(id)) return null;
      return code
        .replace(/\bcss`[^`]*`/g, tightCss)
        .replace(/(?<=TOKENS = )`[^`]*`/, tightCss)
        .replace(/\b(?:html|svg)`(?:[^`$]|\$(?!\{))*/g, tight);
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
    rolldownOptions: { output: { minify: true, chunkFileNames: 'subaccount-manager-[name]-[hash].js' } },
  },
});
