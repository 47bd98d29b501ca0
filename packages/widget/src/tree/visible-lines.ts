import type { AccountLine, Branch, Line } from './lines.ts';

/** More than this many arguments at once overflow the call stack of some engines. */
const MOST_ARGUMENTS = 8_192;

/**
 * The visible lines of a view in order, and the one among them that has the focus. Whatever changes in a branch is one splice where
 * it begins to differ; nothing ever rebuilds the list as a whole. Each line remembers where it stood; the numbers behind a splice
 * are put right when somebody asks for one of them.
 */
export class VisibleLines {
  #lines: Line[] = [];
  /** Lines before this index know their index. */
  #numbered = 0;
  /** The line with the focus, or that will have it. */
  current: Line | null = null;
  /** The account whose line had the focus until it vanished, as long as nobody was told. */
  vanished: AccountLine | null = null;

  get length(): number {
    return this.#lines.length;
  }

  at(index: number): Line | undefined {
    return this.#lines[index];
  }

  slice(from: number, to: number): Line[] {
    return this.#lines.slice(from, to);
  }

  /** Index of a line, -1 when it isn't visible. */
  indexOf(line: Line | null | undefined): number {
    if (!line || line.at < 0) return -1;
    while (this.#lines[line.at] !== line) {
      const next = this.#lines[this.#numbered];
      if (!next) return -1;
      next.at = this.#numbered++;
    }
    return line.at;
  }

  shows({ owner }: Branch): boolean {
    return owner === null || (owner.open && this.indexOf(owner) >= 0);
  }

  /** Shows a branch as it is now: open or closed, with the lines that it has. What was current and went away hands over to a neighbour. */
  renew(branch: Branch): void {
    const { owner } = branch;
    const above = this.indexOf(owner);
    if (owner && above < 0) return;
    let end = above + 1;
    for (let line = this.#lines[end]; line && line.level >= branch.level; line = this.#lines[end]) end += 1;
    const lines = owner?.open === false ? [] : below(branch);
    let from = above + 1;
    while (from < end && this.#lines[from] === lines[from - above - 1]) from += 1;
    this.#splice(from, end, lines.slice(from - above - 1));
    const before = this.current;
    if (!before || this.indexOf(before) >= 0) return;
    const hides = owner?.open === false;
    this.current = this.#lines[hides ? above : Math.min(from, this.length - 1)] ?? null;
    if (before.kind === 'account' && !hides) this.vanished = before;
  }

  #splice(from: number, end: number, lines: readonly Line[]): void {
    for (const gone of this.#lines.slice(from, end)) gone.at = -1;
    lines.forEach((line, k) => {
      line.at = from + k;
    });
    if (lines.length < MOST_ARGUMENTS) this.#lines.splice(from, end - from, ...lines);
    else this.#lines = this.#lines.slice(0, from).concat(lines, this.#lines.slice(end));
    this.#numbered = Math.min(this.#numbered, from + lines.length);
  }
}

/** The visible lines of a branch: open lines are followed by what is below them. */
function below(branch: Branch, into: Line[] = []): Line[] {
  for (const line of branch.lines) {
    into.push(line);
    if (line.open && line.branch) below(line.branch, into);
  }
  into.push(...branch.tail);
  return into;
}
