import { type AccountId, type AccountStatus, nameKey, nameOrder, plainText } from '@tenantree/domain';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { rounds } from '../../../scripts/rounds.ts';
import {
  beginTreeChange,
  indexNames,
  SEARCH_BOUNDS,
  type SearchBounds,
  type SearchKey,
  type SearchPage,
  searchSubtree,
  updateName,
} from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { close, erase, move, NOVEMBER_10, plant, ticking } from './tenants.ts';

let test: TestDatabase;
const clock = ticking(NOVEMBER_10);

beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
});
afterAll(() => test.drop());

/** The model: what is there, and a search of it in ten lines. */
type Known = { readonly id: AccountId; name: string; parent: AccountId | null; status: AccountStatus };
type Model = Map<AccountId, Known>;

const isBelow = (model: Model, account: Known, top: AccountId): boolean =>
  account.parent !== null && (account.parent === top || isBelow(model, model.get(account.parent)!, top));

const compareNames = nameOrder();

function expected(model: Model, within: AccountId, text: string, statuses: readonly AccountStatus[]): AccountId[] {
  const typed = plainText(nameKey(text));
  const rankOf = ({ name }: Known): number => {
    const key = plainText(nameKey(name));
    return key.startsWith(typed) ? 0 : key.includes(` ${typed}`) ? 1 : 2;
  };
  return [...model.values()]
    .filter((one) => isBelow(model, one, within) && statuses.includes(one.status))
    .filter(({ id, name }) => id === text || typed.split(' ').every((word) => plainText(nameKey(name)).includes(word)))
    .toSorted(
      (a, b) => rankOf(a) - rankOf(b) || compareNames(nameKey(a.name), nameKey(b.name)) || (a.id < b.id ? -1 : 1),
    )
    .map(({ id }) => id);
}

type Search = {
  readonly acting?: AccountId;
  readonly within: AccountId;
  readonly text: string;
  readonly statuses?: readonly AccountStatus[];
  readonly bounds?: Partial<SearchBounds>;
  readonly limit?: number;
};

const page = (search: Search, after: SearchKey | null = null): Promise<SearchPage> => {
  const { acting = search.within, within, text, statuses = ['active'], bounds, limit = 50 } = search;
  const query = {
    within,
    text,
    textKey: nameKey(text),
    statuses,
    after,
    limit,
    visibility: 'without_minutes',
  } as const;
  return test.db.withTenant(acting, (trx) =>
    searchSubtree(trx, { ...query, now: clock() }, { ...SEARCH_BOUNDS, ...bounds }),
  );
};

/** All pages of a search, three matches each. */
async function everyPage(search: Search): Promise<{ matches: AccountId[]; total: number; more: boolean }> {
  const matches: AccountId[] = [];
  let next: SearchKey | null = null;
  for (;;) {
    const found: SearchPage = await page({ ...search, limit: 3 }, next);
    matches.push(...found.matches);
    next = found.next;
    if (!next) return { matches, total: found.total, more: found.more };
  }
}

/** Every account is looked at where it stands, in the index of letters, and in steps that find nearly nothing. */
const WHOLE = { whole: 1_000_000 };
const BY_LETTERS = { whole: 0, names: 0 };
const WIDE = { whole: 0, names: 1_000 };
const NARROW = { whole: 0, names: 3, candidates: 3, enough: 2 };

const part = fc.constantFrom(
  'nord',
  'Nordic',
  'art',
  'a',
  'Zü',
  'zu',
  'Müller',
  'item',
  '2',
  '10',
  '007',
  'L’Or',
  '100%',
  'a_b',
  '\\',
);
const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' '));
const change = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('create' as const), at: fc.nat(60), name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rename' as const), at: fc.nat(60), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('move' as const), at: fc.nat(60), to: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), at: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('erase' as const), at: fc.nat(60) }) },
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
const typed = fc.oneof(
  part,
  fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' ')),
  fc.constantFrom('ord', 'rt', 'o', 'ü', 'ller', 'nor art', '0', 'tem 1', '%', '_', '\u0301'),
);

async function rename(root: AccountId, account: AccountId, to: string): Promise<void> {
  await test.db.withTenant(root, async (trx) =>
    updateName(trx, account, to, nameKey(to), await beginTreeChange(trx, root)),
  );
}

async function apply(model: Model, root: AccountId, step: Change): Promise<void> {
  const all = [...model.values()];
  const one = all[step.at % all.length]!;
  const children = all.filter(({ parent }) => parent === one.id);
  const isFree = (parent: AccountId, wanted: string) =>
    !all.some((other) => other.parent === parent && nameKey(other.name) === nameKey(wanted));
  if (step.do === 'create') {
    if (one.status === 'closed' || !isFree(one.id, step.name)) return;
    const id = await plant(test.db, one.id, step.name, clock());
    model.set(id, { id, name: step.name, parent: one.id, status: 'active' });
  } else if (step.do === 'rename') {
    if (one.parent === null || !isFree(one.parent, step.name)) return;
    await rename(root, one.id, step.name);
    one.name = step.name;
  } else if (step.do === 'move') {
    const to = all[step.to % all.length]!;
    const isPossible = one !== to && to.status === 'active' && !isBelow(model, to, one.id) && isFree(to.id, one.name);
    if (one.parent === null || one.parent === to.id || !isPossible) return;
    await move(test.db, root, one.id, to.id, clock());
    one.parent = to.id;
  } else if (step.do === 'close') {
    if (one.parent === null || children.some(({ status }) => status === 'active')) return;
    await close(test.db, root, one.id, clock());
    one.status = 'closed';
  } else if (one.status === 'closed' && children.length === 0) {
    await erase(test.db, root, one.id);
    model.delete(one.id);
  }
}

