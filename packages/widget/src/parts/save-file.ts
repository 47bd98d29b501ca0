/** By this mark spreadsheets know that the file is UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';

/** A part of a file, and where the next one begins. */
type FilePart = { readonly filename: string; readonly csv: string; readonly nextCursor: string | null };

/** Saves all of a file that comes in parts. */
export async function saveAll(next: (cursor: string | null) => Promise<FilePart>): Promise<void> {
  const parts: string[] = [];
  let file: FilePart | null = null;
  do {
    file = await next(file?.nextCursor ?? null);
    // Every part has the names of its columns; one is enough.
    parts.push(parts.length === 0 ? file.csv : file.csv.slice(file.csv.indexOf('\n') + 1));
  } while (file.nextCursor !== null);
  saveFile(file.filename, parts);
}

/** Saves a CSV file of so many parts. */
export function saveFile(name: string, parts: readonly string[]): void {
  const url = URL.createObjectURL(new Blob([BYTE_ORDER_MARK, ...parts], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
