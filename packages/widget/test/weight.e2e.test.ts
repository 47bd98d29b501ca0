import { globSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

const FOLDER = new URL('../dist/', import.meta.url);
const weigh = (file: string): number => gzipSync(readFileSync(new URL(file, FOLDER)), { level: 9 }).length;
const say = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB gz`;

/** Most that the one file may weigh that a page loads to show a live list, and all files together (rules/widget 3): bytes, gzip -9. */
const [MOST_BYTES, MOST_OF_ALL] = [36_000, 118_000];

it('shows the list with one file of at most 36 kB', () => {
  const bytes = weigh('subaccount-manager.js');
  console.info(`The widget's first file: ${say(bytes)}`);
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
});

it('weighs at most 118 kB with all that is loaded later', () => {
  const bytes = globSync('*.js', { cwd: FOLDER, exclude: ['*.all.js'] }).reduce((sum, file) => sum + weigh(file), 0);
  console.info(`All of the widget: ${say(bytes)}`);
  expect(bytes).toBeLessThanOrEqual(MOST_OF_ALL);
});
