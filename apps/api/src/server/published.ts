import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import packageFile from '../../package.json' with { type: 'json' };
import { createFiles, type Files } from './files.ts';
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

/** What of the builds of this and of earlier starts is offered, each file under an address that never has another content. */
export type Published = {
  /** A file of the web app that an earlier build had; null: none had it. */
  readonly earlierAsset: (path: string, request: Request) => Promise<Response | null>;
  /** A file of the widget under an address with a label, or one that an earlier build had. */
  readonly widget: (path: string, request: Request, headers: Record<string, string>) => Promise<Response | null>;
  /** The tarball of a package. */
  readonly tarball: (path: string, request: Request) => Promise<Response | null>;
  readonly packages: () => Promise<readonly Offered[]>;
  /** Hashes of the present widget's files by their paths below `/widget/`, for `<script integrity>`. */
  readonly integrity: () => Promise<Readonly<Record<string, string>>>;
  /** Resolves when nothing more is written. */
  readonly settled: Promise<void>;
};

const IMMUTABLE = 'public, max-age=31536000, immutable';
const FIVE_MINUTES = 'public, max-age=300';
const TARBALL = /^(?<name>[a-z-]+)-(?<version>\d+\.\d+\.\d+)\.tgz$/;
const ASKED_TARBALL = /^(?<name>[a-z-]+)-(?<label>\d+\.\d+\.\d+(?:-[0-9a-f]{8})?)\.tgz$/;

/** Builds of one kind: the present one first. */
type Kind = { readonly builds: readonly Build[]; readonly files: ReadonlyMap<string, Files> };

type Tarball = { readonly name: string; readonly version: string; readonly file: string; readonly kind: Kind };

/** Hash of a file in the form in which pages and lockfiles name it. */
const hashOf = async (algorithm: 'sha384' | 'sha512', file: string): Promise<string> =>
  `${algorithm}-${createHash(algorithm)
    .update(await readFile(file))
    .digest('base64')}`;

/**
 * Begins to keep the builds of this start and offers them, with those of the starts before.
 *
 * @param kept folder for them; where it can't be written, nothing of earlier starts is offered
 * @param onError told why it can't be
 */
export function publish(folders: Folders, kept: string, onError: (error: unknown) => void): Published {
  const { version } = packageFile;
  const keep = async (place: BuildPlace): Promise<Kind> => {
    const builds = await keepBuild(place, onError);
    return { builds, files: new Map(builds.map(({ label, folder }) => [label, createFiles(folder, IMMUTABLE)])) };
  };
  const all = (): true => true;
  const assets = (file: string): boolean => file.startsWith('assets/');
  const app = keep({ folder: folders.app, has: assets, version, kept: join(kept, 'app') });
  const widget = keep({ folder: folders.widget, has: all, version, kept: join(kept, 'widget') });
  const tarballs = Promise.all((folders.packages ?? []).map((folder) => tarballIn(folder, kept, keep))).then((found) =>
    found.flatMap((one) => one ?? []),
  );

  /** What an earlier build had under its own name. */
  const earlier = async ({ builds, files }: Kind, path: string, request: Request, headers = {}) => {
    const build = builds.find((one) => one.files.includes(path));
    return (build && (await files.get(build.label)?.answer(path, request, headers))) ?? null;
  };

  return {
    earlierAsset: async (path, request) => earlier(await app, path.slice(1), request),
    widget: async (path, request, headers) => {
      const kind = await widget;
      const [, label = '', file = ''] = /^([^/]+)\/(.+)$/.exec(path) ?? [];
      const files = kind.files.get(label);
      if (files) return files.answer(file, request, headers);
      const present = labelOf(kind, label);
      if (present !== null) return moved(`/widget/${present}/${file}`, headers);
      return earlier(kind, path, request, headers);
    },
    tarball: async (path, request) => {
      const { name, label = '' } = ASKED_TARBALL.exec(path)?.groups ?? {};
      const found = (await tarballs).find((one) => one.name === name);
      if (!found) return null;
      const build = found.kind.builds.find((one) => one.label === label);
      if (build) return (await found.kind.files.get(label)?.answer(build.files[0] ?? '', request)) ?? null;
      const present = labelOf(found.kind, label);
      return present === null ? null : moved(`/packages/${name}-${present}.tgz`);
    },
    packages: async () =>
      Promise.all(
        (await tarballs).map(async ({ name, version: own, file, kind }) => ({
          name: name.replace(/^tenantree-/, '@tenantree/'),
          version: own,
          path: `/packages/${name}-${kind.builds[0]?.label}.tgz`,
          integrity: await hashOf('sha512', file),
        })),
      ),
    integrity: async () => {
      const build = (await widget).builds[0];
      const scripts = build?.files.filter((file) => file.endsWith('.js')) ?? [];
      const hashes = scripts.map(async (file) => {
        return [`${build?.label}/${file}`, await hashOf('sha384', join(build?.folder ?? '', file))] as const;
      });
      return Object.fromEntries(await Promise.all(hashes));
    },
    settled: Promise.all([app, widget, tarballs]).then(() => undefined),
  };
}

/** The label of the newest build of a version; null: there is none. */
const labelOf = ({ builds }: Kind, version: string): string | null =>
  builds.find(({ label }) => /^\d+\.\d+\.\d+$/.test(version) && label.startsWith(`${version}-`))?.label ?? null;

/** The version alone names the newest build of it, which another may be tomorrow. */
const moved = (location: string, headers: Record<string, string> = {}): Response =>
  new Response(null, { status: 302, headers: { ...headers, location, 'cache-control': FIVE_MINUTES } });

async function tarballIn(
  folder: string,
  kept: string,
  keep: (place: BuildPlace) => Promise<Kind>,
): Promise<Tarball | null> {
  const names = await readdir(folder).catch(() => []);
  const file = names.find((name) => TARBALL.test(name));
  const { name, version } = TARBALL.exec(file ?? '')?.groups ?? {};
  if (file === undefined || name === undefined || version === undefined) return null;
  const kind = await keep({ folder, has: (one) => one === file, version, kept: join(kept, name) });
  return kind.builds.length === 0 ? null : { name, version, file: join(folder, file), kind };
}
