import { findInvoiceOf, readLines, startSubscription } from '@tenantree/db';
import {
  type AccountId,
  billingPeriodOf,
  type CountedMeter,
  countedAs,
  DAY_MS,
  formatDecimal,
  instantOf,
  parseDecimal,
  parsePlan,
  prorate,
  type RowId,
  rate,
  UNIT,
} from '@tenantree/domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rounds } from '../../../scripts/rounds.ts';
import { closePeriod } from '../src/billing/close-period.ts';
import { readTerms } from '../src/billing/invoice-terms.ts';
import { SYSTEM } from '../src/hall/change.ts';
import { type BillingStage, openBilling, plan } from './support/billing.ts';
import { type Client, clientOf, clientWithToken, PASSWORD, signIn } from './support/clients.ts';

const GRADUATED = {
  'call.minutes': {
    model: 'graduated',
    included: '37.5',
    tiers: [
      { upTo: '100', price: '0.113' },
      { upTo: '1000', price: '0.07', fee: '1.5' },
      { upTo: null, price: '0.0333' },
    ],
  },
} as const;
const PLANS = [
  plan('euro', GRADUATED, { monthlyFee: '19.99' }),
  plan(
    'yen',
    { 'call.minutes': { model: 'package', size: '7', price: '3', included: '10' } },
    { currency: 'JPY', monthlyFee: '500' },
  ),
  plan(
    'dinar',
    {
      'call.minutes': {
        model: 'volume',
        tiers: [
          { upTo: '50', price: '0.0123' },
          { upTo: null, price: '0.0101' },
        ],
      },
    },
    { currency: 'KWD' },
  ),
];
const SECONDS: CountedMeter = countedAs('call.minutes').as;

let stage: BillingStage;
beforeAll(async () => {
  stage = await openBilling(PLANS);
});
afterAll(() => stage.close());

/** The model: who paid for each account since when, and every event. Everything is computed from scratch. */
class Model {
  readonly accounts: {
    id: AccountId;
    root: AccountId;
    parent: number | null;
    payers: { from: number; payer: AccountId }[];
  }[] = [];
  readonly events: { of: number; at: number; nanos: bigint }[] = [];

  payerOf(of: number, at: number): AccountId {
    return this.accounts[of]!.payers.findLast(({ from }) => from <= at)!.payer;
  }

  isBelow(of: number, above: number): boolean {
    for (let at: number | null = of; at !== null; at = this.accounts[at]!.parent) if (at === above) return true;
    return false;
  }

  /** What a payer pays for of a period, by account, in 10⁻⁹ of what is counted. */
  billed(payer: AccountId, period: string): Map<AccountId, bigint> {
    const sums = new Map<AccountId, bigint>();
    for (const { of, at, nanos } of this.events) {
      if (billingPeriodOf(instantOf(at)).key !== period || this.payerOf(of, at) !== payer) continue;
      const { id } = this.accounts[of]!;
      sums.set(id, (sums.get(id) ?? 0n) + nanos);
    }
    return sums;
  }
}

