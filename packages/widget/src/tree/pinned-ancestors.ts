import type { AccountLine, Line } from './lines.ts';
import type { VisibleLines } from './visible-lines.ts';

/** Most ancestors that stay in sight while their branch is scrolled through (rules/screens 10). */
const MOST_PINNED = 3;

/** How many ancestors are pinned above a line when it is the first one in sight. */
export const pinnedAbove = (line: Line, viewportRows: number): number =>
  Math.min(MOST_PINNED, line.level, Math.max(0, Math.floor(viewportRows / 4)));

/**
 * The ancestors to pin for a scroll position: those of the first line that they leave in sight, the nearest ones where there are
 * too many.
 *
 * @param firstRow index of the line at the upper edge, before anything is pinned
 */
export function pinnedAncestors(visible: VisibleLines, firstRow: number, viewportRows: number): readonly AccountLine[] {
  let line = visible.at(firstRow);
  for (let count = 0; line && pinnedAbove(line, viewportRows) > count; ) line = visible.at(firstRow + ++count);
  const pinned: AccountLine[] = [];
  const wanted = line ? pinnedAbove(line, viewportRows) : 0;
  for (let owner = line?.home.owner; owner && pinned.length < wanted; owner = owner.home.owner) pinned.unshift(owner);
  return pinned;
}
