import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const here = (path: string): string => new URL(path, import.meta.url).pathname;
const used = new Set(
  globSync(here('../**/*.ts')).flatMap((file) => readFileSync(file, 'utf8').match(/(?<=var\()--sam-[\w-]+/g) ?? []),
);
const page = readFileSync(here('../../../../docs/resellers.md'), 'utf8');
const table = page.split('<!-- properties:')[1]?.split('\n\n')[1] ?? '';

it('docs/resellers.md says of every custom property of the element what it paints', () => {
  // Before the second column, whose words name others.
  const listed = table.split('\n').flatMap((row) => row.split('|')[1]?.match(/--sam-[\w-]+/g) ?? []);
  expect(listed.toSorted()).toEqual([...used].toSorted());
});
