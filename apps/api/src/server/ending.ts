import { DatabaseUnusableError } from '@tenantree/db';
import { ConfigError } from './config.ts';

/** Exit code of a program that an operator's mistake or a missing database kept from starting. */
export const FAILED = 1;

/** Says what kept the program from starting, without detail where the sentence says it all, and ends it. */
export function endWith(error: unknown): never {
  const isExplained = error instanceof ConfigError || error instanceof DatabaseUnusableError;
  const text = isExplained ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\n${text}\n\n`);
  return process.exit(FAILED);
}
