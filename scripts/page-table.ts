// A table in a page of docs/ that is made from the sources: where it stands in the page, and how it is written.
import { readFileSync, writeFileSync } from 'node:fs';

/** A table that a script makes. */
export type PageTable = {
  /** The page as it is. */
  read(): string;
  /** A page with the table as it is now. @throws Error when the page has no place for it */
  written(page: string): string;
  /** Writes the page anew. */
  write(): void;
};

/**
 * @param of.page below docs/
 * @param of.what what its rows are, as the marks around it say
 * @param of.rows the head first
 */
export function pageTable(of: {
  readonly page: string;
  readonly what: string;
  readonly from: string;
  readonly script: string;
  readonly rows: () => readonly (readonly string[])[];
}): PageTable {
  const file = new URL(`../docs/${of.page}`, import.meta.url);
  const begin = `<!-- ${of.what}: made from ${of.from} by scripts/${of.script} -->`;
  const end = `<!-- end of ${of.what} -->`;
  const read = (): string => readFileSync(file, 'utf8');
  const written = (page: string): string => {
    const [from, to] = [page.indexOf(begin), page.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`docs/${of.page} has no place for the table of ${of.what}`);
    return `${page.slice(0, from)}${begin}\n\n${drawn(of.rows())}\n\n${page.slice(to)}`;
  };
  return { read, written, write: () => writeFileSync(file, written(read())) };
}

function drawn(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
  const [head, ...body] = rows.map(line);
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}
