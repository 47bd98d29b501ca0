import {
  type AccountId,
  billingPeriodOf,
  countedAs,
  decideLimit,
  formatDecimal,
  type Instant,
  instantOf,
  type LimitKindKey,
  type LimitWish,
  limitKind,
  UNIT,
} from '@tenantree/domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { rounds } from '../../../scripts/rounds.ts';
import {
  admitTick,
  beginTreeChange,
  endOverdueLeases,
  periodOf,
  readLimits,
  readTreePlaces,
  recordUsage,
  refusedByLimit,
  type TreePlaces,
  take,
  writeLimit,
} from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { close, count, ended, erase, freshId, move, plant, reopen, stateOf } from './tenants.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
});
afterAll(() => test.drop());

const now = (): Instant => instantOf(Date.now());
/** Some minutes ahead of the clock, yet in its month (ms). */
const ahead = (): number => Math.min(4 * 60_000, Date.parse(billingPeriodOf(now()).end) - Date.now() - 1);
const KINDS = ['agents', 'calls', 'minutes'] as const;
type Kind = (typeof KINDS)[number];
const each = (kind: Kind): bigint => limitKind(kind).each * UNIT;

/** Sets a limit as the slices do. @returns ok, or the refusal's code */
async function setLimit(account: AccountId, kind: LimitKindKey, wish: LimitWish): Promise<string> {
  const { rootId, path } = await stateOf(test.db, account);
  return test.db.withTenant(account, async (trx) => {
    const version = await beginTreeChange(trx, rootId);
    const named = path.map((id) => ({ id, name: 'Account' }));
    const chain = (await readLimits(trx, named, now())).get(kind)!;
    const decision = decideLimit(limitKind(kind), chain, wish);
    if (!decision.ok) return decision.refusal.code;
    await writeLimit(trx, limitKind(kind), decision.value.chain, 0, now());
    await ended(trx, rootId, version, account, { shows: path });
    return 'ok';
  });
}

type Wish = {
  readonly account: AccountId;
  readonly want: bigint;
  readonly key: string;
  readonly leaseSeconds?: number;
};

/** What a server remembers, also while others use what it doesn’t hear of. */
const remembered = new Map<string, TreePlaces>();

/** Asks and gives back in one statement. */
async function askTogether(
  kind: Kind,
  asks: readonly Wish[],
  back: readonly { readonly account: AccountId; readonly key: string }[],
  isTight = false,
) {
  const accounts = [...asks, ...back].map(({ account }) => account);
  const { rootId } = await stateOf(test.db, accounts[0]!);
  const of = { root: rootId, kind: limitKind(kind), period: periodOf(limitKind(kind), now()) };
  const known = remembered.get(rootId + kind);
  const places = await readTreePlaces(test.db, of, accounts, known);
  remembered.set(rootId + kind, places);
  const outcomes = await admitTick(test.db, {
    ...of,
    places,
    asks: asks.map(({ leaseSeconds = 600, ...one }) => ({ leaseSeconds, ...one })),
    back,
    isTight,
  });
  if (outcomes === null) throw new Error('the shape is the present one');
  return outcomes;
}

const ask = (account: AccountId, kind: Kind, asks: readonly Omit<Wish, 'account'>[], back: readonly string[] = []) =>
  askTogether(
    kind,
    asks.map((one) => ({ account, ...one })),
    back.map((key) => ({ account, key })),
  );

async function takeAgents(account: AccountId, n: number): Promise<'ok' | { free: bigint; binding: AccountId }> {
  const { rootId, path } = await stateOf(test.db, account);
  try {
    await test.db.withTenant(account, async (trx) => {
      const version = await beginTreeChange(trx, rootId);
      await take(trx, [{ account, resource: 'agents', n }], version);
      await ended(trx, rootId, version, account, { shows: path });
    });
    return 'ok';
  } catch (error) {
    const refused = refusedByLimit(error);
    if (!refused) throw error;
    return { free: refused.free, binding: refused.account.id };
  }
}

const METER = countedAs('call.minutes').as;

/** Takes minutes back that were counted. */
async function correct(account: AccountId, minutes: number): Promise<void> {
  const { rootId } = await stateOf(test.db, account);
  const quantity = formatDecimal(BigInt(-minutes) * each('minutes'));
  const event = { root: rootId, account, key: freshId(), quantity, occurredAt: now(), attributes: {} };
  const keysSince = instantOf(Date.now() - 86_400_000 * 35);
  await recordUsage(test.db, [event], { meter: METER, adjustment: { reason: 'Test' }, now: now(), keysSince });
}

