import type { AccountId } from '@tenantree/domain';
import type { ActivityFilter, ActivitySource } from './activity-source.ts';

/** By this mark spreadsheets know that the file is UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';

/** Saves all entries that are asked for, not only those on screen, as one CSV file. */
export async function exportLog(source: ActivitySource, account: AccountId, filter: ActivityFilter): Promise<void> {
  const parts: string[] = [];
  let name = '';
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const file: Awaited<ReturnType<ActivitySource['export']>> = await source.export(account, filter, cursor);
    // Every file has the names of its columns; one is enough.
    parts.push(isFirst ? file.csv : file.csv.slice(file.csv.indexOf('\n') + 1));
    name = file.filename;
    cursor = file.nextCursor;
  }
  const url = URL.createObjectURL(new Blob([BYTE_ORDER_MARK, ...parts], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
