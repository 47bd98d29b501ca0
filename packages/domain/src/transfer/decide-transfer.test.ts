import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ADA,
  ALL_STEPS,
  END,
  NOW,
  outcomeOf,
  SITUATIONS,
  TRANSFER,
  TRANSFER_CASES,
} from '../../test/transfer-cases.ts';
import { DAY_MS, instantOf, msOf } from '../time.ts';
import { decideTransfer } from './decide-transfer.ts';
import { missingSteps, remindersAhead, TRANSFER_STAGES } from './transfer.ts';

const { in_progress: inProgress, independent, parent_billed: parentBilled } = SITUATIONS;

describe('a billing transfer (rules/transfer 1)', () => {
  it.each(TRANSFER_CASES.map((one) => [`${one.stage}: ${one.row}${one.when && `, ${one.when}`}`, one] as const))(
    'has an outcome: %s',
    (_name, one) => {
      expect(outcomeOf(one)).toBe(one.outcome);
    },
  );

  it('has one for every event in every stage', () => {
    const events = [...new Set(TRANSFER_CASES.map(({ event }) => event.event))];
    expect(events.length).toBe(33);
    for (const event of events) {
      const stages = new Set(TRANSFER_CASES.filter((one) => one.event.event === event).map(({ stage }) => stage));
      expect([...stages].sort(), event).toEqual([...TRANSFER_STAGES].sort());
    }
  });

  it('takes the next version with everything that changes it, and none otherwise', () => {
    for (const { situation, event, nowMs } of TRANSFER_CASES) {
      if (situation.transfer === null || event.event === 'reopenOrErase' || event.event === 'ancestorCompletes')
        continue;
      const decision = decideTransfer(situation, event, nowMs);
      if (!decision.ok || event.event === 'start') continue;
      const { transfer } = decision.value;
      const isSame = transfer === situation.transfer;
      expect(transfer?.version).toBe(situation.transfer.version + (isSame ? 0 : 1));
    }
  });

  it('is over at its end, to the millisecond', () => {
    const cancel = (nowMs: number) => decideTransfer(inProgress, { event: 'cancel' }, nowMs);
    expect(cancel(msOf(END) - 1).ok).toBe(true);
    expect(cancel(msOf(END))).toMatchObject({ refusal: { code: 'TRANSFER_EXPIRED' } });
  });

  it('completes after everything that was placed before, and leaves what it needs to do so', () => {
    const ready = { ...inProgress, transfer: { ...TRANSFER, steps: ALL_STEPS } };
    const completed = (lastPlacedAt: string) =>
      decideTransfer(
        { ...ready, account: { ...ready.account, lastPlacedAt: lastPlacedAt as typeof END } },
        { event: 'complete', unfit: null },
        NOW,
      );
    const [now, later] = [instantOf(NOW), instantOf(NOW + 1)];
    expect(completed(instantOf(NOW - 5))).toMatchObject({
      value: {
        transfer: { state: 'completed', endedAt: now, steps: ALL_STEPS },
        effects: [{ effect: 'release', at: now, plan: ALL_STEPS.plan, agency: 'kept' }, {}],
      },
    });
    expect(completed(now)).toMatchObject({ value: { transfer: { endedAt: later } } });
  });

  it('names what is missing, in the order of the checklist', () => {
    expect(decideTransfer(inProgress, { event: 'complete', unfit: null }, NOW)).toMatchObject({
      refusal: {
        message: 'The checklist of “Acme” is not done: owner confirmed, billing details, payment method, plan.',
      },
    });
    const failed = { steps: { ...ALL_STEPS, payment: { method: 'card', state: 'failed' as const } } };
    expect(missingSteps(failed)).toEqual(['payment']);
  });

  it('names the nested accounts that stand in its way', () => {
    const nested = [{ id: inProgress.account.id, name: 'North' }];
    const event = { event: 'start', id: TRANSFER.id, key: 'k', terms: TRANSFER, typedName: 'Acme' } as const;
    expect(decideTransfer({ ...parentBilled, nested }, event, NOW)).toMatchObject({
      refusal: { code: 'NESTED_TRANSFER', message: expect.stringContaining('“North”') },
    });
  });

  it('says since when it is too late', () => {
    expect(decideTransfer(independent, { event: 'cancel' }, NOW)).toMatchObject({
      refusal: { message: expect.stringContaining(independent.transfer!.endedAt!) },
    });
  });

  it('reminds 7, 3 and 1 days before its end, except of what is past when it starts', () => {
    expect(remindersAhead(instantOf(NOW + 7 * DAY_MS), NOW)).toEqual([3, 1]);
    expect(remindersAhead(instantOf(NOW + 7 * DAY_MS + 1), NOW)).toEqual([7, 3, 1]);
    expect(remindersAhead(instantOf(NOW + DAY_MS), NOW)).toEqual([]);
  });

  it('ends once, whichever of completion, cancelling and expiry comes first', () => {
    const acts = ['complete', 'cancel', 'decline', 'expire'] as const;
    const eventOf = (act: (typeof acts)[number]) =>
      act === 'expire'
        ? ({ event: act, afterwards: 'stay' } as const)
        : act === 'decline'
          ? ({ event: act, reason: null } as const)
          : act === 'complete'
            ? ({ event: act, unfit: null } as const)
            : ({ event: act } as const);
    const comes = fc.tuple(fc.constantFrom(...acts), fc.integer({ min: 0, max: 60 * DAY_MS }));
    fc.assert(
      fc.property(fc.array(comes, { minLength: 1, maxLength: 8 }), (arrivals) => {
        let situation = { ...inProgress, transfer: { ...TRANSFER, steps: ALL_STEPS } };
        let ends = 0;
        for (const [act, afterMs] of arrivals.toSorted(([, a], [, b]) => a - b)) {
          const decision = decideTransfer(situation, eventOf(act), NOW + afterMs);
          const next = decision.ok ? decision.value.transfer! : situation.transfer;
          if (next.state !== situation.transfer.state) ends += 1;
          const billingMode = next.state === 'completed' ? ('direct' as const) : ('parent' as const);
          situation = {
            ...situation,
            transfer: { ...next, steps: next.steps },
            account: { ...situation.account, billingMode },
          };
        }
        const isAllTooEarly = arrivals.every(([act, afterMs]) => act === 'expire' && afterMs < 30 * DAY_MS);
        const isNoneInTime = arrivals.every(([act, afterMs]) => act !== 'expire' && afterMs >= 30 * DAY_MS);
        if (!isAllTooEarly && !isNoneInTime && arrivals.every(([act]) => act !== 'expire')) expect(ends).toBe(1);
        expect(ends).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('confirms the owner whatever the letters of the address', () => {
    const event = { event: 'confirmOwner', userId: ADA, email: 'Ada@Example.com' } as const;
    expect(decideTransfer(inProgress, event, NOW)).toMatchObject({ value: { transfer: { steps: { owner: ADA } } } });
  });
});