async function use(account: AccountId, minutes: number, grant?: string, aheadMs = 0): Promise<void> {
  const { rootId } = await stateOf(test.db, account);
  const event = {
    root: rootId,
    account,
    key: freshId(),
    quantity: formatDecimal(BigInt(minutes) * each('minutes')),
    occurredAt: instantOf(Date.now() + aheadMs),
    attributes: {},
    ...(grant !== undefined && { grant }),
  };
  await recordUsage(test.db, [event], { meter: METER, now: now(), keysSince: instantOf(Date.now() - 86_400_000 * 35) });
}

type Account = {
  readonly id: AccountId;
  up: number | null;
  closed: boolean;
  readonly own: Record<Kind, bigint>;
  readonly cap: Record<Kind, bigint | null>;
  readonly reserve: Record<Kind, bigint>;
};

/** The definition, from scratch; minutes that were used stay with those above then. */
class Model {
  readonly accounts: Account[] = [];
  readonly used: { readonly account: number; chain: readonly number[]; readonly minutes: bigint; isAhead: boolean }[] =
    [];

  chain(at: number): number[] {
    const { up } = this.accounts[at]!;
    return up === null ? [at] : [at, ...this.chain(up)];
  }

  below(at: number): number[] {
    return this.accounts.flatMap(({ up, closed }, n) => (up === at && !closed ? [n] : []));
  }

  /** Usage ahead of the clock goes where its account goes. @returns what takes it back */
  carry(at: number, target: number): () => void {
    const carried = this.used.filter(({ account, isAhead }) => isAhead && this.chain(account).includes(at));
    const before = carried.map(({ chain }) => chain);
    for (const one of carried) {
      const chain = this.chain(one.account);
      one.chain = [...chain.slice(0, chain.indexOf(at) + 1), ...this.chain(target)];
    }
    return () => carried.forEach((one, n) => (one.chain = before[n]!));
  }

  going(at: number, kind: Kind): bigint {
    return this.below(at).reduce((sum, child) => sum + this.going(child, kind), this.accounts[at]!.own[kind]);
  }

  use(at: number, kind: Kind): bigint {
    const counted = this.used.reduce((sum, { chain, minutes }) => (chain.includes(at) ? sum + minutes : sum), 0n);
    return this.going(at, kind) + (kind === 'minutes' ? counted : 0n);
  }

  held(at: number, kind: Kind): bigint {
    return this.below(at).reduce((sum, child) => sum + this.demand(child, kind) - this.use(child, kind), 0n);
  }

  load(at: number, kind: Kind): bigint {
    return this.use(at, kind) + this.held(at, kind);
  }

  demand(at: number, kind: Kind): bigint {
    const [load, reserve] = [this.load(at, kind), this.accounts[at]!.reserve[kind]];
    return load > reserve ? load : reserve;
  }

  promised(at: number, kind: Kind): bigint {
    return this.below(at).reduce((sum, child) => {
      const [own, more] = [this.accounts[child]!.reserve[kind], this.promised(child, kind)];
      return sum + (own > more ? own : more);
    }, 0n);
  }

  /** Whether something may be: no load comes to stand above its cap, or further above it. */
  allows(kind: Kind, act: () => void, undo: () => void): boolean {
    const before = this.accounts.map((_, n) => this.load(n, kind));
    act();
    const fits = this.accounts.every(({ cap, closed }, n) => {
      const [max, load] = [cap[kind], this.load(n, kind)];
      return closed || max === null || load <= max || load <= before[n]!;
    });
    if (!fits) undo();
    return fits;
  }
}

const commands = fc.array(
  fc.record({
    do: fc.constantFrom(
      'plant',
      'cap',
      'reserve',
      'take',
      'give',
      'acquire',
      'release',
      'use',
      'count',
      'move',
      'close',
      'reopen',
    ),
    at: fc.nat({ max: 30 }),
    to: fc.nat({ max: 30 }),
    n: fc.integer({ min: 1, max: 12 }),
    kind: fc.constantFrom(...KINDS),
  }),
  { minLength: 10, maxLength: 45 },
);

