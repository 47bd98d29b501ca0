import { issueDrafts } from '@tenantree/db';
import { type AccountId, instantOf } from '@tenantree/domain';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  amountsOf,
  type BillingStage,
  DECEMBER,
  MID_OCTOBER,
  minutes,
  NOVEMBER_CLOSES,
  OCTOBER,
  OCTOBER_CLOSES,
  openBilling,
  plan,
} from './support/billing.ts';
import { type Client, clientWithToken, codeOf, join, refusalOf } from './support/clients.ts';

const TIERS = {
  'call.minutes': {
    model: 'graduated',
    tiers: [
      { upTo: '1000', price: '0.10' },
      { upTo: '5000', price: '0.08' },
      { upTo: null, price: '0.05' },
    ],
  },
} as const;

let stage: BillingStage;
beforeAll(async () => {
  stage = await openBilling([
    plan('m1', minutes('0.079', '1000')),
    plan('m9', minutes('0.079', '500'), { monthlyFee: '49' }),
    plan('m10', minutes('0.079', '200')),
    plan('m12', TIERS),
    plan('yen', minutes('12.345'), { currency: 'JPY' }),
    plan('dinar', minutes('0.0125'), { currency: 'KWD' }),
    plan('alone', minutes('0.1'), { subaccounts: 'none' }),
    plan('german', minutes('0.1'), { countries: ['DE'] }),
  ]);
});
afterAll(() => stage.close());
beforeEach(() => {
  stage.clock.ms = MID_OCTOBER;
});

const close = async (client: Client, account: string, period = '2026-10') =>
  (await client.invoices.closePeriod.mutate({ account, period })).invoice;
const payer = async (name: string, plan: string) => {
  const made = await stage.main(name);
  stage.clock.ms = OCTOBER;
  await stage.subscribe(made.client, made.id, plan);
  stage.clock.ms = MID_OCTOBER;
  return made;
};
const payersCalled = async (...names: string[]) => {
  const made: Awaited<ReturnType<typeof payer>>[] = [];
  for (const name of names) made.push(await payer(name, 'm9'));
  return made;
};
const linesOf = async (client: Client, account: string, invoice: string) =>
  (await client.invoices.get.query({ account, invoice, limit: 500 })).lines;