const step = fc.record({
  what: fc.constantFrom(
    'create',
    'create',
    'use',
    'use',
    'use',
    'ahead',
    'late',
    'adjust',
    'move',
    'move',
    'detach',
    'month',
  ),
  a: fc.nat(30),
  b: fc.nat(30),
  nanos: fc.bigInt({ min: 1n, max: 500n * 60n * UNIT }),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

let runs = 0;
class Run {
  readonly model = new Model();
  /** The first unclosed period. */
  period = billingPeriodOf(instantOf(stage.clock.ms));
  readonly payers: AccountId[] = [];
  readonly closed: string[] = [];
  key = 0;
  readonly #clients = new Map<AccountId, Client>();
  readonly name = `Run ${(runs += 1)}`;

  async begin(): Promise<void> {
    // Sessions don’t last for months.
    const owner = clientOf(stage.url, await signIn(stage.url, stage.email, PASSWORD));
    for (const [n, { id }] of PLANS.slice(0, 2).entries()) {
      const { account } = await owner.accounts.createMain.mutate({ name: `${this.name} ${n}` });
      const { key } = await owner.keys.create.mutate({ account: account.id, name: 'Test key' });
      this.#clients.set(account.id, clientWithToken(stage.url, key));
      await this.#subscribe(account.id, id, Date.parse(this.period.start));
      this.model.accounts.push({
        id: account.id,
        root: account.id,
        parent: null,
        payers: [{ from: 0, payer: account.id }],
      });
    }
  }

  async #subscribe(id: AccountId, plan: string, at: number): Promise<void> {
    this.payers.push(id);
    await stage.database.db.withTenant(id, (trx) =>
      startSubscription(trx, id, { id: plan, version: 1, from: instantOf(at) }),
    );
  }

  async #record(of: number, at: number, nanos: bigint): Promise<void> {
    const { hall } = stage.composed;
    const account = this.model.accounts[of]!;
    const now = instantOf(stage.clock.ms);
    const fact = {
      root: account.root,
      account: account.id,
      key: `${this.name} ${(this.key += 1)}`,
      quantity: formatDecimal(nanos),
      occurredAt: instantOf(at),
      attributes: {},
    };
    const [outcome] = await hall.usage.append([fact], {
      meter: SECONDS,
      now,
      keysSince: instantOf(stage.clock.ms - 35 * DAY_MS),
      ...(nanos < 0n && { adjustment: { reason: 'a test' } }),
    });
    expect(outcome).toBe('accepted');
    this.model.events.push({ of, at, nanos });
  }

  async does({ what, a, b, nanos }: Step): Promise<void> {
    // Now and then what is ahead of the clock is so at the next step, too.
    stage.clock.ms += b % 3 === 0 ? 60_000 : 3_600_000;
    const { accounts } = this.model;
    const [one, two] = [a % accounts.length, b % accounts.length];
    const now = stage.clock.ms;
    switch (what) {
      case 'create': {
        const parent = accounts[one]!;
        if (parent.root !== parent.id && accounts.every(({ id }) => id !== parent.root)) return;
        if (this.#depth(one) > 3 || !this.#isOurs(one)) return;
        const name = `${this.name} ${accounts.length}`;
        const { account } = await this.#clientOf(parent.root).accounts.create.mutate({ account: parent.id, name });
        const { id } = account;
        accounts.push({
          id,
          root: parent.root,
          parent: one,
          payers: [{ from: 0, payer: this.model.payerOf(one, now) }],
        });
        return;
      }
      case 'use':
        return this.#record(one, now - 60_000, nanos);
      case 'ahead':
        await this.#record(one, now + ((b % 4) + 1) * 60_000, nanos);
        return stage.counted(accounts[one]!.id);
      case 'late':
        // As late as it may be, and not before the account was there or before its first period.
        return this.#record(one, Math.max(now - (b % 34) * DAY_MS, Date.UTC(2026, 9, 1)), nanos);
      case 'adjust':
        return this.#record(one, Math.max(now - (b % 20) * DAY_MS, Date.UTC(2026, 9, 1)), -nanos);
      case 'move':
        return this.#move(one, two);
      case 'detach':
        return this.#detach(one);
      case 'month':
        return this.month();
    }
  }

  #clientOf(root: AccountId): Client {
    const client = this.#clients.get(root);
    if (!client) throw new Error('nobody of ours is there');
    return client;
  }

  #depth(of: number): number {
    const { parent } = this.model.accounts[of]!;
    return parent === null ? 0 : 1 + this.#depth(parent);
  }

  /** In a tree that the owner of the stage still reaches. */
  #isOurs(of: number): boolean {
    const { parent, payers } = this.model.accounts[of]!;
    return parent === null ? payers.length === 1 : this.#isOurs(parent);
  }

  async #move(one: number, two: number): Promise<void> {
    const { accounts } = this.model;
    const [moved, to] = [accounts[one]!, accounts[two]!];
    if (moved.parent === null || moved.root !== to.root || this.model.isBelow(two, one) || moved.parent === two) return;
    if (!this.#isOurs(one) || this.#depth(two) > 1) return;
    await this.#clientOf(moved.root).accounts.move.mutate({ account: moved.id, to: to.id });
    moved.parent = two;
  }

  async #detach(one: number): Promise<void> {
    const { accounts } = this.model;
    const leaving = accounts[one]!;
    if (leaving.parent === null) return;
    const at = stage.clock.ms;
    await stage.database.asOwner('SELECT change_root($1, NULL, $2)', [leaving.id, new Date(at)]);
    const below = accounts.map((_, n) => n).filter((n) => this.model.isBelow(n, one));
    for (const n of below) {
      accounts[n]!.root = leaving.id;
      accounts[n]!.payers.push({ from: at, payer: leaving.id });
    }
    leaving.parent = null;
    await this.#subscribe(leaving.id, PLANS[one % PLANS.length]!.id, at);
  }

  /** The month ends, and is closed by hand for all. */
  async month(): Promise<void> {
    const { period } = this;
    stage.clock.ms = Math.max(stage.clock.ms, Date.parse(period.end) + DAY_MS / 2 + 60_000);
    await this.#close(period.key);
    this.closed.push(period.key);
    this.period = billingPeriodOf(period.end);
    stage.clock.ms = Math.max(stage.clock.ms, Date.parse(this.period.start) + DAY_MS);
  }

  /** All that was closed is closed once more. */
  async closeAgain(): Promise<void> {
    for (const period of this.closed) await this.#close(period);
  }

  async #close(period: string): Promise<void> {
    const caller = { ...SYSTEM, user: '' as never, key: null, requestId: '' };
    for (const id of this.payers)
      await closePeriod(stage.composed.hall, caller, { id, root: id }, period).catch(ignoreNoPlan);
  }
}

