import { randomBytes } from 'node:crypto';
import type { Trace } from '@tenantree/db';
import { type AccountId, newId, type RowId } from '@tenantree/domain';
import { describe, expect, it } from 'vitest';
import { SYSTEM } from './change.ts';
import { createTraces, type NewTrace } from './traces.ts';

const freshId = <Id extends string>(): Id => newId<Id>(Date.now(), randomBytes(10));
const visit = (account = freshId<AccountId>()): NewTrace => ({
  action: 'account.entered',
  details: { account: 'Visited' },
  account,
  target: null,
});

type Outcome = 'written' | 'gone' | 'broken' | 'away';

/** Traces over a store that does with each what it is told to. */
function open(outcomeOf: (trace: Trace) => Outcome = () => 'written') {
  const batches: (readonly Trace[])[] = [];
  const traces = createTraces({
    clock: { nowMs: () => 0 },
    newId: () => freshId<RowId>(),
    append: async (batch) => {
      batches.push(batch);
      await new Promise((next) => setImmediate(next));
      const outcomes = batch.map(outcomeOf);
      if (outcomes.includes('broken')) throw Object.assign(new Error('broken'), { code: '23503' });
      if (outcomes.includes('away')) throw new Error('away');
      return outcomes.filter((outcome) => outcome === 'written' || outcome === 'gone');
    },
  });
  return { ...traces, batches };
}

describe('What only leaves a trace', () => {
  it('leaves together with what comes meanwhile, and is answered when it is written', async () => {
    const { trace, batches } = open();
    const first = trace(SYSTEM, visit());
    await new Promise((next) => setImmediate(next));
    await Promise.all([first, ...Array.from({ length: 100 }, () => trace(SYSTEM, visit()))]);
    expect(batches.map(({ length }) => length)).toEqual([1, 100]);
  });

  it('is refused alone when its account is gone, or when it is what the database refuses', async () => {
    const [gone, broken] = [freshId<AccountId>(), freshId<AccountId>()];
    const { trace } = open(({ account }) => (account === gone ? 'gone' : account === broken ? 'broken' : 'written'));
    const outcomes = await Promise.allSettled(
      [visit(), visit(gone), visit(broken), visit()].map((one) => trace(SYSTEM, one)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { refusal: { code: 'NOT_FOUND' } } });
  });

  it('is refused at once when the database is away', async () => {
    const { trace, batches } = open(() => 'away');
    const outcomes = await Promise.allSettled([visit(), visit()].map((one) => trace(SYSTEM, one)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(batches).toHaveLength(1);
  });

  it('is all written when a server stops', async () => {
    const { trace, drain, batches } = open();
    const written = Promise.all(Array.from({ length: 1_200 }, () => trace(SYSTEM, visit())));
    await drain();
    await written;
    expect(batches.map(({ length }) => length)).toEqual([500, 500, 200]);
  });
});
