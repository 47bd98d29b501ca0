import { configFromUrl } from '@tenantree/db';
import { deadlyJob } from './deadly-job.ts';
import { startApi } from './start-api.ts';

// A server that can do what kills it, on the database of the killable server that runs this. It is told the login that serves.
const [, , user] = process.argv;
await startApi({ ...configFromUrl(process.env['DATABASE_URL'] ?? ''), ...(user && { user }) }, { jobs: [deadlyJob] });
