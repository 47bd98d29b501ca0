// Names and habits that no linter knows: what files are called, and that every test runs.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './launch.mjs';
import { listSourceFiles } from './source-files.mjs';

const MACHINERY = /^(handle[rs]?|process(es|or)?|managers?|utils?|helpers?|services?)$/;

/** Product vocabulary: the public element `<subaccount-manager>`. */
const PRODUCT_NAME = 'subaccount-manager';

/**
 * @param {string} file relative to the root
 * @param {string} source
 * @returns {string[]} what is wrong, one line each
 */
export function checkHabits(file, source) {
  const wrong = [];
  const name = basename(file).replaceAll(PRODUCT_NAME, 'product');
  const word = name.split(/[-._]/).find((part) => MACHINERY.test(part));
  if (word !== undefined) wrong.push(`${file}: "${word}" names machinery, not the domain`);
  if (!/^[a-z0-9]+([-.][a-z0-9]+)*$/.test(name)) wrong.push(`${file}: file names are kebab-case`);
  if (/\.test\.tsx?$/.test(file)) {
    const [silenced] = /\b(it|test|describe|suite)\.(only|skip|todo)\b/.exec(source) ?? [];
    if (silenced !== undefined) wrong.push(`${file}: ${silenced} leaves tests out`);
  }
  if (/\b(TODO|FIXME|XXX)\b/.test(source))
    wrong.push(`${file}: unfinished work belongs into an issue, not into a comment`);
  return wrong;
}

if (import.meta.main) {
  const wrong = [];
  for (const file of listSourceFiles(root, /^(apps|packages|examples|scripts|bench)\/.+\.(tsx?|mjs)$/)) {
    if (file === 'scripts/check-habits.mjs' || file === 'scripts/check-habits.test.ts') continue; // they name what they look for
    const source = readFileSync(join(root, file), 'utf8');
    wrong.push(...checkHabits(file, source));
  }
  if (wrong.length > 0) {
    console.error(wrong.join('\n'));
    process.exitCode = 1;
  }
}
