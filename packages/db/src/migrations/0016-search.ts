import type { Kysely } from 'kysely';
import { boundedSearch } from './search/bounded-search.ts';
import { sortRows } from './search/sort-rows.ts';

/** Searching and sorting that cost the same however many accounts a tree has (docs/decisions/0013-bounded-search-and-sort-rows.md). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await boundedSearch(db);
  await sortRows(db);
}
