import { type AccountId, formatDecimal, type Instant, parseDecimal, type RowId, split, UNIT } from '@tenantree/domain';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  endSubscription,
  findInvoice,
  issueDrafts,
  readLines,
  readOfferedPlans,
  readSubscriptions,
  startSubscription,
  storePlans,
  writeBalanceEntry,
  writeInvoice,
  writeUsageLines,
} from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { freshId, NOVEMBER_10, PERIOD, plant, ticking } from './tenants.ts';

const METER = { key: 'call.minutes', counted: 'call.seconds' } as const;
const TERMS = { currency: 'EUR', monthlyFee: '1', meters: {}, concurrent: null, subaccounts: 'included' } as const;

let test: TestDatabase;
let payer: AccountId;
const accounts: AccountId[] = [];
const names = new Map<AccountId, string>();
const now = ticking(NOVEMBER_10);
beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
  payer = await plant(test.db, null, 'Payer', now());
  names.set(payer, 'Payer');
  for (let n = 0; n < 12; n += 1) {
    const id = await plant(test.db, n < 4 ? payer : accounts[n - 4]!, `Account ${n}`, now());
    accounts.push(id);
    names.set(id, `Account ${n}`);
  }
});
afterAll(() => test.drop());

const draft = (id: RowId, more: { total?: bigint; period?: Instant } = {}) => ({
  id,
  kind: 'period' as const,
  period: PERIOD,
  seq: 0,
  currency: { code: 'EUR', exponent: 2 },
  total: 0n,
  applied: 0n,
  credits: null,
  lines: 0,
  terms: {},
  draftedAt: now(),
  ...more,
});
const rowId = (): RowId => freshId() as string as RowId;

