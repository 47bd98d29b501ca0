import { Readable } from 'node:stream';
import { IMPORT_BOUNDS } from '@tenantree/domain';
import { CsvError, type Info, parse } from 'csv-parse';
import { refuseWith } from '../../hall/refused.ts';

/** A row of a file, and the line of the file in which it begins. */
export type CsvRow = { readonly line: number; readonly cells: string[] };

const DELIMITERS = [',', ';', '\t'];
const QUOTE = 0x22;
const [LF, CR] = [0x0a, 0x0d];

/**
 * Reads a CSV file as it arrives (RFC 4180; lines end with CRLF, LF or CR, mixed, too). Its delimiter is the one of comma, semicolon and tab
 * that its first line has most of. The header is a row like the others, and their cells are not counted here.
 *
 * @throws Refused BAD_REQUEST with the line, when it isn't UTF-8, has a NUL, a misplaced quotation mark, or a row that is too long
 */
export async function* readCsv(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRow, void, undefined> {
  const { delimiter, all } = await sniff(plainText(chunks));
  // Of a line's end within quotation marks that has two characters the parser counts both.
  let twice = 0;
  let last = 0;
  const begins = new WeakMap<readonly string[], number>();
  const count = (cells: string[], { lines }: Info): string[] => {
    let breaks = 0;
    for (const cell of cells) {
      for (const end of cell.match(/\r\n|\n|\r/g) ?? []) {
        breaks += 1;
        if (end.length === 2) twice += 1;
      }
    }
    last = lines - twice;
    begins.set(cells, last - breaks);
    return cells;
  };
  const parser = Readable.from(all).pipe(
    parse({
      delimiter,
      bom: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      skip_empty_lines: true,
      max_record_size: IMPORT_BOUNDS.characters,
      relax_column_count: true,
      on_record: count,
    }),
  );
  try {
    for await (const cells of parser as AsyncIterable<string[]>) yield { line: begins.get(cells) ?? last, cells };
  } catch (error) {
    if (error instanceof CsvError) refuseWith('BAD_REQUEST', faultOf(error, last), 'file');
    throw error;
  }
}

const faultOf = ({ code }: CsvError, last: number): string => {
  const where = `in the row after line ${last}`;
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return `The quotation mark ${where} is never closed.`;
    case 'CSV_MAX_RECORD_SIZE':
      return `There are more than ${IMPORT_BOUNDS.characters} characters ${where}.`;
    default:
      return `There is a quotation mark in the wrong place ${where}. A cell that has some stands in quotation marks, and each of its own is doubled.`;
  }
};

/** Passes on text in UTF-8 without NUL. @throws Refused BAD_REQUEST */
async function* plainText(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  const check = (chunk?: Uint8Array): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch {
      return refuseWith(
        'BAD_REQUEST',
        `From about line ${line} on this is not UTF-8: it looks like Windows-1252. Save it as “CSV UTF-8”.`,
        'file',
      );
    }
  };
  for await (const chunk of chunks) {
    check(chunk);
    const nul = chunk.indexOf(0);
    line += countLines(nul < 0 ? chunk : chunk.subarray(0, nul));
    if (nul >= 0) refuseWith('BAD_REQUEST', `There is a NUL character in line ${line}: this is no text.`, 'file');
    yield chunk;
  }
  check();
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines += 1;
  return lines;
}

/** Looks at the first line for the delimiter, and gives everything on as it came. */
async function sniff(
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
): Promise<{ readonly delimiter: string; readonly all: AsyncIterable<Uint8Array> }> {
  let head = Buffer.alloc(0);
  while (endOfHeader(head) < 0 && head.length < IMPORT_BOUNDS.characters) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  const end = endOfHeader(head);
  const header = head
    .subarray(0, end < 0 ? head.length : end)
    .toString('utf8')
    .replaceAll(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((one) => header.split(one).length);
  const delimiter = DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
  return {
    delimiter,
    all: (async function* () {
      yield head;
      yield* chunks;
    })(),
  };
}

/** Where the first line ends that is not within quotation marks; −1: not yet. */
function endOfHeader(bytes: Uint8Array): number {
  let isQuoted = false;
  for (const [at, byte] of bytes.entries()) {
    if (byte === QUOTE) isQuoted = !isQuoted;
    else if (!isQuoted && (byte === LF || byte === CR)) return at;
  }
  return -1;
}
