import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { IS_LONG } from '../../../../scripts/rounds.ts';
import { expectAccessible } from './app.ts';

/** Where pictures are put that somebody wants to look at. */
const { PICTURES = '' } = process.env;

/**
 * Light, wide and from left to right, and the opposite of each; before a release, also dark where it is wide, and all of axe where there is
 * little room.
 */
const MODES = [
  ['light', 1280, 'ltr', 'everything'],
  ['dark', 360, 'rtl', 'colours'],
  ...(IS_LONG
    ? ([
        ['dark', 1280, 'rtl', 'colours'],
        ['light', 360, 'ltr', 'everything'],
      ] as const)
    : []),
] as const;

/** Looks at a page in each of its modes: axe finds nothing, and nothing is wider than the window. */
export async function look(page: Page, what: string): Promise<void> {
  for (const [scheme, width, direction, looks] of MODES) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 800 });
    await page.evaluate(`document.documentElement.dir = '${direction}'`);
    await expectAccessible(page, `${what}, ${scheme}, ${width} px, ${direction}`, looks);
    if (PICTURES !== '') await page.screenshot({ path: `${PICTURES}/${what}-${scheme}-${width}.png`, fullPage: true });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${what} at ${width} px`).toBe(
      true,
    );
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.evaluate("document.documentElement.dir = 'ltr'");
}
