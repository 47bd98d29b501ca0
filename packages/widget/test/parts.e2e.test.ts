import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';

const FOLDER = join(import.meta.dirname, '../dist');
const FIRST = 'subaccount-manager.js';
const ASKED_FOR = /import\(`\.\/([^`]+)`\)/g;
const NEEDED = /from[`"]\.\/([^`"]+)[`"]/g;
/** What `late-files.ts` of the build wrote: what a file takes of another one. */
const TAKEN = /files\[`(subaccount-manager-[^`]+)`\](?!=)/g;

const named = (code: string, pattern: RegExp): string[] => [...code.matchAll(pattern)].map(([, name = '']) => name);

const files = globSync('subaccount-manager*.js', { cwd: FOLDER, exclude: ['*.all.js'] }).map((file) => {
  const code = readFileSync(join(FOLDER, file), 'utf8');
  return { name: basename(file), asks: named(code, ASKED_FOR), needs: named(code, NEEDED), takes: named(code, TAKEN) };
});

// Where it could not be fetched it is fetched under another address (late-part.ts); who needs it under its own goes without for ever.
it('no file that is loaded late imports another one', () => {
  expect(files.flatMap(({ asks }) => asks).length).toBeGreaterThan(3);
  expect(new Set(files.flatMap(({ needs }) => needs))).toEqual(new Set([FIRST]));
});

it('what a late file takes of another one is there before anybody asks for it', () => {
  const takers = files.filter(({ takes }) => takes.length > 0);
  expect(takers.length).toBeGreaterThan(3);
  const early = takers.flatMap(({ name, takes }) =>
    files
      .filter((one) => one.asks.includes(name))
      .flatMap((one) =>
        takes.filter((file) => file !== one.name && !one.takes.includes(file)).map((file) => [one.name, name, file]),
      ),
  );
  expect(early).toEqual([]);
});
