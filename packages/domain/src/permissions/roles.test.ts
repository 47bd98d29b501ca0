import { describe, expect, it } from 'vitest';
import { boundByControllers, highest, type Levels, lowest, unpackLevels } from './levels.ts';
import type { PermissionKey } from './registry.ts';
import { hasRight, highestRole, parseRole, ROLE_REACH, ROLE_WORDS, ROLES, ranksAbove, roleLevel } from './roles.ts';

const levelsOf = (key: PermissionKey) => ROLES.map((role) => roleLevel(role, key));

describe('what a role gives', () => {
  it.each([
    ['conversations', ['read', 'read', 'read', 'read', 'read']],
    ['tasks', ['full', 'full', 'full', 'full', 'read']],
    ['agents', ['full', 'full', 'full', 'full', 'read']],
    ['agents.general', ['full', 'full', 'full', 'full', 'read']],
    ['agents.notifications', ['full', 'full', 'full', 'full', 'read']],
    ['knowledgeBases', ['full', 'full', 'full', 'full', 'read']],
    ['campaigns', ['full', 'full', 'full', 'full', 'read']],
    ['telephony.phoneNumbers', ['full', 'full', 'full', 'read', 'read']],
    ['telephony.sipTrunks', ['full', 'full', 'full', 'read', 'read']],
    ['telephony.complianceProfiles', ['full', 'full', 'full', 'read', 'read']],
    ['account', ['full', 'full', 'full', 'limited', 'limited']],
    ['account.settings', ['full', 'full', 'full', 'read', 'read']],
    ['account.members', ['full', 'full', 'full', 'none', 'none']],
    ['account.subaccounts', ['full', 'full', 'full', 'none', 'none']],
    ['account.trustCenter', ['full', 'full', 'full', 'read', 'read']],
    ['account.schedules', ['full', 'full', 'full', 'read', 'read']],
    ['developers.integrations', ['full', 'full', 'full', 'none', 'none']],
    ['developers.apiKeys', ['full', 'full', 'full', 'read', 'none']],
    ['developers.webhooks', ['full', 'full', 'full', 'none', 'none']],
    ['billing', ['full', 'full', 'none', 'none', 'none']],
    ['billing.usage', ['full', 'full', 'none', 'none', 'none']],
  ] as const)('of %s is as rules/permissions 4 says', (key, levels) => {
    expect(levelsOf(key)).toEqual(levels);
  });

  it('is never lowered by its own controllers', () => {
    for (const role of ROLES) expect(boundByControllers(ROLE_WORDS[role])).toEqual(ROLE_WORDS[role]);
  });

  it('is no more than what a higher role gives', () => {
    for (const [rank, role] of ROLES.entries()) {
      const above: Levels = ROLES.slice(0, rank + 1)
        .map((each) => ROLE_WORDS[each])
        .reduce(lowest);
      expect(unpackLevels(highest(above, ROLE_WORDS[role]))).toEqual(unpackLevels(above));
    }
  });

  it('includes rights of its own that no level grants', () => {
    expect(ROLES.filter((role) => hasRight(role, 'agents.delete'))).toEqual(['owner', 'admin', 'agency_admin']);
    expect(ROLES.filter((role) => hasRight(role, 'conversations.export'))).toEqual([...ROLES]);
  });
});

describe('the order of roles', () => {
  it('puts owners first', () => {
    expect(ranksAbove('owner', 'admin')).toBe(true);
    expect(ranksAbove('admin', 'agency_admin')).toBe(true);
    expect(ranksAbove('viewer', 'viewer')).toBe(false);
    expect(highestRole(['viewer', 'admin', 'member'])).toBe('admin');
    expect(highestRole([])).toBeNull();
    expect([parseRole('owner'), parseRole('root')]).toEqual(['owner', null]);
  });
});

describe('whoever may make accounts', () => {
  it('reaches what they make, although they are no member of it (rules/people 4)', () => {
    for (const role of ROLES)
      if (roleLevel(role, 'account.subaccounts') === 'full') expect(ROLE_REACH[role], role).toBe('subtree');
  });
});
