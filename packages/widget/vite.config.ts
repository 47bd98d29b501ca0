import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { compressed } from '../../scripts/compressed.ts';
import { lateFiles } from './late-files.ts';
import { tightTemplates } from './tight-templates.ts';

export default defineConfig({
  plugins: [tightTemplates(), lateFiles('subaccount-manager.js'), compressed()],
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
        // what the others share comes once somebody touches the list, in one late file; every part of an account is a file of its own
        codeSplitting: {
          groups: [
            { name: 'subaccount-manager', tags: ['$initial'], priority: 3 },
            {
              name: 'in-use',
              test: /domain.src.|widget.src.(parts|icons|tree|subaccounts|data|format|manager.account-room|permissions.(drafts|names)|products.(product(s-source|s-styles|-rows)|schema)|imports.(imports-source|import-(draft|words))|usage.usage-source).(?!after-rows|live-watch|page-loader|looks-)/,
              priority: 2,
            },
            // what keeps the list alive once it stands: one request
            {
              name: 'alive',
              test: /widget.src.(manager.keep-keys|subaccounts.(after-rows|live-watch|page-loader))|client.src.ws-line/,
              priority: 1,
            },
            // how a table is looked at, once somebody wants it otherwise
            { name: 'looks', test: /widget.src.subaccounts.looks-/, priority: 1 },
            // the overview shows the latest activity
            { name: 'account', test: /widget.src.(account|activity)./, priority: 1 },
            { name: 'permissions', test: /widget.src.permissions.(?!preset|sam-presets|sam-bulk)/, priority: 1 },
            // two short ones, which are shorter together
            { name: 'members', test: /widget.src.(members|permissions.(preset|sam-presets|sam-bulk))/, priority: 1 },
            { name: 'limits', test: /widget.src.limits./, priority: 1 },
            // what shows its plans and jobs takes from what chooses, which asks for it
            {
              name: 'imports',
              test: /widget.src.imports.(?!(sam-)?(link|import-run|preview-step|import-draft|import-words|imports-source))/,
              priority: 2,
            },
            { name: 'import-run', test: /widget.src.imports.(sam-)?(import-run|preview-step)/, priority: 1 },
            { name: 'link', test: /widget.src.imports.(sam-)?link/, priority: 1 },
            { name: 'products', test: /widget.src.(products|copies.copies-source)./, priority: 1 },
            { name: 'copies', test: /widget.src.copies.(?!copies-source)/, priority: 1 },
            { name: 'billing', test: /widget.src.billing./, priority: 1 },
            { name: 'usage', test: /widget.src.(charts|usage)./, priority: 1 },
          ],
        },
      },
    },
  },
});
