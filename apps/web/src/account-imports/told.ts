import { queries } from '../server.ts';

/** What is told of files of accounts has to be asked for anew. */
export const told = (): Promise<void> => queries.invalidateQueries({ queryKey: ['accountImports'] });
