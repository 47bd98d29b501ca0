import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { compressed } from '../../scripts/compressed.ts';
import { tightTemplates } from './tight-templates.ts';

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
  plugins: [tightTemplates(), integrity(), compressed()],
  build: {
    target: 'es2022',
    sourcemap: false,
    copyPublicDir: false,
    modulePreload: false,
    lib: {
      entry: fileURLToPath(new URL('src/manager/entry.ts', import.meta.url)),
      formats: ['es'],
      fileName: () => 'subaccount-manager.js',
    },
    rolldownOptions: {
      preserveEntrySignatures: 'allow-extension',
      // no getter of ours or of our libraries does anything but answer
      treeshake: { propertyReadSideEffects: false },
      output: {
        minify: true,
        comments: false,
        // the first file has the names of all others in it
        chunkFileNames: 'subaccount-manager-[hash:6].js',
        // what lazy parts share with the list stays in the one file that pages name: nothing waits for a second one
        codeSplitting: { groups: [{ name: 'subaccount-manager', tags: ['$initial'] }] },
      },
    },
  },
});
