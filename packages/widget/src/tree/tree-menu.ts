import type { RowChoice } from '../events.ts';
import { define } from '../parts/define.ts';
import { type MenuItem, SamMenu } from '../parts/sam-menu.ts';
import type { AccountLine } from './lines.ts';
import type { TreeHost } from './tree-host.ts';
import type { TreeIntents } from './tree-intents.ts';
import type { TreePainter } from './tree-painter.ts';

/** The menu of a row. */
export class TreeMenu {
  readonly #tree: TreeHost;
  readonly #painter: TreePainter;
  readonly #intents: TreeIntents;
  #line: AccountLine | null = null;
  #items: readonly MenuItem<RowChoice>[] = [];

  constructor(tree: TreeHost, painter: TreePainter, intents: TreeIntents) {
    define('sam-menu', SamMenu);
    this.#tree = tree;
    this.#painter = painter;
    this.#intents = intents;
  }

  /** Opens the menu at the row's button, or at the row where the layout has no button. */
  async open(line: AccountLine): Promise<void> {
    const { row } = line.account;
    this.#items = await this.#tree.menuOf(row);
    const menu = this.#tree.renderRoot.querySelector<SamMenu>('sam-menu');
    const slot = this.#painter.slotOfLine(line);
    if (!menu || !slot) return;
    this.#line = line;
    menu.addEventListener('sam-choose', this.#choose);
    menu.items = this.#items;
    menu.label = this.#tree.texts.say('actionsForName', { name: row.name });
    const button = slot.part('.actions button');
    const opener = this.#painter.cell === 'actions' && this.#painter.current === line ? button : slot.el;
    await menu.openAt(button.checkVisibility() ? button : slot.el, opener);
  }

  readonly #choose = (event: Event): void => {
    const chosen = this.#items.find(({ id }) => event instanceof CustomEvent && id === event.detail.id);
    if (this.#line && chosen) this.#intents.choose(chosen.id, this.#line);
  };
}
