import type { Line } from './lines.ts';

/** More than this many arguments at once overflow the call stack of some engines. */
const SPREAD_LIMIT = 8_192;

/**
 * The visible lines in order. Expanding and collapsing splice it; nothing ever rebuilds it as a whole. Each line remembers
 * where it stood; the numbers behind a splice are put right when somebody asks for one of them.
 */
export class FlatLines {
  #lines: Line[] = [];
  /** Lines before this index know their index. */
  #numbered = 0;

  get length(): number {
    return this.#lines.length;
  }

  at(index: number): Line | undefined {
    return this.#lines[index];
  }

  /** Index of a line, -1 when it isn't visible. */
  indexOf(line: Line): number {
    if (line.at < 0) return -1;
    if (this.#lines[line.at] === line) return line.at;
    while (this.#numbered < this.#lines.length) {
      const next = this.#lines[this.#numbered];
      if (next) next.at = this.#numbered;
      this.#numbered += 1;
      if (next === line) return line.at;
    }
    return -1;
  }

  /** Replaces `count` lines from `index` on. Lines that stand in both lists stay visible. */
  splice(index: number, count: number, lines: readonly Line[]): void {
    for (let i = index; i < index + count; i++) {
      const gone = this.#lines[i];
      if (gone) gone.at = -1;
    }
    let at = index;
    for (const line of lines) {
      line.at = at;
      at += 1;
    }
    if (lines.length <= SPREAD_LIMIT) this.#lines.splice(index, count, ...lines);
    else this.#lines = [...this.#lines.slice(0, index), ...lines, ...this.#lines.slice(index + count)];
    if (this.#numbered >= index) this.#numbered = at;
  }

  /** First index after a line and everything below it. */
  endOf(index: number): number {
    const level = this.#lines[index]?.level ?? 0;
    let end = index + 1;
    for (let next = this.#lines[end]; next !== undefined && next.level > level; next = this.#lines[end]) end += 1;
    return end;
  }
}
