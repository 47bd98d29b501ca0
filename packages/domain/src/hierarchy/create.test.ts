import { describe, expect, it } from 'vitest';
import type { AccountId } from '../ids.ts';
import { type CreateState, decideCreate, parseNewAccount } from './create.ts';
import { parseMaxDepth } from './depth.ts';
import { decideRename, type RenameState } from './rename.ts';

const [ROOT, WEST, EAST] = ['root', 'west', 'east'] as AccountId[] as [AccountId, AccountId, AccountId];

const wishOf = (input: Parameters<typeof parseNewAccount>[0]) => {
  const parsed = parseNewAccount(input);
  if (!parsed.ok) throw new Error(parsed.refusal.message);
  return parsed.value;
};

const state: CreateState = {
  parent: { name: 'Acme', path: [ROOT], status: 'active' },
  siblingOfThatName: null,
  accountOfThatExternalId: null,
  maxDepth: 5,
};
const wish = wishOf({ name: 'West', externalId: 'W-1', metadata: { region: 'w', tier: 2 } });
const earlier = {
  id: WEST,
  name: 'West',
  parentId: ROOT,
  status: 'active',
  metadata: { tier: 2, region: 'w' },
} as const;

describe('creating an account', () => {
  it('gives a subaccount one level below its parent, and a main account level 0', () => {
    expect(decideCreate(state, wish)).toEqual({ ok: true, value: { outcome: 'create', depth: 1, account: wish } });
    expect(decideCreate({ ...state, parent: null }, wish)).toMatchObject({ value: { depth: 0 } });
  });

  it('names the first field that is not well formed', () => {
    expect(parseNewAccount({ name: 'x' })).toMatchObject({ refusal: { code: 'NAME_INVALID', field: 'name' } });
    expect(parseNewAccount({ name: 'xy', externalId: '' })).toMatchObject({ refusal: { field: 'externalId' } });
    expect(parseNewAccount({ name: 'xy', metadata: [] })).toMatchObject({ refusal: { field: 'metadata' } });
    expect(wishOf({ name: 'xy' })).toEqual({ name: { name: 'xy', key: 'xy' }, externalId: null, metadata: {} });
  });

  it('answers an equal earlier wish with its account, even when the parent was closed since', () => {
    const again = { ...state, accountOfThatExternalId: earlier };
    const answer = { ok: true, value: { outcome: 'exists', id: WEST } };
    expect(decideCreate(again, wish)).toEqual(answer);
    const closed = { name: 'Acme', path: [ROOT], status: 'closed' } as const;
    expect(decideCreate({ ...again, parent: closed }, wish)).toEqual(answer);
  });

  it.each([
    { ...earlier, name: 'Vest' },
    { ...earlier, metadata: {} },
    { ...earlier, parentId: EAST },
    { ...earlier, status: 'closed' as const },
  ])('is a conflict when the external id stands for something else: case %#', (other) => {
    expect(decideCreate({ ...state, accountOfThatExternalId: other }, wish)).toMatchObject({
      ok: false,
      refusal: { code: 'EXTERNAL_ID_CONFLICT', field: 'externalId' },
    });
  });

  it('needs a parent that is not closed, a free level and a free name, and says which account stands in the way', () => {
    const closed = { ...state, parent: { name: 'Acme', path: [ROOT], status: 'closed' } } as const;
    expect(decideCreate(closed, wish)).toMatchObject({ refusal: { code: 'PARENT_NOT_LIVE' } });
    expect(decideCreate({ ...state, maxDepth: 0 }, wish)).toMatchObject({ refusal: { code: 'DEPTH_EXCEEDED' } });
    const taken = decideCreate({ ...state, siblingOfThatName: { id: EAST, name: 'WEST' } }, wish);
    expect(taken).toEqual({
      ok: false,
      refusal: { code: 'NAME_TAKEN', message: '“Acme” already has a subaccount named “WEST”.', field: 'name' },
    });
  });

  it('is admitted under a suspended parent: who is bound by the suspension is for the guard to say', () => {
    const parent = { name: 'Acme', path: [ROOT], status: 'suspended' } as const;
    expect(decideCreate({ ...state, parent }, wish)).toMatchObject({ ok: true });
  });
});

describe('renaming an account', () => {
  const account: RenameState = {
    account: { id: WEST, name: 'West', status: 'active' },
    parent: { name: 'Acme' },
    siblingOfThatName: null,
  };
  const name = { name: 'East', key: 'east' };

  it('takes a free name, and its own in another case', () => {
    expect(decideRename(account, name)).toEqual({ ok: true, value: { outcome: 'rename', name } });
    const own = { ...account, siblingOfThatName: { id: WEST, name: 'West' } };
    expect(decideRename(own, { name: 'WEST', key: 'west' })).toMatchObject({ value: { outcome: 'rename' } });
    expect(decideRename(own, { name: 'West', key: 'west' })).toEqual({ ok: true, value: { outcome: 'unchanged' } });
  });

  it('refuses the name of a sibling and changes to a closed account', () => {
    const taken = { ...account, siblingOfThatName: { id: EAST, name: 'East' } };
    expect(decideRename(taken, name)).toMatchObject({ refusal: { code: 'NAME_TAKEN', field: 'name' } });
    // Out of sight neither the parent is named, nor how the sibling writes its name.
    const unseen = decideRename({ ...taken, parent: { name: null } }, { name: 'eAST', key: 'east' });
    const message = '“eAST” is taken where “West” stands.';
    expect(unseen).toMatchObject({ refusal: { code: 'NAME_TAKEN', message, field: 'name' } });
    const closed = { ...account, account: { ...account.account, status: 'closed' } } as const;
    expect(decideRename(closed, name)).toMatchObject({ refusal: { code: 'ACCOUNT_CLOSED' } });
  });
});

describe('the depth bound of a deployment', () => {
  it('is a whole number from 1 to 32, 5 when unset', () => {
    expect([undefined, '', '1', '32'].map(parseMaxDepth)).toEqual([5, 5, 1, 32]);
    expect(['0', '33', '1.5', '-1', 'five', '1e1', ' 5'].map(parseMaxDepth)).toEqual(Array(7).fill(null));
  });
});
