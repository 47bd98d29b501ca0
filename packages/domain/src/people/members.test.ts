import { describe, expect, it } from 'vitest';
import type { Decision } from '../errors.ts';
import { SUSPENSION_KINDS, type Suspension } from '../hierarchy/account.ts';
import type { AccountId, UserId } from '../ids.ts';
import { UNBOUNDED } from '../permissions/levels.ts';
import { ROLES, type Role, ranksAbove } from '../permissions/roles.ts';
import {
  decideAcceptInvitation,
  decideAssignRole,
  decideChangeRole,
  decideRemoveMember,
  type MemberState,
} from './members.ts';

const stateOf = (role: Role, owners = 2): MemberState => ({
  accountName: 'Acme',
  member: { userId: 'u1' as UserId, name: 'Ada', role },
  owners,
});
const codeOf = (decision: Decision<unknown>) => (decision.ok ? 'ok' : decision.refusal.code);

describe('members', () => {
  it('are given no role above that of who gives it', () => {
    for (const actor of ROLES) {
      for (const role of ROLES) {
        const decision = decideAssignRole({ accountName: 'Acme', actor: { role: actor }, presentRole: null }, role);
        expect(codeOf(decision)).toBe(ranksAbove(role, actor) ? 'ROLE_TOO_HIGH' : 'ok');
      }
    }
  });

  it('are not assigned twice', () => {
    const state = { accountName: 'Acme', actor: { role: 'owner' }, presentRole: 'viewer' } as const;
    expect(codeOf(decideAssignRole(state, 'admin'))).toBe('ALREADY_MEMBER');
  });

  it('are changed and removed by nobody below them', () => {
    for (const actor of ROLES) {
      for (const role of ROLES) {
        const expected = ranksAbove(role, actor) ? 'ROLE_TOO_HIGH' : 'ok';
        expect(codeOf(decideRemoveMember(stateOf(role), { role: actor }))).toBe(expected);
        if (role !== 'viewer')
          expect(codeOf(decideChangeRole(stateOf(role), { role: actor }, 'viewer'))).toBe(expected);
      }
    }
    expect(codeOf(decideChangeRole(stateOf('member'), { role: 'admin' }, 'owner'))).toBe('ROLE_TOO_HIGH');
  });

  it('keep at least one owner', () => {
    expect(codeOf(decideChangeRole(stateOf('owner', 1), { role: 'owner' }, 'admin'))).toBe('LAST_OWNER');
    expect(codeOf(decideRemoveMember(stateOf('owner', 1), { role: 'owner' }))).toBe('LAST_OWNER');
    expect(codeOf(decideRemoveMember(stateOf('owner', 2), { role: 'owner' }))).toBe('ok');
  });

  it('may leave whatever their role', () => {
    for (const role of ROLES) expect(codeOf(decideRemoveMember(stateOf(role), { role }))).toBe('ok');
  });

  it('that have the role already stay as they are', () => {
    expect(codeOf(decideChangeRole(stateOf('owner', 1), { role: 'owner' }, 'owner'))).toBe('ALREADY_IN_STATE');
  });
});

describe('an invitation', () => {
  const [above, below] = ['above' as AccountId, 'below' as AccountId];
  const stateOf = (inviter: Role | null, suspension: Suspension | null = null) => ({
    asked: below,
    memberships: inviter === null ? [] : [{ account: above, role: inviter }],
    chain: [
      { id: above, name: 'Above', suspension, caps: UNBOUNDED },
      { id: below, name: 'Below', suspension: null, caps: UNBOUNDED },
    ],
    status: 'active' as const,
  });

  it('is accepted only as long as whoever sent it may invite there and give its role', () => {
    for (const role of ROLES) {
      for (const inviter of ROLES) {
        const mayInvite = inviter === 'owner' || inviter === 'admin' || inviter === 'agency_admin';
        const expected = mayInvite && !ranksAbove(role, inviter) ? 'ok' : 'UNAUTHORIZED';
        expect(codeOf(decideAcceptInvitation(stateOf(inviter), role, 0)), `${inviter} gives ${role}`).toBe(expected);
      }
      expect(codeOf(decideAcceptInvitation(stateOf(null), role, 0))).toBe('UNAUTHORIZED');
      expect(codeOf(decideAcceptInvitation({ ...stateOf('owner'), status: 'closed' }, role, 0))).toBe('UNAUTHORIZED');
    }
  });

  it('is accepted as a change of the account, under every suspension', () => {
    for (const kind of SUSPENSION_KINDS) {
      const state = stateOf('owner', { kind, from: null, until: null });
      expect(codeOf(decideAcceptInvitation(state, 'admin', 0))).toBe(
        kind === 'no_new_work' ? 'ok' : 'ACCOUNT_SUSPENDED',
      );
    }
  });
});
