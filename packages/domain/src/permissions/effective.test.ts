import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyLevelMap } from '../../test/arbitraries.ts';
import type { AccountId } from '../ids.ts';
import { packScopes } from '../keys/key-terms.ts';
import {
  type CappedAccount,
  effectiveLevels,
  gives,
  type KeyBounds,
  keyMembership,
  type Membership,
  reachedOf,
  reaches,
  roleAt,
  screenMembership,
} from './effective.ts';
import { LEVEL_CODES, type LevelMap, NO_LEVELS, needed, packLevels, UNBOUNDED, unpackLevels } from './levels.ts';
import { type Level, PERMISSIONS, type PermissionKey } from './registry.ts';
import { ROLES, roleLevel } from './roles.ts';

const DEPTHS = 5;
const PATH = Array.from({ length: DEPTHS }, (_, depth) => `a${depth}` as AccountId);
const stranger = 'stranger' as AccountId;

type Caps = readonly (LevelMap | null)[];
const chainTo = (depth: number, maps: Caps = []): CappedAccount[] =>
  pathTo(depth).map((id, at) => ({ id, caps: maps[at] ? packLevels(maps[at]) : UNBOUNDED }));

/** The model: rule by rule in words, one permission at a time (rules/permissions 1, 8). */
function modelLevel(memberships: readonly Membership[], depth: number, maps: Caps, key: PermissionKey): Level {
  const lower = (a: Level, b: Level) => (LEVEL_CODES[b] < LEVEL_CODES[a] ? b : a);
  const levels = memberships.flatMap(({ account, role }) => {
    const standing = PATH.indexOf(account);
    const reaching = standing === depth || (standing >= 0 && standing < depth && !['member', 'viewer'].includes(role));
    if (!reaching) return [];
    const capped = (row: PermissionKey) =>
      maps.slice(0, standing + 1).reduce((level, map) => (map ? lower(level, map[row]) : level), roleLevel(role, row));
    const controller = PERMISSIONS.find((row) => row.key === key)?.controller ?? null;
    const over = controller === null ? 'full' : capped(controller);
    return [over === 'limited' ? capped(key) : lower(capped(key), over)];
  });
  return levels.reduce<Level>((best, level) => (LEVEL_CODES[level] > LEVEL_CODES[best] ? level : best), 'none');
}

const anyCaps: fc.Arbitrary<Caps> = fc.array(fc.option(anyLevelMap), { minLength: DEPTHS, maxLength: DEPTHS });
const anyMemberships: fc.Arbitrary<Membership[]> = fc.array(
  fc.record({ account: fc.constantFrom(...PATH, stranger), role: fc.constantFrom(...ROLES) }),
  { maxLength: 3 },
);
const anyDepth = fc.nat({ max: DEPTHS - 1 });
const pathTo = (depth: number) => PATH.slice(0, depth + 1);

describe('the effective level', () => {
  it('is what the rules say in words', () => {
    fc.assert(
      fc.property(anyMemberships, anyDepth, anyCaps, (memberships, depth, maps) => {
        const levels = unpackLevels(effectiveLevels(memberships, chainTo(depth, maps)));
        const reaching = memberships.filter((membership) => reaches([membership], pathTo(depth)));
        for (const { key } of PERMISSIONS) {
          expect(levels[key]).toBe(modelLevel(memberships, depth, maps, key));
          for (const need of ['read', 'full'] as const)
            expect(
              reaching.some((membership) =>
                gives(membership, chainTo(PATH.indexOf(membership.account), maps), needed(key, need)),
              ),
            ).toBe(LEVEL_CODES[levels[key]] >= LEVEL_CODES[need]);
        }
      }),
    );
  });

  it('never grows down a chain for people at or below a cap (I7)', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ROLES), anyCaps, (role, maps) => {
        const codes = PATH.map((account, depth) => {
          const levels = unpackLevels(effectiveLevels([{ account, role }], chainTo(depth, maps)));
          return PERMISSIONS.map(({ key }) => LEVEL_CODES[levels[key]]);
        });
        for (const [depth, below] of codes.entries()) {
          for (const [position, code] of below.entries()) {
            expect(code).toBeLessThanOrEqual(codes[Math.max(0, depth - 1)]![position]!);
          }
        }
      }),
    );
  });

  it('of a controlled row never exceeds its controller, unless that is limited (I8)', () => {
    fc.assert(
      fc.property(anyMemberships, anyDepth, anyCaps, (memberships, depth, maps) => {
        const levels = unpackLevels(effectiveLevels(memberships, chainTo(depth, maps)));
        for (const { key, controller } of PERMISSIONS) {
          if (controller === null || levels[controller] === 'limited') continue;
          expect(LEVEL_CODES[levels[key]]).toBeLessThanOrEqual(LEVEL_CODES[levels[controller]]);
        }
      }),
    );
  });

  it('is that of the role after caps were lowered and raised again (I9)', () => {
    const owner: Membership = { account: PATH[1]!, role: 'owner' };
    const none = unpackLevels(NO_LEVELS);
    const free = effectiveLevels([owner], chainTo(2));
    expect(unpackLevels(effectiveLevels([owner], chainTo(2, [null, none]))).account).toBe('none');
    expect(effectiveLevels([owner], chainTo(2))).toEqual(free);
  });

  it('of who comes from above is not bound by caps below the membership', () => {
    const chain = chainTo(3, [null, null, unpackLevels(NO_LEVELS)]);
    expect(unpackLevels(effectiveLevels([{ account: PATH[1]!, role: 'owner' }], chain)).agents).toBe('full');
    expect(unpackLevels(effectiveLevels([{ account: PATH[2]!, role: 'owner' }], chain)).agents).toBe('none');
  });
});

