import type { EventOutcome, EventToRecord } from '@tenantree/db';
import type { AccountId, Decimal, Instant } from '@tenantree/domain';
import { describe, expect, it } from 'vitest';
import { createUsageWriter, WriterFullError } from './usage-writer.ts';

const ACCOUNT = '018f0000-0000-7000-8000-000000000001' as AccountId;
const METER = 'call.seconds';
const event = (key: string): EventToRecord => ({
  root: ACCOUNT,
  account: ACCOUNT,
  key,
  quantity: '1' as Decimal,
  occurredAt: '2026-11-10T00:00:00.000Z' as Instant,
  attributes: {},
});

/** A store that keeps keys; each is counted once. `fails` tells what a batch is refused with. */
function keeping(fails: (keys: readonly string[]) => Error | null = () => null) {
  const kept = new Set<string>();
  const batches: number[] = [];
  const store = async (_meter: string, events: readonly EventToRecord[]): Promise<EventOutcome[]> => {
    const keys = events.map(({ key }) => key);
    batches.push(keys.length);
    const error = fails(keys);
    if (error) throw error;
    return keys.map((key) => (kept.size < kept.add(key).size ? 'accepted' : 'duplicate'));
  };
  return { kept, batches, store };
}

const refusal = (code: string): Error => Object.assign(new Error(code), { code });

describe('The usage writer', () => {
  it.each([1, 3, 31, 33, 200])(
    'answers every call of %i callers that call again as soon as they are answered',
    async (callers) => {
      const { kept, store } = keeping();
      const writer = createUsageWriter({ store, onCommitted: () => {} });
      const call = async (caller: number): Promise<void> => {
        for (let i = 0; i < 40; i++)
          expect(await writer.record(METER, [event(`${caller}-${i}`)])).toEqual(['accepted']);
      };
      await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
      expect(kept.size).toBe(callers * 40);
      await writer.drain();
    },
  );

  it('overlooks no call, however few steps after the end of a flush it comes', async () => {
    const { kept, store } = keeping();
    const writer = createUsageWriter({ store, onCommitted: () => {} });
    for (let steps = 0; steps < 20; steps++) {
      await writer.record(METER, [event(`first-${steps}`)]);
      for (let i = 0; i < steps; i++) await Promise.resolve();
      expect(await writer.record(METER, [event(`then-${steps}`)])).toEqual(['accepted']);
    }
    expect(kept.size).toBe(40);
  });

  it('stores together what was called for together, and answers in order', async () => {
    const { batches, store } = keeping();
    const writer = createUsageWriter({ store, onCommitted: () => {} });
    const answers = await Promise.all([
      writer.record(METER, [event('a'), event('b')]),
      writer.record(METER, [event('b'), event('c')]),
      writer.record(METER, []),
    ]);
    expect(answers).toEqual([['accepted', 'accepted'], ['duplicate', 'accepted'], []]);
    expect(batches).toEqual([4]);
  });

  it('stores events of different months in flushes of their own, and answers in order', async () => {
    const { batches, store } = keeping();
    const months: string[][] = [];
    const writer = createUsageWriter({
      store: async (meter, events) => {
        months.push(events.map(({ occurredAt }) => occurredAt.slice(0, 7)));
        return store(meter, events);
      },
      onCommitted: () => {},
    });
    const late = (key: string): EventToRecord => ({ ...event(key), occurredAt: '2026-10-31T23:59:59.999Z' as Instant });
    const answers = await Promise.all([
      writer.record(METER, [event('a'), late('b'), event('a'), late('c'), late('b')]),
      writer.record(METER, [late('d')]),
      writer.record(METER, [event('e')]),
    ]);
    expect(answers).toEqual([
      ['accepted', 'accepted', 'duplicate', 'accepted', 'duplicate'],
      ['accepted'],
      ['accepted'],
    ]);
    expect(months.map((flush) => new Set(flush).size)).toEqual([1, 1]);
    expect(batches.toSorted((a, b) => a - b)).toEqual([3, 4]);
  });

  it('lets nobody suffer for what the database refuses of another', async () => {
    const { kept, store } = keeping((keys) => (keys.includes('bad') ? refusal('22P02') : null));
    const writer = createUsageWriter({ store, onCommitted: () => {} });
    const [good, bad] = await Promise.allSettled([
      writer.record(METER, [event('good')]),
      writer.record(METER, [event('bad')]),
    ]);
    expect(good).toEqual({ status: 'fulfilled', value: ['accepted'] });
    expect(bad.status).toBe('rejected');
    expect([...kept]).toEqual(['good']);
  });

  it('tries again after a deadlock, and gives up on a lost connection', async () => {
    const errors = [refusal('40P01'), null, refusal('57P01')];
    const { store } = keeping(() => errors.shift() ?? null);
    const writer = createUsageWriter({ store, onCommitted: () => {} });
    expect(await writer.record(METER, [event('a')])).toEqual(['accepted']);
    await expect(writer.record(METER, [event('b')])).rejects.toThrow('57P01');
    expect(await writer.record(METER, [event('b')])).toEqual(['accepted']);
  });

  it('refuses more than it may hold, and takes more when there is room again', async () => {
    const gate = Promise.withResolvers<void>();
    const { store } = keeping();
    const writer = createUsageWriter({
      store: async (meter, events) => gate.promise.then(() => store(meter, events)),
      onCommitted: () => {},
    });
    const many = Array.from({ length: 5_000 }, (_, i) => event(String(i)));
    const calls = Array.from({ length: 40 }, () => writer.record(METER, many));
    await expect(writer.record(METER, [event('one more')])).rejects.toThrow(WriterFullError);
    gate.resolve();
    await Promise.all(calls);
    expect(await writer.record(METER, [event('one more')])).toEqual(['accepted']);
  });
});
