import {
  type AccountId,
  type CountedMeter,
  DAY_MS,
  type Decimal,
  formatDecimal,
  type Instant,
  instantOf,
  msOf,
  parseDecimal,
  RESOURCES,
  type SummedResource,
  type UserId,
} from '@tenantree/domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { rounds } from '../../../scripts/rounds.ts';
import { beginTreeChange, foldQuarters, readBilledUsage, readSeries, readTotals, take } from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import {
  close,
  count,
  dismiss,
  ended,
  enrol,
  erase,
  event,
  move,
  NOVEMBER_10,
  person,
  plant,
  record,
  reopen,
  stateOf,
  ticking,
} from './tenants.ts';

let test: TestDatabase;
const people: UserId[] = [];
beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
  for (const name of ['Ada', 'Ben', 'Cleo']) people.push(await person(test.db, name, NOVEMBER_10_INSTANT));
});
afterAll(() => test.drop());

/** The model: accounts with the history of their parents, and events. Everything is computed from scratch. */
type Account = {
  id: AccountId;
  created: number;
  parents: { from: number; parent: number | null }[];
  closed: boolean;
  erased: boolean;
  members: Set<UserId>;
  /** Its own of the resources whose totals are sums. */
  had: Record<string, number>;
};
type Model = { accounts: Account[]; events: { account: number; nanos: bigint; at: Instant }[] };

const parentAt = (account: Account, ms: number): number | null =>
  account.parents.findLast((place) => place.from <= ms)!.parent;
/** Usage from before an account was created belongs to where it was created. */
const chainAt = (model: Model, account: number, ms: number): number[] => {
  const { created } = model.accounts[account]!;
  const above = parentAt(model.accounts[account]!, Math.max(ms, created));
  return above === null ? [account] : [account, ...chainAt(model, above, Math.max(ms, created))];
};
const MINUTE_MS = 60_000;
const LATER = Number.MAX_SAFE_INTEGER;

/** What a row that is added to the registry of resources names: nothing else is done for it. */
const SUMMED = RESOURCES.flatMap(({ key, total }) => (total === 'sum' ? [key] : []));
const takeIn = (account: AccountId, root: AccountId, resource: SummedResource, n: number): Promise<void> =>
  test.db.withTenant(root, async (trx) => {
    const version = await beginTreeChange(trx, root);
    await take(trx, [{ account, resource, n }], version);
    await ended(trx, root, version, account, { shows: [account] });
  });

/** What each account of a tree has of each resource, but for those it has none of. */
async function countedIn(root: AccountId): Promise<Record<AccountId, Record<string, { own: number; total: number }>>> {
  const rows = await test.asOwner<{ account: AccountId; resource: string; own: number; total: number; held: number }>(
    `SELECT account_id AS account, resource, own::int, total::int, held::int FROM resource_totals
     WHERE account_id IN (SELECT id FROM accounts WHERE root_id = $1) AND period = '-infinity' AND (own <> 0 OR total <> 0 OR held <> 0)`,
    [root],
  );
  expect(rows.every(({ held }) => held === 0)).toBe(true);
  const counted: Record<AccountId, Record<string, { own: number; total: number }>> = {};
  for (const { account, resource, own, total } of rows) (counted[account] ??= {})[resource] = { own, total };
  return counted;
}

/** Around the present, within the last quarters of an hour and up to five minutes ahead, or late. */
const ago = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -40, max: 40 }) },
  { weight: 2, arbitrary: fc.integer({ min: -5 * 60_000, max: 60 * 60_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 35 * DAY_MS }) },
);
/** In the middle of a month, on a quarter of an hour; right before the next month. */
const start = fc.constantFrom(NOVEMBER_10, Date.UTC(2026, 11, 1) - 15);
/** Minutes around the start that a series is cut at. */
const cut = fc.record({ before: fc.integer({ min: 0, max: 50 }), after: fc.integer({ min: 1, max: 20 }) });

