import { configFromUrl, prepareDatabase } from '@tenantree/db';
import type { UsageFrame } from '@tenantree/domain';
import { TRPCClientError } from '@trpc/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type PrimaryAndStandby, startPrimaryAndStandby } from '../../../packages/db/test/primary-and-standby.ts';
import { further } from '../../../scripts/further.ts';
import type { Composed } from '../src/server/compose.ts';
import { offerSetupLink } from '../src/setup/claim.ts';
import { type Client, clientWithToken } from './support/clients.ts';
import { watcherWith } from './support/every-call.ts';
import { claim } from './support/killable-server.ts';
import { startApi, TEST_SECRET } from './support/start-api.ts';

let database: PrimaryAndStandby;
let servers: readonly Composed[] = [];
/** The first server's, which asks, and the second's, which watches. */
let client: Client;
/** What the servers' log says of what failed, for whoever reads why a test did. */
const failures: string[] = [];
let account: string;
let key: string;

beforeEach(async () => {
  database = await startPrimaryAndStandby();
  const serving = await prepareDatabase({ database: configFromUrl(database.url), owner: null, secret: TEST_SECRET });
  const start = (): Promise<Composed> =>
    startApi(serving, { onLog: (line) => line.includes('"err"') && failures.push(line) });
  const [first, second] = [await start(), await start()];
  servers = [first, second];
  ({ account, key } = await claim(first.url, (await offerSetupLink(first.hall)) ?? ''));
  client = clientWithToken(first.url, key);
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await database.close();
});

let events = 0;
/** Sends one more minute. @returns `ok`, or the refusal's code */
const send = (): Promise<string> =>
  client.usage.record
    .mutate({
      account,
      events: [
        {
          meter: 'call.minutes',
          quantity: '1',
          occurredAt: new Date().toISOString(),
          idempotencyKey: `e${(events += 1)}`,
        },
      ],
    })
    .then(
      () => 'ok',
      (error: unknown) => (error instanceof TRPCClientError ? error.data?.refusal?.code : String(error)),
    );

/** Sends until it is taken. @returns what was answered until then */
async function sendUntilTaken(): Promise<Set<string>> {
  const answers = new Set<string>();
  const sendOnce = async (): Promise<void> => {
    const answer = await send();
    if (answer !== 'ok') answers.add(answer);
    expect(answer, failures.at(-1)).toBe('ok');
  };
  await vi.waitFor(sendOnce, { timeout: 20_000, interval: 50 });
  return answers;
}

/** Watches the minutes at the second server, which hears of them through the database only. */
function watchElsewhere() {
  const shown = { minutes: '' };
  const watcher = watcherWith(
    servers[1]?.url ?? '',
    { authorization: `Bearer ${key}` },
    'usage.live',
    { account },
    (frame) => {
      const { data } = frame as { readonly data: UsageFrame };
      shown.minutes = data.minutes.find(([id]) => id === account)?.[2] ?? shown.minutes;
    },
  );
  const shows = (minutes: string): Promise<void> =>
    vi.waitFor(() => expect(shown.minutes).toBe(minutes), { timeout: 20_000, interval: 20 });
  return { ...watcher, shows };
}

describe('A database on two machines', () => {
  it('goes on where the standby takes over, without a restart: calls, live streams, and what servers tell each other', async () => {
    const viewer = watchElsewhere();
    await viewer.ready;
    expect(await send()).toBe('ok');
    await viewer.shows('1');
    await database.stopPrimary();
    expect(await send()).toBe('UNAVAILABLE');
    expect((await fetch(`${servers[0]?.url}/readyz`)).status).toBe(503);
    await database.promote();
    expect([...(await sendUntilTaken())].filter((answer) => answer !== 'UNAVAILABLE')).toEqual([]);
    await viewer.shows('2');
    expect(await send()).toBe('ok');
    await viewer.shows('3');
    expect((await client.usage.totals.query({ account })).total).toBe('3');
    expect((await fetch(`${servers[0]?.url}/readyz`)).status).toBe(200);
    viewer.stop();
  });

  further(
    'is left where it only lets read, although nothing there ended, and that is UNAVAILABLE until another one writes',
    async () => {
      const viewer = watchElsewhere();
      await viewer.ready;
      expect(await send()).toBe('ok');
      await viewer.shows('1');
      await database.setReadOnly('first primary', 'on');
      await vi.waitFor(async () => expect(await send()).toBe('UNAVAILABLE'), { timeout: 10_000, interval: 20 });
      for (let n = 0; n < 20; n += 1) expect(await send(), failures.at(-1)).toBe('UNAVAILABLE');
      await database.promote();
      expect([...(await sendUntilTaken())].filter((answer) => answer !== 'UNAVAILABLE')).toEqual([]);
      const { total } = await client.usage.totals.query({ account });
      await viewer.shows(total);
      expect(await send()).toBe('ok');
      await viewer.shows(String(Number(total) + 1));
      viewer.stop();
    },
  );

  further('that has lost some of what viewers were shown shows what there is, or has them watch anew', async () => {
    const viewer = watchElsewhere();
    await viewer.ready;
    expect(await send()).toBe('ok');
    await viewer.shows('1');
    await database.part();
    for (let n = 0; n < 4; n += 1) expect(await send()).toBe('ok');
    await viewer.shows('5');
    await database.stopPrimary();
    await database.promote();
    await sendUntilTaken();
    // Which of both depends on whether the numbers have overtaken the lost ones when a server looks.
    const { total } = await client.usage.totals.query({ account });
    expect(Number(total)).toBeLessThan(5);
    expect(await Promise.race([viewer.cut, viewer.shows(total).then(() => 'shown')])).toMatch(/^(UNAVAILABLE|shown)$/);
    viewer.stop();
  });
});
