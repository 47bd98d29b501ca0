import {
  cutAssignments,
  readLines,
  readStatements,
  startSubscription,
  writeAssignment,
  writeBook,
} from '@tenantree/db';
import {
  type AccountId,
  type BillingPeriod,
  billingPeriodOf,
  type CountedMeter,
  countedAs,
  DAY_MS,
  formatDecimal,
  instantOf,
  msOf,
  parseDecimal,
  type RowId,
  rate,
  UNIT,
} from '@tenantree/domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rounds } from '../../../scripts/rounds.ts';
import { readStatementTerms } from '../src/billing/rebilling/statement-terms.ts';
import { type BillingStage, minutes, openBilling, plan } from './support/billing.ts';
import { type Client, clientOf, clientWithToken, PASSWORD, signIn } from './support/clients.ts';
import { book, freezeDue } from './support/rebilling.ts';

/** What accounts sell by: of a customer one after the other. */
const BOOKS = [
  book({ model: 'flat', price: '0.113', included: '37.5' }, { monthlyFee: '19.99' }),
  book({ model: 'markup', percent: '17.3333', included: '10' }),
  book(
    {
      model: 'graduated',
      tiers: [
        { upTo: '50', price: '0.2' },
        { upTo: null, price: '0.07', fee: '1.5' },
      ],
    },
    { monthlyFee: '5' },
  ),
];
const SECONDS: CountedMeter = countedAs('call.minutes').as;
const SOLD_SINCE = Date.UTC(2026, 9, 1);

let stage: BillingStage;
beforeAll(async () => {
  stage = await openBilling([plan('wholesale', minutes('0.05', '100'), { monthlyFee: '49' })]);
});
afterAll(() => stage.close());

type Placed = { readonly from: number; readonly parent: number | null };
type Sold = { readonly seller: number; readonly customer: number; readonly from: number; to: number };

