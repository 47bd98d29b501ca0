import type { AccountLine, Line } from './lines.ts';
import type { VisibleLines } from './visible-lines.ts';

/** Most ancestors that stay in sight while their branch is scrolled through (ux.md 2.3). */
const MOST_PINNED = 3;

const ownersOf = (line: Line): AccountLine[] => {
  const owners: AccountLine[] = [];
  for (let owner = line.home.owner; owner !== null; owner = owner.home.owner) owners.unshift(owner);
  return owners;
};

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
  let pinned: readonly AccountLine[] = [];
  for (let count = 0; count <= MOST_PINNED; count++) {
    const line = visible.at(firstRow + count);
    if (line === undefined) break;
    const wanted = pinnedAbove(line, viewportRows);
    const owners = wanted === 0 ? [] : ownersOf(line).slice(-wanted);
    pinned = owners.slice(0, count);
    if (wanted <= count) break;
  }
  return pinned;
}
