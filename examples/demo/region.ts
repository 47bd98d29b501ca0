import type { Tenantree } from '@tenantree/client';
import type { FileAccount, FileAccounts } from './accounts-file.ts';
import { Failed } from './failed.ts';
import type { DemoOptions } from './options.ts';
import type { Persist, Reseller } from './reseller.ts';

/** Everything that setting a region up is done with. */
export type RegionRun = {
  readonly options: Pick<DemoOptions, 'url' | 'key'>;
  readonly trpc: Tenantree['trpc'];
  readonly say: (text: string) => void;
  readonly show: (text: string) => void;
  readonly persist: Persist;
  readonly sleep: (ms: number) => Promise<void>;
  /** The account of the key. */
  readonly home: Reseller['id'];
  readonly reseller: Reseller;
  readonly accounts: FileAccounts;
};

/** The Americas. */
const REGION = 'r019';
const COUNTRY_LEVEL = 3;

/** The accounts of the region, parents before children, and the country that goes its own way. */
export type Region = {
  readonly name: string;
  readonly accounts: readonly FileAccount[];
  readonly country: FileAccount;
};

/** The part of the file that a blueprint sets up. */
export function regionOf({ rest }: FileAccounts): Region {
  const inside = new Set([REGION]);
  for (const { id, parentId } of rest) if (parentId !== null && inside.has(parentId)) inside.add(id);
  const accounts = rest.filter(({ id }) => inside.has(id));
  const [top] = accounts;
  const country = accounts.find(({ level }) => level === COUNTRY_LEVEL);
  if (!top || !country) throw new Failed(`The file has no region ${REGION} with countries.`);
  return { name: top.name, accounts, country };
}
