import type { SamSubaccounts } from '@tenantree/widget';

/** How wide the panel is, in CSS pixels, unless a column ends elsewhere; never narrower or wider than the others (rules/screens 12). */
const [NARROWEST, WISHED, WIDEST] = [440, 560, 720];

/** Makes the panel as wide as the columns that it covers, so that none is seen in half. */
export function fitPanel(page: HTMLElement, list: SamSubaccounts | null): void {
  const place = page.getBoundingClientRect();
  const isRtl = getComputedStyle(page).direction === 'rtl';
  const widths = (list?.tree?.columnStarts() ?? [])
    .map((start) => (isRtl ? start - place.left : place.right - start))
    .filter((width) => width >= NARROWEST && width <= WIDEST)
    .sort((a, b) => Math.abs(a - WISHED) - Math.abs(b - WISHED));
  page.style.setProperty('--panel', `${widths[0] ?? WISHED}px`);
}
