import { emit } from '../events.ts';
import { define } from '../parts/define.ts';
import { NameDone, SamRename } from '../parts/sam-rename.ts';
import type { AccountLine } from './lines.ts';
import { put } from './row-slot.ts';
import type { TreeHost } from './tree-host.ts';
import type { TreeIntents } from './tree-intents.ts';
import type { TreePainter } from './tree-painter.ts';

/** What was typed before and refused, to go on from. */
export type RefusedName = { readonly name: string; readonly why: string };

/** Puts a field for the name into a row, and takes it away when it is done. */
export class NameEditor {
  readonly #tree: TreeHost;
  readonly #painter: TreePainter;
  readonly #intents: TreeIntents;
  #field: SamRename | null = null;

  constructor(tree: TreeHost, painter: TreePainter, intents: TreeIntents) {
    this.#tree = tree;
    this.#painter = painter;
    this.#intents = intents;
  }

  open(line: AccountLine, refused: RefusedName | null): void {
    this.close();
    this.#intents.goTo(line);
    const slot = this.#painter.slotOfLine(line);
    if (!slot) return;
    define('sam-rename', SamRename);
    const { account } = line;
    const field = new SamRename();
    field.className = 'editing';
    field.was = account.row.name;
    field.value = refused?.name ?? account.row.name;
    field.error = refused?.why ?? '';
    field.label = this.#tree.texts.say('renameLabel', { name: account.row.name });
    field.addEventListener('sam-done', (event) => {
      const name = event instanceof NameDone ? event.name : null;
      const focused = field.matches(':focus-within');
      this.close();
      if (focused) this.#painter.focusCurrent();
      if (name !== null) emit(this.#tree, 'sam-rename', { account: account.row, name });
    });
    this.#field = field;
    put(slot.el, { 'data-editing': '' });
    slot.part('.label').after(field);
  }

  close(): void {
    const field = this.#field;
    this.#field = null;
    const row = field?.closest('.row');
    if (row) put(row, { 'data-editing': null });
    field?.remove();
  }
}
