import type { AccountSort } from '@tenantree/domain';
import { emit, type Place, type RowChoice, type TreeAction } from '../events.ts';
import type { AccountLine, Line } from './lines.ts';
import { pinnedAbove } from './pinned-ancestors.ts';
import { within } from './row-slot.ts';
import type { TreeHost } from './tree-host.ts';
import type { TreePainter } from './tree-painter.ts';

/** Rows slide apart when no more than these come or go, so long, in milliseconds (rules/screens 11). */
const [MOST_EASED, EASE_MS] = [20, 150];

/** What people want from a row, whether they click or press keys. */
export class TreeIntents {
  readonly #tree: TreeHost;
  readonly #painter: TreePainter;
  /** Where a range starts: the line that was selected last. */
  #anchor: AccountLine | null = null;

  constructor(tree: TreeHost, painter: TreePainter) {
    this.#tree = tree;
    this.#painter = painter;
  }

  /** Says something to assistive technology without moving the focus. */
  announce(text: string): void {
    within(this.#tree.renderRoot, '[role="status"]').textContent = text;
  }

  open(line: AccountLine, place: Place): void {
    emit(this.#tree, 'sam-open', { account: line.account.row, place });
  }

  switchTo(line: AccountLine, place: Place): void {
    if (!this.#tree.features.switch || line.account.row.status === 'closed') return;
    emit(this.#tree, 'sam-switch', { account: line.account.row, place });
  }

  act(action: TreeAction, line: Line | null): void {
    emit(this.#tree, 'sam-action', {
      action,
      account: line?.kind === 'account' ? line.account.row : null,
    });
  }

  /** Makes a line current, brings it into sight and, if the table has the focus, focuses it. */
  goTo(line: Line, cell: string | null = null): void {
    const visible = this.#tree.store?.view.visible;
    if (!visible) return;
    const { hasFocus } = this.#painter;
    visible.current = line;
    this.#painter.cell = cell;
    this.#painter.renew();
    const index = visible.indexOf(line);
    if (index < 0) return;
    this.#bringIntoView(index, line);
    this.#painter.scroll();
    if (hasFocus) this.#painter.focusCurrent();
  }

  /** Says that the line with the focus vanished, and which one took its place. */
  sayVanished({ account }: AccountLine): void {
    const { current } = this.#painter;
    const gone = account.row.name;
    const name = current?.kind === 'account' ? current.account.row.name : '';
    this.announce(this.#tree.texts.say(name === '' ? 'rowGoneEmpty' : 'rowGone', { gone, name }));
  }

  /** Opens or closes a line; where there is no room to open it in place, it is entered. */
  toggle(line: AccountLine): void {
    const { store, texts } = this.#tree;
    if (!store?.view.canOpen(line)) return;
    const { name, children } = line.account.row;
    if (line.level >= this.#painter.frame.levels - 1 && !line.open) {
      store.enter(line);
      this.announce(texts.say('opened', { name, n: children }));
      return;
    }
    const { visible } = store.view;
    const before = visible.length;
    store.change((view) => (line.open ? view.close(line) : view.open(line)));
    this.#painter.renew();
    this.#ease(visible.indexOf(line), visible.length - before);
    this.announce(line.open ? texts.say('opened', { name, n: children }) : texts.say('closedBranch', { name }));
  }

  select(line: AccountLine, how: 'toggle' | 'extend'): void {
    const { store } = this.#tree;
    if (!store) return;
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

  /** Scrolls as little as possible so that a row is seen, below what is pinned above it. */
  #bringIntoView(index: number, line: Line): void {
    const { scroller, rowHeight, rows, viewport } = this.#painter.frame;
    const top = (index - pinnedAbove(line, rows)) * rowHeight;
    const bottom = Math.ceil((index + 1) * rowHeight - viewport);
    const { scrollTop } = scroller;
    if (top < scrollTop) scroller.scrollTop = Math.max(0, top);
    else if (bottom > scrollTop) scroller.scrollTop = bottom;
  }

  /** Lets rows slide to where they are since `added` rows came in (or, below 0, went away) under the one at an index. */
  #ease(index: number, added: number): void {
    const { slots, frame } = this.#painter;
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (added === 0 || Math.abs(added) > MOST_EASED || isCalm) return;
    for (const { el, top } of slots) {
      const at = top / frame.rowHeight;
      if (at <= index) continue;
      const from = at <= index + added ? { opacity: 0 } : { transform: `translateY(${-added * frame.rowHeight}px)` };
      el.animate([from, {}], { duration: EASE_MS, easing: 'cubic-bezier(.2, 0, 0, 1)' });
    }
  }

  /** Sorts by a column, the other way round when it is the one already. */
  sortBy(sort: AccountSort): void {
    const { store, texts } = this.#tree;
    if (store === null) return;
    const { order } = store;
    const first = sort === 'name' || sort === 'created' ? 'asc' : 'desc';
    const direction = order.sort !== sort ? first : order.direction === 'asc' ? 'desc' : 'asc';
    store.sortBy({ sort, direction });
    const column = this.#tree.renderRoot.querySelector(`.head .${sort}`)?.textContent;
    if (column) this.announce(texts.say(direction === 'asc' ? 'sortedAscending' : 'sortedDescending', { column }));
    this.#tree.requestUpdate();
  }

  /** Does what an entry of the row's menu says. */
  choose(id: RowChoice, line: AccountLine): void {
    if (id === 'open') this.open(line, 'here');
    else if (id === 'switch') this.switchTo(line, 'here');
    else this.act(id, line);
  }

  more(line: Line): void {
    if (line.kind !== 'account') this.#tree.store?.change((view) => view.more(line.home));
  }
}