/** All that is written of invoices and their lines, as it is kept. */
const writtenOf = (payers: readonly AccountId[]): Promise<unknown[]> =>
  stage.database.asOwner(
    `SELECT i::text, (SELECT md5(string_agg(l::text, '' ORDER BY l.n)) FROM invoice_lines l WHERE l.account_id = i.account_id AND l.invoice_id = i.id) AS lines
     FROM invoices i WHERE i.account_id = ANY ($1) ORDER BY i.id`,
    [payers],
  );

/** Whoever came to pay for itself after the period had no plan in it. */
const ignoreNoPlan = (error: unknown): void => {
  if (!(error instanceof Error && /had no plan/.test(error.message))) throw error;
};

type Billed = { quantity: Map<AccountId, bigint>; amount: bigint };

/** All lines of all invoices of a payer, by the period of their usage. Their sums are checked on the way. */
async function billedOf(
  payer: AccountId,
): Promise<{ byPeriod: Map<string, Billed>; terms: Map<string, ReturnType<typeof readTerms>> }> {
  const byPeriod = new Map<string, Billed>();
  const terms = new Map<string, ReturnType<typeof readTerms>>();
  const ids = await stage.database.asOwner<{ id: RowId; period: Date; total: string }>(
    `SELECT id, period, total FROM invoices WHERE account_id = $1 AND kind = 'period' AND status = 'issued'`,
    [payer],
  );
  for (const { id, period, total } of ids) {
    await stage.database.db.withTenant(payer, async (trx) => {
      const invoice = await findInvoiceOf(trx, payer, { kind: 'period', period: instantOf(period.getTime()), seq: 0 });
      terms.set(billingPeriodOf(invoice!.period).key, readTerms(invoice!.terms));
      const lines = await readLines(
        trx,
        { table: 'invoice_lines', account: payer, document: id },
        { after: 0, limit: 10_000 },
      );
      expect(lines.reduce((sum, { amount }) => sum + amount, 0n)).toBe(BigInt(total));
      expect(lines.map(({ n }) => n)).toEqual(lines.map((_, n) => n + 1));
      for (const { quantity, account, ofPeriod, amount } of lines) {
        if (quantity === null || account === null || ofPeriod === null) continue;
        const { key } = billingPeriodOf(ofPeriod);
        const billed = byPeriod.get(key) ?? { quantity: new Map(), amount: 0n };
        billed.quantity.set(account.id, (billed.quantity.get(account.id) ?? 0n) + parseDecimal(quantity)!);
        byPeriod.set(key, { ...billed, amount: billed.amount + amount });
      }
    });
  }
  return { byPeriod, terms };
}

const nonZero = (sums: ReadonlyMap<AccountId, bigint>): [AccountId, bigint][] =>
  [...sums].filter(([, nanos]) => nanos !== 0n).toSorted(([a], [b]) => (a < b ? -1 : 1));

describe('All invoices together (rules/money 4, 10)', () => {
  it('have every event on the lines of exactly one payer, and cost what rounding the whole once does, whatever was moved, left or came late', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 40 }), async (steps) => {
        stage.clock.ms = Date.UTC(2026, 9, 3);
        const run = new Run();
        await run.begin();
        for (const one of steps) await run.does(one);
        // Everything that came late has its invoice.
        for (let n = 0; n < 3; n += 1) await run.month();
        const written = await writtenOf(run.payers);
        await run.closeAgain();
        expect(await writtenOf(run.payers), `${run.name}: closed twice`).toEqual(written);
        for (const payer of run.payers) {
          const { byPeriod, terms } = await billedOf(payer);
          for (const [period, { plan: held, fraction }] of terms) {
            const expected = run.model.billed(payer, period);
            const billed = byPeriod.get(period) ?? { quantity: new Map(), amount: 0n };
            expect(nonZero(billed.quantity), `${run.name} ${period}`).toEqual(nonZero(expected));
            const read = parsePlan(PLANS.find(({ id }) => id === held!.id)!.terms);
            if (!read.ok) throw new Error('it was read before');
            const all = [...expected.values()].reduce((sum, one) => sum + one, 0n);
            expect(billed.amount, `${run.name} ${period}`).toBe(
              rate(prorate(read.value.rates[0]!, fraction!), read.value.currency, all),
            );
          }
        }
      }),
      { numRuns: Number(process.env['INVOICE_RUNS'] ?? rounds(3, 24)), endOnFailure: true },
    );
  }, 180_000);
});
