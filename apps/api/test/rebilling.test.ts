import { writeStatement } from '@tenantree/db';
import type { AccountId, Instant } from '@tenantree/domain';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type BillingStage,
  MID_OCTOBER,
  minutes,
  NOVEMBER_CLOSES,
  OCTOBER,
  OCTOBER_CLOSES,
  openBilling,
  plan,
} from './support/billing.ts';
import { type Client, codeOf, refusalOf } from './support/clients.ts';
import { book, freeze, freezeDue, rowOf, sell } from './support/rebilling.ts';
import { departed } from './support/transfer-stage.ts';

let stage: BillingStage;
beforeAll(async () => {
  stage = await openBilling([
    plan('m14', minutes('0.079', '1000'), { monthlyFee: '99' }),
    plan('m18', minutes('0.0079')),
    plan('plain', minutes('0.1')),
    plan('none', {}),
  ]);
});
afterAll(() => stage.close());
beforeEach(() => {
  stage.clock.ms = MID_OCTOBER;
});

const seller = async (name: string, of: string) => {
  const made = await stage.main(name);
  stage.clock.ms = OCTOBER;
  await stage.subscribe(made.client, made.id, of);
  stage.clock.ms = MID_OCTOBER;
  return made;
};
const keyOf = async (account: string): Promise<Client> => (await stage.key(account)).client;
const fees = (monthlyFee: string) => ({ monthlyFee });
const statementOf = (client: Client, account: string, statement: string) =>
  client.statements.get.query({ account, statement, limit: 500 });

