import { globSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

const FOLDER = new URL('../dist/', import.meta.url);
const weigh = (file: string): number => gzipSync(readFileSync(new URL(file, FOLDER)), { level: 9 }).length;
const say = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB gz`;

/**
 * Most that the one file may weigh that a page loads to show a live list, each file that a part of an account brings, and all files together
 * with one language, which is English (rules/widget 3): bytes, gzip -9.
 */
const [MOST_BYTES, MOST_OF_A_PART, MOST_OF_ALL] = [36_000, 12_000, 186_000];

/** What no visit loads beside all else: words of the German catalogue, and of the element that stands in place of everything where a policy forbids it. */
const INSTEAD = ['Unterkonten', 'Content-Security-Policy'];
const isInstead = (file: string): boolean => {
  const code = readFileSync(new URL(file, FOLDER), 'utf8');
  return INSTEAD.some((words) => code.includes(words));
};

it('shows the list with one file of at most 36 kB', () => {
  const bytes = weigh('subaccount-manager.js');
  console.info(`The widget's first file: ${say(bytes)}`);
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
});

it('loads every part of an account by itself, with at most 12 kB', () => {
  const late = globSync('*.js', { cwd: FOLDER, exclude: ['*.all.js', 'subaccount-manager.js'] })
    .filter((file) => !isInstead(file))
    .map((file) => weigh(file))
    .toSorted((a, b) => b - a);
  console.info(`Parts of the widget: ${late.map(say).join(', ')}`);
  // One file has what all of them share.
  expect(late.filter((bytes) => bytes > MOST_OF_A_PART)).toHaveLength(1);
});

it('weighs at most 186 kB with all that one visit can load later, in one language', () => {
  const files = globSync('*.js', { cwd: FOLDER, exclude: ['*.all.js'] });
  const together = files.filter((file) => !isInstead(file));
  expect(together).toHaveLength(files.length - INSTEAD.length);
  const bytes = together.reduce((sum, file) => sum + weigh(file), 0);
  console.info(`All of the widget: ${say(bytes)}`);
  expect(bytes).toBeLessThanOrEqual(MOST_OF_ALL);
});
