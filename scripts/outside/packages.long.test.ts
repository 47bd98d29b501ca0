import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BUILDS } from '../../apps/api/src/server/create-server.ts';
import { type Deployment, deploy } from '../../apps/api/test/support/deployment.ts';
import { findRuntime } from '../launch.mjs';
import { openSite, type Site } from './embedding-page.ts';
import { PRINTS, PROGRAM, tsconfig } from './integrator.ts';
import { createProject, installNode, type Project } from './project.ts';

const patiently = { timeout: 30_000 };

/** Addresses under which a server offers its packages. */
async function addressesOf(url: string): Promise<{ readonly client: string; readonly widget: string }> {
  const { packages } = (await (await fetch(`${url}/packages`)).json()) as {
    packages: { name: string; path: string }[];
  };
  const of = (name: string): string => url + packages.find((one) => one.name === `@tenantree/${name}`)?.path;
  return { client: of('client'), widget: of('widget') };
}

describe('a program with the client', () => {
  let api: Deployment;
  let node20: Awaited<ReturnType<typeof installNode>>;
  beforeAll(async () => {
    api = await deploy({ folders: BUILDS });
    node20 = await installNode('20.20.2');
  });
  afterAll(async () => {
    node20.remove();
    await api.close();
  });

  it.each(['5.9.3', '6.0.3', '7.0.2'])(
    'is checked by TypeScript %s, and runs on Node 20 and 24',
    async (typescript) => {
      const project = createProject();
      try {
        await project.install((await addressesOf(api.url)).client, `typescript@${typescript}`, '@types/node@24.19.2');
        project.write({ 'main.ts': PROGRAM, 'tsconfig.json': tsconfig('main.ts') });
        expect((await project.run('tsc', [])).said).toBe('');
        for (const [version, node] of [
          ['v20.', node20.node],
          ['v24.', findRuntime()],
        ] as const) {
          expect((await project.start('-p', ['process.version'], node)).said).toContain(version);
          const { account } = await api.owner.accounts.createMain.mutate({ name: `Main ${typescript} ${version}` });
          const { secret } = await api.key(account.id);
          const ran = await project.start('built/main.js', [api.url, secret, account.id], node);
          expect(ran.complained).toBe('');
          expect(JSON.parse(ran.said)).toEqual(PRINTS);
        }
      } finally {
        project.remove();
      }
    },
  );
});

