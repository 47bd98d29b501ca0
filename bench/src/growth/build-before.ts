// The build that the growth of costs is compared with: as it was committed, running on today's dependencies.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** The last commit before accounts stood in ranges. */
const COMMIT = process.env['BENCH_BEFORE'] ?? '428283e';
const PACKAGES = ['domain', 'db'] as const;

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
  const folder = join(ROOT, 'bench', '.tmp', COMMIT);
  if (!existsSync(folder) && !unpack(folder)) return null;
  return (await import(pathToFileURL(join(folder, 'packages', 'db', 'src', 'index.ts')).href)) as BuildBefore;
}

function unpack(folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  try {
    const archive = execFileSync('git', ['archive', COMMIT, ...PACKAGES.map((name) => `packages/${name}`)], {
      cwd: ROOT,
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    execFileSync('tar', ['-x', '-C', folder], { input: archive });
  } catch {
    rmSync(folder, { recursive: true, force: true });
    return false;
  }
  for (const name of PACKAGES) linkDependencies(folder, name);
  return true;
}

/** Each package finds what it imports where the present one does, and the other packages of its own time. */
function linkDependencies(folder: string, name: string): void {
  const from = join(ROOT, 'packages', name, 'node_modules');
  const to = join(folder, 'packages', name, 'node_modules');
  mkdirSync(join(to, '@tenantree'), { recursive: true });
  for (const entry of existsSync(from) ? readdirSync(from) : []) {
    if (entry === '@tenantree' || entry.startsWith('.')) continue;
    symlinkSync(join(from, entry), join(to, entry));
  }
  symlinkSync(join(folder, 'packages', 'domain'), join(to, '@tenantree', 'domain'));
}
