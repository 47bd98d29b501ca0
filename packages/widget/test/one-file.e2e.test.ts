import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

/** Most that everything may weigh in one file, with all languages: bytes, gzip -9. What is loaded in one language is bounded in weight.e2e. */
const MOST_BYTES = 191_000;

it('everything is in one file that loads no other, of at most 191 kB', () => {
  const code = readFileSync(new URL('../dist/subaccount-manager.all.js', import.meta.url), 'utf8');
  // what is left asks once more for a file that could not be fetched, and here none is ever fetched
  expect(code).not.toMatch(/\bimport(?:\s*[{*"']|\s+\w+\s*(?:,|from)|\((?!`\$\{\w+\}\?))|\bfrom\s*["'`]\./);
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(MOST_BYTES);
});