const html = (script: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Portal</title><div id="app"></div><script type="module" src="${script}"></script></html>`;

/** Loads the element's script late, as a page does that names it behind everything else. */
const LATE = (script: string): string => `setTimeout(() => import(/* @vite-ignore */ '${script}'), 300);`;

describe('a site that embeds the element', () => {
  let site: Site;
  let project: Project;
  let page: Page | null = null;
  beforeAll(async () => {
    site = await openSite();
  });
  afterEach(async () => {
    await page?.close();
    page = null;
    project.remove();
    site.faults.length = 0;
  });
  afterAll(() => site.close());

  const widget = async (): Promise<string> => (await addressesOf(site.api.url)).widget;
  /** Builds the project with Vite, after its types are checked, and opens it. */
  const build = async (check: boolean): Promise<Page> => {
    if (check) {
      // tRPC's own declarations name packages that only its servers have
      const { said } = await project.run('tsc', ['--noEmit']);
      expect(said.split('\n').filter((line) => line !== '' && !line.startsWith('node_modules/@trpc/'))).toEqual([]);
    }
    const built = await project.run('vite', ['build', '--logLevel', 'error']);
    expect(built.code, built.complained + built.said).toBe(0);
    return site.open(join(project.folder, 'dist'));
  };
  const told = (): Promise<string[]> => page!.evaluate('told');
  const works = async (): Promise<void> => {
    await page!.locator('subaccount-manager').getByText('Borealis Motors').waitFor(patiently);
    await expect.poll(told, patiently).toContain('ready');
  };
  const dom = JSON.stringify({
    compilerOptions: {
      target: 'es2022',
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['es2024', 'dom', 'dom.iterable'],
      jsx: 'react-jsx',
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      types: [],
      noEmit: true,
    },
    include: ['src'],
  });

  it('in plain HTML with one file, whose published hash covers all that runs', async () => {
    project = createProject();
    const hashes = (await (await fetch(`${site.api.url}/widget/integrity.json`)).json()) as Record<string, string>;
    const [file = '', hash = ''] = Object.entries(hashes).find(([name]) => name.endsWith('.all.js')) ?? [];
    const script = (integrity: string): string =>
      `<script type="module" crossorigin src="${site.api.url}/widget/${file}" integrity="${integrity}"></script>
       <script type="module">
         const manager = document.querySelector('subaccount-manager');
         manager.account = given.account;
         manager.getToken = async () => given.token;
         manager.addEventListener('sam-ready', () => told.push('ready'));
       </script><subaccount-manager></subaccount-manager>`;
    project.write({ 'index.html': `<!doctype html><html lang="en">${script(hash)}</html>` });
    page = await site.open(project.folder);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await works();
    await page.getByRole('button', { name: 'Create subaccount' }).first().click();
    await page.getByRole('dialog').waitFor();
    expect(asked.filter((url) => url.includes('/widget/'))).toEqual([]);
    expect(site.faults).toEqual([]);
    await page.close();
    project.write({ 'index.html': `<!doctype html><html lang="en">${script(hash.replace(/.{4}$/, 'AAAA'))}</html>` });
    page = await site.open(project.folder);
    await expect.poll(() => site.faults.join(), patiently).toContain('integrity');
    expect(await page.evaluate(`customElements.get('subaccount-manager') === undefined`)).toBe(true);
  });

  it('in React 19, in full: the component, its properties, functions, events and types, and pages made on a server', async () => {
    project = createProject();
    await project.install(
      await widget(),
      (await addressesOf(site.api.url)).client,
      'react@19.3.1',
      'react-dom@19.3.1',
      '@types/react@19.3.0',
      '@types/react-dom@19.3.0',
      'vite@8.3.8',
      'typescript@7.0.2',
      '@trpc/tanstack-react-query@11.22.1',
      '@tanstack/react-query@5.108.0',
    );
    project.write({
      'index.html': html('/src/main.tsx'),
      'tsconfig.json': dom,
      'src/given.d.ts': `declare global { var given: { api: string; account: string; token: string }; var told: string[]; } export {};`,
      'src/main.tsx': `
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { type AppRouter, createTenantree } from '@tenantree/client';
import type { SubaccountManagerElement } from '@tenantree/widget';
import { SubaccountManager } from '@tenantree/widget/react';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { StrictMode, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';

const queries = new QueryClient();
const tenantree = createTenantree({ url: given.api, getToken: async () => given.token });
const trpc = createTRPCOptionsProxy<AppRouter>({ client: tenantree.trpc, queryClient: queries });

function Names() {
  const { data } = useQuery(trpc.accounts.list.queryOptions({ account: given.account }));
  return <p id="names">{data?.rows.map(({ name }) => name).join(', ')}</p>;
}

function App() {
  const manager = useRef<SubaccountManagerElement>(null);
  const [readOnly, setReadOnly] = useState(true);
  const [title, setTitle] = useState('Customers');
  const [shown, setShown] = useState(true);
  return (
    <>
      <button id="unlock" onClick={() => setReadOnly(false)}>Unlock</button>
      <button id="rename" onClick={() => setTitle('Clients')}>Rename</button>
      <button id="refresh" onClick={() => manager.current?.refresh()}>Refresh</button>
      <button id="hide" onClick={() => setShown(false)}>Hide</button>
      <Names />
      {shown && (
        <SubaccountManager
          ref={manager}
          id="manager"
          className="embedded"
          api={given.api}
          account={given.account}
          brand="#2f4fb0"
          density="compact"
          readOnly={readOnly}
          strings={{ title }}
          features={['create', 'open', 'rename']}
          getToken={async () => given.token}
          onSamReady={({ detail }) => told.push('ready', detail.account?.name ?? '')}
          onSamOpen={(event) => {
            event.preventDefault();
            told.push('open ' + event.detail.account.name);
          }}
        />
      )}
    </>
  );
}

createRoot(document.getElementById('app')!).render(
  <StrictMode><QueryClientProvider client={queries}><App /></QueryClientProvider></StrictMode>,
);
`,
      'src/wrong.tsx': `
import '@tenantree/widget';
import { SubaccountManager } from '@tenantree/widget/react';
// @ts-expect-error there is no such density
export const density = <SubaccountManager density="loose" />;
// @ts-expect-error a token comes as a promise
export const token = <SubaccountManager getToken={() => 'token'} />;
export const bare = <subaccount-manager account="ext:a" read-only="false" onsam-open={({ detail }) => detail.account.name.trim()} />;
// @ts-expect-error there is no such text
document.querySelector('subaccount-manager')!.strings = { noSuchText: '' };
document.addEventListener('sam-error', ({ detail }) => detail.code.trim());
`,
      'server.mjs': `
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import '@tenantree/widget';
import { SubaccountManager } from '@tenantree/widget/react';
console.log(renderToString(createElement(SubaccountManager, { account: 'ext:a', className: 'embedded', getToken: async () => 'secret' }, 'Loading')));
`,
    });
    page = await build(true);
    await works();
    expect(await told()).toContain('Main');
    await page.locator('#names').getByText('Acme Dental, Borealis Motors').waitFor();
    const heading = page.getByRole('heading', { level: 1 });
    expect(await heading.innerText()).toBe('Customers');
    const create = page.getByRole('button', { name: 'Create subaccount' });
    expect(await create.count()).toBe(0);
    await page.locator('#unlock').click();
    await create.first().waitFor();
    await page.locator('#rename').click();
    await expect.poll(() => heading.innerText(), patiently).toBe('Clients');
    expect(await page.locator('#manager').getAttribute('class')).toBe('embedded');
    await page.locator('#refresh').click();
    await page.locator('subaccount-manager .window .row').first().focus();
    await page.keyboard.press('Enter');
    await expect.poll(told, patiently).toContain('open Acme Dental');
    await page.locator('#hide').click();
    await expect.poll(() => page!.locator('subaccount-manager').count(), patiently).toBe(0);
    expect(site.faults).toEqual([]);

    const rendered = await project.start('server.mjs', []);
    expect(rendered.complained).toBe('');
    expect(rendered.said).toMatch(/^<subaccount-manager [^>]*class="embedded"[^>]*>Loading<\/subaccount-manager>/);
    expect(rendered.said).not.toContain('secret');
  });

  it('in React 19 with the bare tag, whose script comes late', async () => {
    project = createProject();
    await project.install('react@19.3.1', 'react-dom@19.3.1', 'vite@8.3.8');
    project.write({
      'index.html': html('/src/main.jsx'),
      'tsconfig.json': dom,
      'src/main.jsx': `
import { createRoot } from 'react-dom/client';
const getToken = async () => given.token;
const give = (manager) => { if (manager) manager.getToken = getToken; };
const App = () => (
  <subaccount-manager ref={give} account={given.account} read-only={true} onsam-ready={() => told.push('ready')} />
);
createRoot(document.getElementById('app')).render(<App />);
${LATE(site.script)}
`,
    });
    page = await build(false);
    await works();
    expect(await page.getByRole('button', { name: 'Create subaccount' }).count()).toBe(0);
    expect(site.faults).toEqual([]);
  });

  it.each(['false', 'true'])('in Vue 3, whose script comes late, with read-only %s', async (readOnly) => {
    project = createProject();
    await project.install('vue@3.5.45', 'vite@8.3.8', '@vitejs/plugin-vue@6.0.11');
    project.write({
      'index.html': html('/src/main.js'),
      'vite.config.js': `
import vue from '@vitejs/plugin-vue';
const isCustomElement = (tag) => tag === 'subaccount-manager';
export default { plugins: [vue({ template: { compilerOptions: { isCustomElement } } })] };`,
      'src/main.js': `
import { createApp } from 'vue';
import App from './app.vue';
createApp(App).mount('#app');
${LATE(site.script)}`,
      'src/app.vue': `
<script setup>
const { account } = given;
const getToken = async () => given.token;
const ready = () => told.push('ready');
</script>
<template>
  <subaccount-manager :account="account" :read-only="${readOnly}" .getToken="getToken" @sam-ready="ready" />
</template>`,
    });
    page = await build(false);
    await works();
    expect(await page.getByRole('button', { name: 'Create subaccount' }).count()).toBe(readOnly === 'true' ? 0 : 1);
    expect(site.faults).toEqual([]);
  });

  it.each(['false', 'true'])('in Svelte 5, whose script comes late, with read-only %s', async (readOnly) => {
    project = createProject();
    await project.install('svelte@5.57.3', 'vite@8.3.8', '@sveltejs/vite-plugin-svelte@7.3.1');
    project.write({
      'index.html': html('/src/main.js'),
      'vite.config.js': `
import { svelte } from '@sveltejs/vite-plugin-svelte';
export default { plugins: [svelte()] };`,
      'src/main.js': `
import { mount } from 'svelte';
import App from './App.svelte';
mount(App, { target: document.getElementById('app') });
${LATE(site.script)}`,
      'src/App.svelte': `
<script>
  const { account } = given;
  const getToken = async () => given.token;
  const give = (manager) => { manager.getToken = getToken; };
</script>
<subaccount-manager {account} read-only={${readOnly}} {@attach give} onsam-ready={() => told.push('ready')}></subaccount-manager>`,
    });
    page = await build(false);
    await works();
    expect(await page.getByRole('button', { name: 'Create subaccount' }).count()).toBe(readOnly === 'true' ? 0 : 1);
    expect(site.faults).toEqual([]);
  });

  it.each(['vue', 'svelte'])('in %s with the package instead of a script', async (framework) => {
    project = createProject();
    const [files, plugins] =
      framework === 'vue'
        ? [
            {
              'src/app.js': `
import { createApp, h } from 'vue';
import '@tenantree/widget';
const { api, account, token } = given;
createApp({ render: () => h('subaccount-manager', { api, account, getToken: async () => token, 'onSam-ready': () => told.push('ready') }) }).mount('#app');`,
            },
            ['vue@3.5.45'],
          ]
        : [
            {
              'vite.config.js': `import { svelte } from '@sveltejs/vite-plugin-svelte'; export default { plugins: [svelte()] };`,
              'src/app.js': `
import { mount } from 'svelte';
import App from './App.svelte';
mount(App, { target: document.getElementById('app') });`,
              'src/App.svelte': `
<script>
  import '@tenantree/widget';
  const { api, account, token } = given;
</script>
<subaccount-manager {api} {account} getToken={async () => token} onsam-ready={() => told.push('ready')}></subaccount-manager>`,
            },
            ['svelte@5.57.3', '@sveltejs/vite-plugin-svelte@7.3.1'],
          ];
    await project.install(await widget(), 'vite@8.3.8', ...plugins);
    project.write({ 'index.html': html('/src/app.js'), ...files });
    page = await build(false);
    await works();
    expect(site.faults).toEqual([]);
  });

  it.each([
    [
      'Vue',
      ['vue@3.5.45', 'vue-tsc@3.3.0', 'typescript@5.9.3'],
      ['vue-tsc', '--noEmit'],
      {
        'src/right.vue': `
<script setup lang="ts">
import type {} from '@tenantree/widget/vue';
import '@tenantree/widget';
const getToken = async () => 'token';
</script>
<template><subaccount-manager account="ext:a" features="create" :read-only="false" .getToken="getToken" density="compact" /></template>`,
        'src/wrong.vue': `
<script setup lang="ts">
import type {} from '@tenantree/widget/vue';
</script>
<template><subaccount-manager :account="1" density="loose" /></template>`,
      },
    ],
    [
      'Svelte',
      ['svelte@5.57.3', 'svelte-check@4.7.8', 'typescript@5.9.3'],
      ['svelte-check', '--output', 'machine', '--tsconfig', './tsconfig.json'],
      {
        'src/right.svelte': `
<script lang="ts">
  import type {} from '@tenantree/widget/svelte';
  import '@tenantree/widget';
  const getToken = async () => 'token';
</script>
<subaccount-manager account="ext:a" features="create" read-only={false} {getToken} density="compact"
  onsam-ready={({ detail }) => detail.account?.name.trim()}></subaccount-manager>`,
        'src/wrong.svelte': `
<script lang="ts">
  import type {} from '@tenantree/widget/svelte';
</script>
<subaccount-manager account={1} density="loose"></subaccount-manager>`,
      },
    ],
  ] as const)(
    'in templates of %s, whose types say what is wrong and nothing else',
    async (_, packages, check, files) => {
      project = createProject();
      await project.install(await widget(), ...packages);
      const config = { ...JSON.parse(dom), vueCompilerOptions: { strictTemplates: true } };
      config.compilerOptions = { ...config.compilerOptions, jsx: 'preserve', skipLibCheck: true };
      project.write({ 'tsconfig.json': JSON.stringify(config), ...files });
      const [program, ...args] = check;
      const { said } = await project.run(program, args);
      const faults = said.split('\n').filter((line) => /error/i.test(line) && !line.includes('COMPLETED'));
      expect(faults).toHaveLength(2);
      for (const fault of faults) expect(fault).toMatch(/wrong\.(vue|svelte).*(number|loose)/);
    },
  );
});
