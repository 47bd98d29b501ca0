import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { clientWithToken } from '../../../apps/api/test/support/clients.ts';
import {
  type KillableServer,
  type Program,
  prepareKillableServer,
} from '../../../apps/api/test/support/killable-server.ts';
import { rounds } from '../../../scripts/rounds.ts';

/** What is played, how fast, and when it is disturbed. The month with every fourth call; in the long run all of it, as `npm run demo` plays it. */
const PLAYED = rounds(
  {
    program: 'test/quarter.ts',
    calls: 10_519,
    minutes: '24,545.31',
    speed: 100_000,
    killedAt: 1_500,
    stoppedAt: 4_500,
  },
  { program: 'main.ts', calls: 42_078, minutes: '96,963.15', speed: 400_000, killedAt: 5_000, stoppedAt: 12_000 },
);

let server: KillableServer;
beforeAll(async () => {
  server = await prepareKillableServer();
});
afterAll(() => server.close());

describe('the month', () => {
  it('is counted exactly once although the server is killed and the demo is interrupted in the middle', async () => {
    await server.start();
    const { account, key } = await server.claim();
    const { usage } = clientWithToken(server.url, key);
    const counted = async (): Promise<number> =>
      (await usage.totals.query({ account }).catch(() => null))?.events.total ?? 0;
    const passing = (calls: number): Promise<void> =>
      vi.waitFor(async () => expect(await counted()).toBeGreaterThan(calls), { timeout: 100_000, interval: 100 });
    const demo = (speed: string): Program =>
      server.run(`examples/demo/${PLAYED.program}`, ['--url', server.url, '--key', key, '--speed', speed]);

    const first = demo(String(PLAYED.speed));
    await passing(PLAYED.killedAt);
    await server.kill();
    await server.start();
    await passing(PLAYED.stoppedAt);
    first.child.kill('SIGINT');
    expect(await first.exit, first.output()).toBe(0);
    expect(first.output()).toContain('Stopped.');

    const second = demo('max');
    expect(await second.exit, second.output()).toBe(0);
    expect(second.output()).toContain('Equal to the last digit');
    expect(second.output()).toContain(`Minutes at the reseller   ${PLAYED.minutes}`);
    expect(await counted()).toBe(PLAYED.calls);
  });
});
