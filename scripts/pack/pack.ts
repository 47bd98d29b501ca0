// A package as others install it: a folder of its own with a manifest that names nothing of the workspace, and its tarball.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { listFiles } from '../built-files.mjs';
import { childEnvironment, root } from '../launch.mjs';
import { declarationsOf, type Written } from './declarations.ts';

/** What a workspace's manifest says of the package that is made of it. */
type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly type: string;
  readonly engines: object;
  readonly sideEffects: boolean | readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
  /** Fields of the package that are others than in the workspace, or only there. */
  readonly publishConfig: object;
};

export type PackageParts = {
  /** The workspace, such as `packages/client`. */
  readonly workspace: string;
  /** Entries by the names of their files in `dist`, without endings. */
  readonly entries: Readonly<Record<string, string>>;
  /** Packages that whoever installs it brings along, of the same minor version as ours. */
  readonly peers: readonly string[];
  /** What else is not bundled. */
  readonly external?: readonly (string | RegExp)[];
  /** Plugins that change what is bundled. */
  readonly plugins?: readonly Plugin[];
  readonly written?: Written;
  /** Files beside the manifest, by the names they get. */
  readonly files?: Readonly<Record<string, string>>;
  /** Files that are written, by the names they get. */
  readonly texts?: Readonly<Record<string, string>>;
};

/** Where a workspace's package is put together, and its tarball beside it. */
const PACKED = 'packed';

/** Builds a package: its modules and declarations, its manifest, and the tarball that `npm publish` and the server take. */
export async function pack(parts: PackageParts): Promise<void> {
  const at = (...path: readonly string[]): string => join(root, parts.workspace, ...path);
  rmSync(at(PACKED), { recursive: true, force: true });
  const folder = at(PACKED, 'package');
  mkdirSync(folder, { recursive: true });
  const manifest: Manifest = JSON.parse(readFileSync(at('package.json'), 'utf8'));
  await bundle(parts, at, join(folder, 'dist'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(published(manifest, parts.peers), null, 2)}\n`);
  const files = { 'README.md': at('README.md'), 'CHANGELOG.md': join(root, 'CHANGELOG.md'), ...parts.files };
  for (const [name, source] of Object.entries(files)) cpSync(source, join(folder, name), { recursive: true });
  for (const [name, text] of Object.entries(parts.texts ?? {})) writeFileSync(join(folder, name), text);
  const npm = ['pack', folder, '--pack-destination', at(PACKED), '--ignore-scripts', '--loglevel=error'];
  const { status, stderr, error } = spawnSync('npm', npm, { cwd: root, env: childEnvironment(), encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(`npm pack failed: ${stderr}`);
  if (!existsSync(at(PACKED)) || globSync('*.tgz', { cwd: at(PACKED) }).length !== 1)
    throw new Error(`npm pack made no tarball of ${manifest.name}`);
  listFiles(at(PACKED));
}

/** Declarations are read by every editor that opens a file with a call: tabs weigh less than spaces and read the same. */
const indentedByTabs: Plugin = {
  name: 'indented-by-tabs',
  renderChunk: (code, { fileName }) =>
    fileName.endsWith('.d.ts') ? code.replace(/^(?: {2})+/gm, (spaces) => '\t'.repeat(spaces.length / 2)) : null,
};

async function bundle(parts: PackageParts, at: (path: string) => string, dir: string): Promise<void> {
  const { entries, peers, external = [], plugins = [], written = new Map() } = parts;
  const input = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, at(file)]));
  const generator = declarationsOf(at('tsconfig.json'), Object.values(input), written);
  const build = await rolldown({
    input,
    external: [...peers.map((name) => new RegExp(`^${name}(/|$)`)), ...external],
    platform: 'neutral',
    checks: { bundlerTimings: false },
    tsconfig: at('tsconfig.json'),
    plugins: [...plugins, ...dts({ generator, tsconfig: at('tsconfig.json') }), indentedByTabs],
  });
  try {
    await build.write({ dir, format: 'es', comments: { legal: true, jsdoc: false, annotation: true } });
  } finally {
    await build.close();
  }
}

/** The manifest of the package: the workspace's, with exports of what was built, and peers in place of dependencies. */
function published(manifest: Manifest, peers: readonly string[]): object {
  const { name, version, description, license, type, engines, sideEffects, dependencies, publishConfig } = manifest;
  const peerDependencies = Object.fromEntries(peers.map((peer) => [peer, `~${dependencies[peer]}`]));
  const own = { name, version, description, license, type, engines, sideEffects };
  return { ...own, ...(peers.length > 0 && { peerDependencies }), ...publishConfig };
}
