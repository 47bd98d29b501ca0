import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

/** Most that the one file may weigh that a page loads to show a live list (widget.md 3): bytes, gzip -9. */
const MOST_BYTES = 36_000;

it('shows the list with one file of at most 36 kB', () => {
  const file = readFileSync(new URL('../dist/subaccount-manager.js', import.meta.url));
  const bytes = gzipSync(file, { level: 9 }).length;
  console.info(`The widget's first file: ${(bytes / 1024).toFixed(1)} kB gz`);
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
});
