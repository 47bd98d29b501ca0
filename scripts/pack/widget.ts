// The package @tenantree/widget: what `vite build` made of the element, with types, a manifest, and a wrapper for React.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'rolldown';
import { filesOf } from '../built-files.mjs';
import { root } from '../launch.mjs';
import { customElements } from './custom-elements.ts';
import { pack } from './pack.ts';

const at = (path: string): string => join(root, 'packages/widget', path);

/** What the package has already: the element as it was built, and the package itself by its name, so that its conditions decide. */
const OWN: Readonly<Record<string, string>> = {
  './entry.ts': './subaccount-manager.js',
  './package.ts': '@tenantree/widget',
};

const own: Plugin = {
  name: 'own-files',
  resolveId: {
    order: 'pre',
    handler: (id, from) => (from !== undefined && OWN[id] !== undefined ? { id: OWN[id], external: true } : null),
  },
};

const manifest = customElements({
  element: at('src/manager/public.ts'),
  tsconfig: at('tsconfig.json'),
  properties: readFileSync(join(root, 'docs/resellers.md'), 'utf8'),
});

const built = (filesOf(at('dist')) ?? []).filter((name) => name.endsWith('.js') && !name.endsWith('.all.js'));
await pack({
  workspace: 'packages/widget',
  entries: { index: 'src/manager/package.ts', react: 'src/manager/react.ts', inert: 'src/manager/inert.ts' },
  peers: [],
  external: ['react'],
  plugins: [own],
  texts: { 'custom-elements.json': `${JSON.stringify(manifest, null, 2)}\n` },
  files: {
    'vue.d.ts': at('types/vue.d.ts'),
    'svelte.d.ts': at('types/svelte.d.ts'),
    ...Object.fromEntries(built.map((name) => [`dist/${name}`, at(`dist/${name}`)])),
  },
});
