// One of several servers behind a port: several-servers.ts starts it in a process of its own, and it ends with that.
import { configFromUrl, type DatabaseConfig } from '@tenantree/db';
import { createLog } from '../hall/log.ts';
import { type Composed, compose } from './compose.ts';
import { type Config, readConfig } from './config.ts';
import { announce, endWith } from './operator.ts';
import { type FromServer, ONE_OF_SEVERAL, type OneOfSeveral, type ToServer } from './several-servers.ts';

const at = (url: string | null): DatabaseConfig | null => (url === null ? null : configFromUrl(url));

const say = (message: FromServer): void => void process.send?.(message);

/** Answers to what was asked of the others, by its number. */
const waiting = new Map<number, (texts: readonly string[]) => void>();
let lastAsked = 0;

const metricsOfAll = (): Promise<readonly string[]> =>
  new Promise((resolve) => {
    lastAsked += 1;
    waiting.set(lastAsked, resolve);
    say({ kind: 'gather', asked: lastAsked });
  });

async function main(): Promise<void> {
  // Whoever is told to stop tells us; Ctrl-C in a terminal comes to everybody.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const { number, database } = JSON.parse(process.env[ONE_OF_SEVERAL] ?? '') as OneOfSeveral;
  const config = await readConfig(process.env);
  const composed = await compose({
    config,
    database: { ...at(config.databaseUrl), ...database },
    direct: at(config.databaseDirectUrl),
    log: createLog({ level: config.logLevel }).child({ server: number }),
    print: (text) => void process.stdout.write(text),
    among: { number, metricsOfAll },
  });
  process.on('message', (message: ToServer) => hear(message, composed, config));
  say({ kind: 'ready' });
}

function hear(message: ToServer, composed: Composed, config: Config): void {
  switch (message.kind) {
    case 'announce':
      announce(composed, config).catch(endWith);
      break;
    case 'stop':
      composed.close().then(() => process.exit(0), endWith);
      break;
    case 'measure':
      void composed.metrics().then((text) => say({ kind: 'measured', gathering: message.gathering, text }));
      break;
    case 'gathered':
      waiting.get(message.asked)?.(message.texts);
      waiting.delete(message.asked);
  }
}

main().catch(endWith);