describe('An invoice', () => {
  it('rates all usage of a payer as a whole and splits it exactly; a credit note takes from every line (M1, M17)', async () => {
    const { id, client } = await payer('M1', 'm1');
    const [a, b, r] = [await stage.make(id, 'A1'), await stage.make(id, 'B1'), await stage.make(id, 'R1')];
    await stage.use(client, a, '700.25');
    await stage.use(client, b, '433.333333333');
    await stage.use(client, r, '120.5');
    stage.clock.ms = OCTOBER_CLOSES;
    const invoice = await close(client, id);
    expect(invoice).toMatchObject({
      kind: 'period',
      period: '2026-10',
      total: { currency: 'EUR', exponent: 2, minor: '2007' },
      lines: 4,
    });
    expect(await amountsOf(client, id, invoice.id)).toEqual({ 'fee 1': 0, 'A1@M1': 1121, 'B1@M1': 693, 'R1@M1': 193 });
    const { invoice: said } = await client.invoices.get.query({ account: id, invoice: invoice.id });
    expect(said).toMatchObject({
      buyer: { name: 'M1' },
      plan: { id: 'm1', version: 1 },
      used: [{ meter: 'call.minutes', quantity: '1254.083333333', included: '1000', amount: { minor: '2007' } }],
      tax: 'Tax not included',
      credited: { minor: '0' },
    });

    const credit = (amount?: string) =>
      client.invoices.credit.mutate({
        account: id,
        invoice: invoice.id,
        reason: 'A bad line',
        ...(amount && { amount }),
      });
    const { invoice: note } = await credit('5.00');
    expect(note).toMatchObject({ kind: 'credit', credits: invoice.id, total: { minor: '-500' } });
    expect(note.number).toMatch(/^CRN-2026-/);
    const taken = (await linesOf(client, id, note.id)).map(({ account, amount }) => [account?.name, amount.minor]);
    expect(taken).toEqual([
      ['A1', '-279'],
      ['B1', '-173'],
      ['R1', '-48'],
    ]);
    expect((await client.billing.get.query({ account: id })).balance).toEqual([
      { currency: 'EUR', exponent: 2, minor: '500' },
    ]);
    expect(await refusalOf(credit('15.08'))).toMatchObject({ code: 'CREDIT_TOO_HIGH', field: 'amount' });
    expect(await codeOf(credit('0'))).toBe('PRICE_INVALID');
    expect(await codeOf(credit('0.001'))).toBe('PRICE_INVALID');
    const { invoice: rest } = await credit();
    expect(rest.total.minor).toBe('-1507');
    const mirrored = (await linesOf(client, id, rest.id)).map(({ amount }) => Number(amount.minor));
    expect(mirrored).toEqual([-842, -520, -145]);
    expect(await codeOf(credit())).toBe('PRICE_INVALID');
  });

  it('is read line by line before it is there, and then has those lines: late usage and balance, too', async () => {
    const { id, client } = await payer('To come', 'm10');
    const [p, x] = [await stage.make(id, 'P2'), await stage.make(id, 'X2')];
    const a = await stage.make(p, 'A2');
    await stage.use(client, a, '300');
    stage.clock.ms = OCTOBER_CLOSES;
    await close(client, id);
    await stage.use(client, x, '12.5', { at: MID_OCTOBER });
    await stage.use(client, a, '-40', { at: MID_OCTOBER });
    await stage.use(client, a, '500.25');
    await stage.use(client, x, '45');
    stage.clock.ms = NOVEMBER_CLOSES;
    const read = (cursor?: string) =>
      client.invoices.draft.query({
        account: id,
        period: '2026-11',
        limit: 2,
        ...(cursor !== undefined && { cursor }),
      });
    const first = await read();
    const found = [...first.lines];
    for (let { nextCursor } = first; nextCursor !== null; ) {
      const next = await read(nextCursor);
      found.push(...next.lines);
      ({ nextCursor } = next);
    }
    const invoice = await close(client, id, '2026-11');
    const { invoice: said, lines } = await client.invoices.get.query({ account: id, invoice: invoice.id, limit: 500 });
    expect(first.draft).toMatchObject({
      plan: said.plan,
      used: said.used,
      total: said.total,
      applied: said.applied,
      due: said.due,
      lines: said.lines,
    });
    expect(said.lines).toBeGreaterThan(4);
    expect(found).toEqual(lines);
    const none = await client.invoices.draft.query({ account: id, period: '2026-08' });
    expect(none).toMatchObject({ issued: null, draft: null, lines: [], nextCursor: null });
    expect(await read()).toMatchObject({ issued: { id: invoice.id, number: invoice.number }, draft: null, lines: [] });
  });

  it('that would be below 0 says so line by line before it is issued, too', async () => {
    const { id, client } = await payer('Given back', 'm9');
    await stage.use(client, id, '3000');
    stage.clock.ms = OCTOBER_CLOSES;
    await close(client, id);
    await stage.use(client, id, '-2000', { at: MID_OCTOBER });
    stage.clock.ms = NOVEMBER_CLOSES;
    const { draft, lines } = await client.invoices.draft.query({ account: id, period: '2026-11' });
    const invoice = await close(client, id, '2026-11');
    const said = await client.invoices.get.query({ account: id, invoice: invoice.id });
    expect(lines).toEqual(said.lines);
    expect(lines.at(-1)).toMatchObject({ type: 'credit', amount: { minor: '10900' } });
    expect([draft?.total.minor, draft?.lines]).toEqual(['0', lines.length]);
    expect(lines.reduce((sum, { amount }) => sum + Number(amount.minor), 0)).toBe(0);
  });

  it('has a line for each parent that an account stood under (M10)', async () => {
    const { id, client } = await payer('M10', 'm10');
    const [p, x] = [await stage.make(id, 'P1'), await stage.make(id, 'X1')];
    const a = await stage.make(p, 'A1');
    await stage.use(client, a, '300');
    await stage.use(client, p, '90');
    stage.clock.ms += 3_600_000;
    await stage.owner.accounts.move.mutate({ account: a, to: x });
    stage.clock.ms += 3_600_000;
    await stage.use(client, a, '180.5');
    await stage.use(client, x, '45');
    stage.clock.ms = OCTOBER_CLOSES;
    const invoice = await close(client, id);
    expect(invoice.total.minor).toBe('3282');
    expect(await amountsOf(client, id, invoice.id)).toEqual({
      'fee 1': 0,
      'P1@M10': 480,
      'A1@P1': 1600,
      'X1@M10': 240,
      'A1@X1': 962,
    });
  });

  it('bills the part of the month for which there is a plan, and an account that became independent from that instant (M9)', async () => {
    const { id, client } = await payer('M9', 'm10');
    const child = await stage.make(id, 'Child of M9');
    const theirs = await join(stage.url, stage.owner, child, 'm9@example.com', 'owner');
    const { key } = await theirs.keys.create.mutate({ account: child, name: 'Theirs' });
    const own = clientWithToken(stage.url, key);
    await stage.use(client, child, '1000');
    stage.clock.ms = Date.UTC(2026, 9, 17, 9, 30);
    const at = new Date(stage.clock.ms);
    await stage.database.asOwner('SELECT change_root($1, NULL, $2)', [child, at]);
    await stage.subscribe(own, child, 'm9');
    stage.clock.ms += 3_600_000;
    await stage.use(own, child, '310.4');
    const soFar = (await own.billing.get.query({ account: child })).soFar;
    expect(soFar).toMatchObject({
      fee: { minor: '2308' },
      used: [{ quantity: '310.4', amount: { minor: '591' } }],
      total: { minor: '2899' },
    });
    stage.clock.ms = OCTOBER_CLOSES;
    const invoice = await close(own, child);
    const { invoice: said } = await own.invoices.get.query({ account: child, invoice: invoice.id });
    expect(said.used[0]).toMatchObject({ included: '235.551075269', quantity: '310.4', amount: { minor: '591' } });
    expect(await amountsOf(own, child, invoice.id)).toEqual({ 'fee 1': 2308, 'Child of M9@': 591 });
    const above = await close(client, id);
    expect(await amountsOf(client, id, above.id)).toEqual({ 'fee 1': 0, 'Child of M9@M9': 6320 });
    const paid = (when: string) => own.billing.payerAt.query({ account: child, at: when });
    expect(await paid('2026-10-17T09:29:59.999Z')).toMatchObject({ by: 'above', payer: null });
    expect(await paid('2026-10-17T09:30:00Z')).toMatchObject({ by: 'itself', payer: { id: child } });
    expect(await paid('2026-01-01T00:00:00Z')).toMatchObject({ by: 'nobody' });
  });

  it('bills what comes late on the next one, by the rates of then, until all is what it would have been at once (M11)', async () => {
    const { id, client } = await payer('M11', 'm1');
    const a = await stage.make(id, 'A1');
    await stage.use(client, a, '990');
    stage.clock.ms = OCTOBER_CLOSES;
    const first = await close(client, id);
    expect(first.total.minor).toBe('0');
    await stage.use(client, a, '30', { at: MID_OCTOBER });
    stage.clock.ms = NOVEMBER_CLOSES;
    const second = await close(client, id, '2026-11');
    expect(await amountsOf(client, id, second.id)).toEqual({ 'fee 1': 0, 'A1 late 2026-10@M11': 158 });
    expect(second.total.minor).toBe('158');
    // Late in its window: what comes after the next period was closed is on the one behind it.
    const adjust = {
      meter: 'call.minutes',
      quantity: '-15',
      occurredAt: new Date(Date.UTC(2026, 9, 31, 12)).toISOString(),
    };
    await client.usage.adjust.mutate({ account: a, ...adjust, idempotencyKey: 'adjust', reason: 'A complaint' });
    stage.clock.ms = DECEMBER;
    const third = await close(client, id, '2026-12');
    expect(await amountsOf(client, id, third.id)).toEqual({ 'fee 1': 0, 'A1 late 2026-10@M11': -118, 'credit 3': 118 });
    expect(third.total.minor).toBe('0');
    // Each such line tells the events behind it, and no others.
    const behind = async (invoice: string, line = 2) => {
      const found = await client.invoices.lateEvents.query({ account: id, invoice, line });
      return [found.events, found.sum, found.rows.map(({ kind, reason, quantity }) => [kind, reason, quantity])];
    };
    expect(await behind(second.id)).toEqual([1, '30', [['usage', null, '30']]]);
    expect(await behind(third.id)).toEqual([1, '-15', [['adjustment', 'A complaint', '-15']]]);
    for (const [invoice, line] of [
      [second.id, 1],
      [second.id, 3],
      [first.id, 2],
    ] as const)
      expect(await codeOf(behind(invoice, line))).toBe('NOT_FOUND');
    const listed = (await client.invoices.list.query({ account: id })).rows;
    expect(listed.map(({ kind, total }) => [kind, total.minor])).toEqual([
      ['credit', '-118'],
      ['period', '0'],
      ['period', '158'],
      ['period', '0'],
    ]);
    expect((await client.billing.get.query({ account: id })).balance[0]?.minor).toBe('118');
  });

  it('tells late usage of several accounts one after the other, in the order of their ids (M12)', async () => {
    const { id, client } = await payer('M12', 'm12');
    const [a, b] = [await stage.make(id, 'A1'), await stage.make(id, 'B1')];
    await stage.use(client, a, '900');
    stage.clock.ms = OCTOBER_CLOSES;
    expect((await close(client, id)).total.minor).toBe('9000');
    await stage.use(client, b, '60.5', { at: MID_OCTOBER });
    await stage.use(client, a, '150', { at: MID_OCTOBER });
    stage.clock.ms = NOVEMBER_CLOSES;
    const next = await close(client, id, '2026-11');
    expect(await amountsOf(client, id, next.id)).toEqual({
      'fee 1': 0,
      'A1 late 2026-10@M12': 1400,
      'B1 late 2026-10@M12': 484,
    });
  });

  it('is of currencies without digits and with three of them', async () => {
    const [yen, dinar] = [await payer('Yen', 'yen'), await payer('Dinar', 'dinar')];
    await stage.use(yen.client, yen.id, '7.3');
    await stage.use(dinar.client, dinar.id, '33.333');
    stage.clock.ms = OCTOBER_CLOSES;
    expect((await close(yen.client, yen.id)).total).toEqual({ currency: 'JPY', exponent: 0, minor: '90' });
    expect((await close(dinar.client, dinar.id)).total).toEqual({ currency: 'KWD', exponent: 3, minor: '417' });
  });

  it('uses the balance up first', async () => {
    const { id, client } = await payer('Balanced', 'm9');
    await stage.use(client, id, '500');
    stage.clock.ms = OCTOBER_CLOSES;
    const first = await close(client, id);
    await client.invoices.credit.mutate({ account: id, invoice: first.id, amount: '20', reason: 'Goodwill' });
    await stage.use(client, id, '501', { at: Date.UTC(2026, 10, 1, 11) });
    stage.clock.ms = NOVEMBER_CLOSES;
    const second = await close(client, id, '2026-11');
    expect(second).toMatchObject({ total: { minor: '4908' }, applied: { minor: '2000' }, due: { minor: '2908' } });
    expect((await client.billing.get.query({ account: id })).balance[0]?.minor).toBe('0');
  });
});

