import { afterAll, beforeAll, expect, it } from 'vitest';
import { type KilledTransfers, stageKilledTransfers } from './support/transfer-killed.ts';

let transfers: KilledTransfers;
beforeAll(async () => {
  transfers = await stageKilledTransfers();
});
afterAll(() => transfers.close());

/** Kills at one step after the other until there is none left. @returns at how many it was left as before */
async function stepsOf(kill: (step: number) => Promise<'before' | 'after'>): Promise<number> {
  for (let step = 1; step < 400; step += 1) if ((await kill(step)) === 'after') return step - 1;
  throw new Error('it never ends');
}

it('Killed at every step of its completion, a transfer is as before, and at last as after', async () => {
  expect(await stepsOf((step) => transfers.completing(step))).toBeGreaterThan(20);
}, 1_200_000);

it('Killed at every step of its expiry, a transfer is as before, and at last as after', async () => {
  expect(await stepsOf((step) => transfers.expiring(step))).toBeGreaterThan(3);
}, 300_000);
