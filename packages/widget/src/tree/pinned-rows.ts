import type { Texts } from '../strings/texts.ts';
import type { Account, AccountLine } from './lines.ts';
import { paintMinutes, paintRow, type RowContext } from './paint-row.ts';
import { createSlot, type Slot } from './row-slot.ts';

/** Copies of ancestors' rows under the head, for the eye only. */
export class PinnedRows {
  readonly #container: HTMLElement;
  #slots: Slot[] = [];

  constructor(container: HTMLElement) {
    this.#container = container;
  }

  ofElement(row: Element): Slot | undefined {
    return this.#slots.find((slot) => slot.el === row);
  }

  /** @param why `changed` when rows may show something else now */
  paint(lines: readonly AccountLine[], why: 'scrolled' | 'changed', context: RowContext): void {
    while (this.#slots.length < lines.length) {
      const slot = createSlot();
      slot.el.style.setProperty('--pin', String(this.#slots.length));
      this.#container.append(slot.el);
      this.#slots.push(slot);
    }
    const { visible } = context.store.view;
    this.#slots.forEach((slot, k) => {
      const line = lines[k];
      slot.el.hidden = line === undefined;
      if (line && (slot.line !== line || why === 'changed')) paintRow(slot, line, visible.indexOf(line), context);
    });
  }

  shows(account: Account): boolean {
    return this.#slots.some((slot) => isOf(slot, account));
  }

  tick(account: Account, texts: Texts): void {
    for (const slot of this.#slots) if (isOf(slot, account)) paintMinutes(slot, account, texts);
  }

  clear(): void {
    this.#container.replaceChildren();
    this.#slots = [];
  }
}

const isOf = ({ line }: Slot, account: Account): boolean => line?.kind === 'account' && line.account === account;
