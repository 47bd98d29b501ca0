import type { AccountLine } from './lines.ts';
import type { SamTree } from './sam-tree.ts';
import { TreeIntents } from './tree-intents.ts';
import { TreeKeyboard } from './tree-keyboard.ts';
import type { TreePainter } from './tree-painter.ts';
import { TreePointer } from './tree-pointer.ts';

/** What keys, clicks and entries of menus do in the table. */
export class TreeWork {
  readonly #keyboard: TreeKeyboard;
  readonly #pointer: TreePointer;
  readonly #intents: TreeIntents;

  constructor(tree: SamTree, painter: TreePainter) {
    this.#keyboard = new TreeKeyboard(tree, painter);
    this.#pointer = new TreePointer(tree, painter);
    this.#intents = new TreeIntents(tree, painter);
  }

  take(event: KeyboardEvent | MouseEvent): void {
    if (event instanceof KeyboardEvent) this.#keyboard.press(event);
    else this.#pointer.click(event);
  }

  choose(id: string, line: AccountLine): void {
    this.#intents.choose(id, line);
  }
}
