import { median, quantile } from '../measure.ts';
import { launchBrowser, openTab, type Tab } from './browser.ts';

/** What one page did in one fresh browser. Times in milliseconds; CPU is time of the main thread. */
export type Figures = {
  readonly firstPaintBusy: number;
  readonly mountToPaint: number;
  readonly heapMegabytes: number;
  readonly idlePerSecond: number;
  readonly scrollPerFrame: number;
  readonly scrollFps: number;
  readonly blankFrames: number;
  readonly jumpP95: number;
  readonly onScreenPerSecond: number;
  readonly onScreenFps: number;
  readonly anywherePerSecond: number;
  readonly fastMaxFrame: number;
  readonly toggle: number;
};

/** static: rows that can neither jump nor toggle. */
export type Kind = 'component' | 'static';

const SCROLL_PIXELS = 120;
const SCROLL_FRAMES = 180;
const TICK_SECONDS = 2.5;
const FAST_SECONDS = 1.5;

export async function measurePage(url: string, kind: Kind): Promise<Figures> {
  const browser = await launchBrowser();
  try {
    const loaded = await openTab(browser);
    const figures = await measureLoaded(loaded, url, kind);
    await loaded.close();
    return { ...figures, heapMegabytes: await measureHeap(await openTab(browser), url) };
  } finally {
    await browser.close();
  }
}

async function measureLoaded(tab: Tab, url: string, kind: Kind): Promise<Omit<Figures, 'heapMegabytes'>> {
  const { page } = tab;
  const load = await tab.busy(async () => {
    await page.goto(url);
    await page.waitForFunction(() => window.bench.ready);
    return page.evaluate(() => window.bench.mountMs);
  });
  await tab.heap(); // collected before anything else is timed
  await page.evaluate(() => window.bench.idle(0.5)); // what a page puts off until after the first paint isn't idleness
  const idle = await tab.busy(() => page.evaluate(() => window.bench.idle(1)));
  const scrollBy = (how: 'looking' | 'timed') =>
    page.evaluate(([pixels, frames, as]) => window.bench.scroll(pixels, frames, as), [
      SCROLL_PIXELS,
      SCROLL_FRAMES,
      how,
    ] as const);
  const scroll = await tab.busy(() => scrollBy('timed'));
  const { blankFrames } = await scrollBy('looking');
  const jumps = kind === 'component' ? await page.evaluate(() => window.bench.jump(20)) : [];
  const onScreen = await tab.busy(() =>
    page.evaluate((seconds) => window.bench.tick('on screen', seconds, 500), TICK_SECONDS),
  );
  if (!(await page.evaluate(() => window.bench.verify()))) throw new Error(`${url} shows old minutes`);
  const anywhere = await tab.busy(() =>
    page.evaluate((seconds) => window.bench.tick('anywhere', seconds, 500), TICK_SECONDS),
  );
  const fast = await page.evaluate((seconds) => window.bench.tick('anywhere', seconds, 5_000), FAST_SECONDS);
  const toggles = kind === 'component' ? await page.evaluate(() => window.bench.toggle(4)) : [];
  return {
    firstPaintBusy: load.busyMs,
    mountToPaint: load.value,
    idlePerSecond: idle.busyMs / (idle.value.ms / 1000),
    scrollPerFrame: scroll.busyMs / SCROLL_FRAMES,
    scrollFps: scroll.value.fps,
    blankFrames,
    jumpP95: quantile(jumps, 0.95),
    onScreenPerSecond: onScreen.busyMs / (onScreen.value.ms / 1000),
    onScreenFps: onScreen.value.fps,
    anywherePerSecond: anywhere.busyMs / (anywhere.value.ms / 1000),
    fastMaxFrame: fast.maxMs,
    toggle: median(toggles),
  };
}

/** What our own table has to stand beside the peers' tree: ten times the rows, and a slow processor. */
export type Extremes = {
  /** CPU per frame of scrolling 100 000 rows, in milliseconds. */
  readonly largeScrollPerFrame: number;
  /** Interaction to next paint with the processor four times as slow, p95 in milliseconds. */
  readonly slowInteractionP95: number;
};

const LARGE_ROWS = 100_000;
const SLOWER = 4;
const KEYS = ['ArrowDown', 'ArrowDown', 'ArrowUp', 'PageDown', 'End', 'Home', 'ArrowLeft', 'ArrowRight', 'x', 'a'];

export async function measureExtremes(url: string): Promise<Extremes> {
  const browser = await launchBrowser();
  try {
    const large = await openTab(browser);
    await show(large, `${url}?rows=${LARGE_ROWS}`);
    const scroll = await large.busy(() =>
      large.page.evaluate(([pixels, frames]) => window.bench.scroll(pixels, frames, 'timed'), [
        SCROLL_PIXELS,
        SCROLL_FRAMES,
      ] as const),
    );
    await large.close();
    const slow = await openTab(browser);
    await show(slow, url);
    await slow.slowDown(SLOWER);
    return {
      largeScrollPerFrame: scroll.busyMs / SCROLL_FRAMES,
      slowInteractionP95: quantile(await interact(slow), 0.95),
    };
  } finally {
    await browser.close();
  }
}

/** Opens a page and waits until it has put off nothing any more. */
async function show({ page }: Tab, url: string): Promise<void> {
  await page.goto(url);
  await page.waitForFunction(() => window.bench.ready);
  await page.evaluate(() => window.bench.idle(0.5));
}

/** Closes and opens the branch of 2 000 rows, and goes about with keys. @returns milliseconds of every interaction until its paint */
async function interact({ page }: Tab): Promise<number[]> {
  await page.evaluate(() => window.bench.watchInteractions());
  for (let i = 0; i < 6; i++) {
    await page.locator('.row .toggle').first().click();
    await page.evaluate(() => window.bench.idle(0.2));
  }
  for (const key of [...KEYS, ...KEYS]) {
    await page.keyboard.press(key);
    await page.evaluate(() => window.bench.idle(0.2));
  }
  return page.evaluate(() => window.bench.interactions());
}

/** What the component adds to the heap of a page that holds the rows but shows nothing yet. */
async function measureHeap(tab: Tab, url: string): Promise<number> {
  await tab.page.goto(`${url}?hold`);
  await tab.page.waitForFunction(() => window.bench !== undefined);
  const before = await tab.heap();
  await tab.page.evaluate(() => window.bench.mount());
  return (await tab.heap()) - before;
}
