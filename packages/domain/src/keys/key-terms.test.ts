import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyLevelMap } from '../../test/arbitraries.ts';
import { NO_LEVELS } from '../permissions/levels.ts';
import { PERMISSIONS } from '../permissions/registry.ts';
import { type Instant, instantOf } from '../time.ts';
import { decideKeyTerms, type KeyTerms, packScopes, parseScopes } from './key-terms.ts';

const NOW_MS = Date.parse('2026-11-10T12:00:00.000Z');
const inDays = (days: number): Instant => instantOf(NOW_MS + days * 86_400_000);
const MAKER: KeyTerms = { expiresAt: inDays(30), scopes: { 'account.subaccounts': 'read' } };

describe('The terms of an API key (rules/keys 4)', () => {
  it('are a year and all that its owner has, unless the wish says otherwise', () => {
    expect(decideKeyTerms({}, null, NOW_MS)).toEqual({ ok: true, value: { expiresAt: inDays(365), scopes: '*' } });
    const wish = { expiresAt: null, scopes: { billing: 'full' } } as const;
    expect(decideKeyTerms(wish, null, NOW_MS)).toEqual({ ok: true, value: wish });
  });

  it('are those of the key that makes it, as far as the wish leaves them out', () => {
    expect(decideKeyTerms({}, MAKER, NOW_MS)).toEqual({ ok: true, value: MAKER });
    const lasting = { ...MAKER, expiresAt: inDays(900) };
    expect(decideKeyTerms({}, lasting, NOW_MS)).toMatchObject({ value: { expiresAt: inDays(365) } });
  });

  it('never outlast or exceed those of the key that makes it', () => {
    const days = fc.option(fc.integer({ min: 1, max: 800 }), { nil: null });
    const end = days.map((n) => (n === null ? null : inDays(n)));
    // Mostly what the maker has, so that some wishes are granted.
    const pair = fc
      .record({ maker: anyLevelMap, other: anyLevelMap, kept: fc.subarray(PERMISSIONS.map(({ key }) => key)) })
      .map(({ maker, other, kept }) => {
        const wish = Object.fromEntries(kept.map((key, i) => [key, i === 3 ? other[key] : maker[key]]));
        return [{ ...maker }, wish] as const;
      });
    fc.assert(
      fc.property(pair, end, fc.option(end, { nil: undefined }), ([most, wished], makerEnd, wishedEnd) => {
        const maker = { expiresAt: makerEnd, scopes: most };
        const decision = decideKeyTerms({ expiresAt: wishedEnd, scopes: wished }, maker, NOW_MS);
        if (!decision.ok) return;
        const { expiresAt, scopes } = decision.value;
        if (makerEnd !== null) expect(expiresAt !== null && expiresAt <= makerEnd).toBe(true);
        const [made, bound] = [packScopes(scopes), packScopes(most)];
        expect(made.map((word, at) => word & ~bound[at]!)).toEqual(NO_LEVELS);
      }),
    );
  });

  it('are refused when the key would have expired, or a scope is none', () => {
    expect(decideKeyTerms({ expiresAt: inDays(0) }, null, NOW_MS)).toMatchObject({
      refusal: { code: 'BAD_REQUEST', field: 'expiresAt' },
    });
    expect(parseScopes({ constructor: 'full' })).toMatchObject({ refusal: { field: 'scopes.constructor' } });
    expect(parseScopes({ account: 'read' })).toMatchObject({
      refusal: { field: 'scopes.account', message: 'Account can be one of: none, limited, full.' },
    });
    expect(parseScopes({ account: 'limited' })).toEqual({ ok: true, value: { account: 'limited' } });
  });
});
