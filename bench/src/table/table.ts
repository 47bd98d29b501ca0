// The tree table beside a static floor, TanStack Table + Virtual, @vaadin/grid and ag-grid-community, in Chromium.
import { join } from 'node:path';
import { unpackBuild } from '../build-before.ts';
import { interleave, median } from '../measure.ts';
import { digits, isMet, ratio, table, targets } from '../report.ts';
import { budgets, type Results } from './budgets.ts';
import { buildPage, savePages, servePages } from './build.ts';
import { type Figures, type Kind, measureExtremes, measurePage } from './measure-page.ts';

const REPEATS = Number(process.env['BENCH_REPEATS'] ?? 3);
const ONLY = process.env['BENCH_PAGES']?.split(',');

/** The last commit before permissions, limits and money, whose table stands beside this one. */
const BEFORE = process.env['BENCH_BEFORE'] ?? '4b3f668';
const FOLDERS = ['packages/domain', 'packages/client', 'packages/widget', 'bench'];
const PAGE_FOLDER = 'bench/src/table/pages';
const HERE = join(import.meta.dirname, '../../..');

type PageCase = {
  readonly title: string;
  readonly file: string;
  readonly kind: Kind;
  /** The build whose page it is; of this one, where nothing is said. */
  readonly build?: 'before';
};

export const PAGES: Readonly<Record<string, PageCase>> = {
  floor: { title: 'floor: 18 static rows, raw text nodes', file: 'floor.ts', kind: 'static' },
  'floor-600': { title: 'floor for scrolling: 600 static rows', file: 'floor-600.ts', kind: 'static' },
  ours: { title: '**ours**, bare element', file: 'ours.ts', kind: 'component' },
  'ours-before': { title: 'the build before, bare element', file: 'ours.ts', kind: 'component', build: 'before' },
  'ours-in-react': { title: '**ours**, hosted by React 19', file: 'ours-in-react.tsx', kind: 'component' },
  tanstack: { title: 'TanStack Table 9.3 + Virtual 3.14 (React 19)', file: 'tanstack.tsx', kind: 'component' },
  'ag-grid': { title: 'ag-grid-community 36.2, flattened rows', file: 'ag-grid.ts', kind: 'component' },
  vaadin: { title: '@vaadin/grid 25.3, tree column', file: 'vaadin.ts', kind: 'component' },
};

export async function run(): Promise<boolean> {
  const wanted = Object.entries(PAGES).filter(([name]) => ONLY === undefined || ONLY.includes(name));
  const before = wanted.some(([, { build }]) => build) ? unpackBuild(BEFORE, FOLDERS) : null;
  const pages = [];
  for (const [name, { file, build }] of wanted) {
    const folder = build ? before : HERE;
    if (folder === null) console.log('The history of this checkout doesn’t hold the build before.\n');
    else pages.push(await buildPage(name, join(folder, PAGE_FOLDER, file)));
  }
  const names = pages.map(({ name }) => name);
  const saved = process.env['BENCH_SAVE'];
  if (saved !== undefined) await savePages(join(process.cwd(), saved), pages);
  const { url, server } = await servePages(pages);
  try {
    const cases = Object.fromEntries(
      names.map((name) => [name, () => measurePage(`${url}/${name}`, PAGES[name]?.kind ?? 'component')]),
    );
    const repeats = await interleave(cases, REPEATS);
    const results: Results = Object.fromEntries(names.map((name) => [name, medians(repeats[name] ?? [])]));
    const gz = Object.fromEntries(pages.map((page) => [page.name, page.gzKilobytes]));
    print(names, results, gz);
    const list = await budgets(results, names.includes('ours') ? await measureExtremes(`${url}/ours`) : null);
    console.log(`\n${targets(list)}`);
    return list.every(isMet);
  } finally {
    server.close();
  }
}

function medians(repeats: readonly Figures[]): Figures {
  const [first] = repeats;
  if (first === undefined) throw new Error('nothing was measured');
  const keys = Object.keys(first) as (keyof Figures)[];
  return Object.fromEntries(keys.map((key) => [key, median(repeats.map((figures) => figures[key]))])) as Figures;
}

function print(names: readonly string[], results: Results, gz: Readonly<Record<string, number>>): void {
  const scrollFloor = results['floor-600']?.scrollPerFrame ?? Number.NaN;
  const tickFloor = results['floor']?.onScreenPerSecond ?? Number.NaN;
  console.log(
    '10 000 rows, all expanded, seven columns or more; times in ms, CPU of the main thread; × is the ratio to the floor\n',
  );
  const titles = [
    'gz kB',
    'CPU to first paint',
    'mount → paint',
    'heap MB',
    'idle CPU/s',
    'scroll CPU/frame',
    'fps',
    'blank',
    'jump p95',
    '500 ticks/s on screen, CPU/s',
    'anywhere',
    '5 000/s: longest frame',
    'toggle 2 000',
  ];
  const rows = names.map((name) => {
    const f = results[name];
    if (f === undefined) return [name];
    return [
      PAGES[name]?.title ?? name,
      digits(gz[name] ?? Number.NaN),
      digits(f.firstPaintBusy),
      digits(f.mountToPaint),
      digits(f.heapMegabytes),
      digits(f.idlePerSecond),
      `${digits(f.scrollPerFrame)} (${ratio(f.scrollPerFrame / scrollFloor)})`,
      digits(f.scrollFps),
      digits(f.blankFrames),
      digits(f.jumpP95),
      `${digits(f.onScreenPerSecond)} (${ratio(f.onScreenPerSecond / tickFloor)})`,
      digits(f.anywherePerSecond),
      digits(f.fastMaxFrame),
      digits(f.toggle),
    ];
  });
  console.log(table([{ title: 'table', align: 'left' }, ...titles.map((title) => ({ title }))], rows));
}
