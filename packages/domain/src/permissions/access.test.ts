import { describe, expect, it } from 'vitest';
import type { Suspension } from '../hierarchy/account.ts';
import type { AccountId } from '../ids.ts';
import { instantOf } from '../time.ts';
import { type AccessState, decideAccess, type Need, usageHeldSince } from './access.ts';
import type { Membership } from './effective.ts';
import { UNBOUNDED } from './levels.ts';
import type { Role } from './roles.ts';

const NOW = Date.UTC(2026, 10, 23);
const account = (id: string, kind: Suspension['kind'] | null = null) => ({
  id: id as AccountId,
  name: id,
  caps: UNBOUNDED,
  suspension: kind && { kind, from: null, until: null },
});
const membership = (id: string, role: Role): Membership => ({ account: id as AccountId, role });
const stateOf = (memberships: readonly Membership[], change: Partial<AccessState> = {}): AccessState => ({
  asked: 'leaf',
  memberships,
  chain: [account('root'), account('mid'), account('leaf')],
  status: 'active',
  ...change,
});
const RENAME: Need = { permission: 'account.settings', level: 'full', work: 'change' };
const GET: Need = { permission: 'account', level: 'limited', work: 'read' };
const codeOf = (state: AccessState, need: Need) => {
  const decision = decideAccess(state, need, NOW);
  return decision.ok ? 'ok' : decision.refusal.code;
};

describe('access', () => {
  it('to what is not reached is refused like to what is missing', () => {
    const answers = [[], [membership('root', 'member')], [membership('sibling', 'owner')]].map((memberships) =>
      decideAccess(stateOf(memberships), GET, NOW),
    );
    expect(answers[0]).toMatchObject({ refusal: { code: 'NOT_FOUND' } });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  it('needs the level that the procedure names, and says which', () => {
    expect(codeOf(stateOf([membership('leaf', 'viewer')]), GET)).toBe('ok');
    expect(decideAccess(stateOf([membership('leaf', 'viewer')]), RENAME, NOW)).toEqual({
      ok: false,
      refusal: { code: 'FORBIDDEN', message: 'This needs Account Settings: full in “leaf”.' },
    });
  });

  it('is bound by the suspension of an account at or above the membership only', () => {
    const chain = [account('root'), account('mid', 'read_only'), account('leaf')];
    expect(codeOf(stateOf([membership('leaf', 'owner')], { chain }), RENAME)).toBe('ACCOUNT_SUSPENDED');
    expect(codeOf(stateOf([membership('mid', 'owner')], { chain }), RENAME)).toBe('ACCOUNT_SUSPENDED');
    expect(codeOf(stateOf([membership('root', 'owner')], { chain }), RENAME)).toBe('ok');
    expect(codeOf(stateOf([membership('leaf', 'owner')], { chain }), GET)).toBe('ok');
    const stopped = [account('root'), account('mid', 'full_stop'), account('leaf')];
    expect(codeOf(stateOf([membership('leaf', 'owner')], { chain: stopped }), GET)).toBe('ACCOUNT_SUSPENDED');
  });

  it('needs one membership that both gives the level and is free', () => {
    const chain = [account('root'), account('mid'), account('leaf', 'read_only')];
    const both = [membership('leaf', 'owner'), membership('mid', 'agency_admin')];
    const usage: Need = { permission: 'billing.usage', level: 'full', work: 'usage' };
    expect(codeOf(stateOf(both, { chain }), RENAME)).toBe('ok');
    const stopped = [account('root'), account('mid'), account('leaf', 'full_stop')];
    expect(codeOf(stateOf(both, { chain: stopped }), usage)).toBe('USAGE_SUSPENDED');
    expect(codeOf(stateOf(both, { chain }), usage)).toBe('ok');
  });

  it('is by the nearest of those memberships that give it and are free', () => {
    const by = (chain: AccessState['chain'], need: Need, ...memberships: Membership[]) => {
      const decision = decideAccess(stateOf(memberships, { chain }), need, NOW);
      return decision.ok ? decision.value.account : null;
    };
    const [root, leaf] = [membership('root', 'owner'), membership('leaf', 'owner')];
    const open = [account('root'), account('mid'), account('leaf')];
    expect(by(open, RENAME, root, leaf)).toBe('leaf');
    expect(by(open, RENAME, leaf, root)).toBe('leaf');
    expect(by(open, RENAME, root, membership('leaf', 'viewer'))).toBe('root');
    expect(by([account('root'), account('mid'), account('leaf', 'read_only')], RENAME, root, leaf)).toBe('root');
  });

  it('takes usage from those who are read-only up to when they were, and all of it from those above', () => {
    const chain = [account('root'), account('mid'), account('leaf', 'read_only')].map((link) => ({
      ...link,
      suspendedAt: link.suspension && instantOf(NOW - 5),
    }));
    const usage: Need = { permission: 'billing.usage', level: 'full', work: 'usage' };
    const held = (...memberships: Membership[]) => usageHeldSince({ memberships, chain }, usage, NOW);
    expect(held(membership('leaf', 'owner'))).toBe(instantOf(NOW - 5));
    expect(held(membership('leaf', 'owner'), membership('mid', 'agency_admin'))).toBe(instantOf(NOW - 5));
    expect(held(membership('leaf', 'owner'), membership('mid', 'admin'))).toBeNull();
  });

  it('to a closed account is for reading, reopening and its last usage', () => {
    const closed = stateOf([membership('leaf', 'owner')], { status: 'closed' });
    expect(codeOf(closed, GET)).toBe('ok');
    expect(codeOf(closed, RENAME)).toBe('ACCOUNT_CLOSED');
    expect(codeOf(closed, { ...RENAME, work: 'restore' })).toBe('ok');
    expect(codeOf(closed, { ...RENAME, work: 'usage' })).toBe('ok');
  });
});