describe('Closing', () => {
  it('again answers the same invoice, and changes no byte of it', async () => {
    const { id, client } = await payer('Again', 'm9');
    await stage.use(client, id, '750');
    stage.clock.ms = OCTOBER_CLOSES;
    const first = await close(client, id);
    const stored = () =>
      stage.database.asOwner(
        `SELECT (SELECT jsonb_agg(to_jsonb(i)) FROM invoices i WHERE account_id = $1)::text || (SELECT jsonb_agg(to_jsonb(l) ORDER BY n) FROM invoice_lines l WHERE account_id = $1)::text AS bytes`,
        [id],
      );
    const before = await stored();
    await stage.use(client, id, '1', { at: MID_OCTOBER });
    stage.clock.ms += 60_000;
    expect(await close(client, id)).toEqual(first);
    await stage.closeDue();
    expect(await stored()).toEqual(before);
  });

  it('is done by itself after the grace, for everybody who has a plan; two closers at once make one invoice', async () => {
    const payers = await payersCalled('Due 1', 'Due 2', 'Due 3');
    stage.clock.ms = OCTOBER_CLOSES - 10 * 60_000;
    await stage.closeDue();
    for (const { id, client } of payers) expect((await client.invoices.list.query({ account: id })).rows).toEqual([]);
    stage.clock.ms = OCTOBER_CLOSES;
    await Promise.all([stage.closeDue(), stage.closeDue(), ...payers.map(({ id, client }) => close(client, id))]);
    for (const { id, client } of payers) {
      const { rows } = await client.invoices.list.query({ account: id });
      expect(rows.map(({ kind, total }) => [kind, total.minor])).toEqual([['period', '4900']]);
      const log = await client.audit.list.query({ account: id, limit: 20 });
      expect(log.rows.filter(({ action }) => action === 'invoice.issued')).toHaveLength(1);
    }
  });

  it('that was cut off between draft and issue goes on with the next one', async () => {
    const { id, client } = await payer('Cut off', 'm9');
    stage.clock.ms = OCTOBER_CLOSES;
    await stage.draft(id, '2026-10');
    expect((await client.invoices.list.query({ account: id })).rows).toEqual([]);
    await stage.closeDue();
    const { rows } = await client.invoices.list.query({ account: id });
    expect(rows).toHaveLength(1);
    expect(await close(client, id)).toEqual(rows[0]);
  });

  it('numbers without gaps, whoever issues, however often it is rolled back', async () => {
    const payers = await payersCalled(...Array.from({ length: 16 }, (_, n) => `Numbered ${n}`));
    stage.clock.ms = OCTOBER_CLOSES;
    const drafts = await Promise.all(payers.map(({ id }) => stage.draft(id, '2026-10')));
    const rolledBack = payers.map(({ id }, n) =>
      stage.database.db
        .withTenant(id, async (trx) => {
          await issueDrafts(trx, [drafts[n]!], instantOf(stage.clock.ms));
          throw new Error('rolled back');
        })
        .catch(() => undefined),
    );
    await Promise.all([...rolledBack, stage.closeDue(), ...payers.map(({ id, client }) => close(client, id))]);
    const numbers = await stage.database.asOwner<{ n: number; last: number; all: number; back: number }>(`
      SELECT max(number) AS last, count(*)::int AS all, count(DISTINCT number)::int AS n,
        (SELECT count(*)::int FROM (SELECT issued_at < lag(issued_at) OVER (ORDER BY number) AS b FROM invoices WHERE series = 'INV' AND year = 2026) x WHERE b) AS back
      FROM invoices WHERE series = 'INV' AND year = 2026 AND status = 'issued'`);
    const { last, all, n, back } = numbers[0]!;
    expect([last, n, back]).toEqual([all, all, 0]);
  });

  it('is refused while the period is open, out of order, without a plan, and where somebody above pays', async () => {
    const { id, client } = await payer('Refused', 'm9');
    const child = await stage.make(id, 'Its child');
    expect(await codeOf(close(client, id))).toBe('PERIOD_OPEN');
    stage.clock.ms = OCTOBER_CLOSES - 2 * 60_000;
    expect(await codeOf(close(client, id))).toBe('PERIOD_OPEN');
    stage.clock.ms = NOVEMBER_CLOSES;
    expect(await refusalOf(close(client, id, '2026-11'))).toMatchObject({
      code: 'PERIOD_OPEN',
      message: '2026-10 is to be closed before it.',
    });
    expect(await codeOf(close(client, id, '2026-09'))).toBe('PLAN_UNAVAILABLE');
    expect(await codeOf(close(client, child))).toBe('PARENT_BILLED');
    expect(await codeOf(close(client, id, '2026-13'))).toBe('BAD_REQUEST');
    expect((await client.invoices.list.query({ account: id })).rows).toEqual([]);
  });

  it('bills who leaves until then, and once more what came late when nothing more can', async () => {
    const { id, client } = await payer('Leaving', 'm9');
    const [above] = await stage.database.asOwner<{ id: AccountId }>(`SELECT id FROM accounts WHERE id = $1`, [id]);
    expect(above?.id).toBe(id);
    stage.clock.ms = Date.UTC(2026, 9, 25);
    await stage.owner.accounts.close.mutate({ account: id });
    stage.clock.ms = OCTOBER_CLOSES;
    await stage.closeDue();
    const shown = async () =>
      (await client.invoices.list.query({ account: id })).rows.map(({ kind, total }) => [kind, total.minor]);
    // 24 of 31 days.
    expect(await shown()).toEqual([['period', '3794']]);
    await stage.database.asOwner(
      `INSERT INTO usage_totals (account_id, meter, period, own, total, own_events, total_events, version) VALUES ($1, 'call.seconds', '2026-10-01Z', 60000, 60000, 1, 1, 1)`,
      [id],
    );
    stage.clock.ms = NOVEMBER_CLOSES;
    await stage.closeDue();
    expect(await shown()).toHaveLength(1);
    stage.clock.ms = DECEMBER;
    await stage.closeDue();
    expect((await shown())[0]?.[0]).toBe('supplement');
    await stage.closeDue();
    expect(await shown()).toHaveLength(2);
  });
});

