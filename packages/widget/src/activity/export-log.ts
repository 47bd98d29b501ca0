import type { AccountId } from '@tenantree/domain';
import { saveFile } from '../parts/save-file.ts';
import type { ActivityFilter, ActivitySource } from './activity-source.ts';

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
  saveFile(name, parts);
}