describe('reach', () => {
  it('goes downward only, and for members and viewers nowhere else', () => {
    for (const role of ROLES) {
      const membership = [{ account: PATH[2]!, role }];
      const reached = PATH.map((_, depth) => reaches(membership, pathTo(depth)));
      const down = role !== 'member' && role !== 'viewer';
      expect(reached).toEqual([false, false, true, down, down]);
      expect(reaches(membership, [stranger])).toBe(false);
    }
  });

  it('shows of a path only what is reached', () => {
    const memberships: Membership[] = [
      { account: PATH[0]!, role: 'viewer' },
      { account: PATH[3]!, role: 'admin' },
    ];
    expect(reachedOf(memberships, PATH)).toEqual([PATH[0], PATH[3], PATH[4]]);
    expect(roleAt(memberships, PATH)).toBe('admin');
    expect(roleAt(memberships, pathTo(1))).toBeNull();
  });
});

describe('an API key', () => {
  const keyPath = pathTo(2);
  const WHOLE: KeyBounds = { scopes: UNBOUNDED, within: null };

  it('has its owner’s highest present role and falls with it', () => {
    expect(keyMembership([{ account: PATH[0]!, role: 'admin' }], keyPath, WHOLE)).toEqual({
      account: PATH[2],
      role: 'admin',
      bounds: WHOLE,
    });
    expect(keyMembership([{ account: PATH[0]!, role: 'member' }], keyPath, WHOLE)).toBeNull();
    expect(keyMembership([], keyPath, WHOLE)).toBeNull();
  });

  it('reaches no more of the subtree than it is kept to', () => {
    const key = keyMembership([{ account: PATH[0]!, role: 'owner' }], keyPath, { ...WHOLE, within: [PATH[3]!] });
    expect(PATH.map((_, depth) => reaches(key ? [key] : [], pathTo(depth)))).toEqual([false, false, false, true, true]);
  });

  it('has of each permission what its scopes name, each row for itself, and never more than its owner', () => {
    const scopes = packScopes({ 'account.subaccounts': 'read', 'billing.usage': 'full' });
    const levels = (role: Membership['role']) => {
      const key = keyMembership([{ account: PATH[2]!, role }], keyPath, { ...WHOLE, scopes });
      const had = unpackLevels(effectiveLevels(key ? [key] : [], chainTo(2)));
      return Object.fromEntries(Object.entries(had).filter(([, level]) => level !== 'none'));
    };
    expect(levels('owner')).toEqual({ 'account.subaccounts': 'read', 'billing.usage': 'full' });
    expect(levels('agency_admin')).toEqual({ 'account.subaccounts': 'read' });
    expect(levels('viewer')).toEqual({});
  });

  it('gives a screen that is embedded with it no more than it has, and only where it reaches', () => {
    const scopes = packScopes({ account: 'full' });
    const key = keyMembership([{ account: PATH[0]!, role: 'admin' }], keyPath, { scopes, within: [PATH[3]!] });
    if (!key) throw new Error('the key stands');
    expect(screenMembership(key, keyPath, UNBOUNDED)).toBeNull();
    expect(screenMembership(key, pathTo(4), UNBOUNDED)).toEqual({
      account: PATH[4],
      role: 'admin',
      bounds: { scopes, within: null },
    });
  });

  it('never has more than its owner has there', () => {
    fc.assert(
      fc.property(anyMemberships, anyCaps, anyDepth, (owner, maps, depth) => {
        const key = keyMembership(owner, keyPath, WHOLE);
        if (key === null) return;
        fc.pre(depth >= 2);
        const keys = effectiveLevels([key], chainTo(depth, maps));
        const owners = effectiveLevels(owner, chainTo(depth, maps));
        expect(keys.map((word, at) => word & ~owners[at]!)).toEqual(NO_LEVELS);
      }),
    );
  });
});
