import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { clientWithToken } from '../../../apps/api/test/support/clients.ts';
import {
  type KillableServer,
  type Program,
  prepareKillableServer,
} from '../../../apps/api/test/support/killable-server.ts';

let server: KillableServer;
beforeAll(async () => {
  server = await prepareKillableServer();
});
afterAll(() => server.close());

describe('the whole month', () => {
  it('is counted exactly once although the server is killed and the demo is interrupted in the middle', async () => {
    await server.start();
    const { account, key } = await server.claim();
    const { usage } = clientWithToken(server.url, key);
    const counted = async (): Promise<number> =>
      (await usage.totals.query({ account }).catch(() => null))?.events.total ?? 0;
    const passing = (calls: number): Promise<void> =>
      vi.waitFor(async () => expect(await counted()).toBeGreaterThan(calls), { timeout: 100_000, interval: 20 });
    const demo = (speed: string): Program =>
      server.run('examples/demo/main.ts', ['--url', server.url, '--key', key, '--speed', speed]);

    const first = demo('400000');
    await passing(5_000);
    await server.kill();
    await server.start();
    await passing(12_000);
    first.child.kill('SIGINT');
    expect(await first.exit, first.output()).toBe(0);
    expect(first.output()).toContain('Stopped.');

    const second = demo('max');
    expect(await second.exit, second.output()).toBe(0);
    expect(second.output()).toContain('Equal to the last digit');
    expect(second.output()).toContain('Minutes at the reseller   96,963.15');
    expect(await counted()).toBe(42_078);
  });
});
