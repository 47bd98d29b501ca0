import { describe, expect, it } from 'vitest';
import type { AccountId } from '../ids.ts';
import { decideMove, type MoveState } from './move.ts';
import { movedPath } from './path.ts';

const path = (text: string) => text.split('/') as AccountId[];
const at = (text: string) => ({ id: path(text).at(-1) ?? path(text)[0]!, name: text.toUpperCase(), path: path(text) });

const state: MoveState = {
  account: { ...at('r/a/b'), status: 'active', levelsBelow: 1 },
  to: { ...at('r/c'), status: 'active' },
  siblingOfThatName: null,
  maxDepth: 5,
};
const codeOf = (change: Partial<MoveState>) => {
  const decision = decideMove({ ...state, ...change });
  return decision.ok ? 'ok' : decision.refusal.code;
};

describe('moving an account', () => {
  it('tells the new path, and whose totals change', () => {
    expect(decideMove(state)).toEqual({
      ok: true,
      value: { parentId: 'c', path: path('r/c/b'), depthChange: 0, leaves: ['a'], joins: ['c'] },
    });
    expect(decideMove({ ...state, to: { ...at('r'), status: 'active' } })).toMatchObject({
      value: { depthChange: -1, leaves: ['a'], joins: [] },
    });
    expect(movedPath(path('r/a/b/x'), 'b' as AccountId, path('r/c'))).toEqual(path('r/c/b/x'));
  });

  it('is refused for a root, into itself, across trees, and where it is already', () => {
    expect(codeOf({ account: { ...at('r'), status: 'active', levelsBelow: 2 } })).toBe('MOVE_OF_ROOT');
    expect(codeOf({ to: { ...at('r/a/b'), status: 'active' } })).toBe('MOVE_INTO_ITSELF');
    expect(codeOf({ to: { ...at('r/a/b/x'), status: 'active' } })).toBe('MOVE_INTO_ITSELF');
    expect(codeOf({ to: { ...at('s/c'), status: 'active' } })).toBe('MOVE_ACROSS_TREES');
    expect(codeOf({ to: { ...at('r/a'), status: 'active' } })).toBe('ALREADY_IN_STATE');
  });

  it('is refused for and into a closed account', () => {
    expect(codeOf({ account: { ...state.account, status: 'closed' } })).toBe('ACCOUNT_CLOSED');
    expect(codeOf({ to: { ...state.to, status: 'closed' } })).toBe('PARENT_NOT_LIVE');
  });

  it('is refused when its deepest descendant would be too deep, saying how deep', () => {
    expect(codeOf({ maxDepth: 3 })).toBe('ok');
    expect(decideMove({ ...state, maxDepth: 2 })).toMatchObject({
      refusal: {
        code: 'DEPTH_EXCEEDED',
        message: 'Under “R/C”, “R/A/B” with 1 level below it would reach level 3; at most 2 are allowed.',
      },
    });
  });

  it('is refused when a new sibling has the name', () => {
    expect(codeOf({ siblingOfThatName: { id: 'd' as AccountId, name: 'b' } })).toBe('NAME_TAKEN');
  });
});
