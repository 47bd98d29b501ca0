import type { Line } from './lines.ts';
import type { ChangeCause } from './tree-store.ts';
import type { TreeView } from './tree-view.ts';

/** What was at the upper edge when rows were painted last. */
type Sight = { readonly view: TreeView; readonly line: Line | undefined; readonly index: number; readonly top: number };

/**
 * Keeps what one looks at where it is: each view has its own scroll position, and rows that come or go above by themselves don't
 * push the ones in sight (ux.md 2.0: numbers move, rows don't).
 */
export class ScrollMemory {
  readonly #tops = new WeakMap<TreeView, number>();
  #sight: Sight | null = null;

  /** Notes what was painted; `index` is that of the row at the upper edge. */
  note(view: TreeView, index: number, top: number): void {
    this.#tops.set(view, top);
    this.#sight = { view, line: view.visible.at(index), index, top };
  }

  /**
   * @param held whether pointer or focus is in the table: then not even the very top gives way
   * @returns where to scroll to before the next paint, in CSS pixels; null to stay
   */
  next(view: TreeView, cause: ChangeCause, rowHeight: number, held: () => boolean): number | null {
    const sight = this.#sight;
    if (sight === null) return null;
    if (sight.view !== view) return this.#tops.get(view) ?? 0;
    if (cause === 'asked' || sight.line === undefined) return null;
    const index = view.visible.indexOf(sight.line);
    if (index < 0 || index === sight.index || (sight.top === 0 && !held())) return null;
    return sight.top + (index - sight.index) * rowHeight;
  }
}