describe('A search (rules/accounts 6)', () => {
  it('finds the same whether it reads a subtree or asks the index of letters, in the same order, each match once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 10, maxLength: 40 }),
        fc.array(fc.record({ at: fc.nat(60), text: typed, closed: fc.boolean() }), { minLength: 4, maxLength: 6 }),
        async (changes, searches) => {
          const root = await plant(test.db, null, 'Nordic root', clock());
          const model: Model = new Map([[root, { id: root, name: 'Nordic root', parent: null, status: 'active' }]]);
          for (const step of changes) await apply(model, root, step);
          for (const { at, text, closed } of searches) {
            const within = [...model.keys()][at % model.size]!;
            const statuses = closed ? (['active', 'closed'] as const) : (['active'] as const);
            const all = expected(model, within, text, statuses);
            const search = { acting: root, within, text, statuses };
            const complete = { matches: all, total: all.length, more: false };
            expect(await everyPage({ ...search, bounds: WHOLE })).toEqual(complete);
            expect(await everyPage({ ...search, bounds: WIDE })).toEqual(complete);
            for (const bounds of [BY_LETTERS, NARROW]) {
              const found = await everyPage({ ...search, bounds });
              if (!found.more) expect(found).toEqual(complete);
              expect(found.total).toBe(found.matches.length);
              expect(found.matches).toEqual(all.filter((id) => found.matches.includes(id)));
            }
          }
        },
      ),
      { numRuns: rounds(5, 15) },
    );
  });

  it('is complete by letters as long as a word has three of them, and says when it is not', async () => {
    const root = await plant(test.db, null, 'Letters', clock());
    const names = ['Smart', 'Art', 'Blue art', 'Mart 12', 'Other'];
    const ids = new Map<string, AccountId>();
    for (const one of names) ids.set(one, await plant(test.db, root, one, clock()));
    const found = async (text: string) => {
      const { matches, more } = await page({ within: root, text, bounds: BY_LETTERS });
      return { names: matches.map((id) => names.find((one) => ids.get(one) === id)), more };
    };
    expect(await found('art')).toEqual({ names: ['Art', 'Blue art', 'Mart 12', 'Smart'], more: false });
    expect(await found('art 12')).toEqual({ names: ['Mart 12'], more: false });
    expect(await found('ar')).toEqual({ names: ['Art', 'Blue art'], more: true });
    expect(await found('zzz')).toEqual({ names: [], more: false });
  });

  it('of a large subtree finds accounts by their id and external id, closed or renamed, at once', async () => {
    const root = await plant(test.db, null, 'At once', clock());
    const account = await plant(test.db, root, 'Before', clock());
    const bounds = BY_LETTERS;
    expect((await page({ within: root, text: account, bounds })).matches).toEqual([account]);
    await rename(root, account, 'Afterwards');
    expect((await page({ within: root, text: 'before', bounds })).matches).toEqual([]);
    expect((await page({ within: root, text: 'fterwar', bounds })).matches).toEqual([account]);
    await close(test.db, root, account, clock());
    expect((await page({ within: root, text: 'fterwar', bounds })).matches).toEqual([]);
    const statuses = ['closed'] as const;
    expect((await page({ within: root, text: 'fterwar', statuses, bounds })).matches).toEqual([account]);
  });

  it('of names that are not indexed says that there may be more, until they are', async () => {
    const root = await plant(test.db, null, 'Not yet', clock());
    const account = await plant(test.db, root, 'Latecomer', clock());
    await test.asOwner('UPDATE account_search SET tokens = NULL WHERE root_id = $1', [root]);
    const search = { within: root, text: 'tecom', bounds: BY_LETTERS };
    expect(await page(search)).toMatchObject({ matches: [], more: true });
    while ((await indexNames(test.db, 1)) > 0);
    expect(await page(search)).toMatchObject({ matches: [account], more: false });
  });
});

describe('A bounded search', () => {
  it('shows nothing above or beside the acting account, also when its door is asked directly', async () => {
    const root = await plant(test.db, null, 'Secret root', clock());
    const [ours, theirs] = [await plant(test.db, root, 'Ours', clock()), await plant(test.db, root, 'Theirs', clock())];
    const seen = await plant(test.db, ours, 'Needle seen', clock());
    const hidden = await plant(test.db, theirs, 'Needle hidden', clock());
    for (const bounds of [WHOLE, BY_LETTERS, WIDE]) {
      const search = { acting: ours, text: 'needle', bounds };
      expect((await page({ ...search, within: ours })).matches).toEqual([seen]);
      for (const within of [root, theirs, hidden]) expect((await page({ ...search, within })).rows, within).toEqual([]);
    }
    const ask = (within: AccountId) => sql<{ ids: string[] | null }>`
      SELECT ids FROM search_below(${within}, 'needle', '{needle}', 'needle', ${hidden}, '{active}', 1000, 1000, 100)`;
    for (const within of [root, theirs, hidden]) {
      const { rows } = await test.db.withTenant(ours, (trx) => ask(within).execute(trx));
      expect(rows, within).toEqual([{ ids: [] }]);
    }
    const own = await test.db.withTenant(ours, (trx) => ask(ours).execute(trx));
    expect([...new Set(own.rows[0]?.ids)]).toEqual([seen]);
    await expect(ask(root).execute(test.db.app)).rejects.toThrow(/permission denied/);
  });
});
