import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { append, createLog, startTicker } from './ticker-server.ts';

const versionOf = (node: string): string => spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? '';

/** The machine's own Node 20, if it has one: not the Node that the lockfile brings. */
const NODE_20 = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .map((folder) => join(folder, 'node'))
  .find((node) => versionOf(node).startsWith('v20.'));

const cleanUp: (() => unknown)[] = [];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenantree-node-20-'));
  await build({
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true },
    build: {
      ssr: fileURLToPath(new URL('./node-20-viewer.ts', import.meta.url)),
      outDir: folder,
      emptyOutDir: true,
      rolldownOptions: { output: { entryFileNames: 'viewer.mjs' } },
    },
  });
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act();
});

describe.skipIf(NODE_20 === undefined)('on Node 20', () => {
  it.each([
    ['which has no WebSocket, by event streams', [], 0],
    ['with its experimental WebSocket', ['--experimental-websocket'], 1],
  ])('calls and subscriptions work, %s, and close() lets the program end', async (_, flags, upgrades) => {
    const log = createLog();
    append(log, 'a');
    const server = await startTicker({ log });
    cleanUp.push(server.kill);
    const viewer = spawn(NODE_20 ?? '', [...flags, join(folder, 'viewer.mjs'), server.url]);
    cleanUp.push(() => viewer.kill('SIGKILL'));
    let said = '';
    viewer.stdout.on('data', (data: Buffer) => {
      said += data;
      if (log.ticks.length === 1) append(log, 'b');
    });
    let complained = '';
    viewer.stderr.on('data', (data: Buffer) => (complained += data));
    const [code] = await once(viewer, 'close');
    expect({
      code,
      said: said
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
      complained,
    }).toEqual({
      code: 0,
      said: [
        { version: expect.stringMatching(/^v20\./), called: { token: 'token' } },
        { ids: ['1', '2'], ticks: ['a', 'b'], refusals: [], states: ['connecting', 'live'] },
      ],
      complained: '',
    });
    expect(server.upgrades()).toBe(upgrades);
  });
});
