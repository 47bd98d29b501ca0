import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

/** Most that the one file may weigh that a page loads to show a live list: bytes, gzip -9. The goal is 30 kB (widget.md 3); docs/benchmarks.md says what keeps it from there. */
const MOST_BYTES = 43_500;

it('shows the list with one file that weighs no more than it did', () => {
  const file = readFileSync(new URL('../dist/subaccount-manager.js', import.meta.url));
  const bytes = gzipSync(file, { level: 9 }).length;
  console.info(`The widget's first file: ${(bytes / 1024).toFixed(1)} kB gz`);
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
});
