import type { TestProject } from 'vitest/node';
import type { Connection } from './embedded.ts';
import { startTestServer } from './testing.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The run's PostgreSQL server: `createTestDatabase(inject('database'))` makes a database on it. */
    database: Connection;
  }
}

/** Global set-up of a test run: one embedded PostgreSQL for all test files, unless only browser tests run. */
export default async function startForRun(root: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (root.vitest.projects.every((project) => project.isBrowserEnabled())) return undefined;
  const server = await startTestServer();
  root.provide('database', server.connection);
  return () => server.stop();
}
