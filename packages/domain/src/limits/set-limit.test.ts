import { describe, expect, it } from 'vitest';
import type { AccountId } from '../ids.ts';
import { UNIT } from '../usage/quantity.ts';
import { limitKind } from './kinds.ts';
import { beginPeriod, boundsAlong, decideLimit, decidingOf, type LimitState } from './set-limit.ts';

const AGENTS = limitKind('agents');
const n = (whole: number): bigint => BigInt(whole) * UNIT;

const state = (
  name: string,
  { cap, ...more }: Partial<Omit<LimitState, 'cap'>> & { cap?: number | null },
): LimitState => ({
  id: name as AccountId,
  name,
  cap: cap === undefined || cap === null ? null : n(cap),
  max: cap === undefined || cap === null ? null : n(cap),
  reserve: 0n,
  nextReserve: more.reserve ?? 0n,
  nextPromised: more.promised ?? 0n,
  planCap: null,
  used: 0n,
  held: 0n,
  promised: 0n,
  atLimit: 'block',
  thresholds: [80, 95, 100],
  version: 0,
  fired: 0,
  ...more,
});

const codeOf = (decision: ReturnType<typeof decideLimit>): string => (decision.ok ? 'ok' : decision.refusal.code);

describe('Setting a limit (rules/limits 5 to 9)', () => {
  it('allows a maximum below what is used, and says that it stops more', () => {
    const decision = decideLimit(AGENTS, [state('A', { used: n(12) })], { cap: n(10) });
    expect(decision).toMatchObject({
      ok: true,
      value: { stops: true, chain: [{ cap: n(10), used: n(12), version: 1 }] },
    });
    expect(decideLimit(AGENTS, [state('A', { used: n(9) })], { cap: n(10) })).toMatchObject({
      value: { stops: false },
    });
  });

  it('refuses a maximum below what subaccounts are promised, and a mere notice where they are promised anything', () => {
    const promising = state('A', { cap: 60, promised: n(40), held: n(40) });
    expect(codeOf(decideLimit(AGENTS, [promising], { cap: n(39) }))).toBe('LIMIT_PROMISED');
    expect(codeOf(decideLimit(AGENTS, [promising], { cap: n(40) }))).toBe('ok');
    expect(codeOf(decideLimit(AGENTS, [promising], { atLimit: 'notify' }))).toBe('LIMIT_PROMISED');
    const notifying = state('R', { cap: 100, atLimit: 'notify', max: null });
    expect(codeOf(decideLimit(AGENTS, [state('A', {}), notifying], { reserve: n(1) }))).toBe('LIMIT_PROMISED');
  });

  it('promises only what is free all the way up, says how much that is, and holds it there', () => {
    const chain = [
      state('A1', { used: n(3) }),
      state('A', { cap: 60, used: n(10) }),
      state('R', { cap: 40, used: n(20) }),
    ];
    const decision = decideLimit(AGENTS, chain, { reserve: n(24) });
    expect(decision).toMatchObject({ ok: false, refusal: { code: 'RESERVE_UNAVAILABLE', field: 'reserve' } });
    expect(decision.ok ? '' : decision.refusal.message).toContain('23 agents');
    const most = decideLimit(AGENTS, chain, { reserve: n(23) });
    expect(most).toMatchObject({
      value: {
        chain: [
          { reserve: n(23), held: 0n },
          { held: n(20), promised: n(23) },
          { held: n(20), promised: n(23) },
        ],
      },
    });
  });

  it('takes back what a smaller reserve no longer needs, as far up as it was held', () => {
    const chain = [
      state('A1', { reserve: n(25) }),
      state('A', { cap: 60, reserve: n(40), promised: n(25), held: n(25) }),
      state('R', { cap: 100, promised: n(40), held: n(40) }),
    ];
    expect(decideLimit(AGENTS, chain, { reserve: n(5) })).toMatchObject({
      value: { chain: [{ reserve: n(5) }, { held: n(5), promised: n(5) }, { held: n(40), promised: n(40) }] },
    });
  });

  it('refuses thresholds out of order, and promises that nobody could use or give', () => {
    const below = [state('A', {}), state('R', {})];
    expect(codeOf(decideLimit(AGENTS, below, { thresholds: [95, 80] }))).toBe('LIMIT_INVALID');
    expect(codeOf(decideLimit(AGENTS, below, { thresholds: [80, 80] }))).toBe('LIMIT_INVALID');
    expect(codeOf(decideLimit(AGENTS, below, { thresholds: [0] }))).toBe('LIMIT_INVALID');
    expect(codeOf(decideLimit(AGENTS, below, { thresholds: [101] }))).toBe('LIMIT_INVALID');
    expect(codeOf(decideLimit(AGENTS, below, { cap: n(5), reserve: n(6) }))).toBe('LIMIT_INVALID');
    expect(codeOf(decideLimit(AGENTS, [state('R', {})], { reserve: n(1) }))).toBe('LIMIT_INVALID');
  });

  it('promises from the next period on what is free of all that is promised then, whatever is used now', () => {
    const MINUTES = limitKind('minutes');
    const m = (whole: number): bigint => n(whole) * MINUTES.each;
    const chain = [
      state('A1', {}),
      state('A', { nextReserve: m(10), nextPromised: m(5), cap: 6_000 }),
      state('R', { cap: 6_000, used: m(100), nextPromised: m(70) }),
    ];
    // Of 100 at R 70 are promised then, 10 of them to A, which needs 5 of those for others.
    const decision = decideLimit(MINUTES, chain, { nextReserve: m(36) });
    expect(decision.ok ? '' : decision.refusal).toMatchObject({
      code: 'RESERVE_UNAVAILABLE',
      message: expect.stringContaining('35 call minutes'),
    });
    const most = decideLimit(MINUTES, chain, { nextReserve: m(35) });
    if (!most.ok) throw new Error(most.refusal.message);
    expect(most.value.chain).toMatchObject([
      { reserve: 0n, nextReserve: m(35) },
      { held: 0n, promised: 0n, nextPromised: m(40) },
      { held: 0n, promised: 0n, nextPromised: m(100) },
    ]);
    expect(beginPeriod(most.value.chain)).toMatchObject([
      { reserve: m(35) },
      { held: m(35), promised: m(35) },
      { held: m(35), promised: m(35) },
    ]);
    expect(codeOf(decideLimit(AGENTS, chain, { nextReserve: n(1) }))).toBe('LIMIT_INVALID');
    // What is set now stays, unless another one is wished for then.
    const both = decideLimit(MINUTES, [state('B', {}), state('R', {})], { reserve: m(5), nextReserve: m(0) });
    expect(both).toMatchObject({ ok: true, value: { chain: [{ reserve: m(5), nextReserve: 0n }, { held: m(5) }] } });
    expect(codeOf(decideLimit(MINUTES, most.value.chain.slice(1), { cap: m(39) }))).toBe('LIMIT_PROMISED');
  });

  it('refuses a version that is old', () => {
    expect(codeOf(decideLimit(AGENTS, [state('A', { version: 3 })], { cap: n(5), version: 2 }))).toBe(
      'VERSION_CONFLICT',
    );
    expect(codeOf(decideLimit(AGENTS, [state('A', { version: 3 })], { cap: n(5), version: 3 }))).toBe('ok');
  });

  it('tells which account on the way up decides next', () => {
    const [leaf, mid, root] = [state('A1', { cap: 30 }), state('A', { cap: 20, used: n(5) }), state('R', { cap: 100 })];
    const deciding = (chain: readonly LimitState[]) => decidingOf(boundsAlong(chain));
    expect(deciding([leaf, mid, root])).toMatchObject({ node: { id: 'A' }, free: n(15) });
    expect(deciding([leaf, { ...mid, max: null }, root])).toMatchObject({ node: { id: 'A1' }, free: n(30) });
    expect(deciding([state('A', {})])).toBeNull();
  });

  it('tells what is free at each account that bounds, with what is promised and not used yet', () => {
    const chain = [
      state('A1', { reserve: n(10), used: n(4) }),
      state('A', { cap: 40, used: n(30), held: n(6) }),
      state('R', { cap: 50, used: n(50) }),
    ];
    expect(boundsAlong(chain).map(({ node, free }) => [node.id, free])).toEqual([
      ['A', n(10)],
      ['R', n(6)],
    ]);
    expect(decidingOf(boundsAlong(chain))).toMatchObject({ node: { id: 'R' } });
  });
});
