import { readFile } from 'node:fs/promises';
import { createTenantree, refusalOf } from '@tenantree/client';
import { runDemo } from './demo.ts';
import { Failed } from './failed.ts';
import { readOptions, USAGE } from './options.ts';
import { Stopped } from './patience.ts';
import { createStatusLine } from './progress.ts';

const options = readOptions(process.argv.slice(2), process.env);
if (typeof options === 'string') {
  const asked = options === USAGE;
  (asked ? console.log : console.error)(options);
  process.exit(asked ? 0 : 2);
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
// `npm run demo` was killed without a word
process.on('disconnect', () => stop.abort());
process.channel?.unref();

const line = createStatusLine(process.stdout);
const say = (text: string): void => {
  line.end();
  console.log(text);
};
const read = (name: string): Promise<string> => readFile(new URL(`data/${name}`, import.meta.url), 'utf8');
const tenantree = createTenantree({ url: options.url, getToken: async () => options.key });

try {
  const files = { accounts: await read('accounts-iso3166.csv'), calls: await read('calls-1999-08.csv') };
  const outcome = await runDemo({ options, files, trpc: tenantree.trpc, signal: stop.signal, line, say });
  process.exitCode = outcome === 'equal' ? 0 : 1;
} catch (error) {
  line.end();
  if (error instanceof Stopped) {
    console.log('Stopped. Start it again and it goes on where it was; every call counts once.');
  } else if (error instanceof Failed) {
    console.error(error.message);
    process.exitCode = 1;
  } else {
    const { code, message, requestId } = refusalOf(error);
    console.error(`${options.url}: ${message} (${code}${requestId === undefined ? '' : `, request ${requestId}`})`);
    process.exitCode = 1;
  }
} finally {
  tenantree.close();
}
