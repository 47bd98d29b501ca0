import { readFile } from 'node:fs/promises';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { asAgreed } from './support/agreed.ts';
import type { AppRouter } from './support/clients.ts';
import { clientWithToken } from './support/clients.ts';
import { type KillableServer, prepareKillableServer } from './support/killable-server.ts';

/** Longest that a second caller may wait for an answer while another one asks for too much (ms). */
const LONGEST_WAIT_MS = 1_000;
/** The same in waits of a server that nobody else asks for anything: on slow machines, where that is more than a second. */
const LONGEST_WAITS = 40;
/** Most memory that answers which nobody reads may cost (MiB). */
const MOST_MIB = 128;
/** For so long the second caller calls, one call after the other (ms). */
const WATCHED_MS = 2_500;
/**
 * A machine that is busy with other things can hold anybody up once. A server that lets one caller hold up another does it every time, so
 * the best of some rounds is what it can do.
 */
const ROUNDS = 4;

type Caller = { readonly account: string; readonly key: string };

let server: KillableServer;
let loud: Caller;
let second: Caller;
let mostMs: number;

beforeAll(async () => {
  server = await prepareKillableServer();
  await server.start();
  const { account: root, key } = await server.claim();
  const owner = clientWithToken(server.url, key);
  const settle = async (name: string): Promise<Caller> => {
    const { account } = await owner.accounts.create.mutate({ account: root, name });
    return { account: account.id, key: (await owner.keys.create.mutate({ account: account.id, name })).key };
  };
  second = await settle('Second');
  loud = await settle('Loud');
  const metadata = { note: 'x'.repeat(7_000) };
  const leaves = Array.from({ length: 60 }, (_, leaf) => ({ account: loud.account, name: `Leaf ${leaf}`, metadata }));
  await Promise.all(leaves.map((leaf) => owner.accounts.create.mutate(leaf)));
  const calmMs = await longestWait();
  mostMs = Math.max(LONGEST_WAIT_MS, LONGEST_WAITS * calmMs);
});
afterAll(() => server.close());

/** Waits of a second caller over HTTP and over a socket of its own, for a first frame as well. @returns the longest (ms) */
async function longestWait(): Promise<number> {
  const ws = createWSClient({
    url: `${server.url.replace('http', 'ws')}/trpc`,
    connectionParams: { token: second.key },
  });
  const overSocket = createTRPCClient<AppRouter>({ links: [asAgreed, wsLink({ client: ws })] });
  const overHttp = clientWithToken(server.url, second.key);
  const { account } = second;
  const firstFrame = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const watching = overSocket.usage.live.subscribe(
        { account },
        {
          onError: reject,
          onData: () => {
            watching.unsubscribe();
            resolve();
          },
        },
      );
    });
  const calls = [
    () => overHttp.accounts.get.query({ account }),
    () => overSocket.accounts.get.query({ account }),
    firstFrame,
  ];
  let longest = 0;
  for (const endMs = performance.now() + WATCHED_MS; performance.now() < endMs; ) {
    for (const call of calls) {
      const startedMs = performance.now();
      await call();
      longest = Math.max(longest, performance.now() - startedMs);
    }
  }
  await ws.close();
  return longest;
}

/** Memory that the server's process has (MiB). */
async function memory(): Promise<number> {
  const status = await readFile(`/proc/${server.pid()}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
}

/** Lets a flood run while something is measured, in rounds until one is as it should be. */
async function during<T>(kind: string, measure: () => Promise<T>, isRight: (found: T) => boolean): Promise<T[]> {
  const found: T[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const flood = server.run('apps/api/test/support/flood.ts', [kind, server.url, loud.key, loud.account]);
    await vi.waitFor(() => expect(flood.output()).toContain('begun'), { timeout: 20_000, interval: 20 });
    found.push(await measure());
    flood.child.kill('SIGKILL');
    await flood.exit;
    if (isRight(found.at(-1) as T)) return [];
  }
  return found;
}

describe('a second caller waits less than a second (on slow machines forty times as long as in calm) while', () => {
  it.each([
    ['strangers send messages full of calls', 'calls'],
    ['strangers send as much JSON as they may', 'bodies'],
    ['strangers try to take the deployment', 'claims'],
    ['a customer subscribes to all there is, again and again', 'subscriptions'],
  ])('%s', async (_, kind) => {
    expect(await during(kind, longestWait, (waitMs) => waitMs < mostMs)).toEqual([]);
  });

  it('a customer asks for long lists and reads none, which costs little memory', async () => {
    const before = await memory();
    const growth = async (): Promise<number> => {
      let most = 0;
      for (const endMs = performance.now() + WATCHED_MS; performance.now() < endMs; ) {
        most = Math.max(most, (await memory()) - before);
        await new Promise((next) => setTimeout(next, 50));
      }
      return most;
    };
    const measure = () => Promise.all([longestWait(), growth()]);
    expect(await during('unread', measure, ([waitMs, mib]) => waitMs < mostMs && mib < MOST_MIB)).toEqual([]);
  });
});
