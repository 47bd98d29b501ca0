import type { AccountRow } from '@tenantree/domain';
import type { AccountSource } from '../data/account-source.ts';
import { DEFAULT_ORDER, DEFAULT_STATUS } from '../data/screen-view.ts';

const PAGE = 200;

/** Accounts with all that stand below them, parents before children, each once. @throws SourceRefusal */
export async function withNested(source: AccountSource, rows: readonly AccountRow[]): Promise<readonly AccountRow[]> {
  const found = new Map(rows.map((row) => [row.id, row]));
  // The list grows while it is walked.
  const walk = [...rows];
  for (const { id, children } of walk) {
    if (children === 0) continue;
    for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
      const query = { ...DEFAULT_ORDER, status: DEFAULT_STATUS, cursor, limit: PAGE };
      const page: Awaited<ReturnType<AccountSource['list']>> = await source.list(id, query);
      for (const row of page.rows) {
        if (found.has(row.id)) continue;
        found.set(row.id, row);
        walk.push(row);
      }
      cursor = page.nextCursor;
    }
  }
  return [...found.values()];
}