const step = fc.record({
  what: fc.constantFrom(
    'create',
    'create',
    'use',
    'use',
    'use',
    'late',
    'adjust',
    'move',
    'move',
    'sell',
    'sell',
    'month',
  ),
  a: fc.nat(30),
  b: fc.nat(30),
  nanos: fc.bigInt({ min: 1n, max: 500n * 60n * UNIT }),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

let runs = 0;

/** The model: where each account stood since when, what was sold to whom, and every event. */
class Run {
  readonly accounts: { readonly id: AccountId; readonly placed: Placed[] }[] = [];
  readonly sold: Sold[] = [];
  readonly events: { readonly of: number; readonly at: number; readonly nanos: bigint }[] = [];
  period: BillingPeriod = billingPeriodOf(instantOf(stage.clock.ms));
  readonly name = `Sold ${(runs += 1)}`;
  #client: Client | null = null;
  readonly #books = new Map<number, RowId[]>();
  #key = 0;

  get #api(): Client {
    if (!this.#client) throw new Error('it has not begun');
    return this.#client;
  }

  async begin(): Promise<void> {
    // Sessions don’t last for months.
    const owner = clientOf(stage.url, await signIn(stage.url, stage.email, PASSWORD));
    const { id } = (await owner.accounts.createMain.mutate({ name: this.name })).account;
    this.#client = clientWithToken(stage.url, (await owner.keys.create.mutate({ account: id, name: 'Test key' })).key);
    const from = instantOf(SOLD_SINCE);
    await stage.database.db.withTenant(id, (trx) => startSubscription(trx, id, { id: 'wholesale', version: 1, from }));
    this.accounts.push({ id, placed: [{ from: 0, parent: null }] });
  }

  parentAt(of: number, at: number): number | null {
    const { placed } = this.accounts[of]!;
    return (placed.findLast(({ from }) => from <= at) ?? placed[0]!).parent;
  }

  /** The account and those above it at an instant, itself first. */
  chainAt(of: number, at: number): number[] {
    const parent = this.parentAt(of, at);
    return parent === null ? [of] : [of, ...this.chainAt(parent, at)];
  }

  /** What a customer used with all below it while a seller stood right above it, between two instants, by account. */
  usedOf(seller: number, customer: number, from: number, to: number): Map<AccountId, bigint> {
    const sums = new Map<AccountId, bigint>();
    for (const { of, at, nanos } of this.events) {
      if (at < from || at >= to) continue;
      // What was used before an account was there counts where it stood first.
      const chain = this.chainAt(of, Math.max(at, this.accounts[of]!.placed[0]!.from));
      const level = chain.indexOf(customer);
      if (level < 0 || chain[level + 1] !== seller) continue;
      const { id } = this.accounts[of]!;
      sums.set(id, (sums.get(id) ?? 0n) + nanos);
    }
    return sums;
  }

  async #booksOf(seller: number): Promise<RowId[]> {
    const there = this.#books.get(seller);
    if (there) return there;
    const { hall } = stage.composed;
    const { id } = this.accounts[seller]!;
    const ids = BOOKS.map(() => hall.newId());
    await stage.database.db.withTenant(id, async (trx) => {
      for (const [n, terms] of BOOKS.entries())
        await writeBook(trx, id, { id: ids[n]!, version: 1, name: `Book ${n}`, terms, savedAt: instantOf(SOLD_SINCE) });
    });
    this.#books.set(seller, ids);
    return ids;
  }

  /** Sells by a book from an instant on: what was sold before ends then. */
  async #sell(seller: number, customer: number, n: number, from: number): Promise<void> {
    const books = await this.#booksOf(seller);
    const [of, to] = [this.accounts[seller]!.id, this.accounts[customer]!.id];
    await stage.database.db.withTenant(of, async (trx) => {
      await cutAssignments(trx, of, to, instantOf(from));
      const id = books[n % books.length]!;
      await writeAssignment(trx, of, { customer: to, book: { id, version: 1 }, from: instantOf(from), to: null });
    });
    this.#end(customer, from);
    this.sold.push({ seller, customer, from, to: Number.POSITIVE_INFINITY });
  }

  #end(customer: number, at: number): void {
    for (const one of this.sold) if (one.customer === customer && one.to > at) one.to = at;
  }

  async #record(of: number, at: number, nanos: bigint): Promise<void> {
    this.#key += 1;
    const fact = {
      root: this.accounts[0]!.id,
      account: this.accounts[of]!.id,
      key: `${this.name} ${this.#key}`,
      quantity: formatDecimal(nanos),
      occurredAt: instantOf(at),
      attributes: {},
    };
    const [outcome] = await stage.composed.hall.usage.append([fact], {
      meter: SECONDS,
      now: instantOf(stage.clock.ms),
      keysSince: instantOf(stage.clock.ms - 35 * DAY_MS),
      ...(nanos < 0n && { adjustment: { reason: 'a test' } }),
    });
    expect(outcome).toBe('accepted');
    this.events.push({ of, at, nanos });
  }

  async does({ what, a, b, nanos }: Step): Promise<void> {
    // No whole quarters of an hour: what is between is read from events.
    stage.clock.ms += 3_600_000 + (a % 3) * 171_717;
    const now = stage.clock.ms;
    const [one, two] = [a % this.accounts.length, b % this.accounts.length];
    if (what === 'create') return this.#create(one, b);
    if (what === 'use') return this.#record(one, now - 60_000, nanos);
    if (what === 'late') return this.#record(one, Math.max(now - (b % 34) * DAY_MS, SOLD_SINCE), nanos);
    if (what === 'adjust') return this.#record(one, Math.max(now - (b % 20) * DAY_MS, SOLD_SINCE), -nanos);
    if (what === 'move') return this.#move(one, two, a);
    if (what === 'month') return this.month();
    const seller = this.parentAt(one, now);
    if (seller !== null) await this.#sell(seller, one, b, now);
  }

  async #create(parent: number, n: number): Promise<void> {
    const now = stage.clock.ms;
    if (this.chainAt(parent, now).length > 4) return;
    const name = `${this.name} ${this.accounts.length}`;
    const { account } = await this.#api.accounts.create.mutate({ account: this.accounts[parent]!.id, name });
    this.accounts.push({ id: account.id, placed: [{ from: now, parent }] });
    await this.#sell(parent, this.accounts.length - 1, n, now);
  }

  async #move(one: number, two: number, n: number): Promise<void> {
    const now = stage.clock.ms;
    const parent = this.parentAt(one, now);
    const chain = this.chainAt(two, now);
    if (parent === null || parent === two || chain.includes(one) || chain.length > 2) return;
    await this.#api.accounts.move.mutate({ account: this.accounts[one]!.id, to: this.accounts[two]!.id });
    this.accounts[one]!.placed.push({ from: now, parent: two });
    this.#end(one, now);
    await this.#sell(two, one, n, now);
  }

  /** The month ends, and its statements are frozen. */
  async month(): Promise<void> {
    stage.clock.ms = Math.max(stage.clock.ms, msOf(this.period.end) + DAY_MS / 2 + 60_000);
    await freezeDue(stage);
    this.period = billingPeriodOf(this.period.end);
    stage.clock.ms = Math.max(stage.clock.ms, msOf(this.period.start) + DAY_MS);
  }
}

