import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
const CODE = /^```[\s\S]*?^```$/gm;

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8').replaceAll(CODE, '');

/** What a heading is named in an address. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/[^\p{L}\p{N}\p{M}\- _]/gu, '')
    .toLowerCase()
    .replaceAll(' ', '-');
const anchorsOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading.trim()));

describe.each(PAGES)('%s', (page) => {
  it('leads to files and headings that are there', () => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
    const dead = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      return !existsSync(join(ROOT, file)) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
    });
    expect(dead).toEqual([]);
  });

  it('has no two headings of the same name: links lead to the first', () => {
    const anchors = anchorsOf(page);
    expect(anchors.filter((anchor, at) => anchors.indexOf(anchor) !== at)).toEqual([]);
  });

  it('has one line of dashes in each table', () => {
    expect(read(page).match(/^\|(?: -+ \|)+\n\|(?: -+ \|)+$/gm) ?? []).toEqual([]);
  });
});

it('every page of docs/ is led to by another one', () => {
  // Decisions are led to as a folder.
  const pages = PAGES.filter((page) => page.startsWith('docs/') && !page.startsWith('docs/decisions/'));
  const isLedTo = (page: string): boolean =>
    PAGES.some((other) => other !== page && read(other).includes(`${page.split('/').at(-1)})`));
  expect(pages.filter((page) => !isLedTo(page))).toEqual([]);
});
