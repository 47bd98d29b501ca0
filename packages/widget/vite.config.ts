import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { compressed } from '../../scripts/compressed.ts';
import { tightTemplates } from './tight-templates.ts';

export default defineConfig({
  plugins: [tightTemplates(), compressed()],
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
      treeshake: {
        // no getter of ours or of our libraries does anything but answer
        propertyReadSideEffects: false,
        // the stock client's WebSocket link, which ours stands in for: its package doesn't say that loading it does nothing
        moduleSideEffects: [{ test: /trpc.client.dist.wsLink/, sideEffects: false }],
      },
      output: {
        minify: true,
        comments: false,
        // the first file has the names of all others in it
        chunkFileNames: 'subaccount-manager-[hash:6].js',
        // what lazy parts share with the list stays in the one file that pages name: nothing waits for a second one
        // and all that comes once somebody touches it is one late file, in which gzip finds what the others said already
        codeSplitting: {
          groups: [
            { name: 'subaccount-manager', tags: ['$initial'], priority: 2 },
            {
              name: 'in-use',
              test: /widget.src.(parts|tree|subaccounts|data|account|members|activity|permissions|limits|format|manager.account-room).(?!after-rows|live-watch|page-loader)/,
              priority: 1,
            },
          ],
        },
      },
    },
  },
});
