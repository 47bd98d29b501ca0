import { NameEditor } from './name-editor.ts';
import type { SamTree } from './sam-tree.ts';
import { TreeIntents } from './tree-intents.ts';
import { TreeKeyboard } from './tree-keyboard.ts';
import { TreeMenu } from './tree-menu.ts';
import type { TreePainter } from './tree-painter.ts';
import { TreePointer } from './tree-pointer.ts';

/** What people do in the table. Loaded when they come near (tree-hands.ts). */
export class TreeWork {
  readonly #keyboard: TreeKeyboard;
  readonly #pointer: TreePointer;
  readonly menu: TreeMenu;
  readonly names: NameEditor;

  constructor(tree: SamTree, painter: TreePainter) {
    const intents = new TreeIntents(tree, painter);
    this.#keyboard = new TreeKeyboard(tree, painter, intents);
    this.#pointer = new TreePointer(tree, painter, intents);
    this.menu = new TreeMenu(tree, painter, intents);
    this.names = new NameEditor(tree, painter);
  }

  take(event: KeyboardEvent | MouseEvent): void {
    if (event instanceof KeyboardEvent) this.#keyboard.press(event);
    else this.#pointer.click(event);
  }
}
