import { isFiltered } from '@tenantree/domain';
import type { Sought } from '../data/account-source.ts';
import { emit } from '../events.ts';
import type { AccountLine, Line } from './lines.ts';
import type { TreeHost } from './tree-host.ts';
import type { TreeIntents } from './tree-intents.ts';
import { commandOf, type TreeCommand } from './tree-keys.ts';
import type { TreeMenu } from './tree-menu.ts';
import type { TreePainter } from './tree-painter.ts';
import { TypeAhead } from './type-ahead.ts';

/** Whether a search or filters leave out accounts; a flat list alone leaves out none. */
const isKept = (sought: Sought | null): boolean =>
  sought !== null && Boolean(sought.query || sought.under || isFiltered(sought) || !sought.sort);

/** By how much a key makes a column wider, in CSS pixels. */
const WIDER_PX = 16;

type Move = Extract<TreeCommand, { readonly do: 'move' }>;

/** What keys do in the table: one stop for Tab, rows first, cells on demand (rules/screens 5, 15). */
export class TreeKeyboard {
  readonly #tree: TreeHost;
  readonly #painter: TreePainter;
  readonly #intents: TreeIntents;
  readonly #menu: TreeMenu;
  readonly #typing = new TypeAhead();

  constructor(tree: TreeHost, painter: TreePainter, intents: TreeIntents, menu: TreeMenu) {
    this.#tree = tree;
    this.#painter = painter;
    this.#intents = intents;
    this.#menu = menu;
  }

  press(event: KeyboardEvent): void {
    const { target } = event;
    if (event.defaultPrevented || !(target instanceof HTMLElement) || target.closest('.editing')) return;
    const control = target.matches('button, input, a[href]');
    if (control && (event.key === 'Enter' || event.key === ' ')) return;
    const rtl = this.#tree.matches(':dir(rtl)');
    const column = event.altKey && target.closest<HTMLElement>('.head .cell');
    if (column && /^Arrow(Left|Right)$/.test(event.key)) {
      const sign = (event.key === 'ArrowRight') !== rtl ? 1 : -1;
      const width = column.offsetWidth + sign * WIDER_PX;
      emit(this.#tree, 'sam-width', { column: column.classList.item(1) ?? '', width });
      event.preventDefault();
      return;
    }
    const command = commandOf(event, this.#typing.isRunning(event.timeStamp), rtl);
    if (command === null) return;
    const head = target.closest('.head');
    if (head ? this.#runInHead(command, target) : this.#run(command, event.timeStamp)) event.preventDefault();
  }

  /** @returns whether the key was of use */
  #run(command: TreeCommand, now: number): boolean {
    const line = this.#painter.current;
    if (command.do === 'move') return this.#move(command);
    if (command.do === 'edge') return this.#toEdge(command.end);
    if (command.do === 'leave') return this.#leave();
    if (command.do === 'selectAll') return this.#selectAll();
    if (command.do === 'type') return this.#type(command.text, now);
    if (command.do === 'create' || command.do === 'search' || command.do === 'pause') {
      this.#intents.act(command.do, null);
      return true;
    }
    if (line === null) return false;
    if (line.kind === 'account') return this.#runOn(command, line);
    if (command.do === 'open' && line.kind !== 'skeleton') this.#intents.more(line);
    else if (command.do === 'outward' && line.home.owner) this.#intents.goTo(line.home.owner);
    return true;
  }

  #runOn(command: TreeCommand, line: AccountLine): boolean {
    const intents = this.#intents;
    switch (command.do) {
      case 'open':
        intents.open(line, 'here');
        return true;
      case 'openInNewTab':
        intents.open(line, 'newTab');
        return true;
      case 'switch':
        intents.switchTo(line, 'here');
        return true;
      case 'switchInNewTab':
        intents.switchTo(line, 'newTab');
        return true;
      case 'toggleSelection':
        intents.select(line, 'toggle');
        return true;
      case 'inward':
        return this.#inward(line);
      case 'outward':
        return this.#outward(line);
      case 'openSiblings':
        this.#tree.store?.change((view) => line.home.lines.forEach((sibling) => view.open(sibling)));
        return true;
      case 'menu':
        void this.#menu.open(line);
        return true;
      case 'summary':
        this.#readSummary(line);
        return true;
      case 'rename':
      case 'copyId':
      case 'openBranch':
        intents.act(command.do, line);
        return true;
      default:
        return false;
    }
  }

  #move({ by, step, select }: Move): boolean {
    const { store } = this.#tree;
    const visible = store?.view.visible;
    const from = this.#painter.current;
    if (!visible || from === null) return false;
    const at = visible.indexOf(from);
    if (at === 0 && step === -1 && by === 'row' && !select) return this.#toHead();
    const page = Math.max(1, Math.floor(this.#painter.frame.rows) - 1);
    const distance = by === 'all' ? visible.length : by === 'page' ? page : 1;
    const to = visible.at(Math.max(0, Math.min(visible.length - 1, at + step * distance)));
    if (to === undefined) return false;
    if (select && from.kind === 'account' && to.kind === 'account') {
      if (!store.selection.has(from.account.id)) this.#intents.select(from, 'toggle');
      this.#intents.select(to, 'extend');
    }
    this.#intents.goTo(to, to.kind === 'account' ? this.#painter.cell : null);
    return true;
  }

  #inward(line: AccountLine): boolean {
    const { cell } = this.#painter;
    if (cell !== null) return this.#toCell(line, 1);
    if (this.#tree.store?.view.canOpen(line) && !line.open) {
      this.#intents.toggle(line);
      return true;
    }
    return this.#toCell(line, 1);
  }

  #outward(line: AccountLine): boolean {
    if (this.#painter.cell !== null) return this.#toCell(line, -1);
    if (line.open) {
      this.#intents.toggle(line);
      return true;
    }
    if (line.home.owner) this.#intents.goTo(line.home.owner);
    else if ((this.#tree.store?.entered.length ?? 0) > 0 && this.#tree.store?.sought === null)
      this.#intents.act('leave', null);
    return true;
  }

  /** Cells that are shown in the present layout and have something in them to focus. */
  #cells(line: AccountLine): string[] {
    const slot = this.#painter.slotOfLine(line);
    const names = [...(slot?.el.children ?? [])].map(({ classList }) => classList.item(1) ?? '');
    return slot ? names.filter((cell) => slot.focusable(cell).checkVisibility({ visibilityProperty: true })) : [];
  }

  #toCell(line: AccountLine, step: 1 | -1): boolean {
    const cells = this.#cells(line);
    const { cell } = this.#painter;
    const at = cell === null ? -1 : cells.indexOf(cell);
    const next = at + step;
    if (next < cells.length) this.#intents.goTo(line, cells[next] ?? null);
    // Arranged columns may be wider than the table.
    const shown = cells[next];
    if (shown)
      this.#painter.slotOfLine(line)?.part(`.cell.${shown}`).scrollIntoView({ block: 'nearest', inline: 'nearest' });
    return true;
  }

  #toEdge(end: 'start' | 'end'): boolean {
    const line = this.#painter.current;
    if (line?.kind === 'account' && this.#painter.cell !== null) {
      const cells = this.#cells(line);
      this.#intents.goTo(line, (end === 'start' ? cells[0] : cells.at(-1)) ?? null);
      return true;
    }
    return this.#move({ do: 'move', by: 'all', step: end === 'start' ? -1 : 1, select: false });
  }

