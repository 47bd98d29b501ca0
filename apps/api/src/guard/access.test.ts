import { permission } from '@tenantree/domain';
import { describe, expect, it } from 'vitest';
import { appRouter } from '../router.ts';
import { ACCESS, ruleOf } from './access.ts';

const procedures = Object.keys(appRouter._def.procedures);

describe('The registry of access (product.md 3.7)', () => {
  it('names the permission and level of every procedure and subscription, and of nothing else', () => {
    expect(Object.keys(ACCESS).toSorted()).toEqual(procedures.toSorted());
  });

  it('asks for levels that the permission has', () => {
    for (const path of procedures) {
      const rule = ruleOf(path);
      if (rule.kind === 'account') expect(permission(rule.permission).levels, path).toContain(rule.level);
    }
  });

  it('says why what is public is public', () => {
    for (const path of procedures) {
      const rule = ruleOf(path);
      if (rule.kind === 'public') expect(rule.why, path).not.toBe('');
    }
  });

  it('leaves a procedure without a rule uncallable', () => {
    expect(() => ruleOf('accounts.forgotten')).toThrow(/names no permission/);
  });
});