describe('A plan', () => {
  it('is chosen at once, and another one from the next period', async () => {
    const { id, client } = await payer('Changing', 'm9');
    await stage.subscribe(client, id, 'm1');
    expect(await client.billing.get.query({ account: id })).toMatchObject({
      billingMode: 'direct',
      plan: { id: 'm9', monthlyFee: { currency: 'EUR', minor: '4900' } },
      next: { from: '2026-11-01T00:00:00.000Z', plan: { id: 'm1' } },
    });
    await stage.subscribe(client, id, 'm10');
    expect((await client.billing.get.query({ account: id })).next?.plan?.id).toBe('m10');
    // Back to the one it has: nothing is to change any more.
    await stage.subscribe(client, id, 'm9');
    expect(await client.billing.get.query({ account: id })).toMatchObject({ plan: { id: 'm9' }, next: null });
    await stage.subscribe(client, id, 'm10');
    const log = await client.audit.list.query({ account: id, limit: 3 });
    expect(log.rows[0]?.sentence).toContain('chose the plan M10');
  });

  it('is refused, and nothing is changed, where it can’t be had', async () => {
    const { id, client } = await stage.main('Choosing');
    const child = await stage.make(id, 'Child');
    const choose = (plan: string, version = 1, account: string = id) =>
      client.billing.subscribe.mutate({ account, plan, version });
    expect(await codeOf(choose('nothing'))).toBe('PLAN_UNAVAILABLE');
    expect(await codeOf(choose('m1', 2))).toBe('PLAN_STALE');
    expect(await codeOf(choose('alone'))).toBe('PLAN_UNAVAILABLE');
    expect(await refusalOf(choose('m1', 1, child))).toMatchObject({ code: 'PARENT_BILLED' });
    await client.billing.setDetails.mutate({ account: id, country: 'FR', name: 'Choosing', address: [], taxId: null });
    expect(await codeOf(choose('german'))).toBe('PLAN_UNAVAILABLE');
    const { plans } = await client.billing.plans.query({ account: id });
    expect(plans.filter(({ refused }) => refused).map(({ id: one }) => one)).toEqual(['alone', 'german']);
    expect(await client.billing.get.query({ account: id })).toMatchObject({ plan: null, next: null, soFar: null });
    await choose('m1');
    expect(await codeOf(choose('m1'))).toBe('ALREADY_IN_STATE');
    expect(await codeOf(choose('yen'))).toBe('PLAN_UNAVAILABLE');
  });

  it('that includes no subaccounts lets none be made, by itself, in a batch or from a file', async () => {
    const { id, client } = await stage.main('Alone');
    await stage.subscribe(client, id, 'alone');
    expect(await refusalOf(client.accounts.create.mutate({ account: id, name: 'Below' }))).toMatchObject({
      code: 'PLAN_UNAVAILABLE',
    });
    const accounts = [{ name: 'Below' }];
    const { results } = await client.accounts.createMany.mutate({ account: id, accounts, mode: 'each' });
    expect(results).toMatchObject([{ code: 'PLAN_UNAVAILABLE' }]);
    // To come counts, too: until then there would be some.
    const later = await payer('Alone later', 'm9');
    await stage.subscribe(later.client, later.id, 'alone');
    expect(await codeOf(later.client.accounts.create.mutate({ account: later.id, name: 'Below' }))).toBe(
      'PLAN_UNAVAILABLE',
    );
    await stage.subscribe(later.client, later.id, 'm10');
    await later.client.accounts.create.mutate({ account: later.id, name: 'Below' });
  });

  it('is the payer’s: who is paid for from above is told so in sentences', async () => {
    const { id, client } = await payer('Paying', 'm9');
    const child = await stage.make(id, 'Paid for');
    const own = await join(stage.url, stage.owner, child, 'paid@example.com', 'owner');
    const seen = await own.billing.get.query({ account: child });
    expect(seen).toMatchObject({ billingMode: 'parent', payer: null, plan: null, soFar: null, balance: [] });
    expect(seen.explains[0]).toBe(
      '“Paid for” is paid for by an account above it: its usage is on the invoices that go there.',
    );
    expect((await client.billing.get.query({ account: child })).payer).toEqual({ id, name: 'Paying' });
    expect(await own.billing.payerAt.query({ account: child })).toMatchObject({ by: 'above', payer: null });
    expect((await own.invoices.list.query({ account: child })).rows).toEqual([]);
    const details = { account: child, country: 'DE', name: 'Child', address: [], taxId: null };
    expect(await codeOf(own.billing.setDetails.mutate(details))).toBe('PARENT_BILLED');
  });
});

