import { describe, expect, it } from 'vitest';
import { PERMISSION_CATEGORIES, PERMISSIONS, type Permission, parsePermissionKey, permission } from './registry.ts';

const rows: readonly Permission[] = PERMISSIONS;

describe('the permission registry', () => {
  it('has 28 rows: 2 in Overview, 9 in Agents, 5 in Deploy, 12 in Account & Settings', () => {
    const sizes = PERMISSION_CATEGORIES.map((category) => rows.filter((row) => row.category === category).length);
    expect(sizes).toEqual([2, 9, 5, 12]);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(28);
  });

  it('has as controllers earlier rows without one', () => {
    for (const [position, row] of rows.entries()) {
      if (row.controller === null) continue;
      const controller = rows.findIndex(({ key }) => key === row.controller);
      expect(controller).toBeGreaterThanOrEqual(0);
      expect(controller).toBeLessThan(position);
      expect(rows[controller]?.controller).toBeNull();
      expect(row.key.startsWith(`${row.controller}.`)).toBe(true);
    }
  });

  it('controls 7 rows by General Agent Rights, 3 by Telephony, 5 by Account, 3 by Developers, 1 by Billing', () => {
    const counts = ['agents', 'telephony', 'account', 'developers', 'billing'].map(
      (key) => rows.filter(({ controller }) => controller === key).length,
    );
    expect(counts).toEqual([7, 3, 5, 3, 1]);
  });

  it('gives every row a position of its own, which never changes', () => {
    const positions = rows.map(({ position }) => position);
    expect(positions.toSorted((a, b) => a - b)).toEqual(rows.map((_, at) => at));
    // The rows of the first release, in the order of their positions: a row that is added takes the next one, wherever it is shown.
    const first = rows.filter(({ position }) => position < 28).toSorted((a, b) => a.position - b.position);
    expect(first.map(({ key }) => key).join(' ')).toBe(
      'conversations tasks agents agents.general agents.prompt agents.knowledge agents.tools agents.callFlow agents.analytics agents.notifications knowledgeBases telephony telephony.phoneNumbers telephony.sipTrunks telephony.complianceProfiles campaigns account account.settings account.members account.subaccounts account.trustCenter account.schedules developers developers.integrations developers.apiKeys developers.webhooks billing billing.usage',
    );
  });

  it('has one reader', () => {
    expect(parsePermissionKey('account.subaccounts')).toBe('account.subaccounts');
    expect(parsePermissionKey('constructor')).toBeNull();
    expect(permission('account').levels).toEqual(['none', 'limited', 'full']);
  });
});
