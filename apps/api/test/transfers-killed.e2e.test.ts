import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type KilledTransfers, stageKilledTransfers } from './support/transfer-killed.ts';

let transfers: KilledTransfers;
beforeAll(async () => {
  transfers = await stageKilledTransfers();
});
afterAll(() => transfers.close());

it('A server that is killed while a transfer completes or expires leaves it as before (each step, and after the last one: the long test)', async () => {
  expect(await transfers.completing(randomInt(1, 20))).toBe('before');
  expect(await transfers.expiring(randomInt(1, 4))).toBe('before');
});
