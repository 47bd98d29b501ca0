import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import packageFile from '../../package.json' with { type: 'json' };
import { type Build, type BuildPlace, keepBuild } from './kept-builds.ts';

/** Where the builds of the web app and of the widget are, and the folders that have the tarballs of packages. */
export type Folders = { readonly app: string; readonly widget: string; readonly packages?: readonly string[] };

/** A package that integrators install. */
export type Offered = {
  readonly name: string;
  readonly version: string;
  /** Path of its tarball on this server. */
  readonly path: string;
  /** Hash of the tarball, as npm writes it. */
  readonly integrity: string;
};

/** Builds of one kind that are kept: the present one, and those of the starts before. */
export type Kept = {
  /** A file of the build with this label. @returns where it is; null: there is none */
  fileOf(label: string, file: string): string | null;
  /** A file that the present build doesn't have, but one before it had. @returns where it is */
  earlier(file: string): string | null;
  /** Label of the newest build of a version. */
  labelOf(version: string): string | null;
};

/** What of the builds of this and of earlier starts is offered, each file under an address that never has another content. */
export type Published = {
  readonly app: Promise<Kept>;
  readonly widget: Promise<Kept>;
  /** The tarballs of a package, such as `tenantree-client`; null: there is no such package. */
  readonly tarballs: (name: string) => Promise<{ readonly kept: Kept; readonly file: string } | null>;
  readonly packages: () => Promise<readonly Offered[]>;
  /** Hashes of the present widget's files by their paths below `/widget/`, for `<script integrity>`. */
  readonly integrity: () => Promise<Readonly<Record<string, string>>>;
  /** Resolves when nothing more is written. */
  readonly settled: Promise<void>;
};

const TARBALL = /^(?<name>[a-z-]+)-(?<version>\d+\.\d+\.\d+)\.tgz$/;

type Builds = readonly Build[];
type Tarball = { readonly name: string; readonly version: string; readonly file: string; readonly builds: Builds };

const everything = (): true => true;
const assetsOnly = (file: string): boolean => file.startsWith('assets/');

/** Hash of a file in the form in which pages and lockfiles name it. */
async function hashOf(algorithm: 'sha384' | 'sha512', file: string): Promise<string> {
  const hash = createHash(algorithm).update(await readFile(file));
  return `${algorithm}-${hash.digest('base64')}`;
}

/**
 * Begins to keep the builds of this start and offers them, with those of the starts before.
 *
 * @param kept folder for them; where it can't be written, nothing of earlier starts is offered
 * @param onError told why it can't be
 */
export function publish(folders: Folders, kept: string, onError: (error: unknown) => void): Published {
  const keep = (place: BuildPlace): Promise<Builds> => keepBuild(place, onError);
  const { version } = packageFile;
  const app = keep({ folder: folders.app, has: assetsOnly, version, kept: join(kept, 'app') });
  const widget = keep({ folder: folders.widget, has: everything, version, kept: join(kept, 'widget') });
  const packages = Promise.all((folders.packages ?? []).map((folder) => tarballIn(folder, kept, keep))).then((found) =>
    found.flatMap((one) => one ?? []),
  );
  return {
    app: app.then(keptOf),
    widget: widget.then(keptOf),
    tarballs: async (name) => {
      const found = (await packages).find((one) => one.name === name);
      return found ? { kept: keptOf(found.builds), file: found.file } : null;
    },
    packages: async () => Promise.all((await packages).map(offer)),
    integrity: async () => {
      const [build] = await widget;
      if (!build) return {};
      const { label, folder, files } = build;
      const scripts = files.filter((file) => file.endsWith('.js'));
      const hashes = scripts.map(async (file) => [`${label}/${file}`, await hashOf('sha384', join(folder, file))]);
      return Object.fromEntries(await Promise.all(hashes));
    },
    settled: Promise.all([app, widget, packages]).then(() => undefined),
  };
}

const placeIn = (build: Build | undefined, file: string): string | null =>
  build?.files.includes(file) ? join(build.folder, file) : null;

const keptOf = (builds: Builds): Kept => ({
  fileOf: (label, file) =>
    placeIn(
      builds.find((build) => build.label === label),
      file,
    ),
  earlier: (file) =>
    placeIn(
      builds.slice(1).find(({ files }) => files.includes(file)),
      file,
    ),
  labelOf: (version) => builds.find(({ label }) => label.startsWith(`${version}-`))?.label ?? null,
});

async function offer({ name, version, file, builds }: Tarball): Promise<Offered> {
  const [build] = builds;
  return {
    name: name.replace(/^tenantree-/, '@tenantree/'),
    version,
    path: `/packages/${name}-${build?.label}.tgz`,
    integrity: await hashOf('sha512', join(build?.folder ?? '', file)),
  };
}

async function tarballIn(
  folder: string,
  kept: string,
  keep: (place: BuildPlace) => Promise<Builds>,
): Promise<Tarball | null> {
  const file = (await readdir(folder).catch(() => [])).find((name) => TARBALL.test(name));
  const { name, version } = TARBALL.exec(file ?? '')?.groups ?? {};
  if (file === undefined || name === undefined || version === undefined) return null;
  const builds = await keep({ folder, has: (one) => one === file, version, kept: join(kept, name) });
  return builds.length === 0 ? null : { name, version, file, builds };
}
