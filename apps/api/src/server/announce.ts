import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { offerSetupLink } from '../setup/claim.ts';
import type { Composed } from './compose.ts';
import type { Config } from './config.ts';

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
