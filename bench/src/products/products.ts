// What accounts own and how it gets there: importing accounts from a CSV file.
import { isMet, targets } from '../report.ts';
import { importAccounts } from './import-accounts.ts';

export async function run(): Promise<boolean> {
  const list = await importAccounts();
  console.log(`\n${targets(list)}`);
  return list.every(isMet);
}
