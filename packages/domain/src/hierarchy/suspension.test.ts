import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountId } from '../ids.ts';
import { instantOf } from '../time.ts';
import { SUSPENSION_KINDS, type Suspension } from './account.ts';
import {
  admitUnderSuspension,
  compareStrictness,
  effectiveSuspension,
  holdsAt,
  nextTurn,
  seenAt,
  statusAt,
  suspendedSince,
  WORK_UNDER_SUSPENSION,
} from './suspension.ts';

const NOW = Date.UTC(2026, 10, 23);
const suspension = (kind: Suspension['kind'], from: number | null = null, until: number | null = null): Suspension => ({
  kind,
  from: from === null ? null : instantOf(NOW + from),
  until: until === null ? null : instantOf(NOW + until),
});
const chainOf = (suspensions: readonly (Suspension | null)[]) =>
  suspensions.map((own, depth) => ({ id: `a${depth}` as AccountId, name: `Level ${depth}`, suspension: own }));

describe('the effective suspension', () => {
  it('is the strictest of the own and the ancestors’, with the account it comes from', () => {
    const chain = chainOf([suspension('no_new_work'), suspension('full_stop'), suspension('read_only')]);
    expect(effectiveSuspension(chain, NOW)).toMatchObject({ kind: 'full_stop', by: { name: 'Level 1' } });
    expect(effectiveSuspension(chainOf([null, null]), NOW)).toBeNull();
  });

  it('turns by time alone at the next start or end of the chain', () => {
    const chain = chainOf([suspension('read_only', -9, 7), null, suspension('full_stop', 5, 6)]);
    expect(nextTurn(chain, NOW)).toBe(instantOf(NOW + 5));
    expect(nextTurn(chain, NOW + 5)).toBe(instantOf(NOW + 6));
    expect(nextTurn(chain, NOW + 6)).toBe(instantOf(NOW + 7));
    expect(nextTurn(chain, NOW + 7)).toBeNull();
  });

  it('of equals comes from the topmost', () => {
    const chain = chainOf([null, suspension('read_only'), suspension('read_only')]);
    expect(effectiveSuspension(chain, NOW)?.by.name).toBe('Level 1');
  });

  it('holds from its start to its end, the end excluded', () => {
    expect(holdsAt(suspension('read_only', 0, 1), NOW)).toBe(true);
    expect(holdsAt(suspension('read_only', 1), NOW)).toBe(false);
    expect(holdsAt(suspension('read_only', -5, 0), NOW)).toBe(false);
    const chain = chainOf([suspension('full_stop', 10), suspension('no_new_work')]);
    expect(effectiveSuspension(chain, NOW)?.kind).toBe('no_new_work');
    expect(effectiveSuspension(chain, NOW + 10)?.kind).toBe('full_stop');
  });

  it('never gets milder down a chain', () => {
    const own = fc.option(
      fc.record({
        kind: fc.constantFrom(...SUSPENSION_KINDS),
        from: fc.option(fc.integer({ min: -9, max: 9 })),
        until: fc.option(fc.integer({ min: -9, max: 9 })),
      }),
    );
    fc.assert(
      fc.property(fc.array(own, { minLength: 1, maxLength: 6 }), (owns) => {
        const chain = chainOf(owns.map((each) => each && suspension(each.kind, each.from, each.until)));
        const below = effectiveSuspension(chain, NOW);
        const above = effectiveSuspension(chain.slice(0, -1), NOW);
        if (above) expect(below && compareStrictness(below.kind, above.kind)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('that ended or has not begun leaves the account active', () => {
    expect(statusAt('suspended', suspension('read_only', 5), NOW)).toBe('active');
    expect(statusAt('suspended', suspension('read_only', -5, 0), NOW)).toBe('active');
    expect(statusAt('suspended', suspension('read_only'), NOW)).toBe('suspended');
    expect(statusAt('closed', suspension('read_only', 5), NOW)).toBe('closed');
  });

  it('begins and ends by time alone, whenever the account was read', () => {
    const times = fc.option(fc.integer({ min: -9, max: 9 }), { nil: null });
    const instant = fc.integer({ min: -9, max: 9 });
    fc.assert(
      fc.property(times, times, instant, instant, (from, until, read, later) => {
        const stored = { status: 'suspended' as const, suspension: suspension('read_only', from, until) };
        const [at, then] = [NOW + Math.min(read, later), NOW + Math.max(read, later)];
        expect(seenAt(seenAt(stored, at), then)).toEqual(seenAt(stored, then));
        expect(seenAt(stored, then).status).toBe(holdsAt(stored.suspension, then) ? 'suspended' : 'active');
      }),
    );
  });

  it('is forgotten once it has ended, and never before', () => {
    const ended = { status: 'suspended' as const, suspension: suspension('read_only', -5, 0) };
    expect(seenAt(ended, NOW)).toEqual({ status: 'active', suspension: null });
    expect(seenAt({ ...ended, status: 'closed' as const }, NOW)).toEqual({ status: 'closed', suspension: null });
    const planned = { status: 'suspended' as const, suspension: suspension('read_only', 5, 9) };
    expect(seenAt(planned, NOW)).toEqual({ ...planned, status: 'active' });
    const active = { status: 'active' as const, suspension: null };
    expect(seenAt(active, NOW)).toBe(active);
  });
});

describe('usage under a suspension', () => {
  const held = (...chain: readonly (readonly [Suspension, decidedMs: number] | null)[]) =>
    suspendedSince(
      chain.map((one, depth) => ({
        id: `a${depth}` as AccountId,
        name: `Level ${depth}`,
        suspension: one && one[0],
        suspendedAt: one && instantOf(NOW + one[1]),
      })),
      NOW,
    );

  it('is held back from when the suspension was decided, or from when it begins', () => {
    expect(held([suspension('read_only'), -5])).toBe(instantOf(NOW - 5));
    expect(held([suspension('read_only', -3), -5])).toBe(instantOf(NOW - 3));
    // Somebody wrote a start in the past: until they did, usage was as good as any.
    expect(held([suspension('read_only', -9), -5])).toBe(instantOf(NOW - 5));
  });

  it('is held back by the first of several, and only while they hold', () => {
    expect(held([suspension('read_only'), -5], null, [suspension('read_only'), -8])).toBe(instantOf(NOW - 8));
    expect(held([suspension('read_only', 1), -5], [suspension('read_only', null, 0), -5])).toBeNull();
    expect(held([suspension('no_new_work'), -5])).toBeNull();
  });
});

describe('work under a suspension', () => {
  it('lets through less the stricter it is', () => {
    for (const work of ['read', 'change', 'create', 'usage', 'restore', 'transfer'] as const) {
      const order = ['refused', 'from_before', 'admitted'];
      const admitted = SUSPENSION_KINDS.map((kind) => order.indexOf(WORK_UNDER_SUSPENSION[kind][work]));
      expect(admitted).toEqual(admitted.toSorted((a, b) => b - a));
    }
  });

  it('is refused with a sentence that names the account itself, not the one above', () => {
    expect(admitUnderSuspension('no_new_work', 'usage', 'Acme')).toEqual({ ok: true, value: null });
    expect(admitUnderSuspension('full_stop', 'usage', 'Acme')).toMatchObject({ refusal: { code: 'USAGE_SUSPENDED' } });
    expect(admitUnderSuspension('read_only', 'change', 'Acme')).toEqual({
      ok: false,
      refusal: {
        code: 'ACCOUNT_SUSPENDED',
        message: '“Acme” is suspended (read-only). It can be read, but not changed, until it is reactivated.',
      },
    });
  });
});
