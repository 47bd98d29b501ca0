import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { listSourceFiles } from './source-files.mjs';

const ROOT = new URL('../', import.meta.url);
const RULES = /^docs\/rules\/(?<page>[a-z-]+)\.md$/;
const FILES = listSourceFiles(ROOT.pathname, /\.(ts|tsx|mjs|js|sql|css|md|html|sh|ya?ml)$/).map((path) => ({
  path,
  lines: readFileSync(new URL(path, ROOT), 'utf8').split('\n'),
}));

/** The numbers of each page of rules: `1. **Names.** …` */
const NUMBERS = new Map(
  FILES.flatMap(({ path, lines }) => {
    const page = RULES.exec(path)?.groups?.['page'];
    return page === undefined || page === 'README' ? [] : [[page, numbersOf(lines)] as const];
  }),
);

function numbersOf(lines: readonly string[]): number[] {
  return lines.flatMap((line) => /^(\d+)\. /.exec(line)?.[1] ?? []).map(Number);
}

/** What a line says that a pattern finds, as `file:line` and what it is. */
const found = (pattern: RegExp, isWrong: (...groups: string[]) => boolean): string[] =>
  FILES.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) =>
      [...line.matchAll(pattern)]
        .filter(([, ...groups]) => isWrong(...groups))
        .map(([whole]) => `${path}:${index + 1}: ${whole}`),
    ),
  );

/** `rules/usage 4, 5`, and no part of a path. Other pages in the same brackets are named whole. */
const REFERENCE = /(?<![\w/.-])rules\/([a-z-]+)(?![\w./-])((?: \d+(?:, \d+)*)?)/g;
/** A page with a file's ending, with as much of its path as is said. */
const PAGE = /(?<![\w/.:-])((?:\.{0,2}\/)*[\w./-]*[\w-]\.md)\b/g;

describe('The rules', () => {
  it('are numbered on each page from 1 on, each number once', () => {
    expect([...NUMBERS.keys()].length).toBeGreaterThan(8);
    for (const [page, numbers] of NUMBERS) {
      expect(numbers.length, page).toBeGreaterThan(0);
      expect(numbers, page).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    }
  });

  it('are each in the index', () => {
    const index = FILES.find(({ path }) => path === 'docs/rules/README.md')?.lines.join('\n') ?? '';
    for (const page of NUMBERS.keys()) expect(index).toContain(`(${page}.md)`);
  });

  it('are where comments and tests say they are', () => {
    const wrong = found(REFERENCE, (page, numbers = '') => {
      const known = NUMBERS.get(page ?? '');
      return !known || (numbers.match(/\d+/g) ?? []).some((number) => !known.includes(Number(number)));
    });
    expect(wrong).toEqual([]);
  });

  it('and all other pages that the repository names are in it', () => {
    const pages = FILES.flatMap(({ path }) => (path.endsWith('.md') ? [`/${path}`] : []));
    const isThere = (name: string): boolean => {
      const end = `/${name.replace(/^(\.{0,2}\/)+/, '')}`;
      return pages.some((page) => page.endsWith(end));
    };
    expect(found(PAGE, (name = '') => !isThere(name))).toEqual([]);
  });

  it('are named in one form only, not by their files', () => {
    expect(found(/[\w-]\.md`? \d+(\.\d+)?\b/g, () => true)).toEqual([]);
  });
});

it('every package has a README of at most a page', () => {
  const packages = FILES.flatMap(({ path }) => /^((?:packages|apps)\/[\w-]+)\//.exec(path)?.[1] ?? []);
  for (const folder of new Set(packages)) {
    const lines = FILES.find(({ path }) => path === `${folder}/README.md`)?.lines.length ?? 0;
    expect(lines, folder).toBeGreaterThan(5);
    expect(lines, folder).toBeLessThanOrEqual(60);
  }
});
