/**
 * Reads CSV as RFC 4180 has it (quoted fields, doubled quotes) into one record per row, by the names of the first row.
 *
 * @throws when the columns aren't the expected ones or a row has another number of fields
 */
export function parseCsv<Column extends string>(
  text: string,
  columns: readonly Column[],
): readonly Readonly<Record<Column, string>>[] {
  const [header, ...rows] = splitRows(text);
  if (header?.join() !== columns.join())
    throw new Error(`Expected the columns ${columns.join()}, found ${header?.join()}.`);
  return rows.map((fields, index) => {
    if (fields.length !== columns.length)
      throw new Error(`Line ${index + 2}: ${fields.length} fields instead of ${columns.length}.`);
    const record: Partial<Record<Column, string>> = {};
    columns.forEach((column, place) => {
      record[column] = fields[place] ?? '';
    });
    return record as Record<Column, string>;
  });
}

/** One field, and what ended it. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

function splitRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < text.length) {
    const match = FIELD.exec(text);
    if (!match) throw new Error(`Line ${rows.length + 1} is not CSV.`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

/** Writes rows as CSV, each field in quotes. */
export const csvOf = (rows: readonly (readonly string[])[]): string =>
  rows.map((fields) => `${fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')}\n`).join('');