describe('Billing details', () => {
  it('are what invoices are addressed to from then on, and refused when they were changed meanwhile', async () => {
    const { id, client } = await payer('Detailed', 'm9');
    const set = (name: string, version?: number) =>
      client.billing.setDetails.mutate({
        account: id,
        country: 'DE',
        name,
        address: ['Hauptstraße 1', '10115 Berlin'],
        taxId: 'DE123456789',
        ...(version !== undefined && { version }),
      });
    expect((await set('First', 0)).details.version).toBe(1);
    expect(await codeOf(set('Second', 0))).toBe('VERSION_CONFLICT');
    stage.clock.ms = OCTOBER_CLOSES;
    const invoice = await close(client, id);
    await set('Second', 1);
    const { invoice: said } = await client.invoices.get.query({ account: id, invoice: invoice.id });
    expect(said.buyer).toEqual({
      country: 'DE',
      name: 'First',
      address: ['Hauptstraße 1', '10115 Berlin'],
      taxId: 'DE123456789',
    });
  });

  it('name a country by its code', async () => {
    const { id, client } = await stage.main('Nowhere');
    for (const country of ['de', 'DEU', 'XX', 'ZZ', 'UK']) {
      const set = client.billing.setDetails.mutate({ account: id, country, name: 'x', address: [], taxId: null });
      expect(await refusalOf(set)).toMatchObject({ code: 'BAD_REQUEST', field: 'country' });
    }
    expect((await client.billing.get.query({ account: id })).details).toBeNull();
  });
});