const command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('create' as const), parent: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), account: fc.nat(50), to: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), account: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const), account: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('join' as const), account: fc.nat(50), person: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), account: fc.nat(50), person: fc.nat(2) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('take' as const),
      account: fc.nat(50),
      resource: fc.constantFrom(...SUMMED),
      n: fc.integer({ min: -2, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('erase' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('count' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fold' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('use' as const),
      events: fc.array(fc.record({ account: fc.nat(50), nanos: fc.bigInt(0n, 10n ** 12n), agoMs: ago }), {
        minLength: 1,
        maxLength: 6,
      }),
    }),
  },
);

type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

describe('Maintained totals', () => {
  it('and series of any minutes equal what is computed from scratch after any sequence of create, move, close, reopen, erase, join, leave, take, late and early usage, counting and folding (I1, I2, I15, I22)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { minLength: 5, maxLength: 25 }),
        start,
        cut,
        async (commands, startMs, cut) => {
          const now = ticking(startMs);
          const root = await plant(test.db, null, 'Root', now());
          const model: Model = { accounts: [accountOf(root, 0, null)], events: [] };
          for (const [step, wish] of commands.entries()) await run(model, wish, step, now);
          const minute = Math.ceil(startMs / MINUTE_MS);
          const range = {
            from: instantOf((minute - cut.before) * MINUTE_MS),
            to: instantOf((minute + cut.after) * MINUTE_MS),
          };
          await compare(model, root, range);
          await count(test.db, now());
          await compare(model, root, range);
          await compareBilled(model, root);
          await foldQuarters(test.db);
          await compare(model, root, range);
        },
      ),
      { numRuns: rounds(6, 40) },
    );
  }, 120_000);
});

const NOVEMBER_10_INSTANT = new Date(NOVEMBER_10).toISOString() as Instant;

const accountOf = (id: AccountId, created: number, parent: number | null): Account => ({
  id,
  created,
  parents: [{ from: 0, parent }],
  closed: false,
  erased: false,
  members: new Set(),
  had: {},
});

async function run(model: Model, wish: Command, step: number, now: () => Instant): Promise<void> {
  const { accounts } = model;
  const root = accounts[0]!.id;
  const pick = (n: number): number => {
    const left = accounts.flatMap(({ erased }, i) => (erased ? [] : [i]));
    return left[n % left.length]!;
  };
  const isOpen = (i: number): boolean => chainAt(model, i, LATER).every((link) => !accounts[link]!.closed);
  if (wish.do === 'create') {
    const parent = pick(wish.parent);
    if (!isOpen(parent) || chainAt(model, parent, LATER).length > 5) return;
    const at = now();
    const id = await plant(test.db, accounts[parent]!.id, `account ${step}`, at);
    accounts.push(accountOf(id, msOf(at), parent));
  } else if (wish.do === 'move') {
    const [account, to] = [pick(wish.account), pick(wish.to)];
    const current = parentAt(accounts[account]!, LATER);
    if (
      account === 0 ||
      to === current ||
      !isOpen(account) ||
      !isOpen(to) ||
      chainAt(model, to, LATER).includes(account)
    )
      return;
    const at = now();
    await move(test.db, root, accounts[account]!.id, accounts[to]!.id, at);
    accounts[account]!.parents.push({ from: msOf(at), parent: to });
  } else if (wish.do === 'close') {
    const account = pick(wish.account);
    const hasOpenChild = accounts.some((other) => !other.closed && parentAt(other, LATER) === account);
    if (account === 0 || accounts[account]!.closed || hasOpenChild) return;
    await close(test.db, root, accounts[account]!.id, now());
    accounts[account]!.closed = true;
  } else if (wish.do === 'reopen') {
    const account = pick(wish.account);
    const parent = parentAt(accounts[account]!, LATER);
    if (!accounts[account]!.closed || parent === null || !isOpen(parent)) return;
    await reopen(test.db, root, accounts[account]!.id);
    accounts[account]!.closed = false;
  } else if (wish.do === 'join') {
    const { id, members } = accounts[pick(wish.account)]!;
    const user = people[wish.person]!;
    if (members.has(user)) return;
    await enrol(test.db, id, user, 'member', now());
    members.add(user);
  } else if (wish.do === 'leave') {
    const { id, members } = accounts[pick(wish.account)]!;
    const user = people[wish.person]!;
    if (!members.delete(user)) return;
    await dismiss(test.db, id, user);
  } else if (wish.do === 'take') {
    const { id, had } = accounts[pick(wish.account)]!;
    const [before, taken] = [had[wish.resource] ?? 0, takeIn(id, root, wish.resource, wish.n)];
    if (before + wish.n < 0) return expect(taken).rejects.toThrow(`would have ${before + wish.n} of ${wish.resource}`);
    await taken;
    had[wish.resource] = before + wish.n;
  } else if (wish.do === 'erase') {
    // The job erases closed accounts that nothing stands below and whose tree is counted.
    const account = accounts.findIndex(
      ({ closed, erased }, i) =>
        closed && !erased && accounts.every((other) => other.erased || parentAt(other, LATER) !== i),
    );
    if (account === -1) return;
    await count(test.db, now());
    await erase(test.db, root, accounts[account]!.id);
    accounts[account]!.erased = true;
  } else if (wish.do === 'fold') {
    await foldQuarters(test.db);
  } else if (wish.do === 'count') {
    await count(test.db, now());
  } else {
    const at = msOf(now());
    const events = wish.events.map(({ account, nanos, agoMs }) => ({
      account: pick(account),
      nanos,
      at: new Date(at - agoMs).toISOString() as Instant,
    }));
    await record(
      test.db,
      events.map((one, i) => event(accounts[one.account]!.id, `${step}-${i}`, formatDecimal(one.nanos), one.at)),
      now(),
    );
    model.events.push(...events);
  }
}