describe('Lines of usage', () => {
  it('are split in the database as the domain splits them, in every place and in the order of the tree, and are written only for what was rated', async () => {
    // Many with the same, and some above others with nothing.
    const quantity = fc.oneof(fc.bigInt({ min: -(10n ** 13n), max: 10n ** 14n }), fc.constantFrom(0n, UNIT, 7n * UNIT));
    const quantities = fc.array(quantity, { minLength: 1, maxLength: accounts.length });
    await fc.assert(
      fc.asyncProperty(quantities, fc.bigInt({ min: -(10n ** 9n), max: 10n ** 12n }), async (nanos, amount) => {
        await test.asOwner('DELETE FROM usage_totals');
        for (const [n, one] of nanos.entries())
          await test.asOwner(
            `INSERT INTO usage_totals (account_id, meter, period, own, total, own_events, total_events, version) VALUES ($1, 'call.seconds', $2, $3, $3, 1, 1, 1)`,
            [accounts[n], PERIOD, formatDecimal(one)],
          );
        const used = nanos.flatMap((weight, n) => (weight === 0n ? [] : [{ id: accounts[n]!, weight }]));
        const all = used.reduce((sum, { weight }) => sum + weight, 0n);
        const document = rowId();
        const of = { table: 'invoice_lines', account: payer, document } as const;
        const billed = { account: payer, seller: null, meter: METER, period: PERIOD, part: null };
        await test.db.withTenant(payer, async (trx) => {
          const other = { quantity: formatDecimal(all + UNIT), amount };
          expect(await writeUsageLines(trx, of, billed, other, null, 3)).toBeNull();
          const written = await writeUsageLines(trx, of, billed, { quantity: formatDecimal(all), amount }, null, 3);
          expect(written).toBe(used.length);
          const lines = await readLines(trx, of, { after: 0, limit: 100 });
          expect(lines.map(({ n }) => n)).toEqual(lines.map((_, n) => n + 4));
          const parts = split(amount, used);
          const expected = new Map(used.map(({ id, weight }, n) => [id, [weight, parts[n]]]));
          const found = new Map(lines.map((line) => [line.account!.id, [parseDecimal(line.quantity!), line.amount]]));
          expect(found).toEqual(expected);
          const told = lines.map(({ account }) => account!);
          for (const { id, place, name, above } of told) {
            expect(place.at(-1)).toBe(id);
            expect([...above, name]).toEqual(place.map((one) => names.get(one)));
          }
          const places = told.map(({ place }) => place.join(' '));
          expect(places).toEqual(places.toSorted());
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe('What is written of an invoice', () => {
  it('stays as it is: nobody may change it, and issuing it again changes nothing', async () => {
    const id = rowId();
    await test.db.withTenant(payer, async (trx) => {
      await writeInvoice(trx, payer, draft(id), 'INV');
      await writeBalanceEntry(trx, payer, { id: rowId(), currency: 'EUR', amount: 5n, invoice: id, at: now() });
    });
    const issue = () => test.db.withTenant(payer, (trx) => issueDrafts(trx, [id], now()));
    expect(await issue()).toMatchObject([{ id, number: 'INV-2026-000001', kind: 'period' }]);
    const before = await test.db.withTenant(payer, (trx) => findInvoice(trx, payer, id));
    expect(await issue()).toEqual([]);
    for (const text of [
      'UPDATE invoices SET total = 0',
      'DELETE FROM invoices',
      'UPDATE invoice_lines SET amount = 0',
      'DELETE FROM invoice_lines',
      'UPDATE balance_entries SET amount = 0',
      'DELETE FROM balance_entries',
      'UPDATE plans SET offered = true',
      'DELETE FROM subscriptions',
    ])
      await expect(test.db.withTenant(payer, (trx) => sql.raw(text).execute(trx))).rejects.toThrow(/permission denied/);
    expect(await test.db.withTenant(payer, (trx) => findInvoice(trx, payer, id))).toEqual(before);
  });

  it('is one for each payer, period and kind, and the payer’s alone', async () => {
    const again = test.db.withTenant(payer, (trx) => writeInvoice(trx, payer, draft(rowId()), 'INV'));
    await expect(again).rejects.toThrow(/duplicate key/);
    const theirs = test.db.withTenant(accounts[0]!, (trx) => writeInvoice(trx, payer, draft(rowId()), 'INV'));
    await expect(theirs).rejects.toThrow(/row-level security/);
    const count = (account: AccountId) =>
      test.db.withTenant(
        account,
        async (trx) => (await sql<{ n: number }>`SELECT count(*)::int AS n FROM invoices`.execute(trx)).rows[0]!.n,
      );
    expect([await count(payer), await count(accounts[0]!)]).toEqual([1, 0]);
  });
});

describe('Plans', () => {
  it('have a version for each of their terms, and are withdrawn when nobody names them any more', async () => {
    const store = (...plans: { id: string; monthlyFee?: string }[]) =>
      storePlans(
        test.db,
        plans.map(({ id, ...terms }) => ({ id, name: id, terms: { ...TERMS, ...terms } })),
        now(),
      );
    const offered = async () =>
      (await test.db.withTenant(payer, readOfferedPlans)).map(({ id, version }) => `${id} ${version}`);
    await Promise.all([store({ id: 'a' }, { id: 'b' }), store({ id: 'a' }, { id: 'b' })]);
    expect(await offered()).toEqual(['a 1', 'b 1']);
    await store({ id: 'a', monthlyFee: '2' });
    expect(await offered()).toEqual(['a 2']);
    await store({ id: 'a', monthlyFee: '2' }, { id: 'b' });
    expect(await offered()).toEqual(['a 2', 'b 1']);
  });

  it('are had one after the other, and never two at once', async () => {
    const at = (month: number) => `2026-${String(month).padStart(2, '0')}-01T00:00:00.000Z` as Instant;
    const start = (id: string, from: Instant) =>
      test.db.withTenant(payer, (trx) => startSubscription(trx, payer, { id, version: 1, from }));
    const had = async () =>
      (await test.db.withTenant(payer, (trx) => readSubscriptions(trx, payer))).map(({ plan, from, to }) => [
        plan.id,
        from,
        to,
      ]);
    await start('a', at(3));
    await start('b', at(5));
    await start('a', at(5));
    expect(await had()).toEqual([
      ['a', at(3), at(5)],
      ['a', at(5), null],
    ]);
    await expect(start('b', at(4))).rejects.toThrow(/exclusion|conflicting key/);
    await test.db.withTenant(payer, (trx) => endSubscription(trx, payer, at(4)));
    expect(await had()).toEqual([['a', at(3), at(4)]]);
  });
});