  #toHead(): boolean {
    const button = this.#painter.frame.scroller.querySelector<HTMLElement>('.head .column');
    if (button?.checkVisibility()) button.focus();
    return true;
  }

  #runInHead(command: TreeCommand, from: HTMLElement): boolean {
    if (command.do === 'move' && command.step === 1) {
      this.#painter.focusCurrent();
      return true;
    }
    if (command.do !== 'inward' && command.do !== 'outward') return false;
    const buttons = [...(this.#painter.frame.scroller.querySelectorAll<HTMLElement>('.head .column') ?? [])];
    buttons[buttons.indexOf(from) + (command.do === 'inward' ? 1 : -1)]?.focus();
    return true;
  }

  #leave(): boolean {
    const { store } = this.#tree;
    if (this.#painter.cell !== null && this.#painter.current) this.#intents.goTo(this.#painter.current);
    else if (store && store.selection.size > 0) {
      store.selection.clear();
      this.#intents.selected();
    } else if (store && (isKept(store.sought) || store.entered.length > 0)) this.#intents.act('leave', null);
    else return false;
    return true;
  }

  #selectAll(): boolean {
    const { store } = this.#tree;
    if (!store) return false;
    this.#intents.selectBetween(0, store.view.visible.length - 1);
    return true;
  }

  #type(text: string, now: number): boolean {
    const visible = this.#tree.store?.view.visible;
    if (!visible) return false;
    const from: Line | null = this.#painter.current;
    const found = this.#typing.add(text, now, visible, from === null ? -1 : visible.indexOf(from));
    if (found) this.#intents.goTo(found);
    return true;
  }

  #readSummary({ account }: AccountLine): void {
    const { say, numbers } = this.#tree.texts;
    const { name, members, agents } = account.row;
    const minutes = account.minutes === null ? say('noUsage') : numbers.minutes(account.minutes.total);
    this.#intents.announce(say('summary', { name, minutes, members: members.total, agents: agents.total }));
  }
}
