import { describe, expect, it } from 'vitest';
import type { Decision } from '../errors.ts';
import type { AccountId } from '../ids.ts';
import { UNBOUNDED } from '../permissions/levels.ts';
import {
  type CreationGround,
  type CreationTerms,
  decideCreations,
  type KnownAccount,
  type PlannedCreation,
  readBatchEntry,
} from './create-many.ts';

const idOf = (n: number): AccountId => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}` as AccountId;
const [ROOT, WEST, DEEP] = [idOf(1), idOf(2), idOf(3)];

const known = (id: AccountId, path: AccountId[], more: Partial<KnownAccount> = {}): KnownAccount => ({
  id,
  name: `Account ${path.length}`,
  parentId: path.at(-2) ?? null,
  path,
  externalId: null,
  metadata: {},
  status: 'active',
  suspension: null,
  payerId: ROOT,
  ...more,
});
const ground: CreationGround = {
  accounts: [
    known(ROOT, [ROOT]),
    known(WEST, [ROOT, WEST], { externalId: 'west', payerId: WEST }),
    known(DEEP, [ROOT, WEST, DEEP]),
  ],
  siblings: [{ id: DEEP, name: 'Deep', parentId: WEST, nameKey: 'deep' }],
  takenOutOfSight: ['hidden'],
};
const termsFor = (more: Partial<CreationTerms> = {}): CreationTerms => {
  let next = 100;
  return {
    chain: [{ id: ROOT, name: 'Root', suspension: null, caps: UNBOUNDED }],
    memberships: [{ account: ROOT, role: 'owner' }],
    need: { permission: 'account.subaccounts', level: 'full', work: 'create' },
    nowMs: 0,
    maxDepth: 4,
    newId: () => idOf(next++),
    takeRoom: () => ({ ok: true, value: null }),
    ...more,
  };
};
const decide = (entries: readonly unknown[], more: Partial<CreationTerms> = {}) =>
  decideCreations(ground, termsFor(more), entries.map(readBatchEntry));
const told = (decision: Decision<PlannedCreation>): string =>
  decision.ok ? decision.value.outcome : `${decision.refusal.code} ${decision.refusal.field ?? ''}`.trim();

describe('creating many accounts', () => {
  it('places each below what is there or what the batch makes, and lets it pay as its parent does', () => {
    const [first, second, third] = decide([
      { name: 'North', externalId: 'north' },
      { name: 'Below', parent: 0 },
      { name: 'By west', parent: 'ext:west' },
    ]);
    const account = (decision: Decision<PlannedCreation> | undefined) =>
      decision?.ok && decision.value.outcome === 'create' ? decision.value.account : null;
    expect(account(first)).toMatchObject({ path: [ROOT, idOf(100)], payerId: ROOT, externalId: 'north' });
    expect(account(second)).toMatchObject({ path: [ROOT, idOf(100), idOf(101)], payerId: ROOT });
    expect(account(third)).toMatchObject({ path: [ROOT, WEST, idOf(102)], payerId: WEST });
  });

  it('sees what stands and what the entries before make: names, external ids, depth', () => {
    const entries = [
      { name: 'DEEP', parent: WEST },
      { name: 'Twin', externalId: 'twin' },
      { name: 'Twin', externalId: 'twin' },
      { name: 'twin' },
      { name: 'Other', externalId: 'twin' },
      { name: 'Hidden', externalId: 'hidden' },
      { name: 'One', parent: DEEP },
      { name: 'Two', parent: 6 },
      { name: 'Three', parent: 7 },
    ];
    expect(decide(entries).map(told)).toEqual([
      'NAME_TAKEN name',
      'create',
      'exists',
      'NAME_TAKEN name',
      'EXTERNAL_ID_CONFLICT externalId',
      'EXTERNAL_ID_CONFLICT externalId',
      'create',
      'create',
      'DEPTH_EXCEEDED',
    ]);
  });

  it('refuses what should stand below a refused entry, however it names it, and nothing else', () => {
    const decisions = decide([
      { name: 'North', parent: 'ext:nowhere', externalId: 'north' },
      { name: 'By position', parent: 0 },
      { name: 'By external id', parent: 'ext:north' },
      { name: 'Below that', parent: 1 },
      { name: 'Elsewhere' },
      { name: 'North', externalId: 'north' },
      { name: 'Now it is there', parent: 'ext:north' },
    ]);
    expect(decisions.map(told)).toEqual([
      'NOT_FOUND parent',
      'PARENT_REFUSED parent',
      'PARENT_REFUSED parent',
      'PARENT_REFUSED parent',
      'create',
      'create',
      'create',
    ]);
  });

  it('refuses what should stand below an entry that can’t be read, too', () => {
    const entries = [
      { name: 'x', externalId: 'north' },
      { name: 'Below', parent: 'ext:north' },
    ];
    expect(decide(entries).map(told)).toEqual(['NAME_INVALID name', 'PARENT_REFUSED parent']);
  });

  it('goes on below an account that is there, also when the entry with its external id is refused', () => {
    const entries = [
      { name: 'Other content', externalId: 'west' },
      { name: 'Below it', parent: 'ext:west' },
    ];
    expect(decide(entries).map(told)).toEqual(['EXTERNAL_ID_CONFLICT externalId', 'create']);
  });

  it('asks for the right to create at every parent', () => {
    const bounds = { scopes: Number.MAX_SAFE_INTEGER as never, within: [DEEP] };
    const entries = [{ name: 'West', parent: WEST }, { name: 'Root' }];
    const only = decide(entries, { memberships: [{ account: ROOT, role: 'owner', bounds: { ...bounds } }] });
    expect(only.map(told)).toEqual(['NOT_FOUND parent', 'create']);
    expect(decide(entries, { memberships: [{ account: WEST, role: 'member' }] }).map(told)[0]).toBe('FORBIDDEN');
    const closed = { ...ground, accounts: ground.accounts.map((one) => ({ ...one, status: 'closed' as const })) };
    expect(decideCreations(closed, termsFor(), [readBatchEntry(entries[0], 0)]).map(told)).toEqual(['ACCOUNT_CLOSED']);
  });

  it.each([
    ['nothing', 'BAD_REQUEST'],
    [{}, 'BAD_REQUEST name'],
    [{ name: 'xy', colour: 1 }, 'BAD_REQUEST colour'],
    [{ name: 'xy', parent: 4 }, 'BAD_REQUEST parent'],
    [{ name: 'xy', parent: -1 }, 'BAD_REQUEST parent'],
    [{ name: 'xy', parent: 0.5 }, 'BAD_REQUEST parent'],
    [{ name: 'xy', parent: null }, 'BAD_REQUEST parent'],
    [{ name: 'xy', parent: 'nonsense' }, 'NOT_FOUND parent'],
    [{ name: 'x'.repeat(4_001) }, 'BAD_REQUEST name'],
    [{ name: 'x'.repeat(200) }, 'NAME_INVALID name'],
    [{ name: 'xy', externalId: 7 }, 'BAD_REQUEST externalId'],
    [{ name: 'xy', externalId: ' x' }, 'BAD_REQUEST externalId'],
    [{ name: 'xy', metadata: [] }, 'BAD_REQUEST metadata'],
    [{ name: 'x\0y' }, 'BAD_REQUEST name'],
  ])('names what is wrong with an entry: case %#', (entry, code) => {
    const { wish } = readBatchEntry(entry, 4);
    expect(wish.ok ? 'read' : `${wish.refusal.code} ${wish.refusal.field ?? ''}`.trim()).toBe(code);
  });
});