type Stated = { readonly quantity: Map<AccountId, bigint>; amount: bigint };

/** All lines of all statements of a seller, by customer, part and period. Their sums are checked on the way. */
async function statedBy(seller: AccountId) {
  const page = { customer: null, period: null, before: null, limit: 1_000 };
  return stage.database.db.withTenant(seller, async (trx) => {
    const lines = new Map<string, Stated>();
    const statements = await readStatements(trx, seller, page);
    for (const { id, customer, total } of statements) {
      const all = await readLines(
        trx,
        { table: 'statement_lines', account: seller, document: id },
        { after: 0, limit: 10_000 },
      );
      expect(all.reduce((sum, { amount }) => sum + amount, 0n)).toBe(total);
      expect(all.map(({ n }) => n)).toEqual(all.map((_, n) => n + 1));
      for (const { quantity, account, from, amount } of all) {
        if (quantity === null || account === null || from === null) continue;
        const key = `${customer} ${from}`;
        const stated = lines.get(key) ?? { quantity: new Map(), amount: 0n };
        stated.quantity.set(account.id, (stated.quantity.get(account.id) ?? 0n) + parseDecimal(quantity)!);
        lines.set(key, { ...stated, amount: stated.amount + amount });
      }
    }
    return { statements, lines };
  });
}

const nonZero = (sums: ReadonlyMap<AccountId, bigint>): [AccountId, bigint][] =>
  [...sums].filter(([, nanos]) => nanos !== 0n).toSorted(([a], [b]) => (a < b ? -1 : 1));
const sumOf = (sums: ReadonlyMap<AccountId, bigint>): bigint => [...sums.values()].reduce((all, one) => all + one, 0n);

async function check(run: Run): Promise<void> {
  for (const [seller, { id }] of run.accounts.entries()) {
    const { statements, lines } = await statedBy(id);
    /** What the statements account for, of each customer: parts that follow each other. */
    const covered = new Map<number, [number, number][]>();
    for (const { customer: of, terms, currency, kind } of statements) {
      if (kind === 'supplement') continue;
      const customer = run.accounts.findIndex((one) => one.id === of);
      for (const { from, to, used } of readStatementTerms(terms).parts) {
        covered.set(customer, [...(covered.get(customer) ?? []), [msOf(from), msOf(to)]]);
        const expected = run.usedOf(seller, customer, msOf(from), msOf(to));
        const stated = lines.get(`${of} ${from}`) ?? { quantity: new Map(), amount: 0n };
        const what = `${run.name}: ${seller} to ${customer} from ${from}`;
        expect(nonZero(stated.quantity), what).toEqual(nonZero(expected));
        for (const { rates } of used) expect(stated.amount, what).toBe(rate(rates, currency, sumOf(expected)));
      }
    }
    // Every time that something was sold over is in exactly one part.
    for (const one of run.sold.filter((some) => some.seller === seller)) {
      const to = Math.min(one.to, msOf(run.period.start));
      const parts = (covered.get(one.customer) ?? []).map(
        ([begin, end]) => Math.min(end, to) - Math.max(begin, one.from),
      );
      const time = parts.reduce((sum, ms) => sum + Math.max(ms, 0), 0);
      expect(time, `${run.name}: ${seller} to ${one.customer}`).toBe(Math.max(to - one.from, 0));
    }
  }
}

describe('Statements of all levels (rules/money 17 to 21)', () => {
  it('have every unit once at each level, at what rounding each part once costs, whatever was moved, sold otherwise or came late', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 40 }), async (steps) => {
        stage.clock.ms = Date.UTC(2026, 9, 3);
        const run = new Run();
        await run.begin();
        for (const one of steps) await run.does(one);
        // Everything that came late is on a statement.
        for (let n = 0; n < 3; n += 1) await run.month();
        await check(run);
      }),
      { numRuns: Number(process.env['STATEMENT_RUNS'] ?? rounds(3, 24)), endOnFailure: true },
    );
  }, 180_000);
});
