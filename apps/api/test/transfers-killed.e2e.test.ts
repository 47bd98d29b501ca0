import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type KilledTransfers, stageKilledTransfers } from './support/transfer-killed.ts';

let transfers: KilledTransfers;
beforeAll(async () => {
  transfers = await stageKilledTransfers();
});
afterAll(() => transfers.close());

it('A server that is killed while a transfer completes or expires leaves it as before or as after (each step: the long test)', async () => {
  expect(await transfers.completing(randomInt(1, 20))).toBe('before');
  expect(await transfers.expiring(randomInt(1, 4))).toBe('before');
  // Behind the last statement that writes: the whole of it is there.
  expect(await transfers.expiring(1_000)).toBe('after');
});
