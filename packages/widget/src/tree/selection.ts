import type { AccountId } from '@tenantree/domain';
import type { FlatLines } from './flat-lines.ts';
import type { AccountLine } from './lines.ts';

/** The accounts that are ticked off for something to be done with them. Independent of what is loaded or visible. */
export class Selection {
  readonly #ids = new Set<AccountId>();
  /** Where a range starts. */
  #anchor: AccountLine | null = null;

  get size(): number {
    return this.#ids.size;
  }

  has(id: AccountId): boolean {
    return this.#ids.has(id);
  }

  ids(): readonly AccountId[] {
    return [...this.#ids];
  }

  toggle(line: AccountLine): void {
    const { id } = line.account;
    if (!this.#ids.delete(id)) this.#ids.add(id);
    this.#anchor = line;
  }

  /** Selects everything visible between the line of the last toggle and this one. */
  extendTo(line: AccountLine, flat: FlatLines): void {
    const from = this.#anchor === null ? -1 : flat.indexOf(this.#anchor);
    const to = flat.indexOf(line);
    if (from < 0) this.#anchor = line;
    const [first, last] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
    for (let i = first; i <= last; i++) this.#add(flat, i);
  }

  /** Selects every visible account. */
  addAll(flat: FlatLines): void {
    for (let i = 0; i < flat.length; i++) this.#add(flat, i);
  }

  remove(id: AccountId): void {
    this.#ids.delete(id);
    if (this.#anchor?.account.id === id) this.#anchor = null;
  }

  clear(): void {
    this.#ids.clear();
    this.#anchor = null;
  }

  #add(flat: FlatLines, index: number): void {
    const line = flat.at(index);
    if (line?.kind === 'account') this.#ids.add(line.account.id);
  }
}
