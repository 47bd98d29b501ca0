import { parseArgs } from 'node:util';
import { createPortal } from './portal.ts';

const USAGE = `npm run portal -- --key tt_key_… [--url http://localhost:7300] [--account ext:demo-world] [--port 7400]

  --key      an API key of the reseller (or of an account above it); or the variable TENANTREE_KEY
  --url      where Tenantree runs, unless the server that npm start runs here has said so; or the variable TENANTREE_URL
  --account  whose subaccounts the page shows: an id or ext:YOUR-ID; the demo's reseller unless you say otherwise
  --port     where the portal runs`;

function readOptions() {
  try {
    return parseArgs({
      args: process.argv.slice(2).filter((argument) => argument !== '--'),
      options: {
        key: { type: 'string', default: process.env['TENANTREE_KEY'] ?? '' },
        url: { type: 'string', default: process.env['TENANTREE_URL'] ?? 'http://localhost:7300' },
        account: { type: 'string', default: 'ext:demo-world' },
        port: { type: 'string', default: '7400' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : 'Unknown options.');
  }
}

function refuse(why: string): never {
  console.error(`${why}\n\n${USAGE}`);
  process.exit(2);
}

const values = readOptions();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const port = Number(values.port);
if (values.key === '') refuse('The portal needs an API key.');
if (!URL.canParse(values.url)) refuse(`--url ${values.url} is not an address.`);
if (!Number.isInteger(port) || port < 1 || port > 65_535) refuse(`--port ${values.port} is not a port.`);

const origin = `http://localhost:${port}`;
const portal = createPortal({ api: new URL(values.url).origin, key: values.key, account: values.account, origin });
portal.on('error', (error) => {
  console.error(`The portal can't listen on port ${port}: ${error.message}`);
  process.exit(1);
});
portal.listen(port, () => console.log(`Northwind Voice portal at ${origin} (subaccounts by ${values.url})`));

const stop = (): void => {
  portal.close();
  portal.closeAllConnections();
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
// `npm run portal` was killed without a word
process.once('disconnect', stop);
process.channel?.unref();
