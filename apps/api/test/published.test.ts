import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@tenantree/db/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Composed } from '../src/server/compose.ts';
import { startApi } from './support/start-api.ts';

let database: TestDatabase;
let folder: string;
let api: Composed | null = null;
beforeAll(async () => {
  database = await createTestDatabase(inject('database'));
});
afterAll(() => database.drop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenantree-published-'));
});
afterEach(async () => {
  await api?.close();
  api = null;
  await rm(folder, { recursive: true, force: true });
});

/** Puts a build in place of the one before, as an upgrade does. */
async function build(release: string): Promise<void> {
  for (const name of ['app', 'widget', 'client']) await rm(join(folder, name), { recursive: true, force: true });
  await mkdir(join(folder, 'app/assets'), { recursive: true });
  await mkdir(join(folder, 'widget'));
  await mkdir(join(folder, 'client/package'), { recursive: true });
  await writeFile(join(folder, 'app/index.html'), `<title>${release}</title>`);
  await writeFile(join(folder, `app/assets/page-${release}.js`), `export default 'page ${release}';`);
  await writeFile(join(folder, 'widget/subaccount-manager.js'), `import('./part-${release}.js');`);
  await writeFile(join(folder, `widget/part-${release}.js`), `export default 'part ${release}';`);
  await writeFile(join(folder, 'client/tenantree-client-0.1.0.tgz'), `tarball ${release}`);
  await writeFile(join(folder, 'client/package/package.json'), '{}');
}

/** Starts a server on what is built, with the data folder of the one before. */
async function start(dataDir = join(folder, 'data')): Promise<void> {
  await api?.close();
  api = await startApi(database.serving, {
    config: { dataDir },
    folders: { app: join(folder, 'app'), widget: join(folder, 'widget'), packages: [join(folder, 'client')] },
  });
  // answered when the builds are kept: before, nothing may be built over them
  for (const path of ['/widget/integrity.json', '/packages', '/assets/none.js']) await get(path);
}

const get = (path: string): Promise<Response> => fetch(`${api?.url}${path}`, { redirect: 'manual' });
const integrity = async () => (await (await get('/widget/integrity.json')).json()) as Record<string, string>;
type Listed = { readonly protocol: number; readonly packages: readonly { readonly path: string }[] };
const offered = async () => (await (await get('/packages')).json()) as Listed;
const textOf = async (path: string): Promise<string> => (await get(path)).text();

/** The address of the present widget, without its file. */
async function widgetAddress(): Promise<string> {
  const [first = ''] = Object.keys(await integrity());
  return `/widget/${first.split('/')[0]}`;
}

describe('an upgrade', () => {
  it('breaks no page that was opened before it: the files of the last five builds are still there', async () => {
    const addresses: string[] = [];
    for (const release of ['a', 'b', 'c', 'd', 'e']) {
      await build(release);
      await start();
      addresses.push(await widgetAddress());
    }
    for (const [index, release] of ['a', 'b', 'c', 'd', 'e'].entries()) {
      expect(await textOf(`/assets/page-${release}.js`)).toContain(`page ${release}`);
      expect(await textOf(`/widget/part-${release}.js`)).toContain(`part ${release}`);
      expect(await textOf(`${addresses[index]}/part-${release}.js`)).toContain(`part ${release}`);
      expect(await textOf(`${addresses[index]}/subaccount-manager.js`)).toContain(`part-${release}`);
    }
    await build('f');
    await start();
    expect(await textOf('/widget/part-b.js')).toContain('part b');
    for (const gone of ['/widget/part-a.js', `${addresses[0]}/part-a.js`, '/assets/page-a.js'])
      expect((await get(gone)).status, gone).toBe(404);
  });

  it('that changes nothing keeps nothing twice, and one that is taken back brings the build before to the front', async () => {
    await build('a');
    await start();
    const first = await widgetAddress();
    await start();
    expect(await widgetAddress()).toBe(first);
    await build('b');
    await start();
    await build('a');
    await start();
    expect(await widgetAddress()).toBe(first);
    expect(await textOf('/widget/part-b.js')).toContain('part b');
  });
});

describe('a versioned address', () => {
  it('never has another content, is kept for ever, and has a published hash', async () => {
    await build('a');
    await start();
    const hashes = await integrity();
    const files = Object.keys(hashes);
    expect(files.map((file) => file.split('/')[1])).toEqual(['part-a.js', 'subaccount-manager.js']);
    for (const file of files) {
      const answer = await get(`/widget/${file}`);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      const content = new Uint8Array(await answer.arrayBuffer());
      expect(hashes[file]).toBe(`sha384-${createHash('sha384').update(content).digest('base64')}`);
    }
    // a build under the running server has no address yet
    await writeFile(join(folder, 'widget/subaccount-manager.js'), 'changed');
    expect(await textOf(`/widget/${files[1]}`)).toContain('part-a');
  });

  it('with the version alone leads to the present build of it', async () => {
    await build('a');
    await start();
    const answer = await get('/widget/0.1.0/subaccount-manager.js');
    expect(answer.status).toBe(302);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('location')).toBe(`${await widgetAddress()}/subaccount-manager.js`);
    expect((await get('/widget/0.0.9/subaccount-manager.js')).status).toBe(404);
  });

  it('leads nowhere outside of what is offered', async () => {
    await build('a');
    await start();
    const label = (await widgetAddress()).slice('/widget/'.length);
    for (const path of [
      `/widget/${label}/..%2f..%2fclient%2ftenantree-client-0.1.0.tgz`,
      '/packages/..%2fsecret.txt',
      `/packages/tenantree-client-0.1.0%2f..%2f..%2f..%2fsecret`,
    ])
      expect((await get(path)).status, path).toBe(404);
  });
});

describe('the packages', () => {
  it('are listed with addresses that stay, and answered as they were built', async () => {
    await build('a');
    await start();
    const { protocol, packages } = await offered();
    expect(protocol).toBe(1);
    expect(packages).toEqual([
      {
        name: '@tenantree/client',
        version: '0.1.0',
        path: expect.stringMatching(/^\/packages\/tenantree-client-0\.1\.0-[0-9a-f]{8}\.tgz$/),
        integrity: `sha512-${createHash('sha512').update('tarball a').digest('base64')}`,
      },
    ]);
    const answer = await get(packages[0]!.path);
    expect(answer.headers.get('cache-control')).toContain('immutable');
    expect(await answer.text()).toBe('tarball a');
    await build('b');
    await start();
    expect(await textOf(packages[0]!.path)).toBe('tarball a');
    const byVersion = await get('/packages/tenantree-client-0.1.0.tgz');
    expect(await textOf(byVersion.headers.get('location') ?? '')).toBe('tarball b');
    expect((await get('/packages/tenantree-client-0.2.0.tgz')).status).toBe(404);
  });
});

describe('a data folder that can’t be written', () => {
  it('keeps nothing, and the present build is offered all the same', async () => {
    await build('a');
    // a file where the folder would be
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'data/builds'), '');
    await start();
    expect(await textOf(`${await widgetAddress()}/part-a.js`)).toContain('part a');
    const { packages } = await offered();
    expect(await textOf(packages[0]!.path)).toBe('tarball a');
  });
});
