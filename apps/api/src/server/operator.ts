import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseUnusableError } from '@tenantree/db';
import { offerSetupLink } from '../setup/claim.ts';
import type { Composed } from './compose.ts';
import { type Config, ConfigError } from './config.ts';

/** Where other programs of this machine (the demo, the portal) find out at which address the server of a data folder is. */
const addressFile = ({ dataDir }: Config): string => join(dataDir, 'url');

/** Says where the server is, and how to make it one's own as long as nobody has. */
export async function announce({ hall, url }: Composed, config: Config): Promise<void> {
  // Without an embedded database there may be no such folder; the address is printed as well.
  await writeFile(addressFile(config), `${url}\n`).catch(() => undefined);
  const link = await offerSetupLink(hall);
  const lines = [`Tenantree is at ${hall.settings.publicUrl}`];
  if (link !== null) lines.push('Nobody owns it yet. Make it yours with this one-time link:', link);
  process.stdout.write(`\n${lines.join('\n')}\n\n`);
}

/** Takes back what was said to other programs of this machine. */
export const withdraw = (config: Config): Promise<void> =>
  rm(addressFile(config), { force: true }).catch(() => undefined);

/** Exit code of a program that an operator's mistake or a missing database kept from starting. */
export const FAILED = 1;

/** Says what kept the program from starting, without detail where the sentence says it all, and ends it. */
export function endWith(error: unknown): never {
  const isExplained = error instanceof ConfigError || error instanceof DatabaseUnusableError;
  const text = isExplained ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\n${text}\n\n`);
  return process.exit(FAILED);
}
