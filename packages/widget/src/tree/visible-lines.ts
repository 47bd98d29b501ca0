import { FlatLines } from './flat-lines.ts';
import type { AccountLine, Branch, Line, TailLine } from './lines.ts';

/**
 * The visible part of a view's branches, and the line among them that has the focus. Every change is one splice at the
 * place where it happens.
 */
export class VisibleLines {
  readonly flat = new FlatLines();
  /** The line with the focus, or that will have it. */
  current: Line | null = null;
  readonly #displaced: (from: Line) => void;

  /** @param displaced called when the current line vanished and a neighbour became current */
  constructor(displaced: (from: Line) => void) {
    this.#displaced = displaced;
  }

  shows(branch: Branch): boolean {
    return branch.owner === null || (branch.owner.open && this.flat.indexOf(branch.owner) >= 0);
  }

  /** Opens a line that is closed. */
  open(line: AccountLine, branch: Branch): void {
    const index = this.flat.indexOf(line);
    line.open = true;
    if (index >= 0) this.flat.splice(index + 1, 0, collect(branch));
  }

  /** Closes a line that is open. What was current below it hands over to the line itself. */
  close(line: AccountLine): void {
    const index = this.flat.indexOf(line);
    line.open = false;
    if (index < 0) return;
    const end = this.flat.endOf(index);
    const at = this.current === null ? -1 : this.flat.indexOf(this.current);
    if (at > index && at < end) this.current = line;
    this.flat.splice(index + 1, end - index - 1, []);
  }

  /** Shows a branch anew after its lines changed. */
  renew(branch: Branch): void {
    if (!this.shows(branch)) return;
    const start = branch.owner === null ? 0 : this.flat.indexOf(branch.owner) + 1;
    const end = branch.owner === null ? this.flat.length : this.flat.endOf(start - 1);
    this.#splice(start, end - start, collect(branch));
  }

  /** Replaces the rows behind the last account of a branch, and appends accounts before them. */
  renewTail(branch: Branch, tail: TailLine[], appended: readonly AccountLine[] = []): void {
    const count = branch.tail.length;
    const index = this.shows(branch) ? this.#tailIndex(branch) : -1;
    branch.tail = tail;
    if (index >= 0) this.#splice(index, count, [...appended, ...tail]);
  }

  /** Shows a line that was just put into its branch at `line.place`. */
  insert(line: AccountLine): void {
    const { home } = line;
    if (!this.shows(home)) return;
    const next = home.lines[line.place + 1];
    this.flat.splice(next === undefined ? this.#tailIndex(home) : this.flat.indexOf(next), 0, [line]);
  }

  /** Hides a line that was just taken out of its branch, with all that is below it. */
  remove(line: AccountLine): void {
    const index = this.flat.indexOf(line);
    if (index >= 0) this.#splice(index, this.flat.endOf(index) - index, []);
  }

  #tailIndex(branch: Branch): number {
    const first = branch.tail[0];
    if (first !== undefined) return this.flat.indexOf(first);
    if (branch.owner === null) return this.flat.length;
    return this.flat.endOf(this.flat.indexOf(branch.owner));
  }

  #splice(index: number, count: number, lines: readonly Line[]): void {
    const from = this.current;
    this.flat.splice(index, count, lines);
    if (from === null || this.flat.indexOf(from) >= 0) return;
    this.current = this.flat.at(Math.min(index, this.flat.length - 1)) ?? null;
    this.#displaced(from);
  }
}

/** The visible lines of a branch: open lines are followed by what is below them. */
function collect(branch: Branch, into: Line[] = []): Line[] {
  for (const line of branch.lines) {
    into.push(line);
    if (line.open && line.branch) collect(line.branch, into);
  }
  into.push(...branch.tail);
  return into;
}
