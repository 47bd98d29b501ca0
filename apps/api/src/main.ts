import { configFromUrl, type DatabaseConfig, type EmbeddedServer, prepareDatabase, startEmbedded } from '@tenantree/db';
import { createLog, type Logger } from './hall/log.ts';
import { compose } from './server/compose.ts';
import { type Config, readConfig } from './server/config.ts';
import { announce, endWith, FAILED, withdraw } from './server/operator.ts';
import { ServerNotStartedError, type SeveralServers, startServers } from './server/several-servers.ts';

/** Longest that stopping in order may take (ms): whoever started us would kill us without asking. */
const STOP_MS = 20_000;

const at = (url: string | null): DatabaseConfig | null => (url === null ? null : configFromUrl(url));

type Running = { readonly servers: SeveralServers; readonly embedded: EmbeddedServer | null };

const print = (text: string): void => void process.stdout.write(text);

async function start(config: Config, log: Logger): Promise<Running> {
  const onLost = (lastWords: string): void =>
    log.error({ lastWords }, 'the database ended by itself; starting it again');
  const embedded =
    config.databaseUrl === null
      ? await startEmbedded({ dataDir: config.dataDir, durability: 'durable', onLost })
      : null;
  try {
    const database = await prepareDatabase({
      database: embedded?.connection ?? configFromUrl(config.databaseUrl ?? ''),
      owner: at(config.databaseOwnerUrl),
      secret: config.secret,
      onProgress: (progress) => log.info(progress, 'migrating the database'),
    });
    const servers =
      config.servers === 1
        ? await serveHere(config, database, log)
        : await startServers({ count: config.servers, database, log });
    return { servers, embedded };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/** One server, in this process. */
async function serveHere(config: Config, database: DatabaseConfig, log: Logger): Promise<SeveralServers> {
  const composed = await compose({ config, database, direct: at(config.databaseDirectUrl), log, print });
  return { announce: () => announce(composed, config), close: () => composed.close(), kill: () => undefined };
}

/**
 * Stops in order on the first signal. A second one, or a stop that takes too long, drops what is under way and stops only the database,
 * which would outlive us; a third ends us at once.
 */
function stopOnSignals(running: Promise<Running>, config: Config, log: Logger): { readonly isStopping: () => boolean } {
  let asked = 0;

  const stop = async (): Promise<void> => {
    const { servers, embedded } = await running;
    await servers.close();
    await withdraw(config);
    await embedded?.stop();
    process.exit(0);
  };
  const force = async (): Promise<void> => {
    const { servers, embedded } = await running;
    servers.kill();
    await embedded?.stop();
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
  if (!isStopping()) await started.servers.announce();
}

main().catch((error: unknown) => {
  // Which has said by itself why.
  if (error instanceof ServerNotStartedError) process.exit(FAILED);
  endWith(error);
});
