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

  it('has one reader', () => {
    expect(parsePermissionKey('account.subaccounts')).toBe('account.subaccounts');
    expect(parsePermissionKey('constructor')).toBeNull();
    expect(permission('account').levels).toEqual(['none', 'limited', 'full']);
  });
});
