import type { AccountLine, Line } from './lines.ts';
import type { SamTree } from './sam-tree.ts';
import {
  type ActionDetail,
  emit,
  isTreeAction,
  type OpenDetail,
  type Place,
  type SwitchDetail,
  type TreeAction,
} from './tree-events.ts';
import type { TreePainter } from './tree-painter.ts';

/** What people want from a row, whether they click or press keys. */
export class TreeIntents {
  readonly #tree: SamTree;
  readonly #painter: TreePainter;
  /** Where a range starts: the line that was selected last. */
  #anchor: AccountLine | null = null;

  constructor(tree: SamTree, painter: TreePainter) {
    this.#tree = tree;
    this.#painter = painter;
  }

  open(line: AccountLine, place: Place): void {
    emit<OpenDetail>(this.#tree, 'sam-open', { account: line.account.row, place });
  }

  switchTo(line: AccountLine, place: Place): void {
    if (!this.#tree.features.switch || line.account.row.status === 'closed') return;
    emit<SwitchDetail>(this.#tree, 'sam-switch', { account: line.account.row, place });
  }

  act(action: TreeAction, line: Line | null): void {
    emit<ActionDetail>(this.#tree, 'sam-action', {
      action,
      account: line?.kind === 'account' ? line.account.row : null,
    });
  }

  /** Opens or closes a line; where there is no room to open it in place, it is entered. */
  toggle(line: AccountLine): void {
    const { store, texts } = this.#tree;
    if (!store?.view.canOpen(line)) return;
    const { name, children } = line.account.row;
    if (line.level >= this.#painter.levels - 1 && !line.open) {
      store.enter(line);
      this.#tree.announce(texts.say('opened', { name, n: children }));
      return;
    }
    const { visible } = store.view;
    const before = visible.length;
    store.change((view) => (line.open ? view.close(line) : view.open(line)));
    this.#painter.renew();
    this.#painter.ease(line, visible.length - before);
    this.#tree.announce(line.open ? texts.say('opened', { name, n: children }) : texts.say('closedBranch', { name }));
  }

  select(line: AccountLine, how: 'toggle' | 'extend'): void {
    const { store, features } = this.#tree;
    if (!store || !features.select) return;
    const { selection, view } = store;
    const from = selection.size > 0 && how === 'extend' ? view.visible.indexOf(this.#anchor) : -1;
    if (from >= 0) {
      const to = view.visible.indexOf(line);
      this.selectBetween(Math.min(from, to), Math.max(from, to));
      return;
    }
    this.#anchor = line;
    if (how === 'extend' || !selection.delete(line.account.id)) selection.add(line.account.id);
    this.selected();
  }

  /** Selects every account from one visible line to another. */
  selectBetween(first: number, last: number): void {
    const { store } = this.#tree;
    for (let i = first; i <= last; i++) {
      const line = store?.view.visible.at(i);
      if (line?.kind === 'account') store?.selection.add(line.account.id);
    }
    this.selected();
  }

  /** The selection changed. */
  selected(): void {
    this.#tree.requestUpdate();
    emit(this.#tree, 'sam-select', { accounts: [...(this.#tree.store?.selection ?? [])] });
  }

  /** Does what an entry of the row's menu says. */
  choose(id: string, line: AccountLine): void {
    if (id === 'open') this.open(line, 'here');
    else if (id === 'switch') this.switchTo(line, 'here');
    else if (isTreeAction(id)) this.act(id, line);
  }

  more(line: Line): void {
    if (line.kind !== 'account') this.#tree.store?.change((view) => view.more(line.home));
  }

  menu(line: AccountLine): void {
    if (this.#tree.features.actions) void this.#tree.openMenu(line);
  }
}
