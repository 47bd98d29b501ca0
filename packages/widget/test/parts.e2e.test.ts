import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';

const FOLDER = join(import.meta.dirname, '../dist');
const ASKED_FOR = /import\(`\.\/([^`]+)`\)/g;
const NEEDED = /from[`"]\.\/([^`"]+)[`"]/g;

const named = (code: string, pattern: RegExp): string[] => [...code.matchAll(pattern)].map(([, name = '']) => name);

// Where it could not be fetched it is fetched under another address (late-part.ts); who needs it under its own goes without for ever.
it('no part that is loaded when it is asked for is needed by another one', () => {
  const files = globSync('subaccount-manager*.js', { cwd: FOLDER });
  const codes = files.map((file) => readFileSync(join(FOLDER, basename(file)), 'utf8'));
  const asked = new Set(codes.flatMap((code) => named(code, ASKED_FOR)));
  expect(asked.size).toBeGreaterThan(3);
  expect(codes.flatMap((code) => named(code, NEEDED)).filter((name) => asked.has(name))).toEqual([]);
});
