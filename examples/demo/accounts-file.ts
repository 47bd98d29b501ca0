import { nameKey } from '@tenantree/domain';
import { parseCsv } from './csv.ts';

/** An account of the file. */
export type FileAccount = {
  /** The file's own id, for example `AF-BAL`. */
  readonly id: string;
  /** Null for the world. */
  readonly parentId: string | null;
  /** Unique among its siblings: where the file repeats a name under one parent, the id stands behind it. */
  readonly name: string;
  /** 0 for the world, 4 for subdivisions. */
  readonly level: number;
};

export type FileAccounts = {
  readonly world: FileAccount;
  /** Everything below the world, parents before children. */
  readonly rest: readonly FileAccount[];
  /** The subdivisions: accounts without children. */
  readonly leaves: readonly FileAccount[];
  /** The level above them. */
  readonly countries: readonly FileAccount[];
};

const COLUMNS = ['external_id', 'parent_external_id', 'name'] as const;
const COUNTRY_LEVEL = 3;

/**
 * Reads `accounts-iso3166.csv`: world, regions, sub-regions, countries, subdivisions.
 *
 * @throws when the file isn't one tree with parents before children
 */
export function parseAccounts(text: string): FileAccounts {
  const rows = parseCsv(text, COLUMNS);
  const siblings = Map.groupBy(rows, (row) => `${row.parent_external_id} ${nameKey(row.name)}`);
  const levels = new Map<string, number>();
  const parents = new Set<string>();
  const accounts = rows.map((row): FileAccount => {
    const parentId = row.parent_external_id === '' ? null : row.parent_external_id;
    const above = parentId === null ? -1 : levels.get(parentId);
    if (above === undefined || levels.has(row.external_id))
      throw new Error(`${row.external_id} is out of order or there twice.`);
    levels.set(row.external_id, above + 1);
    if (parentId !== null) parents.add(parentId);
    const repeated = (siblings.get(`${row.parent_external_id} ${nameKey(row.name)}`)?.length ?? 0) > 1;
    const name = repeated ? `${row.name} (${row.external_id})` : row.name;
    return { id: row.external_id, parentId, name, level: above + 1 };
  });
  const [world, ...rest] = accounts;
  if (!world || rest.some((account) => account.parentId === null)) throw new Error('The file has not exactly one top.');
  return {
    world,
    rest,
    leaves: rest.filter((account) => !parents.has(account.id)),
    countries: rest.filter((account) => account.level === COUNTRY_LEVEL),
  };
}
