import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { AGAIN, AGAIN_IN_A_BROWSER } from './rounds.ts';
import { listSourceFiles } from './source-files.mjs';

const ROOT = new URL('../', import.meta.url);
/** What has more for the long run, or looks closer in it. */
const LONGER = /^import \{.*\b(further|IS_LONG|look|looksAt|rounds)\b.*\} from '\./m;

it('test:long runs every file that has more for it', () => {
  const tests = listSourceFiles(ROOT.pathname, /^(apps|packages|examples|scripts)\/.*\.test\.tsx?$/);
  const longer = tests.filter(
    (path) => !path.includes('.long.test.') && LONGER.test(readFileSync(new URL(path, ROOT), 'utf8')),
  );
  expect(longer.toSorted()).toEqual([...AGAIN, ...AGAIN_IN_A_BROWSER].toSorted());
});
