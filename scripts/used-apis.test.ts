import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BROWSERS, OLDEST_CLIENT_NODE } from './claimed-browsers.ts';
import { root } from './launch.mjs';
import { listSourceFiles } from './source-files.mjs';
import { apisIn, attributesIn, type Claims, cssIn, declaredIn, missingIn, type Use } from './used-apis.ts';

const MOBILE = { chrome: 'chrome_android', firefox: 'firefox_android', safari: 'safari_ios' } as const;
const CLAIMED: Claims = {
  ...BROWSERS,
  ...Object.fromEntries(Object.entries(MOBILE).map(([name, mobile]) => [mobile, BROWSERS[name as 'chrome']])),
};

/** What may be missing: the page is as good without. */
const NOT_NEEDED = new Set([
  'forced-color-adjust', // where there are no forced colours, nothing has to be adjusted
  'print-color-adjust', // Chrome before 136 knows it by its prefix, which stands beside it
  'overflow-anchor', // where scrolling is not anchored, there is nothing to switch off
]);
/** Members of libraries that happen to be called like something of a browser. */
const OF_LIBRARIES = ['isError'];

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const inBrowsers = listSourceFiles(
  root,
  /^(packages\/(domain|client|widget)\/src|apps\/web\/src|examples\/portal\/page)\/.+\.(tsx?|js|css)$/,
).filter((file) => !file.includes('.test.'));
// What procedures answer is named there.
const procedures = listSourceFiles(root, /^apps\/api\/src\/.+procedures\.ts$/);

const declared = new Set([
  ...OF_LIBRARIES,
  ...[...inBrowsers, ...procedures]
    .filter((file) => !file.endsWith('.css'))
    .flatMap((file) => [...declaredIn(file, read(file))]),
]);

function usesIn(file: string): Use[] {
  const source = read(file);
  if (file.endsWith('.css')) return cssIn(source);
  const sheets = [...source.matchAll(/\bcss`([^`]*)`/g)].flatMap(([, css = '']) => cssIn(css));
  return [...apisIn(file, source, declared), ...attributesIn(source), ...sheets];
}

/** What each file uses, read once for all that is asked of it. */
const used = new Map(inBrowsers.map((file) => [file, usesIn(file)]));

const missing = (files: readonly string[], claims: Claims): string[] =>
  files.flatMap((file) =>
    (used.get(file) ?? [])
      .filter(({ written }) => !NOT_NEEDED.has(written))
      .map((use) => ({ use, browsers: missingIn(use, claims) }))
      .filter(({ browsers }) => browsers.length > 0)
      .map(({ use, browsers }) => `${file}: ${use.written} is not in ${browsers.join(', ')}`),
  );

describe('What is used', () => {
  it('is in the oldest browsers that are claimed', () => {
    expect(inBrowsers.length).toBeGreaterThan(100);
    expect(missing(inBrowsers, CLAIMED)).toEqual([]);
  });

  it('by the client is in the oldest Node that is claimed', () => {
    const files = inBrowsers.filter((file) => /^packages\/(domain|client)\//.test(file));
    expect(missing(files, { nodejs: OLDEST_CLIENT_NODE })).toEqual([]);
  });

  it('could not be older than is claimed', () => {
    const older = { chrome: '122', firefox: '127', safari: '17.4' };
    for (const [browser, version] of Object.entries(older))
      expect(missing(inBrowsers, { [browser]: version }), `${browser} ${version}`).not.toEqual([]);
  });
});

describe('The docs', () => {
  it('name the oldest browsers and the oldest Node', () => {
    const { chrome, firefox, safari } = BROWSERS;
    for (const page of ['docs/resellers.md', 'docs/admins.md'])
      expect(read(page)).toContain(`Chrome and Edge ${chrome}, Firefox ${firefox}, Safari ${safari}`);
    expect(read('docs/developers.md')).toContain(`Node ${Number.parseInt(OLDEST_CLIENT_NODE, 10)}`);
  });
});

describe('A use of something newer', () => {
  const old = { chrome: '123', firefox: '121', safari: '17.5', nodejs: '20.0.0' };
  const found = (source: string): string[] =>
    apisIn('a.tsx', source, new Set(['take'])).flatMap((use) =>
      missingIn(use, old).length > 0 ? [`${use.written} ${missingIn(use, old).join()}`] : [],
    );

  it.each([
    ['URL.parse(text)', ['URL.parse chrome,firefox,safari,nodejs']],
    ['Promise.withResolvers<void>()', ['Promise.withResolvers nodejs']],
    ['new WebSocket(url)', ['WebSocket nodejs']],
    ['new globalThis.WebSocket(url)', ['globalThis.WebSocket nodejs']],
    ['Map.groupBy(rows, (row) => row.id)', ['Map.groupBy nodejs']],
    ['one.union(other)', ['.union firefox,nodejs']],
    ['(one as Set<string>).union(other)', ['.union firefox,nodejs']],
    ['document.startViewTransition(update)', ['document.startViewTransition firefox,safari']],
    ['<div>{Object.groupBy(rows, name)}</div>', ['Object.groupBy nodejs']],
  ])('is found: %s', (source, expected) => {
    expect(found(source)).toEqual(expected);
  });

  it.each([
    [
      'asked for first',
      'one.union?.(other); if (typeof WebSocket === "undefined") stop(); const Socket = globalThis.WebSocket;',
    ],
    ['a type', 'const open = (socket: WebSocket): void => undefined;'],
    ['a name of the source', 'const WebSocket = given; new WebSocket(url); rows.take(3);'],
    ['the name of a property', 'const made = { WebSocket: 1 }; made.x;'],
    ['old', 'new URL(text).searchParams.get("a"); rows.map(String).at(-1);'],
  ])('is not what is %s', (_, source) => {
    expect(found(source)).toEqual([]);
  });

  it('is found in style sheets and markup', () => {
    const sheet =
      '.a { anchor-name: --a; color: oklch(from red l c h); } @starting-style { .b:has(.c)::marker { top: 0; } }';
    const written = [...cssIn(sheet), ...attributesIn('<div popover="manual" title="a">')];
    expect(written.filter((use) => missingIn(use, old).length > 0).map((use) => use.written)).toEqual([
      'anchor-name',
      'starting-style',
      'oklch',
      'popover=',
    ]);
  });
});
