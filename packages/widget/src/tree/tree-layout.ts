/** Layouts by the width of the container in CSS pixels, not of the window (ux.md 2.6). The style sheet has the same bounds. */
export const LAYOUTS = { xl: 1080, l: 760, m: 520, s: 360, xs: 0 } as const;
export type Layout = keyof typeof LAYOUTS;

/** The layout for a width. */
export function layoutOf(width: number): Layout {
  if (width >= LAYOUTS.xl) return 'xl';
  if (width >= LAYOUTS.l) return 'l';
  if (width >= LAYOUTS.m) return 'm';
  return width >= LAYOUTS.s ? 's' : 'xs';
}

/** Levels that open in place; what is deeper is entered, one level per screen. */
export const levelsOf = (layout: Layout): number =>
  layout === 'xs' ? 1 : layout === 's' ? 3 : Number.POSITIVE_INFINITY;
