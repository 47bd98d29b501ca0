import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyLevelMap } from '../../test/arbitraries.ts';
import { CASE_CHAIN, type CasePlace, PERMISSION_CASES } from '../../test/permission-cases.ts';
import type { AccountId } from '../ids.ts';
import { instantOf } from '../time.ts';
import type { CapMarks } from './caps.ts';
import { effectiveLevels } from './effective.ts';
import { type ExplainedAccount, type ExplainedMembership, explain, shownExplanation } from './explain.ts';
import { HIGHEST, LEVEL_CODES, type LevelMap, levelOf, packLevels, type SomeLevels, UNBOUNDED } from './levels.ts';
import { PERMISSIONS, type PermissionKey } from './registry.ts';
import { ROLES } from './roles.ts';

const AT = instantOf(0);
const idOf = (place: CasePlace) => place as string as AccountId;
const link = (place: CasePlace, levels: SomeLevels | null, marks: CapMarks = {}): ExplainedAccount => ({
  id: idOf(place),
  name: place,
  caps: levels === null ? UNBOUNDED : packLevels({ ...HIGHEST, ...levels }),
  marks: levels === null ? null : marks,
  createdAt: AT,
});
const chainTo = (place: CasePlace, caps: { mid?: SomeLevels; leaf?: SomeLevels } = {}) =>
  [link('root', null), link('mid', caps.mid ?? {}), link('leaf', caps.leaf ?? {})].slice(
    0,
    CASE_CHAIN.indexOf(place) + 1,
  );
const heldDownBy = (explanation: ReturnType<typeof explain>): string[] =>
  (explanation.standings[0]?.lines ?? [])
    .filter(({ decides }) => decides)
    .map(({ entry, account, key }) => `${entry} ${account.name} ${key}`);

describe('explain', () => {
  it.each(PERMISSION_CASES.map((one, at) => [at, one] as const))(
    'names the level and everything that holds it down: case %i',
    (_, { who, acting, caps, key, level, because }) => {
      const memberships = who.map(({ role, at, scopes }): ExplainedMembership => {
        const bounds = scopes ? { bounds: { scopes: packLevels(scopes), within: null } } : {};
        return { account: idOf(at), role, ...bounds, bound: scopes ? 'scope' : null };
      });
      const explanation = explain(key, memberships, chainTo(acting, caps));
      expect(explanation.level).toBe(level);
      expect(heldDownBy(explanation).toSorted()).toEqual([...because].toSorted());
      expect(levelOf(effectiveLevels(memberships, chainTo(acting, caps)), key)).toBe(level);
    },
  );

  it('names the billing transfer where it lets an owner have Billing that caps would take', () => {
    const [root, mid, leaf] = chainTo('leaf', { mid: { billing: 'none' }, leaf: { 'billing.usage': 'none' } });
    const chain = [root!, mid!, { ...leaf!, transferUntil: AT }];
    const owner: ExplainedMembership = { account: idOf('leaf'), role: 'owner', bound: null };
    const billing = explain('billing', [owner], chain);
    expect(billing.level).toBe('full');
    expect(billing.standings[0]?.lines.map(({ entry, decides }) => [entry, decides])).toEqual([
      ['transfer', false],
      ['role', false],
    ]);
    const usage = explain('billing.usage', [owner], chain);
    expect(usage.level).toBe('none');
    expect(heldDownBy(usage)).toEqual(['cap leaf billing.usage']);
  });

  it('says who set an entry and when, and of one as the account was made when that was', () => {
    const mark = { by: { id: 'u', name: 'Olivia' }, at: instantOf(5), version: 3, local: true };
    const chain = [
      link('root', null),
      link('mid', { tasks: 'read' }, { tasks: mark }),
      link('leaf', { tasks: 'none' }),
    ];
    const [standing] = explain('tasks', [{ account: idOf('leaf'), role: 'owner', bound: null }], chain).standings;
    expect(standing?.lines).toEqual([
      expect.objectContaining({ entry: 'cap', level: 'read', by: mark.by, at: mark.at, version: 3, decides: false }),
      expect.objectContaining({ entry: 'cap', level: 'none', by: null, at: AT, version: 0, decides: true }),
      expect.objectContaining({ entry: 'role', level: 'full', decides: false }),
    ]);
  });

  it('tells of what stands above its reader neither where nor who', () => {
    const mark = { by: { id: 'u', name: 'Olivia' }, at: instantOf(5), version: 3, local: true };
    const chain = [
      link('root', null),
      link('mid', { tasks: 'read' }, { tasks: mark }),
      link('leaf', {}, { tasks: mark }),
    ];
    const explanation = explain('tasks', [{ account: idOf('leaf'), role: 'owner', bound: null }], chain);
    const shown = shownExplanation(explanation, CASE_CHAIN.map(idOf), [idOf('leaf')]);
    expect(shown.level).toBe('read');
    expect(shown.standings[0]?.lines[0]).toEqual({
      entry: 'cap',
      account: { id: null, name: 'an account above you' },
      key: 'tasks',
      level: 'read',
      by: null,
      at: null,
      version: null,
      decides: true,
    });
    expect(JSON.stringify(shown)).not.toContain('Olivia');
    expect(JSON.stringify(shown)).not.toContain('mid');
  });

  it('names exactly what decides: raising a part of it changes nothing, raising all of it does (I11)', () => {
    type Entries = { role: (typeof ROLES)[number]; caps: readonly [LevelMap, LevelMap]; scopes: LevelMap | null };
    const anyEntries: fc.Arbitrary<Entries> = fc.record({
      role: fc.constantFrom(...ROLES),
      caps: fc.tuple(anyLevelMap, anyLevelMap),
      scopes: fc.option(anyLevelMap),
    });
    const anyKey = fc.constantFrom<PermissionKey>(...PERMISSIONS.map(({ key }) => key));
    fc.assert(
      fc.property(anyEntries, anyKey, fc.nat(), (entries, key, pick) => {
        const asked = ({ role, caps: [mid, leaf], scopes }: Entries) => {
          const bounds = scopes ? { bounds: { scopes: packLevels(scopes), within: null } } : {};
          const chain = [link('root', null), link('mid', mid), link('leaf', leaf)];
          return explain(key, [{ account: idOf('leaf'), role, ...bounds, bound: scopes ? 'scope' : null }], chain);
        };
        const before = asked(entries);
        const deciders = (before.standings[0]?.lines ?? []).filter(({ decides }) => decides);
        // A role isn't raised row by row: where it decides, raising all else must change nothing.
        const raisable = deciders.filter(({ entry }) => entry !== 'role');
        const raised = (lines: typeof raisable): Entries =>
          lines.reduce<Entries>((now, line) => {
            const up = (map: LevelMap): LevelMap => ({ ...map, [line.key]: HIGHEST[line.key] });
            if (line.entry === 'scope') return { ...now, scopes: now.scopes && up(now.scopes) };
            const [mid, leaf] = now.caps;
            return { ...now, caps: line.account.name === 'mid' ? [up(mid), leaf] : [mid, up(leaf)] };
          }, entries);
        const part = raisable.filter((_, at) => at !== pick % Math.max(1, raisable.length));
        expect(asked(raised(part)).level).toBe(before.level);
        const after = asked(raised(raisable)).level;
        if (raisable.length < deciders.length || deciders.length === 0) expect(after).toBe(before.level);
        else expect(LEVEL_CODES[after]).toBeGreaterThan(LEVEL_CODES[before.level]);
      }),
      { numRuns: 500 },
    );
  });
});
