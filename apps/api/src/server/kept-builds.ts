import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';

/** How many builds are kept, the present one among them: pages that were opened before an upgrade still ask for the files of theirs. */
export const KEPT_BUILDS = 5;
const UNFINISHED = '.';

/** A build under a name that no other build ever has, such as `0.1.0-3f9a2b1c`. */
export type Build = {
  readonly label: string;
  readonly folder: string;
  /** Its files, by their paths with `/`. */
  readonly files: readonly string[];
};

export type BuildPlace = {
  /** Where the build is now. */
  readonly folder: string;
  /** Which of its files are kept. */
  readonly has: (file: string) => boolean;
  /** The version that its label begins with. */
  readonly version: string;
  /** Folder of the builds of its kind that are kept. */
  readonly kept: string;
};

/**
 * Keeps a copy of a build, beside those of the starts before, and forgets what is older than the last {@link KEPT_BUILDS}. A label is made
 * from the content: whoever builds the same version with other files has another one.
 *
 * @param onError told why nothing can be kept; the present build is offered all the same, from where it is
 * @returns the builds, the present one first; none where nothing is built
 */
export async function keepBuild(place: BuildPlace, onError: (error: unknown) => void): Promise<readonly Build[]> {
  const { folder, has, version, kept } = place;
  const files = (await filesIn(folder)).filter(has);
  if (files.length === 0) return [];
  const label = `${version}-${await contentOf(folder, files)}`;
  try {
    await copyOnce(folder, files, join(kept, label));
    const others = (await byAge(kept)).filter((name) => name !== label && !name.startsWith(UNFINISHED));
    const gone = others.splice(KEPT_BUILDS - 1);
    for (const name of gone) await rm(join(kept, name), { recursive: true, force: true });
    return await Promise.all(
      [label, ...others].map(async (name) => {
        const at = join(kept, name);
        return { label: name, folder: at, files: await filesIn(at) };
      }),
    );
  } catch (error) {
    onError(error);
    return [{ label, folder, files }];
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll(sep, '/'),
    )
    .toSorted();
}

async function contentOf(folder: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(await readFile(join(folder, file)));
  return hash.digest('hex').slice(0, 8);
}

/** Copies files to a folder, all or none: another server with the same folder may do the same at the same time. */
async function copyOnce(folder: string, files: readonly string[], to: string): Promise<void> {
  const unfinished = join(to, '..', `${UNFINISHED}${randomBytes(6).toString('hex')}`);
  if (!(await exists(to))) {
    try {
      const places = new Set(files.map((file) => dirname(join(unfinished, file))));
      for (const place of places) await mkdir(place, { recursive: true });
      const copies = files.map((file) => copyFile(join(folder, file), join(unfinished, file)));
      // What fails takes the others with it, when they write no more.
      await Promise.allSettled(copies);
      await Promise.all(copies);
      await rename(unfinished, to);
    } catch (error) {
      if (!(await exists(to))) throw error;
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  }
  const now = new Date();
  await utimes(to, now, now);
}

/** Names of what is in a folder, what was used last first. */
async function byAge(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const names = await readdir(folder);
  const aged = await Promise.all(
    names.map(async (name) => ({ name, ms: (await stat(join(folder, name)).catch(() => null))?.mtimeMs ?? 0 })),
  );
  return aged.toSorted((a, b) => b.ms - a.ms).map(({ name }) => name);
}
