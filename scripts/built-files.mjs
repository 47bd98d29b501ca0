// What belongs to a build. turbo puts the files of a build that it kept beside those that stand there: whoever goes back to an earlier commit
// has the newer one's parts among its own, and packs and offers them.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LIST = 'files.list';

/**
 * Names of all files below a folder, with `/`.
 * @param {string} folder
 */
const filesBelow = (folder) =>
  readdirSync(folder, { encoding: 'utf8', recursive: true })
    .filter((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile())
    .map((name) => name.replaceAll('\\', '/'))
    .sort();

/**
 * Writes down what a build has made, as its last act, among its files.
 * @param {string} folder
 */
export function listFiles(folder) {
  const files = filesBelow(folder).filter((file) => file !== LIST);
  writeFileSync(join(folder, LIST), `${JSON.stringify(files, null, 2)}\n`);
}

/**
 * What a build has made; null: it didn't come to its end.
 * @param {string} folder
 * @returns {string[] | null}
 */
export function filesOf(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, LIST), 'utf8'));
  } catch {
    return null;
  }
}

/**
 * Deletes what other builds left in a folder.
 * @param {string} folder
 */
export function forgetFormerFiles(folder) {
  const own = filesOf(folder);
  if (own === null) return;
  for (const file of filesBelow(folder)) {
    if (file !== LIST && !own.includes(file)) rmSync(join(folder, file), { force: true });
  }
}
