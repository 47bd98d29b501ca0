import { describe, expect, it } from 'vitest';
import { DAY_MS, instantOf } from '../time.ts';
import type { SuspensionOrder } from './account.ts';
import { decideProtection } from './protection.ts';
import { daysUntilErasure, decideStatus, type StatusCommand, type StatusEvent, type StatusState } from './status.ts';

const NOW = Date.UTC(2026, 10, 23);
const READ_ONLY: SuspensionOrder = { kind: 'read_only', from: null, until: null, reason: null };

const active: StatusState = {
  name: 'Acme',
  status: 'active',
  suspension: null,
  protected: false,
  closedAt: null,
  liveChildren: 0,
  parent: { name: 'Parent', status: 'active' },
  siblingOfThatName: null,
};
const suspended: StatusState = { ...active, status: 'suspended', suspension: READ_ONLY };
const closed: StatusState = { ...active, status: 'closed', closedAt: instantOf(NOW - 30 * DAY_MS) };

const commandOf = (event: StatusEvent): StatusCommand =>
  event === 'suspend'
    ? { event, suspension: { ...READ_ONLY, kind: 'full_stop' } }
    : event === 'erase'
      ? { event, keptDays: 30 }
      : { event };
const after = (state: StatusState, command: StatusCommand | StatusEvent) => {
  const decision = decideStatus(state, typeof command === 'string' ? commandOf(command) : command, NOW);
  return decision.ok ? decision.value.status : decision.refusal.code;
};

describe('the status of an account', () => {
  it.each([
    [active, 'suspend', 'suspended'],
    [active, 'reactivate', 'ALREADY_IN_STATE'],
    [active, 'close', 'closed'],
    [active, 'reopen', 'NOT_CLOSED'],
    [active, 'erase', 'NOT_CLOSED'],
    [suspended, 'suspend', 'suspended'],
    [suspended, 'reactivate', 'active'],
    [suspended, 'close', 'closed'],
    [suspended, 'reopen', 'NOT_CLOSED'],
    [suspended, 'erase', 'NOT_CLOSED'],
    [closed, 'suspend', 'ACCOUNT_CLOSED'],
    [closed, 'reactivate', 'ACCOUNT_CLOSED'],
    [closed, 'close', 'ALREADY_IN_STATE'],
    [closed, 'reopen', 'active'],
    [closed, 'erase', 'erased'],
  ] as const)('has an outcome for every event: case %#', (state, event, outcome) => {
    expect(after(state, event)).toBe(outcome);
  });

  it('remembers a suspension while closed and restores it on reopening', () => {
    const closing = decideStatus(suspended, { event: 'close' }, NOW);
    expect(closing).toEqual({ ok: true, value: { status: 'closed', suspension: READ_ONLY } });
    expect(decideStatus({ ...closed, suspension: READ_ONLY }, { event: 'reopen' }, NOW)).toEqual({
      ok: true,
      value: { status: 'suspended', suspension: READ_ONLY },
    });
  });

  it('is not changed by the same suspension again, but by another', () => {
    expect(after(suspended, { event: 'suspend', suspension: READ_ONLY })).toBe('ALREADY_IN_STATE');
    const why = { ...READ_ONLY, reason: 'Unpaid' };
    expect(after(suspended, { event: 'suspend', suspension: why })).toBe('suspended');
    const until = { ...READ_ONLY, until: instantOf(NOW + 1) };
    expect(decideStatus(suspended, { event: 'suspend', suspension: until }, NOW)).toMatchObject({
      value: { suspension: until },
    });
  });

  it('is lifted by reactivating also before it has begun, and is none once it has ended', () => {
    const planned = { ...suspended, suspension: { ...READ_ONLY, from: instantOf(NOW + 1) } };
    expect(after(planned, 'reactivate')).toBe('active');
    const ended = { ...suspended, suspension: { ...READ_ONLY, until: instantOf(NOW) } };
    expect(after(ended, 'reactivate')).toBe('ALREADY_IN_STATE');
    expect(after({ ...closed, suspension: ended.suspension }, 'reopen')).toBe('active');
    expect(decideStatus(ended, { event: 'close' }, NOW)).toMatchObject({ value: { suspension: null } });
  });

  it('takes no suspension that ends in the past or before it starts', () => {
    const wish = (from: number | null, until: number) =>
      after(active, {
        event: 'suspend',
        suspension: {
          kind: 'read_only',
          from: from === null ? null : instantOf(NOW + from),
          until: instantOf(NOW + until),
          reason: null,
        },
      });
    expect([wish(null, 0), wish(-9, -5), wish(5, 5), wish(9, 5)]).toEqual(Array(4).fill('SUSPENSION_INVALID'));
    expect([wish(null, 1), wish(-9, 5), wish(5, 9)]).toEqual(Array(3).fill('suspended'));
  });

  it('closes only without live subaccounts and without protection', () => {
    expect(after({ ...active, protected: true }, 'close')).toBe('PROTECTED');
    expect(decideStatus({ ...active, liveChildren: 1 }, { event: 'close' }, NOW)).toEqual({
      ok: false,
      refusal: {
        code: 'HAS_LIVE_CHILDREN',
        message: '“Acme” still has 1 subaccount that must be closed or moved first.',
      },
    });
  });

  it('reopens only under a parent that is not closed and where its name is free', () => {
    expect(after({ ...closed, parent: { name: 'Parent', status: 'closed' } }, 'reopen')).toBe('PARENT_NOT_LIVE');
    expect(after({ ...closed, parent: { name: 'Parent', status: 'suspended' } }, 'reopen')).toBe('active');
    expect(after({ ...closed, parent: null }, 'reopen')).toBe('active');
    expect(after({ ...closed, siblingOfThatName: { name: 'ACME' } }, 'reopen')).toBe('NAME_TAKEN');
  });

  it('is erased no earlier than the retention allows, nor before its last usage could arrive', () => {
    expect(after({ ...closed, closedAt: instantOf(NOW - 30 * DAY_MS + 1) }, 'erase')).toBe('RETENTION_RUNNING');
    expect(after({ ...closed, protected: true }, 'erase')).toBe('PROTECTED');
    const keptDays = daysUntilErasure({ closedRetentionDays: 5, usageMaxAgeDays: 31 });
    const late = { event: 'erase', keptDays } as const;
    expect(after(closed, late)).toBe('RETENTION_RUNNING');
    expect(after({ ...closed, closedAt: instantOf(NOW - 31 * DAY_MS) }, late)).toBe('erased');
  });
});

describe('deletion protection', () => {
  it('is turned on and off, not twice, and not on a closed account', () => {
    expect(decideProtection(active, 'on')).toEqual({ ok: true, value: 'on' });
    expect(decideProtection(active, 'off')).toMatchObject({ refusal: { code: 'ALREADY_IN_STATE' } });
    expect(decideProtection(closed, 'on')).toMatchObject({ refusal: { code: 'ACCOUNT_CLOSED' } });
  });
});
