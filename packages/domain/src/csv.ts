/** A column of a CSV file. Numbers, instants and ids are written as they are; `text` is whatever people wrote. */
export type CsvColumn<Row> = {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'instant';
  /** The cell of a row; null: empty. */
  readonly of: (row: Row) => string | null;
};

/** What a spreadsheet takes for a formula, also behind apostrophes that were written before it. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

/** Writes rows as CSV (RFC 4180): the header always, lines end with CRLF. Text that a spreadsheet would run is disarmed (rules/server 14). */
export const writeCsv = <Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string =>
  csvHeader(columns) + csvLines(columns, rows);

/** The first line of a file. */
export const csvHeader = (columns: readonly Pick<CsvColumn<never>, 'name'>[]): string =>
  lineOf(columns.map(({ name }) => name));

/** The lines of some rows, for a file that is written in parts. */
export const csvLines = <Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string =>
  rows
    .map((row) =>
      lineOf(
        columns.map(({ kind, of }) => {
          const text = of(row) ?? '';
          return kind === 'text' ? disarmed(text) : text;
        }),
      ),
    )
    .join('');

const lineOf = (cells: readonly string[]): string => `${cells.map(quotedCell).join(',')}\r\n`;

/** One apostrophe in front of what looks like a formula. Whoever reads the file takes exactly one off under the same pattern, and has the text again. */
const disarmed = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

/** What a cell of a text column says: the text that was disarmed when it was written. */
export const textOfCell = (cell: string): string => (cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell);

const quotedCell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
