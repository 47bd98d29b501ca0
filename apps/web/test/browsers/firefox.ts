import puppeteer from 'puppeteer-core';
import type { OtherBrowser } from './other-browser.ts';

/** Debian's package: firefox-esr. */
export const FIREFOX = '/usr/bin/firefox-esr';

/** Starts Firefox, over WebDriver BiDi: it needs no driver beside it. */
export async function openFirefox(): Promise<OtherBrowser> {
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath: FIREFOX, headless: true });
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 800 });
  let isFocused = false;
  return {
    open: async (url) => {
      await page.goto(url);
      // The focus starts in the address bar: one real click, or the keyboard goes there.
      if (!isFocused) await page.mouse.click(2, 2);
      isFocused = true;
    },
    read: <T>(body: string, given?: unknown) =>
      page.evaluate(`((given) => { ${body} })(${JSON.stringify(given ?? null)})`) as Promise<T>,
    clickAt: (x, y) => page.mouse.click(x, y),
    type: (text) => page.keyboard.type(text),
    press: (key) => page.keyboard.press(key),
    close: () => browser.close(),
  };
}
