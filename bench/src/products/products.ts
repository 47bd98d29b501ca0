// What accounts own and how it gets there: importing accounts from a CSV file, importing products, reading them.
import { isWanted } from '../only.ts';
import { isMet, type Target, targets } from '../report.ts';
import { driftOfBlueprint } from './drift.ts';
import { importAccounts } from './import-accounts.ts';
import { importProducts } from './import-products.ts';
import { readProducts } from './read-products.ts';

const PARTS: Readonly<Record<string, () => Promise<Target[]>>> = {
  'accounts from a file': importAccounts,
  'products into accounts': importProducts,
  'reading products': readProducts,
  'drift of a blueprint': driftOfBlueprint,
};

export async function run(): Promise<boolean> {
  const list: Target[] = [];
  for (const [name, part] of Object.entries(PARTS)) if (isWanted(name)) list.push(...(await part()));
  console.log(`\n${targets(list)}`);
  return list.every(isMet);
}
