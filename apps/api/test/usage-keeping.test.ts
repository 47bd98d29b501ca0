import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 15, 12);
const clock = { aheadMs: 0, nowMs: () => START + clock.aheadMs };
const at = (ms: number): string => new Date(START + ms).toISOString();

let api: Deployment;
let account: string;
beforeAll(async () => {
  api = await deploy({ clock, config: { usageRetentionDays: 70 } });
  account = (await api.owner.accounts.create.mutate({ account: api.root, name: 'Kept' })).account.id;
});
afterAll(() => api.close());

const event = (key: string, occurredAt: string, quantity = '1') => ({
  meter: 'call.minutes',
  quantity,
  occurredAt,
  idempotencyKey: key,
});
const record = async (...events: object[]): Promise<string[]> => {
  const { results } = await api.owner.usage.record.mutate({ account, events: events as ReturnType<typeof event>[] });
  return results.map((result) => ('code' in result ? result.code : result.status));
};
const total = async (period: string): Promise<string> =>
  (await api.owner.usage.totals.query({ account: api.root, period })).total;

describe('An idempotency key (rules/usage 3)', () => {
  it('is known in whatever month it comes back, as long as usage may be late', async () => {
    expect(await record(event('now', at(-1)), event('late', at(-34 * DAY)))).toEqual(['accepted', 'accepted']);
    expect(await record(event('now', at(-20 * DAY)), event('late', at(-1)))).toEqual([
      'EVENT_CONFLICT',
      'EVENT_CONFLICT',
    ]);
    // Recorded late it is kept from then on: its own month is more than the window ago.
    clock.aheadMs = 30 * DAY;
    expect(await record(event('late', at(30 * DAY)), event('now', at(29 * DAY)))).toEqual([
      'EVENT_CONFLICT',
      'EVENT_CONFLICT',
    ]);
    expect([await total('2026-10'), await total('2026-11'), await total('2026-12')]).toEqual(['1', '1', '0']);
  });

  it('answers a retry that comes too late as what it is', async () => {
    clock.aheadMs = 0;
    const adjustment = { account, ...event('fix', at(-2 * DAY), '-1'), reason: 'A complaint' };
    expect(await api.owner.usage.adjust.mutate(adjustment)).toEqual({ status: 'accepted' });
    await record(event('retried', at(-2 * DAY)));
    clock.aheadMs = 40 * DAY;
    const retries = [
      event('retried', at(-2 * DAY)),
      event('retried', at(-2 * DAY), '2'),
      event('never seen', at(-2 * DAY)),
    ];
    expect(await record(...retries)).toEqual(['duplicate', 'EVENT_CONFLICT', 'EVENT_TOO_OLD']);
    expect(await api.owner.usage.adjust.mutate(adjustment)).toEqual({ status: 'duplicate' });
    expect(await codeOf(api.owner.usage.adjust.mutate({ ...adjustment, quantity: '-2' }))).toBe('EVENT_CONFLICT');
    expect(await codeOf(api.owner.usage.adjust.mutate({ ...adjustment, idempotencyKey: 'other' }))).toBe(
      'EVENT_TOO_OLD',
    );
    clock.aheadMs = 0;
  });
});

describe('Events that are no longer kept', () => {
  it('leave totals and series by quarters of an hour, and ends inside one are refused', async () => {
    await record(event('month', '2026-10-20T10:07:00Z', '4'));
    const range = { account, from: '2026-10-20', to: '2026-10-21', bucket: 'day', scope: 'total' } as const;
    const series = async (more: object = {}) => {
      const { points } = await api.owner.usage.series.query({ ...range, ...more });
      return points.map(({ key, quantity }) => [key, quantity]);
    };
    const minutes = { from: '2026-10-20T10:07:00Z', to: '2026-10-20T10:08:00Z' };
    expect([await series(), await series(minutes)]).toEqual([[[null, '4']], [[null, '4']]]);
    // October is kept for 70 days after its end.
    clock.aheadMs = 40 * DAY;
    await api.composed.jobs.run();
    expect(await series({ by: 'agent' })).toEqual([[null, '4']]);
    expect(await record(event('month', '2026-10-20T10:07:00Z', '4'))).toEqual(['duplicate']);
    clock.aheadMs = 60 * DAY;
    await Promise.all([api.composed.jobs.run(), api.composed.jobs.run()]);
    expect(await record(event('month', '2026-10-20T10:07:00Z', '4'))).toEqual(['EVENT_TOO_OLD']);
    expect(await total('2026-10')).toBe('5');
    expect([await series(), await series({ by: 'account' })]).toEqual([[[null, '4']], [[account, '4']]]);
    expect(await codeOf(series(minutes))).toBe('BAD_REQUEST');
    expect(await record(event('later', at(59 * DAY)))).toEqual(['accepted']);
    clock.aheadMs = 0;
  });
});
