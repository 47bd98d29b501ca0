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
  type ResourceKey,
  type SummedResource,
  type UserId,
} from '@tenantree/domain';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  beginTreeChange,
  countTree,
  foldQuarters,
  listChildren,
  readSeries,
  readTotals,
  recordUsage,
  type TreeChange,
  take,
} from '../src/index.ts';
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
  PERIOD,
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
const LATER_RESOURCE = 'phoneNumbers';
const takeIn = (account: AccountId, root: AccountId, resource: string, n: number): Promise<void> =>
  test.db.withTenant(root, async (trx) => {
    const version = await beginTreeChange(trx, root);
    await take(trx, account, resource as SummedResource, n, version);
    await ended(trx, root, version, account, { shows: [account] });
  });

/** What each account of a tree has of each resource, but for those it has none of. */
async function countedIn(root: AccountId): Promise<Record<AccountId, Record<string, { own: number; total: number }>>> {
  const rows = await test.asOwner<{ account: AccountId; resource: string; own: number; total: number; held: number }>(
    `SELECT account_id AS account, resource, own::int, total::int, held::int FROM resource_totals
     WHERE root_id = $1 AND period = '-infinity' AND (own <> 0 OR total <> 0 OR held <> 0)`,
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
      resource: fc.constantFrom('agents', LATER_RESOURCE),
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
          await foldQuarters(test.db);
          await compare(model, root, range);
        },
      ),
      { numRuns: 40 },
    );
  }, 120_000);

  it('count concurrent, repeated and reordered events of several writers exactly once (I15)', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Busy', now());
    const leaves = await Promise.all(['a', 'b', 'c'].map((name) => plant(test.db, root, name, NOVEMBER_10_INSTANT)));
    const events = Array.from({ length: 400 }, (_, i) =>
      event(leaves[i % 3]!, `key-${i}`, '0.000000001', NOVEMBER_10_INSTANT),
    );
    const batches = Array.from({ length: 12 }, (_, b) => events.filter((_, i) => (i * 7 + b) % 3 !== 0).toReversed());
    const counted: TreeChange[] = [];
    const recorded = await Promise.all(
      batches.map(async (batch) => {
        const outcomes = await record(test.db, batch, now());
        counted.push(...(await count(test.db, now())));
        return outcomes;
      }),
    );
    expect(recorded.flat().filter((outcome) => outcome === 'accepted')).toHaveLength(400);
    const totals = await test.db.withTenant(root, (trx) => readTotals(trx, root, 'call.minutes', PERIOD));
    expect(totals).toEqual({ quantity: { own: '0', total: '0.0000004' }, events: { own: 0, total: 400 } });
    const versions = counted.filter((tree) => tree.root === root).map((tree) => tree.version);
    expect(new Set(versions).size).toBe(versions.length);
  });

  it('tell a repeated event from one whose key is taken by other content, also inside one batch', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Keys', now());
    const first = event(root, 'k', '1.5', now());
    const same = { ...first, quantity: '90.00' as Decimal };
    expect(await record(test.db, [first, same, { ...first, quantity: '120' as Decimal }], now())).toEqual([
      'accepted',
      'duplicate',
      'conflict',
    ]);
    expect(await record(test.db, [same, event(root, 'new', '1', now())], now())).toEqual(['duplicate', 'accepted']);
    expect((await test.db.withTenant(root, (trx) => readTotals(trx, root, 'call.minutes', PERIOD))).quantity.own).toBe(
      '2.5',
    );
    const other = await plant(test.db, root, 'other', now());
    const [mine, theirs] = [event(root, 'of both', '1', now()), event(other, 'of both', '1', now())];
    const changed = { ...theirs, quantity: '2' as Decimal };
    expect(await record(test.db, [mine, theirs, changed, theirs, mine], now())).toEqual([
      'accepted',
      'accepted',
      'conflict',
      'duplicate',
      'duplicate',
    ]);
  });

  it('are exact at every moment, for every reader, while usage is recorded and counted (rules/usage 8)', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Exact', now());
    const branch = await plant(test.db, root, 'branch', now());
    const leaf = await plant(test.db, branch, 'leaf', now());
    const counting = new AbortController();
    const counts = (async () => {
      while (!counting.signal.aborted) await count(test.db, now());
    })();
    for (let n = 1; n <= 30; n++) {
      await record(test.db, [event(leaf, `leaf ${n}`, '1', now()), event(branch, `branch ${n}`, '0.5', now())], now());
      const expected = { own: String(n / 2), total: String(n * 1.5) };
      const totals = await test.db.withTenant(branch, (trx) => readTotals(trx, branch, 'call.minutes', PERIOD));
      expect(totals).toEqual({ quantity: expected, events: { own: n, total: 2 * n } });
      const page = await test.db.withTenant(root, (trx) => listChildren(trx, { ...BY_MINUTES, parent: root }));
      expect(page.rows.map((row) => row.minutes)).toEqual([expected]);
    }
    counting.abort();
    await counts;
  });

  it('show nobody what is yet to be counted outside of the acting account', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Above', now());
    const [mine, other] = [await plant(test.db, root, 'mine', now()), await plant(test.db, root, 'other', now())];
    const below = await plant(test.db, mine, 'below', now());
    const foreign = await plant(test.db, null, 'Another tree', now());
    const events = [event(below, 'b', '1', now()), event(other, 'o', '2', now()), event(foreign, 'f', '4', now())];
    await record(test.db, events, now());
    const seen = (acting: AccountId, top: AccountId, from: number, to: number) =>
      test.db.withTenant(acting, async (trx) => {
        const { rows } = await sql<{ totals: Record<string, number[]> | null }>`
          SELECT uncounted_totals('call.seconds', ${PERIOD}::timestamptz, ${top}, ${from}, ${to}) AS totals`.execute(
          trx,
        );
        return Object.fromEntries(
          Object.entries(rows[0]!.totals ?? {}).map(([id, [, total]]) => [id, Number(total) / 60]),
        );
      });
    expect(await seen(mine, mine, 0, 32)).toEqual({ [mine]: 1, [below]: 1 });
    expect(await seen(foreign, foreign, 0, 32)).toEqual({ [foreign]: 4 });
    expect(await seen(root, root, 0, 32)).toEqual({ [root]: 3, [mine]: 1, [below]: 1, [other]: 2 });
    expect(await seen(root, root, 1, 1)).toEqual({ [mine]: 1, [other]: 2 });
    expect(await seen(root, mine, 1, 1)).toEqual({ [below]: 1 });
    expect(await seen(mine, root, 0, 32)).toEqual({});
    expect(await seen(mine, other, 0, 32)).toEqual({});
  });

  it('of a meter that a later release adds are counted like those of the first, which they change nothing of', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Two meters', now());
    const leaf = await plant(test.db, root, 'leaf', now());
    await record(test.db, [event(leaf, 'minutes', '2', now())], now());
    const messages = [{ ...event(leaf, 'messages', '1', now()), root, quantity: '7' as Decimal }];
    const kind = { meter: 'messages' as CountedMeter, now: now(), keysSince: instantOf(NOVEMBER_10 - 35 * DAY_MS) };
    expect(await recordUsage(test.db, messages, kind)).toEqual(['accepted']);
    const counted = await countTree(test.db, root, { meter: kind.meter, now: now(), wait: true });
    // Live viewers are shown minutes.
    expect(counted).toMatchObject({ root, changes: [], complete: true });
    const [minutes] = await count(test.db, now());
    expect(minutes?.changes.map(({ account, total }) => [account, total])).toEqual(
      expect.arrayContaining([
        [root, '2'],
        [leaf, '2'],
      ]),
    );
    expect(minutes?.version).toBe((counted as TreeChange).version + 1);
    const totals = await test.asOwner<{ meter: string; own: string; total: string }>(
      `SELECT meter, trim_scale(own)::text AS own, trim_scale(total)::text AS total FROM usage_totals WHERE account_id = $1 ORDER BY meter`,
      [root],
    );
    expect(totals).toEqual([
      { meter: 'call.seconds', own: '0', total: '120' },
      { meter: 'messages', own: '0', total: '7' },
    ]);
  });

  it('never deadlock between writers and moves of the same tree, and stay with the places of their time', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Moving', now());
    const [left, right] = [await plant(test.db, root, 'left', now()), await plant(test.db, root, 'right', now())];
    const leaf = await plant(test.db, left, 'leaf', now());
    // Some of it ahead of the moves to come.
    const soon = (): Instant => new Date(msOf(now()) + (msOf(now()) % 30)).toISOString() as Instant;
    const moves = (async () => {
      for (let i = 0; i < 10; i++) await move(test.db, root, leaf, i % 2 ? left : right, now());
    })();
    const uses = Array.from({ length: 4 }, async (_, w) => {
      for (let i = 0; i < 20; i++)
        await record(test.db, [event(leaf, `${w}-${i}`, '1', soon()), event(right, `r${w}-${i}`, '1', now())], now());
    });
    const counts = (async () => {
      for (let i = 0; i < 20; i++) await count(test.db, now());
    })();
    await Promise.all([moves, counts, ...uses]);
    const of = async (account: AccountId) =>
      test.db.withTenant(account, (trx) => readTotals(trx, account, 'call.minutes', PERIOD));
    expect((await of(root)).quantity.total).toBe('160');
    const [l, r] = [await of(left), await of(right)];
    expect(Number(l.quantity.total) + Number(r.quantity.total)).toBe(160);
    await count(test.db, now());
    for (const account of [root, left, right, leaf]) {
      const { total } = (await of(account)).quantity;
      const day = {
        account,
        meter: 'call.minutes',
        from: PERIOD,
        to: DECEMBER,
        bucket: 'day',
        timeZone: 'UTC',
      } as const;
      const series = await test.db.withTenant(account, (trx) =>
        readSeries(trx, { ...day, scope: 'total', by: 'none' }),
      );
      expect(series.map(({ quantity }) => quantity)).toEqual(total === '0' ? [] : [total]);
    }
  });
});

const BY_MINUTES = {
  sort: 'minutes',
  direction: 'desc',
  statuses: ['active'],
  after: null,
  limit: 50,
  now: PERIOD,
  visibility: 'with_minutes',
} as const;
const DECEMBER = '2026-12-01T00:00:00.000Z' as Instant;
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
    const expected: Record<ResourceKey, { own: number; total: number }> = {
      subaccounts: { own: children.length, total: below.length },
      // People, not memberships: who is in several accounts is one.
      members: { own: account.members.size, total: new Set(all.flatMap(({ members }) => [...members])).size },
      agents: summed('agents'),
    };
    expect(counted[account.id] ?? {}).toEqual(
      Object.fromEntries(
        Object.entries({ ...expected, [LATER_RESOURCE]: summed(LATER_RESOURCE) }).filter(
          ([, { own, total }]) => own + total > 0,
        ),
      ),
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

const nanosOf = (events: Model['events']): bigint => events.reduce((all, one) => all + one.nanos, 0n);
const sum = (events: Model['events']): Decimal => formatDecimal(nanosOf(events));
const seconds = (events: Model['events']): Decimal => formatDecimal(nanosOf(events) * 60n);