describe('A statement', () => {
  it('includes what the book does of each customer by itself (M2)', async () => {
    const { id, client } = await seller('M2', 'plain');
    const [a, b] = [await stage.make(id, 'A2'), await stage.make(id, 'B2')];
    for (const customer of [a, b])
      await sell(client, { account: id, customer }, book({ model: 'flat', price: '0.15', included: '400' }));
    await stage.use(client, a, '700.25');
    await stage.use(client, b, '433.333333333');
    stage.clock.ms = OCTOBER_CLOSES;
    expect((await freeze(client, id, a)).total.minor).toBe('4504');
    expect((await freeze(client, id, b)).total.minor).toBe('500');
  });

  it('brings what margins say, after the fee of the seller (M14)', async () => {
    const { id, client } = await seller('M14', 'm14');
    const [c1, c2] = [await stage.make(id, 'C1'), await stage.make(id, 'C2')];
    const own = book({ model: 'flat', price: '0.14', included: '500' }, fees('50'));
    await sell(client, { account: id, customer: c1 }, own);
    const { id: marked } = await sell(client, { account: id, customer: c2 }, book({ model: 'markup', percent: '25' }));
    await stage.use(client, c1, '2000');
    await stage.use(client, c2, '500');
    const { book: shown } = await client.books.get.query({ account: id, book: marked });
    expect(shown.terms.rates).toMatchObject([
      { model: 'markup', percent: '25', resulting: ['0.09875'], cost: ['0.079'] },
    ]);
    const open = await client.margins.get.query({ account: id });
    expect([open.costs.state, rowOf(open, c1), rowOf(open, c2)]).toEqual([
      'draft',
      ['9480', '26000', '16520', '63.5'],
      ['2370', '4938', '2568', '52.0'],
    ]);

    stage.clock.ms = OCTOBER_CLOSES;
    await stage.closeDue();
    await freezeDue(stage);
    const margins = await client.margins.get.query({ account: id, period: '2026-10' });
    expect([rowOf(margins, c1), rowOf(margins, c2)]).toEqual([
      ['9480', '26000', '16520', '63.5'],
      ['2370', '4938', '2568', '52.0'],
    ]);
    expect(margins.costs).toMatchObject({ from: 'invoice', state: 'final' });
    expect(margins.total).toMatchObject({
      customers: 2,
      fee: { minor: '9900' },
      feeSays: 'Monthly fee of the plan',
      margin: { amount: { minor: '19088' } },
      afterFee: { amount: { minor: '9188' } },
    });
    expect(margins.rows.map(({ statement }) => statement.state)).toEqual(['frozen', 'frozen']);
    // 99.00 over 2000 and 500 minutes.
    const shared = await client.margins.get.query({ account: id, period: '2026-10', fee: 'byQuantity' });
    expect([rowOf(shared, c1), rowOf(shared, c2)]).toEqual([
      ['17400', '26000', '8600', '33.1'],
      ['4350', '4938', '588', '11.9'],
    ]);
    expect(shared.total).toMatchObject({
      fee: { minor: '9900' },
      sharedBy: 'Call minutes',
      margin: { amount: { minor: '9188' } },
      afterFee: { amount: { minor: '9188' } },
    });
    expect(margins.total.sharedBy).toBeNull();
  });

  it('says what customers without a book used, since that costs the seller all the same', async () => {
    const { id, client } = await seller('Without', 'plain');
    const [a, b] = [await stage.make(id, 'A7'), await stage.make(id, 'B7')];
    await stage.use(client, await stage.make(a, 'Nested'), '12.5');
    stage.clock.ms = OCTOBER_CLOSES;
    const { rows } = await client.margins.get.query({ account: id, period: '2026-10' });
    expect(
      rows.map(({ customer, used, revenue }) => [customer.id, used.map(({ quantity }) => quantity), revenue]),
    ).toEqual([
      [a, ['12.5'], null],
      [b, [], null],
    ]);
    expect(rows[0]?.used).toMatchObject([{ meter: 'call.minutes', unit: 'minute' }]);
  });

  it('is told of who left by a billing transfer: until then, and what comes late of it', async () => {
    const { id, client } = await seller('Left by', 'plain');
    const customer = await stage.make(id, 'Leaver');
    const nested = await stage.make(customer, 'Nested');
    await sell(client, { account: id, customer }, book({ model: 'flat', price: '0.2' }));
    await stage.use(client, nested, '100');
    const at = Date.UTC(2026, 9, 17, 9, 30);
    stage.clock.ms = at;
    await stage.database.asOwner('SELECT change_root($1, NULL, $2)', [customer, new Date(at)]);
    const departure = await departed(stage.database, id, { account: customer, at });
    const shown = async () =>
      (await client.margins.ofDeparted.query({ account: id, departure })).periods.map(
        ({ period, costs, cost, revenue, margin, statement }) => [
          period.key,
          costs,
          cost?.minor ?? null,
          revenue?.minor ?? null,
          margin?.percent ?? null,
          statement.state,
        ],
      );
    expect(await shown()).toEqual([['2026-10', 'draft', '1000', '2000', '50.0', 'draft']]);
    const left = await client.transfers.departure.query({ account: id, departure });
    expect(left.used).toMatchObject([{ meter: 'call.minutes', quantity: '100' }]);
    stage.clock.ms = OCTOBER_CLOSES;
    await stage.closeDue();
    await freezeDue(stage);
    const occurredAt = new Date(MID_OCTOBER).toISOString();
    const late = { account: nested, meter: 'call.minutes', quantity: '10', occurredAt, idempotencyKey: 'late' };
    const { results } = await client.usage.record.mutate({ account: id, events: [late] });
    expect(results).toMatchObject([{ status: 'accepted' }]);
    await stage.counted(nested);
    stage.clock.ms = NOVEMBER_CLOSES;
    await stage.closeDue();
    expect(await shown()).toEqual([
      ['2026-11', 'final', '100', null, null, 'none'],
      ['2026-10', 'final', '1000', '2000', '50.0', 'frozen'],
    ]);
    const { statements } = await client.margins.ofDeparted.query({ account: id, departure });
    expect(statements).toMatchObject([{ kind: 'period', period: '2026-10', total: { minor: '2000' } }]);
    expect((await client.transfers.departure.query({ account: id, departure })).used).toMatchObject([
      { quantity: '110' },
    ]);
    const [invoice] = (await client.invoices.list.query({ account: id })).rows;
    const behind = await client.invoices.lateEvents.query({ account: id, invoice: invoice!.id, line: 2 });
    expect([behind.line.account?.name, behind.sum, behind.events]).toEqual(['Nested', '10', 1]);
  });

  it('is shown of one customer by period to its seller alone, the running one first (M14)', async () => {
    const { id, client } = await seller('One of M14', 'm14');
    const [c1, c2] = [await stage.make(id, 'C1'), await stage.make(id, 'C2')];
    const nested = await stage.make(c1, 'Nested');
    await sell(
      client,
      { account: id, customer: c1 },
      book({ model: 'flat', price: '0.14', included: '500' }, fees('50')),
    );
    for (const [account, minutesUsed] of [
      [nested, '2000'],
      [c2, '500'],
    ] as const)
      await stage.use(client, account, minutesUsed);
    const shown = async (account: AccountId) =>
      (await client.margins.ofCustomer.query({ account })).periods.map(({ period, costs, cost, revenue, margin }) => [
        period.key,
        period.state,
        costs,
        cost?.minor ?? null,
        revenue?.minor ?? null,
        margin && [margin.amount.minor, margin.percent],
      ]);
    const buyer = await keyOf(c1);
    expect((await shown(c1))[0]).toEqual(['2026-10', 'running', 'draft', '9480', '26000', ['16520', '63.5']]);
    expect((await shown(c2))[0]).toEqual(['2026-10', 'running', 'draft', '2370', null, null]);
    stage.clock.ms = OCTOBER_CLOSES;
    await stage.closeDue();
    await freezeDue(stage);
    expect((await shown(c1))[1]).toEqual(['2026-10', 'closed', 'final', '9480', '26000', ['16520', '63.5']]);
    const { seller: sells, periods } = await client.margins.ofCustomer.query({ account: c1 });
    expect([sells, periods.map(({ period }) => period.key)]).toEqual([
      { id, name: 'One of M14' },
      ['2026-11', '2026-10', '2026-09'],
    ]);
    expect(periods[1]?.statement).toMatchObject({ state: 'frozen', number: expect.stringMatching(/^STM-2026-/) });
    // What it brings is its seller’s to know, and nobody’s below; a main account has none.
    expect(await codeOf(buyer.margins.ofCustomer.query({ account: c1 }))).toBe('FORBIDDEN');
    expect((await buyer.margins.ofCustomer.query({ account: nested })).seller.name).toBe('C1');
    expect(['FORBIDDEN', 'NOT_FOUND']).toContain(await codeOf(client.margins.ofCustomer.query({ account: id })));
  });

  it('has a part for each book of a period, with its own part of fee and what is included (M15)', async () => {
    const { id, client } = await seller('M15', 'plain');
    const customer = await stage.make(id, 'K15');
    const below = await stage.make(customer, 'Deep15');
    const first = book({ model: 'flat', price: '0.12', included: '300' }, fees('30'));
    await sell(client, { account: id, customer, name: 'Before' }, first);
    const second = book({ model: 'flat', price: '0.10', included: '600' }, fees('30'));
    await sell(client, { account: id, customer, name: 'After' }, second, {
      from: '2026-10-11T00:00:00Z',
      present: 'end',
    });
    const at = (day: number, ms = 0): number => Date.UTC(2026, 9, day, 0, 0, 0, ms);
    await stage.use(client, customer, '100.25', { at: at(10) });
    await stage.use(client, below, '40', { at: at(11, -1) });
    await stage.use(client, below, '512.75', { at: at(11) });
    stage.clock.ms = OCTOBER_CLOSES;
    const { details, lines } = await client.statements.draft.query({ account: id, customer, period: '2026-10' });
    expect(details?.total.minor).toBe('4585');
    expect(
      details?.parts.map(({ fee, used }) => [fee.minor, used[0]?.included, used[0]?.quantity, used[0]?.amount.minor]),
    ).toEqual([
      ['968', '96.774193548', '140.25', '522'],
      ['2032', '406.451612903', '512.75', '1063'],
    ]);
    const frozen = await freeze(client, id, customer);
    const read = await statementOf(client, id, frozen.id);
    expect(read.details).toEqual({ ...details, period: read.details.period });
    expect(read.lines).toEqual(lines);
    expect(
      lines.map(({ type, account, amount }) => [type, account?.name, account?.above, Number(amount.minor)]),
    ).toEqual([
      ['fee', undefined, undefined, 968],
      ['usage', 'K15', [], 373],
      ['usage', 'Deep15', ['K15'], 149],
      ['fee', undefined, undefined, 2032],
      ['usage', 'Deep15', ['K15'], 1063],
    ]);
  });

  it('multiplies the exact price by a markup, and not the one that is shown (M18)', async () => {
    const { id, client } = await seller('M18', 'm18');
    const customer = await stage.make(id, 'K18');
    await sell(client, { account: id, customer }, book({ model: 'markup', percent: '33.3333' }));
    await stage.use(client, customer, '12345');
    stage.clock.ms = OCTOBER_CLOSES;
    const { id: statement, total } = await freeze(client, id, customer);
    expect(total.minor).toBe('13003');
    const { details } = await statementOf(client, id, statement);
    expect(details.parts[0]?.used[0]).toMatchObject({ prices: ['0.010533331'], model: 'flat', size: null, tiers: [] });
  });

  it('says all that it takes to work its amounts out: steps with their ends and fees, and what is rounded up before', async () => {
    const { id, client } = await seller('Steps', 'plain');
    const customer = await stage.make(id, 'KT');
    const tiers = [
      { upTo: '100', price: '0.2', fee: '3' },
      { upTo: null, price: '0.1' },
    ];
    await sell(
      client,
      { account: id, customer },
      book({ model: 'graduated', included: '10', increments: '60/60', tiers }),
    );
    await stage.use(client, customer, '133.5');
    const { details } = await client.statements.draft.query({ account: id, customer, period: '2026-10' });
    expect(details?.parts[0]?.used[0]).toMatchObject({
      quantity: '134',
      included: '10',
      model: 'graduated',
      tiers: [
        { upTo: '100', price: '0.2', fee: '3' },
        { upTo: null, price: '0.1', fee: '0' },
      ],
      increments: '60/60',
      amount: { minor: '2540' },
    });
  });

  it('never changes once it is frozen; what comes late is on the next one, by the book of then', async () => {
    const { id, client } = await seller('Late', 'plain');
    const customer = await stage.make(id, 'KL');
    const buyer = await keyOf(customer);
    await sell(client, { account: id, customer, name: 'Old' }, book({ model: 'flat', price: '0.2', included: '100' }));
    await sell(client, { account: id, customer, name: 'New' }, book({ model: 'flat', price: '0.5' }), {
      from: '2026-11-01T00:00:00Z',
      present: 'end',
    });
    await stage.use(client, customer, '90');
    stage.clock.ms = OCTOBER_CLOSES;
    await freezeDue(stage);
    const { rows } = await client.statements.list.query({ account: id });
    expect(rows.map(({ number, total }) => [number, total.minor])).toEqual([['STM-2026-000001', '0']]);
    const before = JSON.stringify(await statementOf(client, id, rows[0]!.id));
    await stage.use(client, customer, '30', { at: MID_OCTOBER });
    await stage.use(client, customer, '10');
    expect(await freeze(client, id, customer)).toEqual(rows[0]);
    await freezeDue(stage);
    expect(JSON.stringify(await statementOf(client, id, rows[0]!.id))).toBe(before);
    stage.clock.ms = NOVEMBER_CLOSES;
    await freezeDue(stage);
    const { rows: all } = await client.statements.list.query({ account: id });
    expect(all.map(({ number, total }) => [number, total.minor])).toEqual([
      ['STM-2026-000002', '900'],
      ['STM-2026-000001', '0'],
    ]);
    const { lines } = await statementOf(client, id, all[0]!.id);
    expect(lines.map(({ type, ofPeriod, quantity, amount }) => [type, ofPeriod, quantity, amount.minor])).toEqual([
      ['fee', '2026-11', null, '0'],
      ['usage', '2026-11', '10', '500'],
      ['late', '2026-10', '30', '400'],
    ]);
    // What is behind it its seller and its customer see.
    const behind = { statement: all[0]!.id, line: 3 };
    for (const line of [2 ** 31, 2 ** 40])
      expect(await refusalOf(client.statements.lateEvents.query({ account: id, ...behind, line }))).toMatchObject({
        code: 'BAD_REQUEST',
        field: 'line',
      });
    const found = await client.statements.lateEvents.query({ account: id, ...behind });
    expect(found).toMatchObject({ events: 1, sum: '30', rows: [{ kind: 'usage', quantity: '30' }], nextCursor: null });
    expect(await buyer.statements.lateEvents.query({ account: customer, ...behind })).toEqual(found);
  });

  it('is of a customer: of the seller itself, and of whom others sell to, there is none to be asked for', async () => {
    const { id, client } = await seller('Own customer', 'plain');
    const customer = await stage.make(id, 'OC');
    const deep = await stage.make(customer, 'OCD');
    const terms = book({ model: 'flat', price: '1' });
    for (const of of [
      { account: id, customer: id },
      { account: id, customer: deep },
    ])
      for (const asked of [
        () => client.statements.list.query(of),
        () => client.statements.draft.query(of),
        () => client.statements.whatIf.query({ ...of, period: '2026-09', terms }),
        () => client.statements.freeze.mutate({ ...of, period: '2026-09' }),
        () => client.books.assignments.query(of),
      ])
        expect(await refusalOf(asked())).toMatchObject({ code: 'NOT_FOUND', field: 'customer' });
    expect((await client.statements.draft.query({ account: id, customer })).customer.name).toBe('OC');
    // Who was one stays one in what there was.
    await sell(client, { account: id, customer }, terms);
    await client.accounts.move.mutate({ account: customer, to: await stage.make(id, 'OC2') });
    expect((await client.books.assignments.query({ account: id, customer })).rows).toHaveLength(1);
  });

  it('is the seller’s, and the customer’s that owes it, from when it is frozen; nobody else’s', async () => {
    const { id, client } = await seller('Seen', 'plain');
    const customer = await stage.make(id, 'Buyer');
    const below = await stage.make(customer, 'Below');
    const sibling = await stage.make(id, 'Sibling');
    await sell(client, { account: id, customer, name: 'Secret name' }, book({ model: 'markup', percent: '50' }));
    await stage.use(client, below, '100');
    const [buyer, beside, deeper] = [await keyOf(customer), await keyOf(sibling), await keyOf(below)];
    stage.clock.ms = OCTOBER_CLOSES;
    expect((await buyer.statements.received.query({ account: customer })).rows).toEqual([]);
    const { id: statement } = await freeze(client, id, customer);
    const { rows } = await buyer.statements.received.query({ account: customer });
    expect(rows).toMatchObject([
      { id: statement, seller: null, customer: { name: 'Buyer' }, total: { minor: '1500' } },
    ]);
    const read = await statementOf(buyer, customer, statement);
    expect(read.details.parts[0]?.book).toBe(null);
    expect(read.lines.at(-1)?.account).toMatchObject({ name: 'Below', above: ['Buyer'] });
    expect(JSON.stringify(read)).not.toMatch(/Secret|Seen/);
    const { rows: costs } = await buyer.margins.get.query({ account: customer, period: '2026-10' });
    expect(costs.map(({ customer: of, cost }) => [of.name, cost?.minor])).toEqual([['Below', '1500']]);
    expect(await codeOf(statementOf(beside, sibling, statement))).toBe('NOT_FOUND');
    expect(await codeOf(statementOf(deeper, below, statement))).toBe('NOT_FOUND');
    expect(await codeOf(buyer.books.list.query({ account: id }))).toBe('NOT_FOUND');
  });

  it('can’t be frozen where a markup has nothing to multiply, and says so until there is another book', async () => {
    const { id, client } = await stage.main('No plan');
    const customer = await stage.make(id, 'KN');
    const terms = book({ model: 'markup', percent: '25' });
    const { book: saved } = await client.books.save.mutate({ account: id, name: 'Marked', terms });
    expect(saved.terms.rates).toMatchObject([{ resulting: null, impossible: { code: 'MARKUP_IMPOSSIBLE' } }]);
    const wish = { account: id, customers: [customer], book: saved.id, version: 1 };
    expect(await codeOf(client.books.assign.mutate(wish))).toBe('MARKUP_IMPOSSIBLE');
    // With a plan it can be given; the plan that follows has no price for minutes.
    await stage.subscribe(client, id, 'plain');
    await client.books.assign.mutate(wish);
    await stage.subscribe(client, id, 'none');
    stage.clock.ms = Date.UTC(2026, 10, 15);
    await stage.use(client, customer, '10');
    const { rows } = await client.statements.drafts.query({ account: id });
    expect(rows).toMatchObject([{ total: null, refused: { code: 'MARKUP_IMPOSSIBLE' } }]);
    stage.clock.ms = NOVEMBER_CLOSES;
    expect(await codeOf(client.statements.freeze.mutate({ account: id, customer, period: '2026-11' }))).toBe(
      'MARKUP_IMPOSSIBLE',
    );
    await freezeDue(stage);
    expect((await client.statements.list.query({ account: id })).rows).toEqual([]);
    const margins = await client.margins.get.query({ account: id, period: '2026-11' });
    expect(margins.rows[0]?.statement).toMatchObject({ state: 'impossible', refused: { code: 'MARKUP_IMPOSSIBLE' } });
    expect(margins.total.afterFee).toBe(null);
    await sell(client, { account: id, customer, name: 'Plain' }, book({ model: 'flat', price: '1' }), {
      from: '2026-11-01T00:00:00Z',
      present: 'end',
    });
    await freezeDue(stage);
    expect((await client.statements.list.query({ account: id })).rows[0]?.total.minor).toBe('1000');
  });
});

