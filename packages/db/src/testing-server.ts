import type { TestProject } from 'vitest/node';
import { startTestServer } from './testing.ts';

/** Global set-up of a test run: one embedded PostgreSQL for all test files, unless only browser tests run. */
export default async function startForRun(root: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (root.vitest.projects.every((project) => project.isBrowserEnabled())) return undefined;
  const server = await startTestServer();
  root.provide('database', server.connection);
  root.provide('cluster', server.cluster);
  return () => server.stop();
}
