import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const COMPILER = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));
const CONSUMER = fileURLToPath(new URL('consumer', import.meta.url));

/** Packages whose declarations may come with the client's. */
const KNOWN =
  /\/(packages\/(client|contract|domain)\/|node_modules\/(@trpc\/(client|server)|eventsource(-parser)?|zod|@typescript\/[^/]+|typescript)\/)/;

it('whoever imports the client meets no declaration of the server, of its database or of Node, and wrong types are found', async () => {
  // Its settings leave out what stands about in this repository and in no project of an integrator's: a declaration of `ws`, which tRPC asks for.
  const { stdout } = await promisify(execFile)(process.execPath, [COMPILER, '-p', CONSUMER, '--listFiles'], {
    maxBuffer: 2 ** 24,
  });
  const files = stdout.split('\n').filter((line) => line.startsWith('/') || /^[A-Za-z]:/.test(line));
  expect(files.some((file) => file.includes('/packages/contract/src/'))).toBe(true);
  expect(files.filter((file) => !KNOWN.test(file))).toEqual([]);
}, 120_000);
