import { configFromUrl } from '@tenantree/db';
import { doTransfersDue } from '../../src/transfers/due-transfers.ts';
import { startApi } from './start-api.ts';

// A server that does what is due of transfers at once, on the database of the killable server that runs this. It is told the login that serves.
const [, , user = ''] = process.argv;
const { hall, close } = await startApi({ ...configFromUrl(process.env['DATABASE_URL'] ?? ''), user });
await doTransfersDue(hall, (error) => console.error(error));
await close();
