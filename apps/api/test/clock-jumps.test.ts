import { instantOf } from '@tenantree/domain';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clientWithToken } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

const MINUTE_MS = 60_000;
const JUMPS = [0, -90, 45, -10, 120, -2, 5];

// In the middle of a month: all is counted in one billing period, whenever this runs.
const BEGINS_MS = Date.UTC(2026, 10, 15, 12);
const clock = { aheadMs: 0, nowMs: () => BEGINS_MS + Math.round(performance.now()) + clock.aheadMs };
let deployment: Deployment;

beforeAll(async () => {
  deployment = await deploy({ clock });
});
afterAll(() => deployment.close());

it('a clock that jumps an hour and more, both ways, loses and doubles nothing and keeps the order of what was done', async () => {
  const { owner, root, url, key } = deployment;
  const { secret } = await key(root);
  const client = clientWithToken(url, secret);
  const [east, west] = await Promise.all(
    ['East', 'West'].map(async (name) => (await owner.accounts.create.mutate({ account: root, name })).account.id),
  );
  const { id: wanderer } = (await owner.accounts.create.mutate({ account: east!, name: 'Wanderer' })).account;
  const versions: number[] = [];
  let sent = 0;
  for (const [jump, minutes] of JUMPS.entries()) {
    clock.aheadMs += minutes * MINUTE_MS;
    const event = {
      meter: 'call.minutes',
      quantity: '0.5',
      occurredAt: instantOf(clock.nowMs()),
      idempotencyKey: `${jump}`,
    };
    for (const _ of ['first', 'repeated']) await client.usage.record.mutate({ account: wanderer, events: [event] });
    sent += 0.5;
    await owner.accounts.move.mutate({ account: wanderer, to: jump % 2 ? east! : west! });
    await owner.accounts.rename.mutate({ account: wanderer, name: `Wanderer ${jump}` });
    versions.push((await owner.accounts.get.query({ account: root })).treeVersion);
  }
  const totals = await Promise.all(
    [root, east!, west!].map(async (account) => Number((await owner.usage.totals.query({ account })).total)),
  );
  expect(totals[0]).toBe(sent);
  expect(totals[1]! + totals[2]!).toBe(sent);
  expect(versions).toEqual(versions.toSorted((a, b) => a - b));
  const { rows } = await owner.audit.list.query({ account: wanderer });
  const renamed = rows.filter(({ action }) => action === 'account.renamed').map(({ target }) => target?.name);
  expect(renamed).toEqual(JUMPS.map((_, jump) => `Wanderer ${jump}`).toReversed());
});
