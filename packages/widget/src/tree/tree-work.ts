import { enWork } from '../strings/en-work.ts';
import { handStyles } from './hand-styles.ts';
import { NameEditor } from './name-editor.ts';
import { pinnedAncestors } from './pinned-ancestors.ts';
import type { SamTree } from './sam-tree.ts';
import { TreeIntents } from './tree-intents.ts';
import { TreeKeyboard } from './tree-keyboard.ts';
import { TreeMenu } from './tree-menu.ts';
import type { TreePainter } from './tree-painter.ts';
import { TreePointer } from './tree-pointer.ts';

/** What there is to the table once it is used: what people do in it, and the ancestors that are pinned while it scrolls. Loaded when they come near (`SamTree`). */
export class TreeWork {
  readonly #keyboard: TreeKeyboard;
  readonly #pointer: TreePointer;
  readonly intents: TreeIntents;
  readonly menu: TreeMenu;
  readonly names: NameEditor;
  readonly pinned = pinnedAncestors;

  constructor(tree: SamTree, painter: TreePainter) {
    tree.texts.complete(enWork);
    this.intents = new TreeIntents(tree, painter);
    this.#keyboard = new TreeKeyboard(tree, painter, this.intents);
    this.#pointer = new TreePointer(tree, painter, this.intents);
    this.menu = new TreeMenu(tree, painter, this.intents);
    this.names = new NameEditor(tree, painter, this.intents);
    painter.work = this;
    if (handStyles.styleSheet) tree.shadowRoot?.adoptedStyleSheets.push(handStyles.styleSheet);
  }

  take(event: KeyboardEvent | MouseEvent): void {
    if (event instanceof KeyboardEvent) this.#keyboard.press(event);
    else this.#pointer.click(event);
  }
}
