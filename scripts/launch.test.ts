import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { forgetFormerFiles, listFiles } from './built-files.mjs';
import { checkPort, run, serverUrl } from './launch.mjs';

type RunOptions = Parameters<typeof run>[2];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenantree-launch-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Clocks of the launching process: one that stands still, and one that is ten seconds on whenever it is asked. */
const STANDING = 'performance.now = () => 0;';
const RUSHING = 'let ms = 0; performance.now = () => (ms += 10_000);';

/** Launches a server written for the test the way `npm start` launches ours, or a tool as `options` say; `pid` is the server's own. */
async function launch(source: string, clock = '', options: RunOptions = { untilParentEnds: true }) {
  const server = join(folder, `${Math.random().toString(36).slice(2)}.mjs`);
  const pidFile = `${server}.pid`;
  const ready = `const ready = () => writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));`;
  const tell = `const tell = (word) => writeFileSync(${JSON.stringify(`${server}.told`)}, word);`;
  await writeFile(server, `import { writeFileSync } from 'node:fs'; ${ready} ${tell} ${source}`);
  const launcher = `import { run } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'launch.mjs')))};
    ${clock}
    process.exit(await run(process.execPath, [${JSON.stringify(server)}], ${JSON.stringify(options)}));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', launcher], {
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd: '/',
    env: { PATH: '', HOME: '' },
  });
  let said = '';
  child.stdout.on('data', (part) => (said += String(part)));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const pid = await vi.waitFor(
    async () => Number(await readFile(pidFile, 'utf8')) || expect.fail('not started yet'),
    10_000,
  );
  return { child, ended, pid, said: () => said, told: () => readFile(`${server}.told`, 'utf8') };
}

const SERVER = `
  const keep = setInterval(() => {}, 1000);
  let told = 0;
  const stop = (code) => { clearInterval(keep); process.removeAllListeners('disconnect'); process.exitCode = code; process.disconnect?.(); };
  process.on('SIGTERM', () => stop(40 + ++told));
  process.on('disconnect', () => stop(1));
  ready();`;

describe('the address of the server', () => {
  it('is what it says in its data folder, unless somebody says otherwise', async () => {
    expect(serverUrl({ DATA_DIR: folder })).toBe('http://localhost:7300');
    expect(serverUrl({ DATA_DIR: folder, PORT: '7301' })).toBe('http://localhost:7301');
    await writeFile(join(folder, 'url'), 'http://localhost:7302\n');
    expect(serverUrl({ DATA_DIR: folder, PORT: '7301' })).toBe('http://localhost:7302');
    expect(serverUrl({ DATA_DIR: folder, TENANTREE_URL: 'http://localhost:7303' })).toBe('http://localhost:7303');
  });
});

describe('`npm start`', () => {
  it('says that its port is taken before it installs or builds anything', async () => {
    const other = createServer();
    await new Promise<void>((ready) => other.listen(0, '127.0.0.1', ready));
    const { port } = other.address() as AddressInfo;
    const entry = join(import.meta.dirname, 'run.mjs');
    const start = spawn(process.execPath, [entry, 'start'], { env: { ...process.env, PORT: String(port) } });
    let said = '';
    for (const stream of [start.stdout, start.stderr]) stream.on('data', (part) => (said += String(part)));
    const code = await new Promise((resolve) => start.on('close', resolve));
    await new Promise((closed) => other.close(closed));
    expect({ code, said: said.trim() }).toEqual({ code: 1, said: `PORT ${port} is in use by another program` });
  });

  it.each([{ PORT: '0' }, { PORT: 'none' }, { PORT: '99999' }, { PORT: '0', HOST: 'no.host.invalid' }])(
    'lets the server say what else is wrong: %j',
    async (settings) => {
      await expect(checkPort(settings)).resolves.toBeUndefined();
    },
  );
});

describe('starting a program', () => {
  it('keeps its exit code', async () => {
    const { ended } = await launch('ready(); process.exit(7);');
    expect(await ended).toBe(7);
  });

  it('tells a death by signal as a shell does', async () => {
    const { ended } = await launch(`ready(); process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`);
    expect(await ended).toBe(137);
  });

  it('takes a tool that was told to end for one that did not do its work, whatever it says', async () => {
    const { child, ended } = await launch(
      `process.on('SIGINT', () => process.exit(0)); setInterval(() => {}, 1000); ready();`,
      '',
      {},
    );
    child.kill('SIGINT');
    expect(await ended).toBe(130);
  });

  it.each([
    [0, ''],
    [3, 'said before the end'],
  ])('that ends with %i tells on failure only what it said: “%s”', async (code, tells) => {
    const { ended, said } = await launch(
      `console.log('said before the end'); ready(); process.exitCode = ${code};`,
      '',
      {
        told: 'onFailure',
      },
    );
    expect(await ended).toBe(code);
    expect(said().trim()).toBe(tells);
  });

  it('hands SIGTERM on once and waits for the end', async () => {
    const { child, ended, pid } = await launch(SERVER);
    child.kill('SIGTERM');
    expect(await ended).toBe(41);
    expect(isAlive(pid)).toBe(false);
  });

  it.each([
    ['one Ctrl-C for one, though the terminal and npm both hand it on', STANDING, 41],
    ['a second Ctrl-C for a second', RUSHING, 42],
  ])('takes %s', async (_, clock, code) => {
    const source = `
      const keep = setInterval(() => {}, 1000);
      let interrupts = 0;
      process.on('SIGINT', () => { interrupts += 1; tell('interrupted ' + interrupts); });
      process.on('SIGTERM', () => process.exit(40 + interrupts));
      ready();`;
    const { child, ended, pid, told } = await launch(source, clock);
    child.kill('SIGINT');
    await vi.waitFor(async () => expect(await told()).toBe('interrupted 1'), 10_000);
    child.kill('SIGINT');
    if (clock === RUSHING) await vi.waitFor(async () => expect(await told()).toBe('interrupted 2'), 10_000);
    child.kill('SIGTERM');
    expect(await ended).toBe(code);
    expect(isAlive(pid)).toBe(false);
  });

  it('takes an echo for one whatever other signal arrives before it', async () => {
    const source = `
      const keep = setInterval(() => {}, 1000);
      let interrupts = 0;
      process.on('SIGINT', () => { interrupts += 1; tell('interrupted ' + interrupts); });
      process.on('SIGHUP', () => tell('hung up after ' + interrupts));
      process.on('SIGTERM', () => process.exit(40 + interrupts));
      ready();`;
    const { child, ended, told } = await launch(source, STANDING);
    child.kill('SIGINT');
    await vi.waitFor(async () => expect(await told()).toBe('interrupted 1'), 10_000);
    child.kill('SIGHUP');
    await vi.waitFor(async () => expect(await told()).toBe('hung up after 1'), 10_000);
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect(await ended).toBe(41);
  });

  it('leaves no server behind when it is killed itself', async () => {
    const { child, ended, pid } = await launch(SERVER);
    child.kill('SIGKILL');
    await ended;
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 10_000);
  });
});

describe('a build that comes out of the cache', () => {
  it('is without the files of another one that stood there', async () => {
    const build = await mkdtemp(join(folder, 'build-'));
    const files = async (): Promise<string[]> =>
      (await readdir(build, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .toSorted();
    await mkdir(join(build, 'assets/former'), { recursive: true });
    await writeFile(join(build, 'assets/former/page-b.js'), 'b');
    await writeFile(join(build, 'part-b.js'), 'b');
    forgetFormerFiles(build);
    expect(await files(), 'nobody said what belongs to it').toEqual(['page-b.js', 'part-b.js']);
    await rm(join(build, 'part-b.js'));
    await rm(join(build, 'assets'), { recursive: true });
    await mkdir(join(build, 'assets'));
    await writeFile(join(build, 'assets/page-a.js'), 'a');
    await writeFile(join(build, 'part.js'), 'a');
    listFiles(build);
    const own = await files();
    await writeFile(join(build, 'assets/page-b.js'), 'b');
    await writeFile(join(build, 'part-b.js'), 'b');
    forgetFormerFiles(build);
    expect(await files()).toEqual(own);
    expect(own).toEqual(['files.list', 'page-a.js', 'part.js']);
  });
});
