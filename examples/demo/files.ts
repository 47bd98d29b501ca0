import { readFile } from 'node:fs/promises';
import type { DemoFiles } from './demo.ts';

const read = (name: string): Promise<string> => readFile(new URL(`data/${name}`, import.meta.url), 'utf8');

/** All accounts and calls that there are. */
export const readFiles = async (): Promise<DemoFiles> => ({
  accounts: await read('accounts-iso3166.csv'),
  calls: await read('calls-1999-08.csv'),
});
