import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountId } from '../ids.ts';
import { UNBOUNDED } from '../permissions/levels.ts';
import { type CreationGround, decideCreations, type KnownAccount } from './create-many.ts';
import { importLevels, importRefusal, importTurns } from './import-levels.ts';
import { readImportHeader, readImportRow } from './import-row.ts';

const idOf = (n: number): AccountId => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}` as AccountId;
const TOP = idOf(1);
const known = (id: AccountId, externalId: string, name: string): KnownAccount => ({
  id,
  name,
  parentId: id === TOP ? null : TOP,
  path: id === TOP ? [TOP] : [TOP, id],
  externalId,
  metadata: { kept: true },
  status: 'active',
  suspension: null,
  payerId: TOP,
});
const NORTH = known(idOf(2), 'north', 'North');
const GROUND: CreationGround = {
  accounts: [known(TOP, 'top', 'Top'), NORTH],
  siblings: [{ id: NORTH.id, name: 'North', parentId: TOP, nameKey: 'north' }],
  takenOutOfSight: [],
};

/** A row as it stands in a file: external id, that of its parent, name. */
type Row = readonly [id: string, parent: string, name?: string];

/** What becomes of the lines of a file, the header being line 1. */
function plan(rows: readonly Row[], room = 1_000): { readonly outcomes: string[]; readonly created: string[] } {
  const columns = ['externalId', 'parentExternalId', 'name'];
  const read = rows.map(([id, parent, name = `Name of ${id}`]) => readImportRow(columns, [id, parent, name]));
  const { levels, refusals } = importLevels(
    read.map(({ wish, externalId }, n) => ({ own: externalId, parent: rows[n]?.[1] || null, isBad: !wish.ok })),
    (name) => GROUND.accounts.some(({ externalId }) => externalId === name),
  );
  const order = [...rows.keys()].filter((n) => levels[n] !== 0).sort((a, b) => levels[a]! - levels[b]! || a - b);
  let [next, left] = [100, room];
  const decisions = decideCreations(
    GROUND,
    {
      chain: [{ id: TOP, name: 'Top', suspension: null, caps: UNBOUNDED }],
      memberships: [{ account: TOP, role: 'owner' }],
      need: { permission: 'account.subaccounts', level: 'full', work: 'create' },
      nowMs: 0,
      maxDepth: 4,
      newId: () => idOf(next++),
      takeRoom: () =>
        left-- > 0 ? { ok: true, value: null } : { ok: false, refusal: { code: 'LIMIT_REACHED', message: '' } },
    },
    order.map((n) => read[n]!),
  );
  const outcomes: string[] = read.map(({ wish }, n) => (wish.ok ? (refusals.get(n)?.code ?? '') : wish.refusal.code));
  const created: string[] = [];
  for (const [at, n] of order.entries()) {
    const decision = decisions[at]!;
    const { wish } = read[n]!;
    if (!wish.ok) throw new Error('a row that can’t be read has no turn');
    outcomes[n] = decision.ok
      ? decision.value.outcome
      : importRefusal(decision.refusal, wish.value.parent, levels[n]!).code;
    if (decision.ok && decision.value.outcome === 'create')
      created.push(`${decision.value.account.path.length - 1} ${rows[n]?.[0]}`);
  }
  return { outcomes, created };
}

describe('A file of accounts (rules/accounts 26, 27)', () => {
  it('C1: has its rows in any order; accounts that are there as they are stay', () => {
    const rows: Row[] = [
      ['c', 'b'],
      ['b', 'a'],
      ['a', 'top'],
      ['d', 'north'],
      ['north', 'top', 'North'],
    ];
    expect(plan(rows)).toEqual({
      outcomes: ['create', 'create', 'create', 'create', 'exists'],
      created: ['1 a', '2 d', '2 b', '3 c'],
    });
  });

  it('C2: is imported as if its bad rows weren’t there', () => {
    const rows: Row[] = [
      ['x', 'y'],
      ['y', 'x'],
      ['z', 'x'],
      ['k', 'nope'],
      ['ok', '', 'Okay'],
      ['ok', '', 'Again'],
      ['q', 'ok', 'okay'],
      ['p', '', 'OKAY'],
    ];
    expect(plan(rows)).toEqual({
      outcomes: [
        'PARENT_CYCLE',
        'PARENT_CYCLE',
        'PARENT_BAD',
        'PARENT_MISSING',
        'create',
        'ROW_DUPLICATE',
        'create',
        'NAME_TAKEN',
      ],
      created: ['1 ok', '2 q'],
    });
  });

  it('has children below an account that is there, whatever its own row says; others fall with their parent', () => {
    const rows: Row[] = [
      ['north', 'top', 'Another'],
      ['n1', 'north'],
      ['bad', '', 'x'],
      ['b1', 'bad'],
      ['b2', 'b1'],
      ['top', 'north', 'Top'],
    ];
    expect(plan(rows).outcomes).toEqual([
      'EXTERNAL_ID_CONFLICT',
      'create',
      'NAME_INVALID',
      'PARENT_BAD',
      'PARENT_BAD',
      'EXTERNAL_ID_CONFLICT',
    ]);
  });

  const id = fc.constantFrom('top', 'north', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
  const row = fc.tuple(
    id,
    fc.oneof(id, fc.constantFrom('', 'nope')),
    fc.constantFrom('North', 'One', 'ONE', 'Two', 'x'),
  );

  it('gives the same without its bad rows', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 14 }), fc.nat({ max: 8 }), (rows, room) => {
        const whole = plan(rows, room);
        const good = rows.filter((_, n) => ['create', 'exists'].includes(whole.outcomes[n]!));
        const again = plan(good, room);
        expect(again.created).toEqual(whole.created);
        expect(again.outcomes.filter((outcome) => outcome !== 'create' && outcome !== 'exists')).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('creates what ten lines say, in whatever order its rows are', () => {
    /** Rounds, in each of which everything is made whose parent is there: each name once below a parent. */
    const model = (rows: readonly Row[]): string[] => {
      const depths = new Map([
        ['', 0],
        ['top', 0],
        ['north', 1],
      ]);
      for (let round = 0; round < 4; round += 1)
        for (const [own, parent] of rows.filter(([own, parent]) => !depths.has(own) && depths.get(parent) === round))
          depths.set(own, (depths.get(parent) ?? 0) + 1);
      return rows.flatMap(([own]) => (own === 'north' ? [] : [`${depths.get(own)} ${own}`]));
    };
    const tree = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { minLength: 1 }).chain((ids) =>
      fc
        .shuffledSubarray(
          [0, 1, 2, 3].flatMap((n) => ids[n] ?? []),
          { minLength: 1 },
        )
        .chain((made) => {
          const rows = made.map((own, n): Row => [own, made[n - 1] ?? (own < 'c' ? 'north' : ''), `Name of ${own}`]);
          return fc.shuffledSubarray(rows.slice(0, 3), { minLength: Math.min(3, rows.length) });
        }),
    );
    fc.assert(
      fc.property(tree, (rows) => {
        expect(plan(rows).created.toSorted()).toEqual(model(rows).toSorted());
      }),
    );
  });
});

describe('The header of a file of accounts', () => {
  it.each([
    [
      ['ExternalID', 'NAME', 'parentexternalid'],
      ['externalId', 'name', 'parentExternalId'],
    ],
    [
      ['id', 'name', 'depth', 'line', 'code'],
      ['id', 'name', 'depth', 'line', 'code'],
    ],
    [['externalId', 'name', 'colour'], 'There is no column “colour”'],
    [['externalId', 'name', 'Name'], 'The column “name” comes twice.'],
    [['externalId'], 'The column “name” is missing.'],
    [['name'], 'The column “externalId” is missing'],
    [Array.from({ length: 65 }, () => 'name'), 'A file has at most 64 columns.'],
  ])('%j', (cells, expected) => {
    const decision = readImportHeader(cells);
    if (decision.ok) expect(decision.value).toEqual(expected);
    else expect(decision.refusal.message).toContain(expected);
  });
});

describe('A row of a file of accounts', () => {
  const columns = ['externalId', 'name', 'id', 'parentId', 'metadata'];
  const told = (...cells: string[]): string => {
    const { wish } = readImportRow(columns, cells);
    return wish.ok ? wish.value.account.name.name : `${wish.refusal.code} ${wish.refusal.field ?? ''}`.trim();
  };

  it('is read with one apostrophe off what would be a formula, and refused with its field', () => {
    expect(told('1', "'=Sum", '', '', '')).toBe('=Sum');
    expect(told('1', "''=Sum", '', '', '{"a":1}')).toBe("'=Sum");
    expect(told('1', 'Acme')).toBe('BAD_REQUEST');
    expect(told('ext:1', 'Acme', '', '', '')).toBe('BAD_REQUEST externalId');
    expect(told('', 'Acme', '', '', '')).toBe('BAD_REQUEST externalId');
    expect(told('', 'Acme', 'x', '', '')).toBe('BAD_REQUEST id');
    expect(told('1', 'Acme', 'x', 'x', '')).toBe('BAD_REQUEST parentId');
    expect(told('1', 'Acme', '', '', '{')).toBe('BAD_REQUEST metadata');
    expect(told('1', 'Acme', '', '', '[]')).toBe('BAD_REQUEST metadata');
    expect(told('1', 'A', '', '', '')).toBe('NAME_INVALID name');
    expect(told('', 'Acme', NORTH.id, '', '')).toBe('Acme');
  });

  it('without an external id is the account with its id as it is, or it is refused', () => {
    const decide = (id: AccountId, name: string): string => {
      const row = readImportRow(['id', 'name'], [id, name]);
      const [decision] = decideCreations(
        GROUND,
        {
          chain: [{ id: TOP, name: 'Top', suspension: null, caps: UNBOUNDED }],
          memberships: [{ account: TOP, role: 'owner' }],
          need: { permission: 'account.subaccounts', level: 'full', work: 'create' },
          nowMs: 0,
          maxDepth: 4,
          newId: () => idOf(100),
          takeRoom: () => ({ ok: true, value: null }),
        },
        [row],
      );
      return decision?.ok ? decision.value.outcome : `${decision?.refusal.code} ${decision?.refusal.field}`;
    };
    expect(decide(NORTH.id, 'North')).toBe('exists');
    expect(decide(NORTH.id, 'South')).toBe('EXTERNAL_ID_CONFLICT id');
    expect(decide(idOf(9), 'North')).toBe('NOT_FOUND id');
  });
});

describe('The turns of rows (rules/accounts 28)', () => {
  it('go level by level, below one parent after the other, and parents in their own turn', () => {
    const rows = [
      ['b2', 'b'],
      ['a', null],
      ['b1x', 'b1'],
      ['c', null],
      ['a1', 'a'],
      ['b1', 'b'],
      ['b', null],
      ['lost', 'nowhere'],
      ['a2x', 'a2'],
      ['a2', 'a'],
      ['there1', 'there'],
    ].map(([own, parent]) => ({ own: own!, parent: parent ?? null, isBad: false }));
    const { levels } = importLevels(rows, (name) => name === 'there');
    const turns = importTurns(rows, { levels });
    const inTurn = [...rows.keys()].filter((n) => turns[n] !== 0).sort((a, b) => turns[a]! - turns[b]!);
    expect(inTurn.map((n) => rows[n]!.own).join(' ')).toBe('a c b there1 a1 a2 b2 b1 a2x b1x');
    expect(turns[7]).toBe(0);
  });
});
