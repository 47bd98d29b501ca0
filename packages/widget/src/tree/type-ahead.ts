import { plainText } from '@tenantree/domain';
import type { AccountLine } from './lines.ts';
import type { VisibleLines } from './visible-lines.ts';

/** A pause longer than this, in milliseconds, starts another name. */
const PAUSE_MS = 700;

/** Finds rows by the beginning of their name while it is typed. */
export class TypeAhead {
  #typed = '';
  #at = Number.NEGATIVE_INFINITY;

  isRunning(now: number): boolean {
    return this.#typed !== '' && now - this.#at < PAUSE_MS;
  }

  /** @returns the next row, from the current one on and around, whose name begins with what was typed */
  add(text: string, now: number, visible: VisibleLines, from: number): AccountLine | null {
    const first = !this.isRunning(now);
    this.#typed = (first ? '' : this.#typed) + plainText(text);
    this.#at = now;
    const start = first ? from + 1 : Math.max(0, from);
    for (let k = 0; k < visible.length; k++) {
      const line = visible.at((start + k) % visible.length);
      if (line?.kind === 'account' && plainText(line.account.row.name).startsWith(this.#typed)) return line;
    }
    return null;
  }
}
