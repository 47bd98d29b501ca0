import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CsvColumn, textOfCell, writeCsv } from './csv.ts';

const TEXT: CsvColumn<string> = { name: 'text', kind: 'text', of: (text) => text };
const NUMBER: CsvColumn<string> = { name: 'quantity', kind: 'number', of: (text) => text };

/** The one cell of a file with one row. */
const cellOf = (column: CsvColumn<string>, text: string): string => {
  const [, line = ''] = /^\w+\r\n([^]*)\r\n$/.exec(writeCsv([column], [text])) ?? [];
  return line.startsWith('"') ? line.slice(1, -1).replaceAll('""', '"') : line;
};
describe('A CSV file (rules/server 14)', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['-5.25', "'-5.25"],
    ['+12015550123', "'+12015550123"],
    ["'=x", "''=x"],
    ["'hello", "'hello"],
    [' =1', ' =1'],
    ['＝A1', "'＝A1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ["''", "''"],
    ['', ''],
  ])('has the text %j as %j, and it is read as what it was', (text, cell) => {
    expect(cellOf(TEXT, text)).toBe(cell);
    expect(textOfCell(cell)).toBe(text);
  });

  it('gives every text back as it was, and no two texts the same cell', () => {
    const text = fc.string({ unit: fc.constantFrom("'", '=', '-', '＠', '\t', '\n', '\r', '"', ',', 'a', ' ') });
    fc.assert(
      fc.property(text, (one) => {
        expect(textOfCell(cellOf(TEXT, one))).toBe(one);
      }),
    );
  });

  it('has numbers as they are, negative ones too', () => {
    for (const number of ['-5.25', '0', '12.5', '']) expect(cellOf(NUMBER, number)).toBe(number);
  });

  it('begins with its header, quotes what needs it, and ends every line with CRLF', () => {
    const columns: CsvColumn<readonly [string, string | null]>[] = [
      { name: 'name', kind: 'text', of: ([name]) => name },
      { name: 'quantity', kind: 'number', of: ([, quantity]) => quantity },
    ];
    expect(writeCsv(columns, [])).toBe('name,quantity\r\n');
    expect(
      writeCsv(columns, [
        ['Acme, "South"\nEast', '1'],
        ['', null],
      ]),
    ).toBe('name,quantity\r\n"Acme, ""South""\nEast",1\r\n,\r\n');
  });
});
