import { existsSync } from 'node:fs';
import sparticuz from '@sparticuz/chromium';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-precise-memory-info',
  '--js-flags=--expose-gc',
];

/** $CHROMIUM_PATH, the machine's, or the one that comes as a package. */
export async function launchBrowser(): Promise<Browser> {
  const named = process.env['CHROMIUM_PATH'];
  const debian = '/usr/bin/chromium';
  const executablePath = named ? named : existsSync(debian) ? debian : await sparticuz.executablePath();
  return chromium.launch({ executablePath, args: ARGS });
}

/** A tab of which main-thread time and memory can be read. */
export type Tab = {
  readonly page: Page;
  /** Main-thread milliseconds that the work took, and its result. */
  busy<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly busyMs: number }>;
  /** Makes the processor so many times slower. */
  slowDown(times: number): Promise<void>;
  /** Megabytes of JavaScript heap after a collection. */
  heap(): Promise<number>;
  close(): Promise<void>;
};

export async function openTab(browser: Browser): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const failures: string[] = [];
  page.on('pageerror', (error) => failures.push(String(error)));
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const metric = (name: string) => readMetric(cdp, name);
  return {
    page,
    async busy(work) {
      const before = await metric('TaskDuration');
      const value = await work();
      const busyMs = ((await metric('TaskDuration')) - before) * 1000;
      if (failures.length > 0) throw new Error(failures.join('\n'));
      return { value, busyMs };
    },
    async slowDown(times) {
      await cdp.send('Emulation.setCPUThrottlingRate', { rate: times });
    },
    async heap() {
      await page.evaluate('gc()');
      return (await metric('JSHeapUsedSize')) / 2 ** 20;
    },
    close: () => context.close(),
  };
}

async function readMetric(cdp: CDPSession, name: string): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
}
