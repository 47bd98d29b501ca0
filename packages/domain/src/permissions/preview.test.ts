import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyLevelMap } from '../../test/arbitraries.ts';
import type { AccountId } from '../ids.ts';
import type { Instant } from '../time.ts';
import { effectiveLevels } from './effective.ts';
import { HIGHEST, type LevelMap, packLevels, type SomeLevels, UNBOUNDED, unpackLevels } from './levels.ts';
import { type CappedPlace, type Holders, previewCaps } from './preview.ts';
import { PERMISSIONS } from './registry.ts';
import { ROLES, type Role } from './roles.ts';

const people = (...roles: readonly Role[]): Holders[] =>
  roles.map((role) => ({ kind: 'person', role, scopes: null, count: 1 }));
const capped = (levels: SomeLevels) => packLevels({ ...HIGHEST, ...levels });

describe('the preview of caps', () => {
  const places: CappedPlace[] = [
    { parent: null, caps: capped({}), holders: people('owner', 'owner', 'viewer') },
    { parent: 0, caps: capped({}), holders: people('owner', 'member') },
    { parent: 0, caps: capped({ agents: 'read' }), holders: people('owner') },
  ];

  it('counts accounts, people and rows that lose something, and nobody who loses nothing', () => {
    const effect = previewCaps(UNBOUNDED, places, capped({ agents: 'read' }));
    expect(effect.accounts).toEqual([0, 1]);
    expect(effect.counts).toEqual({ person: 4, key: 0, session: 0 });
    const agents = PERMISSIONS.filter(({ key }) => key.startsWith('agents')).map(({ key }) => key);
    expect(effect.rows).toEqual(
      agents.map((key) => ({ key, before: 'full', after: 'read', counts: { person: 4, key: 0, session: 0 } })),
    );
  });

  it('shows what is gained by raising, too', () => {
    const lowered = [{ ...places[0]!, caps: capped({ tasks: 'none' }) }, ...places.slice(1)];
    const effect = previewCaps(UNBOUNDED, lowered, capped({}));
    expect(effect.rows.map(({ key, before, after, counts }) => [key, before, after, counts.person])).toEqual([
      ['tasks', 'none', 'full', 5],
      ['tasks', 'none', 'read', 1],
    ]);
  });

  it('takes no Billing from who owns an account in transfer', () => {
    const holders: Holders[] = [
      { kind: 'person', role: 'owner', scopes: null, count: 1, setsUpBilling: true },
      ...people('admin'),
    ];
    const effect = previewCaps(UNBOUNDED, [{ parent: null, caps: capped({}), holders }], capped({ billing: 'none' }));
    const lost = effect.rows.map(({ key, after, counts }) => [key, after, counts.person]);
    expect(lost).toContainEqual(['billing', 'none', 1]);
    expect(effect.counts.person).toBe(1);
  });

  it('is nothing where a cap above is as low already', () => {
    const effect = previewCaps(capped({ agents: 'none' }), places, capped({ agents: 'read' }));
    expect(effect).toEqual({ accounts: [], counts: { person: 0, key: 0, session: 0 }, rows: [] });
  });

  it('counts keys by what they make use of, and sessions apart', () => {
    const holders: Holders[] = [
      { kind: 'key', role: 'owner', scopes: packLevels({ tasks: 'read' }), count: 2 },
      { kind: 'key', role: 'owner', scopes: packLevels({ agents: 'full' }), count: 3 },
      { kind: 'session', role: 'admin', scopes: UNBOUNDED, count: 5 },
    ];
    const effect = previewCaps(UNBOUNDED, [{ parent: null, caps: capped({}), holders }], capped({ agents: 'none' }));
    expect(effect.counts).toEqual({ person: 0, key: 3, session: 5 });
  });

  it('says of a random tree what asking everybody before and after says', () => {
    type Account = { parent: number; caps: LevelMap; roles: Role[]; transferUntil: Instant | null };
    const anyAccount: fc.Arbitrary<Account> = fc.record({
      parent: fc.nat(),
      caps: anyLevelMap,
      transferUntil: fc.constantFrom(null, '2026-11-28T00:00:00.000Z' as Instant),
      roles: fc.array(fc.constantFrom(...ROLES), { maxLength: 3 }),
    });
    const anyTree = fc.array(anyAccount, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(anyTree, anyLevelMap, anyLevelMap, (drawn, above, after) => {
        const parentOf = (at: number) => (at === 0 ? null : drawn[at]!.parent % at);
        type Place = { id: AccountId; caps: LevelMap; transferUntil?: Instant | null };
        const chainOf = (at: number, first: LevelMap): Place[] => {
          const parent = parentOf(at);
          const { caps, transferUntil } = drawn[at]!;
          const own = { id: `a${at}` as AccountId, caps: at === 0 ? first : caps, transferUntil };
          return parent === null ? [{ id: 'top' as AccountId, caps: above }, own] : [...chainOf(parent, first), own];
        };
        const levelsOf = (role: Role, at: number, first: LevelMap) => {
          const chain = chainOf(at, first).map(({ caps, ...place }) => ({ ...place, caps: packLevels(caps) }));
          return unpackLevels(effectiveLevels([{ account: `a${at}` as AccountId, role }], chain));
        };
        const changed: number[] = [];
        let [persons, rows] = [0, 0];
        for (const [at, { roles }] of drawn.entries()) {
          const differing = roles.map((role) => {
            const [was, is] = [levelsOf(role, at, drawn[0]!.caps), levelsOf(role, at, after)];
            return PERMISSIONS.filter(({ key }) => was[key] !== is[key]).length;
          });
          if (differing.some((count) => count > 0)) changed.push(at);
          persons += differing.filter((count) => count > 0).length;
          rows += differing.reduce((sum, count) => sum + count, 0);
        }
        const slice = drawn.map(({ caps, roles, transferUntil }, at) => ({
          parent: parentOf(at),
          caps: packLevels(caps),
          holders: people(...roles).map(
            (one): Holders => (transferUntil && one.role === 'owner' ? { ...one, setsUpBilling: true } : one),
          ),
        }));
        const effect = previewCaps(packLevels(above), slice, packLevels(after));
        expect(effect.accounts).toEqual(changed);
        expect(effect.counts.person).toBe(persons);
        expect(effect.rows.reduce((sum, { counts }) => sum + counts.person, 0)).toBe(rows);
      }),
    );
  });
});