describe('Limits in the database', () => {
  it('are what is computed from scratch, after any sequence of settings, promises, takes, grants, usage, moves, closing and reopening', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (given) => {
        const model = new Model();
        const grants: { at: number; kind: 'calls' | 'minutes'; key: string; n: bigint; uses?: bigint }[] = [];
        const add = async (up: number | null): Promise<void> => {
          const id = await plant(test.db, up === null ? null : model.accounts[up]!.id, freshId(), now());
          const none = { agents: 0n, calls: 0n, minutes: 0n };
          const unlimited = { agents: null, calls: null, minutes: null };
          model.accounts.push({ id, up, closed: false, own: { ...none }, cap: unlimited, reserve: { ...none } });
        };
        const settle = async (): Promise<void> => {
          await count(test.db, now());
          for (const grant of grants.filter(({ uses }) => uses !== undefined)) {
            if (grants.includes(grant)) grants.splice(grants.indexOf(grant), 1);
            model.accounts[grant.at]!.own.minutes -= grant.n;
          }
        };
        const check = async (): Promise<void> => {
          for (const [n, { id, closed }] of model.accounts.entries()) {
            if (closed) continue;
            const path = (await stateOf(test.db, id)).path.map((one) => ({ id: one, name: '' }));
            const along = await test.db.withTenant(id, (trx) => readLimits(trx, path, now()));
            for (const kind of KINDS) {
              const { used, held, promised, own } = along.get(kind)![0]!;
              expect({ n, kind, used, held, promised, own: kind === 'minutes' ? 0n : own }).toEqual({
                n,
                kind,
                used: model.use(n, kind),
                held: model.held(n, kind),
                promised: model.promised(n, kind),
                own: kind === 'minutes' ? 0n : model.accounts[n]!.own[kind],
              });
            }
          }
        };
        await add(null);
        await add(0);
        for (const { do: act, at: where, to, n, kind } of given) {
          const at = where % model.accounts.length;
          const one = model.accounts[at]!;
          const amount = BigInt(n) * each(kind);
          if (act === 'reopen') {
            const parent = one.up === null ? null : model.accounts[one.up]!;
            if (!one.closed || !parent || parent.closed) continue;
            const open = (is: boolean) => (): void => {
              one.closed = !is;
            };
            const fits = KINDS.every((each) => {
              open(false)();
              return model.allows(each, open(true), open(false));
            });
            if (!fits) {
              open(false)();
              await expect(reopen(test.db, model.accounts[0]!.id, one.id)).rejects.toSatisfy(
                (error) => refusedByLimit(error) !== null,
              );
            } else await reopen(test.db, model.accounts[0]!.id, one.id);
            continue;
          }
          if (one.closed) continue;
          switch (act) {
            case 'plant':
              if (model.accounts.length < 8) await add(at);
              break;
            case 'cap': {
              const cap = n === 12 ? null : amount;
              const outcome = await setLimit(one.id, kind, { cap });
              const least = model.promised(at, kind) > one.reserve[kind] ? model.promised(at, kind) : one.reserve[kind];
              expect(outcome === 'ok').toBe(cap === null || cap >= least);
              if (outcome === 'ok') one.cap[kind] = cap;
              break;
            }
            case 'reserve': {
              if (at === 0) break;
              await settle();
              const before = one.reserve[kind];
              const set = (reserve: bigint) => (): void => {
                one.reserve[kind] = reserve;
              };
              const max = one.cap[kind];
              const outcome = await setLimit(one.id, kind, { reserve: amount });
              if (max !== null && amount > max) expect(outcome).toBe('LIMIT_INVALID');
              else {
                const promised = model.accounts.map((_, n) => model.promised(n, kind));
                const isKept = model.allows(kind, set(amount), set(before));
                // All that is promised has to fit where nothing is used: when the next period begins, or once what is too much was given back.
                const isKeptThen = model.accounts.every(({ cap }, n) => {
                  const then = model.promised(n, kind);
                  return cap[kind] === null || then <= cap[kind] || then <= promised[n]!;
                });
                if (!isKeptThen) set(before)();
                expect(outcome === 'ok').toBe(isKept && isKeptThen);
              }
              break;
            }
            case 'take':
            case 'give': {
              const wish = act === 'take' ? BigInt(n) * UNIT : -(BigInt(n) * UNIT);
              if (one.own.agents + wish < 0n) break;
              const add = (more: bigint) => (): void => {
                one.own.agents += more;
              };
              const outcome = await takeAgents(one.id, Number(wish / UNIT));
              const fits = act === 'give' || model.allows('agents', add(wish), add(-wish));
              if (act === 'give') add(wish)();
              expect(outcome === 'ok').toBe(fits);
              break;
            }
            case 'acquire': {
              if (kind === 'agents') break;
              await settle();
              // Some for one account, some for two at once, and some while a lease is given back: that first.
              const askers = [at, to % model.accounts.length].filter((each) => !model.accounts[each]!.closed);
              const ended = to % 3 === 0 ? grants.find((grant) => grant.kind === kind && !grant.uses) : undefined;
              const wishes = askers.map((asker) => ({
                account: model.accounts[asker]!.id,
                want: amount,
                key: freshId(),
              }));
              const back = ended ? [{ account: model.accounts[ended.at]!.id, key: ended.key }] : [];
              const outcomes = await askTogether(kind, wishes, back, n % 3 === 0);
              if (ended) {
                grants.splice(grants.indexOf(ended), 1);
                model.accounts[ended.at]!.own[kind] -= ended.n;
              }
              const steps =
                kind === 'calls' ? [amount] : Array.from({ length: n }, (_, k) => BigInt(n - k) * each(kind));
              for (const [k, asker] of askers.entries()) {
                const { own } = model.accounts[asker]!;
                const add = (more: bigint) => (): void => {
                  own[kind] += more;
                };
                const granted = steps.find((wish) => model.allows(kind, add(wish), add(-wish))) ?? 0n;
                expect(outcomes[k]).toMatchObject(
                  granted === 0n ? { outcome: 'refused' } : { outcome: 'granted', n: granted },
                );
                if (granted > 0n) grants.push({ at: asker, kind, key: wishes[k]!.key, n: granted });
              }
              break;
            }
            case 'release': {
              const mine = grants.filter((grant) => grant.at === at && grant.kind === kind && grant.uses === undefined);
              const grant = mine[to % Math.max(mine.length, 1)];
              if (!grant) break;
              await ask(one.id, grant.kind, [], [grant.key]);
              grants.splice(grants.indexOf(grant), 1);
              one.own[grant.kind] -= grant.n;
              break;
            }
            case 'use': {
              const grant = grants.find((one) => one.at === at && one.kind === 'minutes' && one.uses === undefined);
              const isAhead = to % 3 === 0;
              await use(one.id, n, to % 2 === 0 ? grant?.key : undefined, isAhead ? ahead() : 0);
              const minutes = BigInt(n) * each('minutes');
              model.used.push({ account: at, chain: model.chain(at), minutes, isAhead });
              if (to % 2 === 0 && grant) grant.uses = minutes;
              await settle();
              break;
            }
            case 'count':
              await settle();
              break;
            case 'move': {
              const target = to % model.accounts.length;
              const parent = model.accounts[target]!;
              if (at === 0 || parent.closed || model.chain(target).includes(at) || one.up === target) break;
              await settle();
              const up = one.up;
              const put = (where: number | null) => (): void => {
                one.up = where;
              };
              const back = model.carry(at, target);
              // Each kind by itself, from where the account stands.
              const fits = KINDS.every((each) => {
                put(up)();
                return model.allows(each, put(target), put(up));
              });
              if (!fits) {
                put(up)();
                back();
                await expect(move(test.db, model.accounts[0]!.id, one.id, parent.id, now())).rejects.toSatisfy(
                  (error) => refusedByLimit(error) !== null,
                );
              } else await move(test.db, model.accounts[0]!.id, one.id, parent.id, now());
              break;
            }
            case 'close':
              if (at === 0 || model.below(at).length > 0) break;
              await settle();
              await close(test.db, model.accounts[0]!.id, one.id, now());
              one.closed = true;
              for (const grant of grants.filter((one) => one.at === at)) {
                grants.splice(grants.indexOf(grant), 1);
                one.own[grant.kind] -= grant.n;
              }
              break;
          }
        }
        await settle();
        await check();
      }),
      { numRuns: rounds(8, 25) },
    );
  }, 300_000);

  it('give back what a lease held when its time is over, asked for or not', async () => {
    const root = await plant(test.db, null, 'Leases', now());
    expect(await setLimit(root, 'calls', { cap: 2n * UNIT })).toBe('ok');
    expect(
      await ask(root, 'calls', [
        { want: UNIT, key: 'a', leaseSeconds: 0 },
        { want: UNIT, key: 'b', leaseSeconds: 0 },
      ]),
    ).toEqual([
      { outcome: 'granted', n: UNIT },
      { outcome: 'granted', n: UNIT },
    ]);
    // Whoever would be refused finds them over first.
    expect(await ask(root, 'calls', [{ want: 2n * UNIT, key: 'c', leaseSeconds: 0 }])).toEqual([
      { outcome: 'granted', n: 2n * UNIT },
    ]);
    await endOverdueLeases(test.db);
    const rows = await test.asOwner(
      `SELECT 1 FROM leases WHERE root_id = $1 UNION ALL SELECT 1 FROM resource_totals WHERE account_id IN (SELECT id FROM accounts WHERE root_id = $1) AND total <> 0`,
      [root],
    );
    expect(rows).toEqual([]);
  });

  it('grant nothing for what is given back with the same statement where a maximum was lowered below what is left', async () => {
    const root = await plant(test.db, null, 'Lowered', now());
    await ask(
      root,
      'calls',
      ['a', 'b'].map((key) => ({ want: 2n * UNIT, key })),
    );
    expect(await setLimit(root, 'calls', { cap: UNIT })).toBe('ok');
    expect(await ask(root, 'calls', [{ want: UNIT, key: 'c' }], ['a'])).toMatchObject([{ outcome: 'refused' }]);
    expect(await ask(root, 'calls', [{ want: UNIT, key: 'd' }], ['b'])).toEqual([{ outcome: 'granted', n: UNIT }]);
  });

  it('give back at once what a lease of last month held, also when it is released in this one', async () => {
    const root = await plant(test.db, null, 'Last month', now());
    const account = await plant(test.db, root, 'Late', now());
    expect(await setLimit(root, 'minutes', { cap: 10n * each('minutes') })).toBe('ok');
    const { start } = billingPeriodOf(now());
    const period = billingPeriodOf(instantOf(Date.parse(start) - 1)).start;
    const kind = limitKind('minutes');
    const tick = async (asks: readonly string[], back: readonly string[], of = period) => {
      const places = await readTreePlaces(test.db, { root, kind, period: of }, [account]);
      const wishes = asks.map((key) => ({ account, want: 6n * each('minutes'), key, leaseSeconds: 86_400 }));
      const given = back.map((key) => ({ account, key }));
      return admitTick(test.db, { root, kind, period: of, places, asks: wishes, back: given });
    };
    expect(await tick(['then'], [])).toMatchObject([{ outcome: 'granted', n: 6n * each('minutes') }]);
    // Asked for in this month, together with something else, as a server does after midnight.
    expect(await tick(['now'], ['then'], start)).toMatchObject([{ outcome: 'granted', n: 6n * each('minutes') }]);
    expect(await test.asOwner(`SELECT key FROM leases WHERE root_id = $1`, [root])).toEqual([{ key: 'now' }]);
    expect(await tick(['again'], [])).toMatchObject([{ outcome: 'granted', n: 6n * each('minutes') }]);
    expect(
      await test.asOwner(
        `SELECT (total / 60)::int AS minutes FROM resource_totals WHERE account_id = $1 AND resource = 'call.seconds' ORDER BY period`,
        [root],
      ),
    ).toEqual([{ minutes: 6 }, { minutes: 6 }]);
  });

  it('are read again by whoever remembers them, once one of them is set', async () => {
    const root = await plant(test.db, null, 'Remembered', now());
    const account = await plant(test.db, root, 'Remembered below', now());
    const kind = limitKind('calls');
    const asks = [{ account, want: UNIT, key: 'a', leaseSeconds: 600 }];
    const tick = { root, kind, period: '-infinity', asks, back: [] };
    const places = await readTreePlaces(test.db, { root, kind, period: '-infinity' }, [account]);
    expect(await setLimit(root, 'calls', { cap: 0n })).toBe('ok');
    expect(await admitTick(test.db, { ...tick, places })).toBeNull();
    const present = await readTreePlaces(test.db, { root, kind, period: '-infinity' }, [account]);
    expect(await admitTick(test.db, { ...tick, places: present })).toMatchObject([{ outcome: 'refused', max: 0n }]);
  });

  it('hold what is promised, whatever a server heard last of its use, when another one passes it', async () => {
    const root = await plant(test.db, null, 'Promising', now());
    const account = await plant(test.db, root, 'Promised', now());
    expect(await setLimit(account, 'calls', { reserve: 2n * UNIT })).toBe('ok');
    const kind = limitKind('calls');
    const [mine, theirs] = await Promise.all(
      ['mine', 'theirs'].map(() => readTreePlaces(test.db, { root, kind, period: '-infinity' }, [account])),
    );
    const tick = async (places: typeof mine, asks: readonly string[], back: readonly string[] = []) => {
      const admitted = await admitTick(test.db, {
        root,
        kind,
        period: '-infinity',
        places: places!,
        asks: asks.map((key) => ({ account, want: UNIT, key, leaseSeconds: 600 })),
        back: back.map((key) => ({ account, key })),
      });
      expect(admitted).toEqual(asks.map(() => ({ outcome: 'granted', n: UNIT })));
      const [above] = await test.asOwner(
        `SELECT total::int AS used, held::int FROM resource_totals WHERE account_id = $1 AND resource = 'calls'`,
        [root],
      );
      return above;
    };
    expect(await tick(mine, ['a'])).toEqual({ used: 1, held: 1 });
    expect(await tick(theirs, ['b', 'c'])).toEqual({ used: 3, held: 0 });
    // What the first one heard would have one more absorbed.
    expect(await tick(mine, ['d'])).toEqual({ used: 4, held: 0 });
    expect(await tick(mine, ['e'], ['a', 'b', 'c'])).toEqual({ used: 2, held: 0 });
    expect(await tick(theirs, [], ['d', 'e'])).toEqual({ used: 0, held: 2 });
    expect(await tick(mine, ['f'])).toEqual({ used: 1, held: 1 });
  });

  it('have no lease of an account that is erased', async () => {
    const root = await plant(test.db, null, 'Erased', now());
    const account = await plant(test.db, root, 'Erased below', now());
    const granted = [{ outcome: 'granted', n: UNIT }];
    expect(await ask(account, 'calls', [{ want: UNIT, key: 'a' }])).toEqual(granted);
    const places = await readTreePlaces(test.db, { root, kind: limitKind('calls'), period: '-infinity' }, [account]);
    await erase(test.db, root, account);
    expect(await test.asOwner('SELECT 1 FROM leases WHERE account_id = $1', [account])).toEqual([]);
    // Whoever remembers where it stood is told that this is no more so.
    const asks = [{ account, want: UNIT, key: 'b', leaseSeconds: 600 }];
    const tick = { root, kind: limitKind('calls'), period: '-infinity', asks, back: [] };
    expect(await admitTick(test.db, { ...tick, places })).toBeNull();
  });

  it('answer the same key with what it got, and refuse it for another kind', async () => {
    const root = await plant(test.db, null, 'Keys', now());
    const first = await ask(root, 'calls', [{ want: UNIT, key: 'same' }]);
    expect(await ask(root, 'calls', [{ want: UNIT, key: 'same' }])).toEqual(first);
    expect(await ask(root, 'minutes', [{ want: UNIT * 60n, key: 'same' }])).toEqual([{ outcome: 'taken' }]);
    expect(
      await test.asOwner(
        `SELECT total::int AS n FROM resource_totals WHERE account_id IN (SELECT id FROM accounts WHERE root_id = $1) AND resource = 'calls'`,
        [root],
      ),
    ).toEqual([{ n: 1 }]);
  });

  it('grant part of what is wanted to the last digit, and say the same when it is asked again', async () => {
    const root = await plant(test.db, null, 'Digits', now());
    const free = 20_000_000_123_456_789n;
    expect(await setLimit(root, 'minutes', { cap: free })).toBe('ok');
    const wish = { want: 2n * free, key: 'much' };
    expect(await ask(root, 'minutes', [wish])).toEqual([{ outcome: 'granted', n: free }]);
    expect(await ask(root, 'minutes', [wish])).toEqual([{ outcome: 'granted', n: free }]);
  });

  it('tell each crossing once, as a row of the journal', async () => {
    const root = await plant(test.db, null, 'Alerts', now());
    expect(await setLimit(root, 'calls', { cap: 10n * UNIT, thresholds: [80, 100] })).toBe('ok');
    const told = async (): Promise<unknown[]> =>
      (
        await test.asOwner<{ at: string }>(
          `SELECT details->>'threshold' AS at FROM journal WHERE root_id = $1 AND kind = 'limit.reached' ORDER BY seq`,
          [root],
        )
      ).map(({ at }) => at);
    await ask(root, 'calls', [{ want: 7n * UNIT, key: '7' }]);
    expect(await told()).toEqual([]);
    await ask(root, 'calls', [{ want: UNIT, key: '8' }]);
    await ask(root, 'calls', [{ want: UNIT, key: '9' }]);
    expect(await told()).toEqual(['80']);
    await ask(root, 'calls', [
      { want: UNIT, key: '10' },
      { want: UNIT, key: '11' },
    ]);
    expect(await told()).toEqual(['80', '100']);
    await ask(root, 'calls', [], ['7']);
    await ask(root, 'calls', [{ want: 5n * UNIT, key: 'again' }]);
    expect(await told()).toEqual(['80', '100', '80']);
  });

  it('follow usage ahead of the clock where a move places it: what is held, and which thresholds are reached', async () => {
    const root = await plant(test.db, null, 'Ahead', now());
    const [left, right] = [await plant(test.db, root, 'Left', now()), await plant(test.db, root, 'Right', now())];
    const account = await plant(test.db, left, 'Moves', now());
    expect(await setLimit(root, 'minutes', { cap: 100n * each('minutes') })).toBe('ok');
    expect(await setLimit(left, 'minutes', { reserve: 20n * each('minutes') })).toBe('ok');
    expect(await setLimit(right, 'minutes', { cap: 10n * each('minutes'), thresholds: [50, 80] })).toBe('ok');
    await use(account, 8, undefined, ahead());
    await count(test.db, now());
    const stands = async (of: AccountId): Promise<string> => {
      const { path } = await stateOf(test.db, of);
      const along = await test.db.withTenant(root, (trx) =>
        readLimits(
          trx,
          path.map((id) => ({ id, name: '' })),
          now(),
        ),
      );
      const { used, held } = along.get('minutes')![0]!;
      return `${used / each('minutes')} used, ${held / each('minutes')} held`;
    };
    expect([await stands(root), await stands(left)]).toEqual(['8 used, 12 held', '8 used, 0 held']);
    await move(test.db, root, account, right, now());
    expect([await stands(root), await stands(left)]).toEqual(['8 used, 20 held', '0 used, 0 held']);
    const told = async (): Promise<unknown[]> =>
      test.asOwner(
        `SELECT account_id AS of, (details->>'threshold')::int AS at FROM journal WHERE root_id = $1 AND kind = 'limit.reached' ORDER BY seq`,
        [root],
      );
    expect(await told()).toEqual([50, 80].map((at) => ({ of: right, at })));
    await move(test.db, root, account, left, now());
    await move(test.db, root, account, right, now());
    expect([await stands(root), await stands(right)]).toEqual(['8 used, 20 held', '8 used, 0 held']);
    expect(await told()).toHaveLength(4);
  });

  it('tell of minutes again when they were corrected, and of those that were counted before their period began', async () => {
    const root = await plant(test.db, null, 'Corrected', now());
    const leaf = await plant(test.db, root, 'Leaf', now());
    const told = async (): Promise<number[]> =>
      (
        await test.asOwner<{ at: number }>(
          `SELECT (details->>'threshold')::int AS at FROM journal WHERE root_id = $1 AND kind = 'limit.reached' ORDER BY seq`,
          [root],
        )
      ).map(({ at }) => at);
    await use(leaf, 4);
    await count(test.db, now());
    expect(await setLimit(root, 'minutes', { cap: 10n * each('minutes'), thresholds: [50, 80] })).toBe('ok');
    await use(leaf, 1);
    await count(test.db, now());
    expect(await told()).toEqual([50]);
    await use(leaf, 3);
    await count(test.db, now());
    expect(await told()).toEqual([50, 80]);
    await correct(leaf, 4);
    await count(test.db, now());
    await use(leaf, 2);
    await count(test.db, now());
    expect(await told()).toEqual([50, 80, 50]);
    const next = billingPeriodOf(now()).end;
    const inNext = Date.parse(next) - Date.now() + 60_000;
    await use(leaf, 4, undefined, inNext);
    await count(test.db, now());
    await use(leaf, 1, undefined, inNext);
    await count(test.db, now());
    expect(await told()).toHaveLength(3);
    await use(leaf, 1, undefined, inNext);
    await count(test.db, next);
    expect(await told()).toEqual([50, 80, 50, 50]);
  });

  it('judge minutes when they are counted, once', async () => {
    const root = await plant(test.db, null, 'Counted', now());
    const leaf = await plant(test.db, root, 'Leaf', now());
    expect(await setLimit(root, 'minutes', { cap: 10n * each('minutes'), thresholds: [80] })).toBe('ok');
    await ask(leaf, 'minutes', [{ want: 9n * each('minutes'), key: 'g' }]);
    await use(leaf, 8, 'g');
    await count(test.db, now());
    await use(leaf, 1);
    await count(test.db, now());
    expect(
      await test.asOwner(`SELECT details FROM journal WHERE root_id = $1 AND kind = 'limit.reached'`, [root]),
    ).toHaveLength(1);
    expect(
      await test.asOwner(
        `SELECT total::int FROM resource_totals WHERE account_id IN (SELECT id FROM accounts WHERE root_id = $1) AND resource = 'call.seconds' AND total <> 0`,
        [root],
      ),
    ).toEqual([]);
  });

  it('tell what an account reaches that comes from another tree, once', async () => {
    const [from, to] = [await plant(test.db, null, 'From', now()), await plant(test.db, null, 'To', now())];
    const account = await plant(test.db, from, 'Comes', now());
    expect(await setLimit(to, 'agents', { cap: 4n * UNIT, thresholds: [50] })).toBe('ok');
    expect(await takeAgents(account, 2)).toBe('ok');
    await test.asOwner('SELECT change_root($1, $2, $3)', [account, to, now()]);
    expect(
      await test.asOwner(`SELECT account_id AS of FROM journal WHERE root_id = $1 AND kind = 'limit.reached'`, [to]),
    ).toEqual([{ of: to }]);
    expect(await takeAgents(account, 1)).toBe('ok');
    expect(
      await test.asOwner(`SELECT 1 FROM journal WHERE root_id = ANY ($1) AND kind = 'limit.reached'`, [[from, to]]),
    ).toHaveLength(1);
  });

  it('are those of no plan any more where an account comes below another one', async () => {
    const [account, to] = [await plant(test.db, null, 'Pays', now()), await plant(test.db, null, 'Pays for it', now())];
    const limit = () =>
      test.asOwner(`SELECT cap::int, plan_cap::int AS plan FROM limits WHERE account_id = $1 AND kind = 'calls'`, [
        account,
      ]);
    expect(await setLimit(account, 'calls', { cap: 5n * UNIT })).toBe('ok');
    await test.asOwner(`UPDATE limits SET plan_cap = cap WHERE account_id = $1 AND kind = 'calls'`, [account]);
    expect(await limit()).toEqual([{ cap: 5, plan: 5 }]);
    await test.asOwner('SELECT change_root($1, $2, $3)', [account, to, now()]);
    expect(await limit()).toEqual([{ cap: null, plan: null }]);
  });

  it('mark who is near a maximum of minutes, and who used it up, as counts, settings and moves change it', async () => {
    const root = await plant(test.db, null, 'Marks', now());
    const [account, other] = [await plant(test.db, root, 'Marked', now()), await plant(test.db, root, 'Other', now())];
    const leaf = await plant(test.db, account, 'Leaf', now());
    const marks = async (): Promise<string> => {
      const [row] = await test.asOwner<{ near: boolean; full: boolean }>(
        `SELECT near_in IS NOT DISTINCT FROM $2::timestamptz AS near, full_in IS NOT DISTINCT FROM $2::timestamptz AS full
         FROM limits WHERE root_id = $1 AND account_id = $3 AND kind = 'call.seconds'`,
        [root, billingPeriodOf(now()).start, account],
      );
      return row?.full ? 'used up' : row?.near ? 'near' : 'neither';
    };
    const set = (minutes: bigint) => setLimit(account, 'minutes', { cap: minutes * each('minutes'), thresholds: [] });
    await set(10n);
    await use(leaf, 7);
    await count(test.db, now());
    expect(await marks()).toBe('neither');
    await use(leaf, 1, undefined, ahead());
    await count(test.db, now());
    expect(await marks()).toBe('near');
    await use(account, 2);
    await count(test.db, now());
    expect(await marks()).toBe('used up');
    await set(20n);
    expect(await marks()).toBe('neither');
    await set(12n);
    expect(await marks()).toBe('near');
    await set(10n);
    // What was ahead of the clock goes along.
    await move(test.db, root, leaf, other, now());
    expect(await marks()).toBe('near');
    await setLimit(account, 'minutes', { cap: null });
    expect(await marks()).toBe('neither');
  });

  it('are kept at every instant, however many ask at once for accounts all over a tree (I12)', async () => {
    const root = await plant(test.db, null, 'Crowd', now());
    const parents = [await plant(test.db, root, 'One', now()), await plant(test.db, root, 'Two', now())];
    const leaves: AccountId[] = [];
    for (let n = 0; n < 6; n++) leaves.push(await plant(test.db, parents[n % 2]!, `Leaf ${n}`, now()));
    expect(await setLimit(root, 'calls', { cap: 20n * UNIT, thresholds: [50, 100] })).toBe('ok');
    expect(await setLimit(parents[0]!, 'calls', { cap: 12n * UNIT, reserve: 5n * UNIT })).toBe('ok');
    for (const leaf of leaves) expect(await setLimit(leaf, 'calls', { cap: 5n * UNIT })).toBe('ok');
    const places = await readTreePlaces(test.db, { root, kind: limitKind('calls'), period: '-infinity' }, leaves);
    const tick = (account: AccountId, asks: readonly string[], back: readonly string[]) =>
      admitTick(test.db, {
        root,
        kind: limitKind('calls'),
        period: '-infinity',
        places,
        asks: asks.map((key) => ({ account, want: UNIT, key, leaseSeconds: 600 })),
        back: back.map((key) => ({ account, key })),
      });
    const stop = new AbortController();
    let readings = 0;
    const watch = (async () => {
      while (!stop.signal.aborted) {
        const above = await test.asOwner(
          `SELECT 1 FROM resource_totals t JOIN limits l ON l.root_id = $1 AND l.account_id = t.account_id AND l.kind = t.resource
             LEFT JOIN (SELECT account_id, sum(n) AS n FROM leases GROUP BY 1) g ON g.account_id = t.account_id
           WHERE t.resource = 'calls' AND (t.total + t.held > l.cap OR t.own <> coalesce(g.n, 0))`,
          [root],
        );
        expect(above).toEqual([]);
        readings += 1;
      }
    })();
    const random = (below: number): number => Math.floor(Math.random() * below);
    let granted = 0;
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        const mine: [AccountId, string][] = [];
        for (let n = 0; n < 25; n++) {
          const account = leaves[random(leaves.length)]!;
          const key = freshId();
          const back = mine.length > 2 || random(2) === 0 ? mine.filter(([one]) => one === account) : [];
          const [outcome] =
            (await tick(
              account,
              [key],
              back.map(([, one]) => one),
            )) ?? [];
          for (const one of back) mine.splice(mine.indexOf(one), 1);
          if (outcome?.outcome === 'granted') {
            granted += 1;
            mine.push([account, key]);
          }
        }
        for (const [account, key] of mine) await tick(account, [], [key]);
      }),
    );
    stop.abort();
    await watch;
    expect([granted > 50, readings > 3]).toEqual([true, true]);
    const left = await test.asOwner(
      `SELECT total::int, held::int FROM resource_totals WHERE account_id IN (SELECT id FROM accounts WHERE root_id = $1) AND resource = 'calls' AND (total <> 0 OR account_id = $1)`,
      [root],
    );
    expect(left).toEqual([{ total: 0, held: 5 }]);
  }, 60_000);
});