const DIVISIONS = [
  ['own', 'none'],
  ['total', 'none'],
  ['total', 'account'],
  ['total', 'agent'],
] as const;

type Range = { readonly from: Instant; readonly to: Instant };
const ALL_MONTHS: Range = { from: '2026-09-01T00:00:00.000Z' as Instant, to: '2027-01-01T00:00:00.000Z' as Instant };

async function compare(model: Model, root: AccountId, range: Range): Promise<void> {
  const chains = model.accounts.map((_, i) => chainAt(model, i, LATER));
  const counted = await countedIn(root);
  for (const [i, account] of model.accounts.entries()) {
    if (account.erased) continue;
    const state = await stateOf(test.db, account.id);
    expect(state.path).toEqual(chains[i]!.toReversed().map((link) => model.accounts[link]!.id));
    expect(state.rootId).toBe(root);
    const below = model.accounts.filter((other, j) => j !== i && !other.closed && chains[j]!.includes(i));
    const children = model.accounts.filter((other) => !other.closed && parentAt(other, LATER) === i);
    const row = await test.db.withTenant(account.id, (trx) =>
      trx
        .selectFrom('accounts')
        .select(['children', 'subaccounts', 'own_members', 'total_members', 'own_agents', 'total_agents'])
        .where('id', '=', account.id)
        .executeTakeFirstOrThrow(),
    );
    const all = [account, ...below];
    const summed = (resource: string) => ({
      own: account.had[resource] ?? 0,
      total: all.reduce((sum, { had }) => sum + (had[resource] ?? 0), 0),
    });
    const expected = {
      subaccounts: { own: children.length, total: below.length },
      // People, not memberships: who is in several accounts is one.
      members: { own: account.members.size, total: new Set(all.flatMap(({ members }) => [...members])).size },
      agents: summed('agents'),
      ...Object.fromEntries(SUMMED.map((key) => [key, summed(key)])),
    };
    expect(counted[account.id] ?? {}).toEqual(
      Object.fromEntries(Object.entries(expected).filter(([, { own, total }]) => own + total > 0)),
    );
    expect(row).toEqual({
      children: expected.subaccounts.own,
      subaccounts: expected.subaccounts.total,
      own_members: expected.members.own,
      total_members: expected.members.total,
      own_agents: expected.agents.own,
      total_agents: expected.agents.total,
    });
    const own = model.events.filter((one) => one.account === i);
    const total = model.events.filter((one) => chainAt(model, one.account, msOf(one.at)).includes(i));
    await test.db.withTenant(account.id, async (trx) => {
      for (const period of ['2026-10', '2026-11', '2026-12']) {
        const inPeriod = (events: Model['events']) => events.filter(({ at }) => at.startsWith(period));
        const totals = await readTotals(trx, account.id, 'call.minutes', `${period}-01T00:00:00.000Z` as Instant);
        expect(totals).toEqual({
          quantity: { own: sum(inPeriod(own)), total: sum(inPeriod(total)) },
          events: { own: inPeriod(own).length, total: inPeriod(total).length },
        });
      }
      for (const { from, to } of [ALL_MONTHS, range]) {
        const within = (events: Model['events']) => events.filter(({ at }) => at >= from && at < to);
        const used = { own: seconds(within(own)), total: seconds(within(total)) };
        for (const [scope, by] of DIVISIONS) {
          // In the unit that is summed, so that no part is rounded.
          const query = { account: account.id, meter: 'call.seconds', from, to, scope, by } as const;
          const series = await readSeries(trx, { ...query, bucket: 'day', timeZone: 'Asia/Kathmandu' });
          const added = series.reduce((all, point) => all + (parseDecimal(point.quantity) ?? 0n), 0n);
          expect(formatDecimal(added), `${scope} by ${by} from ${from} to ${to}`).toBe(used[scope]);
        }
      }
    });
  }
}

