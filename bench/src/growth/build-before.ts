// The build that the growth of costs is compared with.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { unpackBuild } from '../build-before.ts';

/** The last commit before accounts stood in ranges. */
const COMMIT = process.env['BENCH_BEFORE'] ?? '428283e';
const FOLDERS = ['packages/domain', 'packages/db'];

type Transaction = { readonly transactionOf: 'the build before' };
type Read = (trx: Transaction, query: object) => Promise<unknown>;
type ReadOf = (trx: Transaction, account: string) => Promise<unknown>;

/** A database as the build before opens it. */
export type OpenedBefore = {
  readonly pool: { query<Row>(text: string): Promise<{ rows: Row[] }> };
  withTenant(
    account: string,
    work: (trx: Transaction) => Promise<unknown>,
    options?: { readonly snapshot: boolean },
  ): Promise<unknown>;
  close(): Promise<void>;
};

/** What is asked of the `db` package of the build before. */
export type BuildBefore = {
  migrate(config: object): Promise<void>;
  openDatabase(config: object, options: { readonly maxConnections: number }): OpenedBefore;
  readonly searchSubtree: Read;
  readonly listChildren: Read;
  readonly readSeries: Read;
  readonly readSuspensionReach: ReadOf;
  readonly beginTreeChange: ReadOf;
  readonly readAccountState: ReadOf;
  readonly readMembers: ReadOf;
  subtreeHeight(trx: Transaction, account: unknown): Promise<unknown>;
  moveSubtree(trx: Transaction, account: string, to: string, version: unknown, now: string): Promise<unknown>;
  readUsageState(open: OpenedBefore, query: object): Promise<unknown>;
  readAccountsState(open: OpenedBefore, query: object): Promise<unknown>;
  readEntrances(open: OpenedBefore, user: string, limit: number): Promise<unknown>;
};

/** Loads the build before, or null where the history doesn't hold it (a shallow clone). */
export async function loadBuildBefore(): Promise<BuildBefore | null> {
  const folder = unpackBuild(COMMIT, FOLDERS);
  if (folder === null) return null;
  return (await import(pathToFileURL(join(folder, 'packages', 'db', 'src', 'index.ts')).href)) as BuildBefore;
}
