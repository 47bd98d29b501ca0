// A project of somebody else: a folder outside the repository that knows nothing of it but what it installs.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { childEnvironment, findRuntime, root } from '../launch.mjs';

/** What a program said and how it ended. */
export type Ran = {
  readonly code: number | null;
  readonly said: string;
  readonly complained: string;
  readonly ms: number;
};

export type Project = {
  readonly folder: string;
  /** Writes files by their paths. */
  write(files: Readonly<Record<string, string>>): void;
  /** Installs packages from the registry, or from addresses. @throws Error with what npm said */
  install(...packages: readonly string[]): Promise<void>;
  /** Runs a program that is installed here, such as `tsc`, on a Node. */
  run(program: string, args: readonly string[], node?: string): Promise<Ran>;
  /** Runs a file on a Node. */
  start(file: string, args: readonly string[], node?: string): Promise<Ran>;
  remove(): void;
};

/** PATH without the tools of the repository: whoever is outside has none of them. */
const path = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.startsWith(root))
  .join(delimiter);

/** Makes an empty project of ES modules. */
export function createProject(): Project {
  const folder = mkdtempSync(join(tmpdir(), 'tenantree-outside-'));
  const write: Project['write'] = (files) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  };
  const execute = (command: string, args: readonly string[], node: string): Promise<Ran> =>
    new Promise((resolve, reject) => {
      const startedMs = performance.now();
      const PATH = [dirname(node), join(folder, 'node_modules/.bin'), path].join(delimiter);
      const env = { ...childEnvironment(), PATH, NO_COLOR: '1' };
      const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
      let said = '';
      let complained = '';
      child.stdout.on('data', (data: Buffer) => (said += data));
      child.stderr.on('data', (data: Buffer) => (complained += data));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, said, complained, ms: performance.now() - startedMs }));
    });
  write({ 'package.json': '{ "name": "outside", "private": true, "type": "module" }' });
  const usual = findRuntime();
  return {
    folder,
    write,
    install: async (...packages) => {
      const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--save-exact', ...packages];
      const { code, said, complained } = await execute('npm', args, usual);
      if (code !== 0) throw new Error(`npm ${args.join(' ')}\n${said}${complained}`);
    },
    run: (program, args, node = usual) => execute(join(folder, 'node_modules/.bin', program), args, node),
    start: (file, args, node = usual) => execute(node, [file, ...args], node),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A Node of some version, as a package of the registry brings it. @returns the executable */
export async function installNode(version: string): Promise<{ readonly node: string; remove(): void }> {
  const project = createProject();
  const name = `node-${process.platform}-${process.arch}`;
  await project.install(`${name}@${version}`);
  return { node: join(project.folder, 'node_modules', name, 'bin/node'), remove: () => project.remove() };
}
