import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, refusalOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

const clock = { nowMs: () => Date.UTC(2026, 10, 2, 12) };

let api: Deployment;
let owner: Client;
let root: string;
beforeAll(async () => {
  api = await deploy({ clock });
  owner = api.owner;
  root = api.root;
});
afterAll(() => api.close());

const make = async (account: string, name: string): Promise<string> =>
  (await owner.accounts.create.mutate({ account, name })).account.id;

/** Records a minute at each of these instants. */
async function use(account: string, instants: readonly string[]): Promise<void> {
  const events = instants.map((occurredAt) => ({
    meter: 'call.minutes',
    quantity: '1',
    occurredAt,
    idempotencyKey: occurredAt,
    attributes: { agent: 'ANN' },
  }));
  expect((await owner.usage.record.mutate({ account, events })).accepted).toBe(instants.length);
}

type Range = Omit<Parameters<Client['usage']['series']['query']>[0], 'account' | 'scope'>;
const points = async (account: string, range: Range): Promise<string[][]> => {
  const { points } = await owner.usage.series.query({ account, scope: 'total', ...range });
  return points.map(({ start, quantity }) => [start.replace(':00.000Z', 'Z'), quantity]);
};

describe('A series in a time zone', () => {
  it.each([
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00Z', '2026-10-25T23:00Z', 25],
    ['Australia/Adelaide', '2026-10-04', '2026-10-03T14:30Z', '2026-10-04T13:30Z', 23],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00Z', '2026-11-02T05:00Z', 25],
    // Midnight comes twice, the day begins with the first one.
    ['America/Havana', '2026-11-01', '2026-11-01T04:00Z', '2026-11-02T05:00Z', 25],
    ['Asia/Kathmandu', '2026-10-31', '2026-10-30T18:15Z', '2026-10-31T18:15Z', 24],
    ['America/St_Johns', '2026-10-31', '2026-10-31T02:30Z', '2026-11-01T02:30Z', 24],
  ])('has days of %s that begin and end there: %s', async (timeZone, day, start, end, hours) => {
    const account = await make(root, `In ${timeZone}`);
    const [startMs, endMs] = [Date.parse(start), Date.parse(end)];
    const minutes = Array.from({ length: hours }, (_, hour) => new Date(startMs + hour * 3_600_000).toISOString());
    const [before, last] = [startMs - 1, endMs - 1].map((ms) => new Date(ms).toISOString());
    await use(account, [before!, ...minutes, last!, new Date(endMs).toISOString()]);
    const next = new Date(Date.parse(`${day}T00:00Z`) + 86_400_000).toISOString().slice(0, 10);
    const range = { from: day, to: next, timeZone };
    expect(await points(account, { ...range, bucket: 'day' })).toEqual([[start, String(hours + 1)]]);
    const byHour = await points(account, { ...range, bucket: 'hour' });
    expect(byHour.map(([at]) => at)).toEqual(minutes.map((at) => at.replace(':00.000Z', 'Z')));
    const around = { from: new Date(startMs - 3_600_000).toISOString(), to: new Date(endMs + 3_600_000).toISOString() };
    expect((await points(account, { ...around, bucket: 'day', timeZone })).map(([, quantity]) => quantity)).toEqual([
      '1',
      String(hours + 1),
      '1',
    ]);
  });

  it('has months of the zone, and of UTC where none is named', async () => {
    const account = await make(root, 'Months');
    await use(account, ['2026-10-31T22:59:00Z', '2026-10-31T23:00:00Z', '2026-11-01T00:00:00Z']);
    const range = { from: '2026-10-01', to: '2026-12-01', bucket: 'month' } as const;
    expect(await points(account, range)).toEqual([
      ['2026-10-01T00:00Z', '2'],
      ['2026-11-01T00:00Z', '1'],
    ]);
    expect(await points(account, { ...range, timeZone: 'Europe/Berlin' })).toEqual([
      ['2026-09-30T22:00Z', '1'],
      ['2026-10-31T23:00Z', '2'],
    ]);
  });

  it('refuses zones that nobody keeps, with the field', async () => {
    const range = { account: root, from: '2026-11-01', to: '2026-11-02', bucket: 'day', scope: 'total' } as const;
    for (const timeZone of [
      'Europe/Atlantis',
      'europe/berlin',
      'CET',
      'EST5EDT',
      'UTC+3',
      'Foo/Bar3',
      '+05:30',
      'localtime',
      '',
    ]) {
      const refusal = await refusalOf(owner.usage.series.query({ ...range, timeZone }));
      expect(refusal, timeZone).toMatchObject({ code: 'BAD_REQUEST', field: 'timeZone' });
      expect(refusal.message).toContain('Europe/Berlin');
    }
  });
});

describe('The ends of a series', () => {
  it('may be any minute, for what is read from roll-ups, events and what is not counted yet alike', async () => {
    const parent = await make(root, 'Minutes');
    const child = await make(parent, 'Child');
    await use(child, [
      '2026-11-01T10:06:59.999Z',
      '2026-11-01T10:07:00Z',
      '2026-11-01T10:15:00Z',
      '2026-11-01T11:59:59Z',
    ]);
    await use(child, ['2026-11-01T12:00:00Z', '2026-11-01T12:06:59Z', '2026-11-01T12:07:00Z']);
    const range = { from: '2026-11-01T10:07:00Z', to: '2026-11-01T12:07:00Z', bucket: 'hour' } as const;
    const hours = [
      ['2026-11-01T10:00Z', '2'],
      ['2026-11-01T11:00Z', '1'],
      ['2026-11-01T12:00Z', '2'],
    ];
    for (const account of [parent, child])
      for (const by of ['none', 'account', 'agent'] as const)
        expect(await points(account, { ...range, by })).toEqual(hours);
    const inside = { from: '2026-11-01T10:07:00Z', to: '2026-11-01T10:08:00Z', bucket: 'day' } as const;
    expect(await points(parent, inside)).toEqual([['2026-11-01T00:00Z', '1']]);
  });

  it('are refused inside a minute, out of order, or too far apart, and the sentence says what is near', async () => {
    const range = { account: root, bucket: 'hour', scope: 'total' } as const;
    const ask = (from: string, to: string, bucket: 'hour' | 'day' | 'month' = 'hour') =>
      Promise.all(
        [owner.usage.series, owner.usage.export].map((read) => refusalOf(read.query({ ...range, from, to, bucket }))),
      );
    for (const refusal of await ask('2026-11-13T18:30:01Z', '2026-11-14T00:00:00Z')) {
      expect(refusal).toMatchObject({ code: 'BAD_REQUEST', field: 'from' });
      expect(refusal.message).toContain('2026-11-13T18:30:00.000Z or 2026-11-13T18:31:00.000Z');
    }
    for (const to of [
      '2026-11-14T00:00:00.001Z',
      '2026-11-14T23:59:59Z',
      '2026-11-13',
      '2026-11-12T23:59:00Z',
      '2027-02-01',
    ])
      for (const refusal of await ask('2026-11-13', to))
        expect(refusal, to).toMatchObject({ code: 'BAD_REQUEST', field: 'to' });
    for (const refusal of await ask('2026-11-13', '2029-02-01', 'day')) expect(refusal.message).toContain('800 days');
    for (const refusal of await ask('0001-01-01', '9999-02-01', 'month'))
      expect(refusal.message).toContain('120 months');
    for (const from of ['2026-02-30', '2026-11-13T10:00:00', 'yesterday'])
      for (const refusal of await ask(from, '2026-11-14'))
        expect(refusal).toMatchObject({ code: 'BAD_REQUEST', field: 'from' });
  });
});