describe('A price book', () => {
  it('has versions that never change, and warns of what loses money', async () => {
    const { id, client } = await seller('Versions', 'plain');
    const customer = await stage.make(id, 'KV');
    const save = (name: string, price: string, more: { book?: string; version?: number } = {}) =>
      client.books.save.mutate({ account: id, name, terms: book({ model: 'flat', price }), ...more });
    const { book: first } = await save('Basic', '0.05');
    expect(first.terms.warnings).toEqual([{ meter: 'call.minutes', warning: 'below_cost' }]);
    expect((await save('Basic', '0.05', { book: first.id })).book.version).toBe(1);
    expect((await save('Basic', '0.050', { book: first.id })).book.version).toBe(1);
    const { book: second } = await save('Basic', '0.3', { book: first.id, version: 1 });
    expect([second.id, second.version, second.terms.warnings]).toEqual([first.id, 2, []]);
    expect(await codeOf(save('Basic', '0.4', { book: first.id, version: 1 }))).toBe('VERSION_CONFLICT');
    expect(await codeOf(save('Basic', '0.4'))).toBe('NAME_TAKEN');
    await client.books.assign.mutate({ account: id, customers: [customer], book: first.id, version: 1 });
    await save('Renamed', '0.4', { book: first.id });
    const { rows } = await client.books.assignments.query({ account: id });
    expect(rows).toMatchObject([
      { book: { name: 'Basic', version: 1 }, from: '2026-11-01T00:00:00.000Z', state: 'coming' },
    ]);
    const { book: other } = await save('Other', '0.3');
    const holders = async (of: string) =>
      (await client.books.assignments.query({ account: id, book: of })).rows.map((one) => one.customer.id);
    expect([await holders(first.id), await holders(other.id)]).toEqual([[customer], []]);
    const { book: old, versions } = await client.books.get.query({ account: id, book: first.id, version: 1 });
    expect([old.terms.rates[0]?.price, versions.map(({ version }) => version)]).toEqual(['0.05', [3, 2, 1]]);
    const sentences = (await client.audit.list.query({ account: id })).rows.map(({ sentence }) => sentence);
    expect(sentences).toContain('gave KV the price book Basic, version 1, from 2026-11-01 00:00 UTC');
  });

  it('is foreseen of each month that it changes, by the preview of one wish', async () => {
    const { id, client } = await seller('Foreseen', 'plain');
    const customer = await stage.make(id, 'F1');
    await stage.use(client, customer, '10');
    stage.clock.ms = OCTOBER_CLOSES;
    const terms = book({ model: 'flat', price: '0.2' }, fees('1'));
    const { book: saved } = await client.books.save.mutate({ account: id, name: 'Foreseen', terms });
    const wish = { account: id, customers: [customer], book: saved.id, version: 1, from: '2026-10-01T00:00:00Z' };
    const running = await client.books.previewAssignment.query(wish);
    const october = await client.books.previewAssignment.query({ ...wish, period: '2026-10' });
    expect([running, october].map(({ period, rows }) => [period.key, rows[0]?.after.total?.minor])).toEqual([
      ['2026-11', '100'],
      ['2026-10', '300'],
    ]);
    await client.books.assign.mutate({ ...wish, preview: october.preview });
    expect((await freeze(client, id, customer)).total.minor).toBe('300');
  });

  it('is refused where it makes no sense, with a sentence and the field', async () => {
    const { id, client } = await seller('Bad', 'plain');
    const customer = await stage.make(id, 'KB');
    const deep = await stage.make(customer, 'KBD');
    const save = (terms: Parameters<typeof client.books.save.mutate>[0]['terms']) =>
      refusalOf(client.books.save.mutate({ account: id, name: 'Bad', terms }));
    expect(await save(book({ model: 'flat', price: '0.0000000001' }))).toMatchObject({
      code: 'PRICE_INVALID',
      field: 'terms.meters.call.minutes.price',
    });
    expect(await save(book({ model: 'flat', price: '1' }, { currency: 'DEM' }))).toMatchObject({
      code: 'CURRENCY_UNKNOWN',
      field: 'terms.currency',
    });
    expect(await save(book({ model: 'markup', percent: '1.00001' }))).toMatchObject({ code: 'PRICE_INVALID' });
    expect(
      await save({ ...book({ model: 'flat', price: '1' }), meters: { faxes: { model: 'flat', price: '1' } } }),
    ).toMatchObject({ code: 'METER_UNKNOWN' });

    const { book: saved } = await client.books.save.mutate({
      account: id,
      name: 'Good',
      terms: book({ model: 'flat', price: '1' }),
    });
    const assign = (more: Partial<Parameters<typeof client.books.assign.mutate>[0]>) =>
      refusalOf(
        client.books.assign.mutate({ account: id, customers: [customer], book: saved.id, version: 1, ...more }),
      );
    // As far as months have names, and the database counts.
    for (const [field, more] of [
      ['from', { from: '3000-01-01T00:00:00Z' }],
      ['from', { from: '9999-12-31T23:59:59Z' }],
      ['version', { version: 2 ** 31 }],
    ] as const)
      expect(await assign(more)).toMatchObject({ code: 'BAD_REQUEST', field });
    expect(await assign({ customers: [deep] })).toMatchObject({ code: 'ASSIGNMENT_INVALID' });
    expect(await assign({ from: '2026-12-02T00:00:00Z', to: '2026-12-01T00:00:00Z' })).toMatchObject({
      code: 'ASSIGNMENT_INVALID',
      field: 'to',
    });
    expect(await assign({ from: '2026-10-20T00:00:00Z' })).toMatchObject({ code: 'PREVIEW_STALE' });
    // A year that is still being typed: each month since would have a statement that never changes.
    const typo = { account: id, customers: [customer], book: saved.id, version: 1, from: '0206-10-20T00:00:00Z' };
    const ages = await client.books.previewAssignment.query(typo);
    expect(ages.rows[0]?.refused).toMatchObject({ code: 'ASSIGNMENT_INVALID', field: 'from' });
    expect(await assign({ from: typo.from, preview: ages.preview })).toMatchObject({
      code: 'ASSIGNMENT_INVALID',
      field: 'from',
      message: '“KB” used nothing before 2026-09: begin in that month, or later.',
    });
    expect(await assign({ version: 2 })).toMatchObject({ code: 'NOT_FOUND', field: 'book' });
    await client.books.assign.mutate({ account: id, customers: [customer], book: saved.id, version: 1 });
    expect(await assign({ from: '2026-12-01T00:00:00Z' })).toMatchObject({ code: 'ASSIGNMENT_OVERLAP', field: 'from' });
    const inside = {
      account: id,
      customers: [customer],
      book: saved.id,
      version: 1,
      from: '2026-10-20T00:00:00Z',
      present: 'end' as const,
    };
    const { preview } = await client.books.previewAssignment.query(inside);
    expect(
      await refusalOf(client.books.assign.mutate({ ...inside, from: '2026-10-21T00:00:00Z', preview })),
    ).toMatchObject({ code: 'PREVIEW_STALE' });
    await client.books.unassign.mutate({ account: id, customers: [customer] });
    expect(await refusalOf(client.books.assign.mutate({ ...inside, preview }))).toMatchObject({
      code: 'PREVIEW_STALE',
    });
    expect(await codeOf(client.books.unassign.mutate({ account: id, customers: [customer] }))).toBe('ALREADY_IN_STATE');

    const dollars = await client.books.save.mutate({
      account: id,
      name: 'Dollars',
      terms: book({ model: 'flat', price: '1' }, { currency: 'USD' }),
    });
    await sell(client, { account: id, customer, name: 'October' }, book({ model: 'flat', price: '1' }));
    expect(await assign({ book: dollars.book.id, present: 'end', from: '2026-11-10T00:00:00Z' })).toMatchObject({
      code: 'ASSIGNMENT_INVALID',
      field: 'from',
    });
    stage.clock.ms = OCTOBER_CLOSES;
    await freeze(client, id, customer);
    const late = await client.books.previewAssignment.query({ ...inside, from: '2026-10-20T00:00:00Z' });
    expect(late.rows[0]?.refused?.code).toBe('PERIOD_CLOSED');
    expect(await assign({ from: '2026-10-20T00:00:00Z', present: 'end', preview: late.preview })).toMatchObject({
      code: 'PERIOD_CLOSED',
      field: 'from',
    });
    expect(await codeOf(client.statements.freeze.mutate({ account: id, customer, period: '2026-11' }))).toBe(
      'PERIOD_OPEN',
    );
  });

  it('is tried over a period without anything written', async () => {
    const { id, client } = await seller('What if', 'plain');
    const customer = await stage.make(id, 'KW');
    await sell(client, { account: id, customer }, book({ model: 'flat', price: '0.2' }, fees('10')));
    await stage.use(client, customer, '100');
    stage.clock.ms = OCTOBER_CLOSES;
    await stage.closeDue();
    await freezeDue(stage);
    const asked = { account: id, customer, period: '2026-10' };
    const supposed = await client.statements.whatIf.query({
      ...asked,
      terms: book({ model: 'markup', percent: '-10' }),
    });
    expect(supposed).toMatchObject({
      present: { total: { minor: '3000' } },
      supposed: { total: { minor: '900' } },
      cost: { minor: '1000' },
      margins: {
        present: { amount: { minor: '2000' }, percent: '66.7' },
        supposed: { amount: { minor: '-100' }, percent: '-11.1' },
      },
    });
    expect(await codeOf(client.statements.whatIf.query(asked))).toBe('BAD_REQUEST');
    expect((await client.books.list.query({ account: id })).rows.length).toBe(1);
  });

  it('ends when its customer moves away or is closed, and what was used until then is stated', async () => {
    const { id, client } = await seller('Ends', 'plain');
    const [here, there] = [await stage.make(id, 'Here'), await stage.make(id, 'There')];
    const moving = await stage.make(here, 'Moving');
    const closing = await stage.make(here, 'Closing');
    const terms = book({ model: 'flat', price: '1' }, fees('31'));
    for (const customer of [moving, closing]) await sell(client, { account: here, customer }, terms);
    await stage.use(client, moving, '5');
    stage.clock.ms = Date.UTC(2026, 9, 16);
    await stage.owner.accounts.move.mutate({ account: moving, to: there });
    await stage.owner.accounts.close.mutate({ account: closing });
    await stage.use(client, moving, '7', { at: Date.UTC(2026, 9, 16) });
    stage.clock.ms = OCTOBER_CLOSES;
    await freezeDue(stage);
    const { rows } = await client.statements.list.query({ account: here });
    expect(Object.fromEntries(rows.map(({ customer, total }) => [customer.name, total.minor]))).toEqual({
      Closing: '1500',
      Moving: '2000',
    });
    // Late of a customer that left: a statement of its own, when nothing more can come.
    await stage.use(client, moving, '3', { at: Date.UTC(2026, 9, 15) });
    await stage.use(client, moving, '4', { at: Date.UTC(2026, 9, 17) });
    stage.clock.ms = Date.UTC(2026, 11, 20);
    await freezeDue(stage);
    const { rows: all } = await client.statements.list.query({ account: here });
    expect(all[0]).toMatchObject({ kind: 'supplement', period: '2026-10', total: { minor: '300' } });
    expect(all.length).toBe(3);
    const behind = await client.statements.lateEvents.query({ account: here, statement: all[0]!.id, line: 1 });
    expect([behind.line.quantity, behind.sum, behind.events]).toEqual(['3', '3', 1]);
  });

  it('in another currency than the one after it has what came late of all its periods, too', async () => {
    const { id, client } = await seller('Francs', 'plain');
    const customer = await stage.make(id, 'KF');
    await sell(client, { account: id, customer, name: 'Euros' }, book({ model: 'flat', price: '1' }));
    const dollars = book({ model: 'flat', price: '1' }, { currency: 'USD' });
    const later = { from: '2026-12-01T00:00:00Z', present: 'end' } as const;
    await sell(client, { account: id, customer, name: 'Dollars' }, dollars, later);
    for (const closes of [OCTOBER_CLOSES, NOVEMBER_CLOSES]) {
      stage.clock.ms = closes;
      await freezeDue(stage);
    }
    stage.clock.ms = Date.UTC(2026, 11, 3);
    await stage.use(client, customer, '3', { at: Date.UTC(2026, 9, 31, 12) });
    for (const day of [1, 7]) {
      stage.clock.ms = Date.UTC(2027, 0, day, 12, 1);
      await freezeDue(stage);
    }
    const { rows } = await client.statements.list.query({ account: id });
    expect(rows.map(({ kind, period, total }) => [kind, period, total.currency, total.minor])).toEqual([
      ['supplement', '2026-11', 'EUR', '300'],
      ['period', '2026-12', 'USD', '0'],
      ['period', '2026-11', 'EUR', '0'],
      ['period', '2026-10', 'EUR', '0'],
    ]);
  });

  it('is not taken away from a statement that is being made of it', async () => {
    const { id, client } = await seller('Race', 'plain');
    const customer = await stage.make(id, 'KR');
    await sell(client, { account: id, customer, name: 'First' }, book({ model: 'flat', price: '1' }));
    const second = await client.books.save.mutate({
      account: id,
      name: 'Second',
      terms: book({ model: 'flat', price: '2' }),
    });
    stage.clock.ms = OCTOBER_CLOSES;
    const wish = {
      account: id,
      customers: [customer],
      book: second.book.id,
      version: 1,
      from: '2026-10-20T00:00:00Z',
      present: 'end' as const,
    };
    const { preview } = await client.books.previewAssignment.query(wish);
    const { db, newId } = stage.composed.hall;
    const [written, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const other = {
      id: newId(),
      customer,
      customerName: null,
      kind: 'period',
      lines: 0,
      total: 0n,
      terms: {},
    } as const;
    const [period, draftedAt] = ['2026-10-01T00:00:00.000Z' as Instant, '2026-11-01T00:00:00.000Z' as Instant];
    // The statement has read its books, and waits for one that is rolled back.
    const holding = db
      .withTenant(id, async (trx) => {
        await writeStatement(trx, id, { ...other, period, draftedAt, currency: { code: 'EUR', exponent: 2 } });
        written.resolve();
        await release.promise;
        throw new Error('undone');
      })
      .catch(() => undefined);
    await written.promise;
    const waiting = async (): Promise<number> =>
      (
        await stage.database.asOwner(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        )
      ).length;
    const freezing = freeze(client, id, customer);
    await expect.poll(waiting, { timeout: 10_000 }).toBe(1);
    let ended = 0;
    const assigning = codeOf(client.books.assign.mutate({ ...wish, preview })).finally(() => {
      ended = 1;
    });
    await expect.poll(async () => ended + (await waiting()), { timeout: 10_000 }).toBe(2);
    release.resolve();
    await holding;
    await freezing;
    expect(await assigning).toBe('PERIOD_CLOSED');
    // The next period isn't held up by one that has its statement.
    stage.clock.ms = NOVEMBER_CLOSES;
    expect((await freeze(client, id, customer, '2026-11')).period).toBe('2026-11');
  });
});
