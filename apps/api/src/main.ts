import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  configFromUrl,
  DatabaseUnusableError,
  type EmbeddedServer,
  prepareDatabase,
  startEmbedded,
} from '@tenantree/db';
import { type Config, ConfigError, readConfig } from './config.ts';
import { type Composed, compose } from './server/compose.ts';
import { createLog, type Logger } from './server/log.ts';
import { offerSetupLink } from './setup/claim.ts';

/** Exit code of a program that an operator's mistake or a missing database kept from starting. */
const FAILED = 1;
/** Longest that stopping in order may take (ms): whoever started us would kill us without asking. */
const STOP_MS = 20_000;

type Running = { readonly composed: Composed; readonly embedded: EmbeddedServer | null };

const print = (text: string): void => void process.stdout.write(text);

async function start(config: Config, log: Logger): Promise<Running> {
  const onLost = (lastWords: string): void =>
    log.error({ lastWords }, 'the database ended by itself; starting it again');
  const embedded =
    config.databaseUrl === null
      ? await startEmbedded({ dataDir: config.dataDir, durability: 'durable', onLost })
      : null;
  const at = (url: string | null) => (url === null ? null : configFromUrl(url));
  try {
    const database = await prepareDatabase({
      database: embedded?.connection ?? configFromUrl(config.databaseUrl ?? ''),
      owner: at(config.databaseOwnerUrl),
      secret: config.secret,
    });
    const direct = at(config.databaseDirectUrl);
    return { composed: await compose({ config, database, direct, log, print }), embedded };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/** Where other programs of this machine (the demo, the portal) find out at which address the server of a data folder is. */
const addressFile = ({ dataDir }: Config): string => join(dataDir, 'url');

async function announce({ composed: { hall, url } }: Running, config: Config): Promise<void> {
  // Without an embedded database there may be no such folder; the address is printed as well.
  await writeFile(addressFile(config), `${url}\n`).catch(() => undefined);
  const link = await offerSetupLink(hall);
  const lines = [`Tenantree is at ${hall.settings.publicUrl}`];
  if (link !== null) lines.push('Nobody owns it yet. Make it yours with this one-time link:', link);
  process.stdout.write(`\n${lines.join('\n')}\n\n`);
}

/**
 * Stops in order on the first signal. A second one, or a stop that takes too long, drops what is under way and stops only the database,
 * which would outlive us; a third ends us at once.
 */
function stopOnSignals(running: Promise<Running>, config: Config, log: Logger): { readonly isStopping: () => boolean } {
  let asked = 0;

  const stop = async (): Promise<void> => {
    const { composed, embedded } = await running;
    await composed.close();
    await rm(addressFile(config), { force: true }).catch(() => undefined);
    await embedded?.stop();
    process.exit(0);
  };
  const force = async (): Promise<void> => {
    await (await running).embedded?.stop();
    process.exit(FAILED);
  };
  const onReason = (reason: string): void => {
    asked += 1;
    if (asked > 2) process.exit(FAILED);
    log.info({ reason }, asked === 1 ? 'stopping' : 'stopping at once');
    if (asked === 1) setTimeout(() => onReason('took too long'), STOP_MS).unref();
    (asked === 1 ? stop() : force()).catch((error: unknown) => {
      log.error({ err: error }, 'stopping failed');
      process.exit(FAILED);
    });
  };

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onReason);
  // scripts/launch.mjs holds an IPC channel: when it vanishes without a word, so do we.
  process.once('disconnect', () => onReason('disconnect'));
  return { isStopping: () => asked > 0 };
}

async function main(): Promise<void> {
  const config = await readConfig(process.env);
  const log = createLog({ level: config.logLevel });
  const running = start(config, log);
  const { isStopping } = stopOnSignals(running, config, log);
  const started = await running;
  if (!isStopping()) await announce(started, config);
}

main().catch((error: unknown) => {
  const isExplained = error instanceof ConfigError || error instanceof DatabaseUnusableError;
  const text = isExplained ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\n${text}\n\n`);
  process.exit(FAILED);
});
