import { describe, expect, it } from 'vitest';
import {
  AUDIT_ACTIONS,
  AUDIT_KINDS,
  type AuditAction,
  type AuditEntry,
  type AuditKind,
  auditActionsOf,
  auditKindOf,
  auditSentence,
  parseAuditAction,
} from './actions.ts';

describe('the audit log', () => {
  it('says an entry in a sentence with its details', () => {
    const entry: AuditEntry = { action: 'account.moved', details: { account: 'West', before: 'Acme', after: 'East' } };
    expect(auditSentence(entry.action, entry.details)).toBe('moved West from Acme to East');
  });

  it.each([
    [{}, ''],
    [{ from: '2026-12-05T08:00:00.000Z' }, ' from 2026-12-05 08:00 UTC'],
    [
      { until: '2026-12-12T08:00:00.000Z', reason: 'Unpaid since October' },
      ' until 2026-12-12 08:00 UTC: Unpaid since October',
    ],
    [
      { from: '2026-12-05T08:00:00.000Z', until: '2026-12-12T08:00:00.000Z' },
      ' from 2026-12-05 08:00 UTC until 2026-12-12 08:00 UTC',
    ],
  ])('says from when, until when and why an account was suspended: %o', (terms, said) => {
    const details = { account: 'West', kind: 'read-only', ...terms };
    expect(auditSentence('account.suspended', details)).toBe(`suspended West (read-only)${said}`);
  });

  it.each([
    ['member.invitationAccepted', { account: 'West', role: 'agency_admin' }, 'joined West as agency admin'],
    [
      'member.roleChanged',
      { account: 'West', member: 'Ada', before: 'viewer', after: 'agency_admin' },
      'changed the role of Ada in West from viewer to agency admin',
    ],
    ['account.renamed', { before: 'agency_admin', after: 'Agency' }, 'renamed agency_admin to Agency'],
    [
      'member.invited',
      { email: 'ada@example.com', account: 'West', role: 'captain' },
      'invited ada@example.com to West as captain',
    ],
  ])('calls roles by their names, and nothing else: %s', (action, details, said) => {
    expect(auditSentence(action, details)).toBe(said);
  });

  it('says instants as people read them, and leaves names that look like one', () => {
    const at = '2026-11-29T23:53:23.394Z';
    const plan = { plan: 'Business', account: at, from: at };
    expect(auditSentence('billing.planChosen', plan)).toBe(
      `chose the plan Business for ${at}, from 2026-11-29 23:53 UTC`,
    );
    const end = { account: 'West', until: at };
    expect(auditSentence('transfer.extended', end)).toBe(
      'put the end of the billing transfer of West off to 2026-11-29 23:53 UTC',
    );
  });

  it('never fails on an entry of another release', () => {
    expect(auditSentence('account.painted', {})).toBe('account.painted');
    expect(auditSentence('account.created', {})).toBe('created –');
    expect(auditSentence('account.created', { account: '{account}' })).toBe('created {account}');
    expect(parseAuditAction('toString')).toBeNull();
  });

  it('has keys of an object and a verb in the past, and sentences without end marks', () => {
    for (const [key, sentence] of Object.entries(AUDIT_ACTIONS)) {
      expect(key).toMatch(/^[a-z]+\.[a-zA-Z]+$/);
      expect(sentence).not.toMatch(/[.!]$/);
    }
  });

  it('has every action in exactly one kind, and coming and going apart from what is done to accounts', () => {
    const actions = Object.keys(AUDIT_ACTIONS) as AuditAction[];
    const kinds = Object.keys(AUDIT_KINDS) as AuditKind[];
    expect(kinds.flatMap(auditActionsOf).sort()).toEqual([...actions].sort());
    for (const kind of kinds) expect(auditActionsOf(kind)).not.toEqual([]);
    expect(auditKindOf('account.entered')).toBe('visits');
    expect(auditKindOf('account.suspended')).toBe('accounts');
  });
});
