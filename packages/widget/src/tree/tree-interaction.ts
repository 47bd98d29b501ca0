import { findText } from '@tenantree/domain';
import { treeInUseStyles } from './in-use-styles.ts';
import type { AccountLine } from './lines.ts';
import { NameEditor } from './name-editor.ts';
import { paintLimit } from './paint-limit.ts';
import { pinnedAncestors } from './pinned-ancestors.ts';
import type { TreeHost } from './tree-host.ts';
import { TreeIntents } from './tree-intents.ts';
import { TreeKeyboard } from './tree-keyboard.ts';
import { TreeMenu } from './tree-menu.ts';
import type { TableInUse, TreePainter } from './tree-painter.ts';
import { TreePointer } from './tree-pointer.ts';
import { treeTexts } from './tree-texts.ts';

/** What people do in the table, and what it shows only then. Loaded when they come near (`SamTree`). */
export class TreeInteraction implements TableInUse {
  readonly #keyboard: TreeKeyboard;
  readonly #pointer: TreePointer;
  readonly intents: TreeIntents;
  readonly names: NameEditor;
  readonly pinned = pinnedAncestors;
  readonly find = findText;
  readonly limit = paintLimit;

  constructor(tree: TreeHost, painter: TreePainter) {
    tree.texts.complete(treeTexts);
    this.intents = new TreeIntents(tree, painter);
    const menu = new TreeMenu(tree, painter, this.intents);
    this.#keyboard = new TreeKeyboard(tree, painter, this.intents, menu);
    this.#pointer = new TreePointer(tree, painter, this.intents, menu);
    this.names = new NameEditor(tree, painter, this.intents);
    painter.inUse = this;
    // Rows that are there already; their minutes stay what they were, so that a change of them still pulses.
    for (const slot of painter.slots) {
      const words = slot.account && paintLimit(slot, slot.account, tree.texts);
      if (words) slot.say('.own', words);
    }
    if (treeInUseStyles.styleSheet) tree.shadowRoot?.adoptedStyleSheets.push(treeInUseStyles.styleSheet);
  }

  take(event: KeyboardEvent | MouseEvent): void {
    if (event instanceof KeyboardEvent) this.#keyboard.press(event);
    else this.#pointer.click(event);
  }

  sayVanished(line: AccountLine): void {
    this.intents.sayVanished(line);
  }
}