/** What is billed: by who pays, and by each customer of each seller, over the time in which it was one. */
async function compareBilled(model: Model, root: AccountId): Promise<void> {
  const ids = model.accounts.map(({ id }) => id);
  for (const period of ['2026-10', '2026-11', '2026-12']) {
    const events = model.events.filter(({ at }) => at.startsWith(period));
    const chains = new Map(events.map((one) => [one, chainAt(model, one.account, msOf(one.at)).toReversed()]));
    const bills: [seller: number | null, account: number][] = [
      [null, 0],
      ...model.accounts.flatMap(({ parents }, customer) =>
        [...new Set(parents.map(({ parent }) => parent ?? customer))].map((seller): [number, number] => [
          seller,
          customer,
        ]),
      ),
    ];
    for (const [seller, account] of bills) {
      if (seller !== null && (seller === account || model.accounts[seller]!.erased)) continue;
      const places: Record<string, bigint> = {};
      for (const [one, chain] of chains) {
        const at = chain.indexOf(account);
        if (at === -1 || (seller !== null && chain[at - 1] !== seller)) continue;
        const place = chain.map((link) => ids[link]).join(' ');
        places[place] = (places[place] ?? 0n) + one.nanos * 60n;
      }
      const query = {
        account: ids[account]!,
        seller: seller === null ? null : ids[seller]!,
        meter: 'call.seconds' as CountedMeter,
        period: `${period}-01T00:00:00.000Z` as Instant,
      };
      const billed = await test.db.withTenant(root, (trx) => readBilledUsage(trx, query));
      expect(Object.fromEntries(billed.map(({ path, quantity }) => [path.join(' '), quantity]))).toEqual(
        Object.fromEntries(
          Object.entries(places).flatMap(([at, nanos]) => (nanos ? [[at, formatDecimal(nanos)]] : [])),
        ),
      );
      expect(billed.every((line) => line.path.at(-1) === line.account)).toBe(true);
    }
  }
}

const nanosOf = (events: Model['events']): bigint => events.reduce((all, one) => all + one.nanos, 0n);
const sum = (events: Model['events']): Decimal => formatDecimal(nanosOf(events));
const seconds = (events: Model['events']): Decimal => formatDecimal(nanosOf(events) * 60n);
